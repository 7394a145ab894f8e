"""The words of `restore`: which Droplet, and from which of its backups."""

from __future__ import annotations

from bot.domain.restoring import Restoring
from bot.errors import CommandError
from handlers.commands.operations import ParseContext, without_dry_run
from handlers.commands.reasons import reasons
from handlers.commands.snapshot import which_droplets
from handlers.commands.tokens import Token, refuse_invisible
from handlers.commands.values import image_of

_EXAMPLE = "For example `/image restore web-1 from 62140001`."
_BEFORE = frozenset({"droplet", "its", "the", "backup", "image"})
_LATEST = frozenset({"latest", "newest"})


def read_restore(context: ParseContext) -> Restoring:
    """Read what follows `restore`.

    Raises:
        CommandError: something is missing, too much or not understood; with an example.
    """
    given, dry_run = without_dry_run(context.words)
    words, reason, break_glass = reasons(given, context.text)
    refuse_invisible(words)
    words = [word for word in words if word.text]
    at = next((i for i, w in enumerate(words) if not w.quoted and w.key == "from"), len(words))
    which = which_droplets(_bare(words[:at]), _EXAMPLE)
    if which.tag:
        raise CommandError("One Droplet is restored at a time.", _EXAMPLE)
    backup = _bare(words[at + 1 :])
    if len(backup) != 1 or not backup[0].core:
        raise CommandError("From which backup?", f"Its number, its name or `latest`. {_EXAMPLE}")
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


def _bare(words: list[Token]) -> list[Token]:
    """Without what may stand before a name in a sentence."""
    while len(words) > 1 and not words[0].quoted and words[0].key in _BEFORE:
        words = words[1:]
    return words
