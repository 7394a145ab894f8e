"""Several new files: all of them are written, or none."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.errors import BotError


class CannotWrite(BotError):
    """A file is there already, or cannot be made: nothing was written."""


@dataclass(frozen=True)
class NewFile:
    """What a file is to hold, and who may read it (`mode`, as `chmod` takes it)."""

    path: Path
    text: str
    mode: int = 0o644


def write_all(files: Sequence[NewFile], *, force: bool) -> list[Path]:
    """Write those that do not hold what they should yet; which ones were written.

    Args:
        force: files that are there and hold something else are replaced.

    Raises:
        CannotWrite: nothing was written, and what was there is as it was.
    """
    wanted = [file for file in files if not _holds(file)]
    if not force:
        _refuse(file.path for file in wanted if os.path.lexists(file.path))
    kept: list[Path] = []
    try:
        with ExitStack() as undo:
            drafts = [_draft(file, undo) for file in wanted]
            for file, draft in zip(wanted, drafts, strict=True):
                kept += _put(draft, file.path, undo, force=force)
            undo.pop_all()
    except FileExistsError as error:
        _refuse([Path(error.filename2 or error.filename)])
    except OSError as error:
        said = f"{error.filename2 or error.filename} cannot be written: {error.strerror}."
        raise CannotWrite(f"{said} Nothing was written.", "Check the folder's rights.") from error
    for old in kept:
        _remove(old)
    return [file.path for file in wanted]


def _refuse(there: Iterable[Path]) -> None:
    if names := ", ".join(str(path) for path in there):
        help_ = "Move it away, or give --force to replace it."
        raise CannotWrite(f"{names}: there already. Nothing was written.", help_)


def _holds(file: NewFile) -> bool:
    try:
        return file.path.read_text(encoding="utf-8") == file.text
    except (OSError, UnicodeDecodeError):
        return False


def _draft(file: NewFile, undo: ExitStack) -> Path:
    """The whole file under another name beside it, on the disk."""
    handle, name = tempfile.mkstemp(dir=file.path.absolute().parent, prefix=".image-bot-")
    undo.callback(_remove, Path(name))
    with os.fdopen(handle, "w", encoding="utf-8") as draft:
        draft.write(file.text)
        draft.flush()
        os.fchmod(draft.fileno(), file.mode)
        os.fsync(draft.fileno())
    return Path(name)


def _put(draft: Path, path: Path, undo: ExitStack, *, force: bool) -> list[Path]:
    """Give the draft its name; where what had that name is kept, until all are in their place."""
    if not (force and os.path.lexists(path)):
        os.link(draft, path)  # unlike a rename, it replaces nothing
        undo.callback(_remove, path)
        draft.unlink()
        return []
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    kept = draft.with_suffix(".kept")
    path.rename(kept)
    undo.callback(kept.replace, path)
    draft.replace(path)
    return [kept]


def _remove(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.unlink()
