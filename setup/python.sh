#!/bin/sh
# Prints the path of the first Python of this machine that can run draftcast; says of each other one why it cannot.
# PYTHON=/path/to/python chooses one. `services/interpreter.py` holds what is needed.
set -u
cd "$(dirname "$0")/.." || exit 1

reasons=
for name in ${PYTHON:+"$PYTHON"} python3 python3.11 python3.14 python3.13 python3.12 /usr/bin/python3 \
  "$("${UV:-uv}" python find --no-python-downloads '>=3.11' 2>/dev/null)"; do
  path=$(command -v "$name") || continue
  if reason=$("$path" services/interpreter.py 2>&1); then
    "$path" -c 'import sys; print(sys.executable)'
    exit 0
  fi
  reasons="$reasons
  $path: $(printf %s "$reason" | tail -n 1)"
  [ -z "${PYTHON:-}" ] || break
done
echo "No Python here can run draftcast.${reasons:-
  None is on PATH.}
Install Python 3.11 or newer, over SQLite 3.35 or newer. PYTHON=/path/to/python make ... takes one
that is not on PATH." >&2
exit 1
