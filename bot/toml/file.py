"""What stops the reading of a text file, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import BotError

FileCheck = Callable[[Path, bytes], str]
"""Why what a file holds may not be in force, given its path and content; empty: it may."""


HOW_TO_SIGN = "`python -m bot policy sign FILE --key KEY` signs it."


def unchecked(_path: Path, _content: bytes) -> str:
    """Whatever a file holds may be in force."""
    return ""


def signature_of(path: Path) -> Path:
    """Where the signature of a file is, if it has one."""
    return path.with_name(f"{path.name}.sig")


@contextmanager
def readable(path: Path, missing: BotError) -> Iterator[None]:
    """Within it a file is read and decoded; what goes wrong is raised in words.

    Args:
        missing: what is raised where there is no file. The other errors are of its type.
    """
    told = type(missing)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise told(f"{path} is no file: a pipe or a device has no end.")
        yield
    except FileNotFoundError:
        raise missing from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        fix = "Save it as UTF-8."
        raise told(f"{path}, line {line}: this is not UTF-8 text.", fix) from None
    except OSError as error:
        fix = "Check its path, and whether this user may read it."
        raise told(f"{path} cannot be read: {error.strerror}.", fix) from None
