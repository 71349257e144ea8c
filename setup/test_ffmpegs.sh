#!/usr/bin/env bash
# Runs tests with a release of ffmpeg of each kind that draftcast takes: Debian 12's, that of an older wheel of
# imageio-ffmpeg, Debian 13's, and the bundled one. What the machine has not is fetched into .tools/ffmpegs and changes
# nothing else: Debian's packages are unpacked there, not installed, and apt needs neither root nor that very release.
# What cannot be had is told loudly; in CI it is a failure.
#   setup/test_ffmpegs.sh TESTS...
set -euo pipefail
cd "$(dirname "$0")/.."
kept=$PWD/.tools/ffmpegs
programs=("")
missing=()

runs() { # PROGRAM RELEASE: whether it is of that release
  [ -n "$1" ] && "$1" -version 2>/dev/null | grep -Eq "^ffmpeg version n?${2//./\\.}[^0-9]"
}

take() { # RELEASE PROGRAM
  if runs "$2" "$1"; then programs+=("$2"); else missing+=("$1"); fi
}

wheel() { # RELEASE: the program of the wheel that is pinned in setup/ffmpeg-RELEASE.lock
  local folder=$kept/$1 lock=setup/ffmpeg-$1.lock
  [ -d "$folder" ] || "$UV" pip install --quiet --python .venv/bin/python --no-deps --require-hashes --target "$folder" -r "$lock" ||
    rm -rf "$folder"
  take "$1" "$(find "$folder" -name 'ffmpeg-*' -type f 2>/dev/null | head -n 1)"
}

debian() { # RELEASE SUITE: the machine's own if it is of that release, else that of a suite of Debian
  local own
  own=$(command -v ffmpeg || true)
  if runs "$own" "$1"; then
    programs+=("$own")
    return
  fi
  [ -x "$kept/$2/usr/bin/ffmpeg" ] || (unpacked "$2" "$kept/$2") || rm -rf "${kept:?}/$2"
  take "$1" "$kept/$2/usr/bin/ffmpeg"
}

unpacked() { # SUITE FOLDER: ffmpeg and all it needs, down to the C library, by the mirror and keys that apt has
  set -e
  local suite=$1 folder=$2 mirror keys=/usr/share/keyrings/debian-archive-keyring.gpg
  command -v apt-get >/dev/null && [ -r $keys ] || return 1
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{sources,list} 2>/dev/null |
    sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb (\[[^]]*\] *)?([^ ]+) .*/\2/p' | head -n 1)
  echo "Fetching the ffmpeg of Debian's $suite" >&2
  rm -rf "$folder"
  mkdir -p "$folder"/{state/lists,cache/archives}/partial
  touch "$folder/status"
  echo "deb [signed-by=$keys] $mirror $suite main" >"$folder/sources.list"
  local apt=(apt-get -qq -o "Dir::State=$folder/state" -o "Dir::State::status=$folder/status" -o "Dir::Cache=$folder/cache"
    -o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=- -o "APT::Sandbox::User=$(id -un)")
  "${apt[@]}" update >&2
  "${apt[@]}" install --no-install-recommends --download-only --yes ffmpeg >&2
  for package in "$folder"/cache/archives/*.deb; do dpkg-deb --extract "$package" "$folder/all"; done
  mkdir -p "$folder/usr/bin"
  mv "$folder/all/usr/lib" "$folder/usr/lib"
  [ ! -d "$folder/all/lib" ] || [ -L "$folder/all/lib" ] || cp -a "$folder/all/lib/." "$folder/usr/lib/"
  mv "$folder/all/usr/bin/ffmpeg" "$folder/usr/lib/ffmpeg"
  rm -rf "$folder"/{all,cache,state,status,sources.list}
  local loader libraries
  loader=$(find "$folder/usr/lib" -name 'ld-linux-*.so.*' | head -n 1)
  libraries=$(dirname "$loader")
  cat >"$folder/usr/bin/ffmpeg" <<EOF
#!/bin/sh
exec "$loader" --library-path "$libraries:$libraries/pulseaudio:$libraries/blas:$libraries/lapack" "$folder/usr/lib/ffmpeg" "\$@"
EOF
  chmod +x "$folder/usr/bin/ffmpeg"
}

debian 5.1 bookworm
wheel 7.0.2
debian 7.1 trixie

failed=()
for program in "${programs[@]}"; do
  echo "--- with ${program:-the bundled ffmpeg}"
  DRAFTCAST_FFMPEG=$program .venv/bin/python -m pytest -q "$@" || failed+=("${program:-the bundled ffmpeg}")
done
for release in "${missing[@]}"; do echo "*** NOT TESTED with ffmpeg $release: it is not here and could not be fetched. ***" >&2; done
for program in "${failed[@]}"; do echo "*** FAILED with $program ***" >&2; done
[ ${#failed[@]} = 0 ] && { [ ${#missing[@]} = 0 ] || [ -z "${CI:-}" ]; }
