"""The words of `snapshot volume`: of which volume, and what the snapshot is called."""

from __future__ import annotations

from bot.domain.volume_snapshotting import DEFAULT_NAME, FIELDS, VolumeSnapshotting
from bot.errors import CommandError
from handlers.commands.context import ParseContext
from handlers.commands.operations import without_dry_run
from handlers.commands.pasted import address_of
from handlers.commands.reasons import reasons
from handlers.commands.snapshot import KEYWORDS, snapshot_name
from handlers.commands.tokens import Token, echo, refuse_invisible

_EXAMPLE = "For example `/image snapshot volume db-data`."
_VOLUME = frozenset({"volume", "volumes"})
_BEFORE = frozenset({"of", "the"})
_ENDS = KEYWORDS | {"because"}


def is_of_volume(words: list[Token]) -> bool:
    """Whether `snapshot …` is about a volume: `volume` alone is a Droplet of that name."""
    words = _bare(words)
    return len(words) > 1 and _is(words[0], _VOLUME) and not _is(words[1], _ENDS)


def read_volume_snapshot(context: ParseContext) -> VolumeSnapshotting:
    """Read what follows `snapshot`, or `snapshot-volume`.

    Raises:
        CommandError: something is missing, too much or not understood; with an example.
    """
    given, dry_run = without_dry_run(context.words)
    words, reason, break_glass = reasons(given, context.text)
    refuse_invisible(words)
    words = _bare([word for word in words if word.text])
    if len(words) > 1 and _is(words[0], _VOLUME):
        words = words[1:]
    at = next((i for i, w in enumerate(words) if _is(w, KEYWORDS)), len(words))
    if at > 1:
        shown = ", ".join(echo(word.text) for word in words[:3])
        raise CommandError(
            f"Which volume? I see more than one: {shown}.",
            f"One command takes one; a name of several words needs quotes. {_EXAMPLE}",
        )
    if at != 1 or not words[0].core:
        raise CommandError("Which volume?", f"Its name or its uuid. {_EXAMPLE}")
    name = _name(words[at:])
    volume = address_of("volumes", words[0].text) or words[0].core
    return VolumeSnapshotting(
        volume, name, dry_run=dry_run, reason=reason, break_glass=break_glass or ""
    )


def _bare(words: list[Token]) -> list[Token]:
    """Without what may stand before `volume` in a sentence."""
    at = next((i for i, w in enumerate(words) if not _is(w, _BEFORE)), len(words))
    return words[at:] if at < len(words) and _is(words[at], _VOLUME) else words


def _name(words: list[Token]) -> str:
    others = {word.key for word in words if _is(word, KEYWORDS)}
    if "to" in others:
        raise CommandError(
            "A volume's snapshot stays in the volume's region: DigitalOcean moves it to no other.",
            f"Leave `to` out. {_EXAMPLE}",
        )
    if "keep" in others:
        raise CommandError(
            "`keep` deletes older snapshots of Droplets, and none of volumes.",
            f"Leave `keep` out. {_EXAMPLE}",
        )
    return snapshot_name(words[1:], FIELDS) if words else DEFAULT_NAME


def _is(word: Token, keys: frozenset[str]) -> bool:
    return not word.quoted and word.key in keys
