"""`latest prod-*` and `latest of web-1`, among the words of a command."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.errors import CommandError
from handlers.commands.tokens import Token, refuse_invisible

_EXAMPLE = (
    "For example `latest prod-*`, or `latest of web-1` for the newest snapshot of a Droplet. An"
    ' image that is called so is `"latest"`, in quotes.'
)
_KINDS = frozenset({"image", "snapshot", "backup"})
"""What may stand between, as in `latest snapshot of web-1`."""
LATEST = frozenset({"latest", "newest", "last"})
_LONGEST = 255


@dataclass(frozen=True)
class LatestImage:
    """The newest image whose name fits `text`, or that was made of the Droplet of that name."""

    text: str
    of_droplet: bool = False

    def __str__(self) -> str:
        """As it can be typed."""
        is_plain = re.fullmatch(r"[\w*?./\[\]-]+", self.text) and self.text.lower() != "of"
        return f"latest {'of ' if self.of_droplet else ''}" + (
            self.text if is_plain else f'"{self.text}"'
        )


@dataclass(frozen=True)
class LatestToken(Token):
    """All words of one `latest …` as one."""

    image: LatestImage = LatestImage("")


def joined(words: Sequence[Token], is_other: Callable[[Token], bool]) -> list[Token]:
    """The words, with each `latest …` made one.

    Args:
        is_other: whether a word is read as something else than a name: `to`, a region.

    Raises:
        CommandError: nothing that could be a pattern or a Droplet follows.
    """
    found: list[Token] = []
    at = 0
    while at < len(words):
        if words[at].quoted or words[at].key not in LATEST:
            found.append(words[at])
            at += 1
            continue
        if found and not found[-1].quoted and found[-1].key == "the":
            found.pop()
        one, at = _one(words, at, is_other)
        found.append(one)
    return found


def _one(
    words: Sequence[Token], start: int, is_other: Callable[[Token], bool]
) -> tuple[LatestToken, int]:
    """The one that begins there, and where the words go on."""
    at = start + 1
    if len(words) > at + 1 and not words[at].quoted and words[at].key in _KINDS:
        at += 1
    of_droplet = at < len(words) and not words[at].quoted and words[at].key == "of"
    at += of_droplet
    if of_droplet and len(words) > at + 1 and not words[at].quoted and words[at].key == "droplet":
        at += 1
    if at >= len(words) or not words[at].core or (not words[at].quoted and is_other(words[at])):
        raise CommandError("The latest of what?", _EXAMPLE)
    refuse_invisible([words[at]], emoji=True)
    text = words[at].text if words[at].quoted else words[at].core
    if len(text) > _LONGEST:
        raise CommandError(f"A name has at most {_LONGEST} characters.", _EXAMPLE)
    image = LatestImage(text, of_droplet)
    return LatestToken(str(image), words[start].start, words[at].end, image=image), at + 1
