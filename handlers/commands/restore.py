"""The words of `restore`: which Droplet, and from which of its backups."""

from __future__ import annotations

from bot.domain.restoring import Restoring
from bot.errors import CommandError
from handlers.commands.context import ParseContext
from handlers.commands.operations import without_dry_run
from handlers.commands.reasons import reasons
from handlers.commands.snapshot import which_droplets
from handlers.commands.tokens import Token, echo, refuse_invisible
from handlers.commands.values import image_of

_EXAMPLE = "For example `/image restore web-1 from 62140001`."
_BEFORE = frozenset({"droplet", "its", "the", "backup", "image"})
_FROM = frozenset({"from", "to"})
_AFTER_LATEST = frozenset({"backup", "backups", "one", "of", "its", "the"})
_LATEST = frozenset({"latest", "newest", "last"})


def read_restore(context: ParseContext) -> Restoring:
    """Read what follows `restore`.

    Raises:
        CommandError: something is missing, too much or not understood; with an example.
    """
    given, dry_run = without_dry_run(context.words)
    words, reason, break_glass = reasons(given, context.text)
    refuse_invisible(words)
    words = [word for word in words if word.text]
    droplet, backup = _parted(words)
    if len(droplet) != 1 or not droplet[0].core or droplet[0].key.startswith("tag:"):
        raise CommandError(
            "Which Droplet? One is restored at a time.", f"Give its name or its number. {_EXAMPLE}"
        )
    which = which_droplets(droplet, _EXAMPLE)
    if not backup or not backup[0].core:
        raise CommandError("From which backup?", f"Its number, its name or `latest`. {_EXAMPLE}")
    if len(backup) > 1:
        raise CommandError(
            f"From which backup? {echo(' '.join(word.text for word in backup))} is more than one"
            " word.",
            f"A name of several words needs quotes. {_EXAMPLE}",
        )
    latest = not backup[0].quoted and backup[0].key in _LATEST
    image = "" if latest else image_of(backup[0], allow_names=True)
    return Restoring(
        which.droplet,
        which.by_number,
        backup_id=image if isinstance(image, int) else 0,
        backup_name=image if isinstance(image, str) else "",
        latest=latest,
        dry_run=dry_run,
        reason=reason,
        break_glass=break_glass or "",
    )


def _parted(words: list[Token]) -> tuple[list[Token], list[Token]]:
    """The words for the Droplet, and those for the backup; between two words `from` may miss."""
    at = next((i for i, w in enumerate(words) if not w.quoted and w.key in _FROM), None)
    droplet, backup = _bare(words[:at]), _bare(words[at + 1 :]) if at is not None else []
    if at is None and len(droplet) > 1:
        droplet, backup = droplet[:1], _bare(droplet[1:])
    return droplet, backup[:1] if _is_latest(backup) else backup


def _is_latest(words: list[Token]) -> bool:
    """`latest`, `latest backup`, `newest of its backups`."""
    is_plain = bool(words) and not any(word.quoted for word in words)
    return is_plain and words[0].key in _LATEST and {w.key for w in words[1:]} <= _AFTER_LATEST


def _bare(words: list[Token]) -> list[Token]:
    """Without what may stand before a name in a sentence."""
    while len(words) > 1 and not words[0].quoted and words[0].key in _BEFORE:
        words = words[1:]
    return words
