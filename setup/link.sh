#!/bin/sh
# Lets .venv find the project by where it lies beside it. The installer writes the project's whole path, which Python 3.11
# reads in the encoding of the locale: under LC_ALL=C, a folder called 草稿 would end every command.
set -eu
cd "$(dirname "$0")/.."
for link in .venv/lib/python3*/site-packages/_draftcast.pth; do
  printf '%s\n' ../../../.. ../../../../sdk/python >"$link.new" # a file of its own: the installer's may be shared with its cache
  mv "$link.new" "$link"
done
