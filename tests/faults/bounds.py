"""How much is tried: what CI can wait for, or what it takes to believe it."""

from __future__ import annotations

import os


def is_long() -> bool:
    """Whether `IMAGE_BOT_FAULTS=long` asks for the long form."""
    return os.environ.get("IMAGE_BOT_FAULTS", "") == "long"
