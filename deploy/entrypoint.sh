#!/bin/sh
# So that `docker run image-bot demo …` is the program's `demo`, and
# `docker run image-bot python -m bot demo …` is what it says. Whatever it is, it takes this place.
set -eu
command -v -- "$1" >/dev/null 2>&1 || set -- image-bot "$@"
exec "$@"
