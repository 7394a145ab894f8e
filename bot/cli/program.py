"""The program's own name, in what it says: `image-bot` where that was typed."""

from __future__ import annotations

import sys
from pathlib import Path

_FROM_A_CHECKOUT, _INSTALLED = "python -m bot", "image-bot"


def name() -> str:
    """What was typed to start it."""
    return _INSTALLED if Path(sys.argv[0]).name == _INSTALLED else _FROM_A_CHECKOUT


def in_its_name(said: str) -> str:
    """The same text, with the commands in it as they can be typed here.

    Where it is installed, a folder named `bot` in the working directory would be run instead.
    """
    return said.replace(_FROM_A_CHECKOUT, name())
