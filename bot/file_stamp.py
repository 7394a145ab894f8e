"""Whether a file is another than before."""

from __future__ import annotations

import os
from pathlib import Path

Stamp = tuple[int, ...]


def stamp_of(found: os.stat_result) -> Stamp:
    """What changes when a file does, also where one of the same size and time takes its place."""
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def stamp_at(path: Path) -> Stamp | None:
    """The same of a path; None: there is no file, or it cannot be looked at."""
    try:
        return stamp_of(path.stat())
    except OSError:
        return None
