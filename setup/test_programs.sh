#!/bin/sh
# The tests run against real PostgreSQL, PgBouncer, Redis, nginx and Caddy servers that they start themselves, and draw
# with another ffmpeg beside the bundled one; an example is followed by curl. Where the programs are missing and apt may
# be used, they are installed here; where it may not, or NO_APT is set, the tests that need them say so. draftcast itself
# uses none of them: it draws with the bundled ffmpeg.
set -eu

wanted=
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || wanted="$wanted postgresql"
command -v redis-server >/dev/null || command -v valkey-server >/dev/null || wanted="$wanted redis-server"
[ -x /usr/sbin/nginx ] || command -v nginx >/dev/null || wanted="$wanted nginx-light"
[ -x /usr/sbin/pgbouncer ] || command -v pgbouncer >/dev/null || wanted="$wanted pgbouncer"
command -v caddy >/dev/null || wanted="$wanted caddy"
command -v ffmpeg >/dev/null || wanted="$wanted ffmpeg"
command -v curl >/dev/null || wanted="$wanted curl"
[ -n "$wanted" ] || exit 0

if [ "$(id -u)" = 0 ]; then as_root=
elif sudo -n true 2>/dev/null; then as_root="sudo -n"
else as_root=none; fi
if [ -n "${NO_APT:-}" ] || [ "$as_root" = none ] || ! command -v apt-get >/dev/null; then
  echo "NOT INSTALLED:$wanted. The tests that need them will be skipped; install them to run everything." >&2
  exit 0
fi

echo "Installing packages of the system for the tests, by apt-get:$wanted (NO_APT=1 leaves them out)"
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then # only the programs are wanted: nothing is to be started
  printf '#!/bin/sh\nexit 101\n' | $as_root sh -c "cat >$policy && chmod +x $policy"
  trap '$as_root rm -f $policy' EXIT
fi
install() {
  # shellcheck disable=SC2086  # a list of names
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted >/dev/null
}
install 2>/dev/null || { $as_root apt-get update -qq && install; } ||
  echo "NOT INSTALLED:$wanted, because apt-get failed. The tests that need them will be skipped." >&2
