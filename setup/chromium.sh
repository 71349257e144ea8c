#!/usr/bin/env bash
# Chromium for the tests of the page, by apt where that is allowed; says loudly when it is not to be had. The one without
# windows takes a quarter of the processor's time for a page.
set -u

have() { command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome; }

have >/dev/null && exit 0
sudo=
[ "$(id -u)" = 0 ] || sudo="sudo -n"
if [ -z "${NO_APT:-}" ] && command -v apt-get >/dev/null && { [ -z "$sudo" ] || $sudo true 2>/dev/null; }; then
  echo "Installing a package of the system for the tests of the page, by apt-get: chromium-headless-shell (NO_APT=1 leaves it out)"
  export DEBIAN_FRONTEND=noninteractive
  $sudo apt-get update -qq && $sudo apt-get install -qq --yes --no-install-recommends chromium-headless-shell >/dev/null
fi
have >/dev/null && exit 0
echo "*** Chromium is not here and could not be installed: THE PAGE IS NOT TESTED in a browser. ***" >&2
echo "*** As root: apt-get install chromium-headless-shell. Or name one: CHROMIUM=/path/to/chromium make test    ***" >&2
