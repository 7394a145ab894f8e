"""What people paste: the command line of DigitalOcean, its API's calls, addresses and ids.

What plainly means one of our commands is read as that one. What is no image is named as what it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from bot.errors import CommandError
from handlers.commands.pasted_calls import called
from handlers.commands.tokens import Token, echo, option

_WITH_A_VALUE = (
    r"(?:--(?:output|format|access-token|context|config|api-url|resource)|-[otcu])[=\s]\s*\S+"
)
_ALONE = r"(?:--(?:wait|no-header|trace|verbose|interactive|force|public)|-[vf])"
_FLAG = re.compile(rf"\s(?:{_WITH_A_VALUE}|{_ALONE})(?=\s|$)")
_DOCTL = re.compile(
    rf"(?:\S{{1,20}}\s+)?doctl(?:{_FLAG.pattern})*\s+(?:compute|c)\s+([\w-]+)\s+([\w-]+)",
    re.IGNORECASE,
)
_ACTION = re.compile(
    r"(?:\S{1,20}\s+)?doctl\b.*\s(?:image-action|ia)\s+get\b.*--action-id[=\s]\s*([0-9]+)",
    re.IGNORECASE,
)
_IMAGES = frozenset({"image-action", "ia", "image", "images", "i", "snapshot", "s"})
_SUBCOMMANDS = {
    "get": "show",
    "ls": "list",
    "list-user": "list",
    "update": "rename",
    "u": "rename",
    "rm": "delete",
}
"""What `doctl compute image …` and `image-action …` call what we call otherwise."""
_OTHER_SUBCOMMANDS = {
    **dict.fromkeys([("droplet-action", "snapshot"), ("da", "snapshot")], "snapshot"),
    **dict.fromkeys([("droplet-action", "restore"), ("da", "restore")], "restore"),
    **dict.fromkeys([("volume", "snapshot"), ("v", "snapshot")], "snapshot volume"),
    **dict.fromkeys([("region", "list"), ("region", "ls"), ("regions", "list")], "regions"),
}
"""The same of what is no image."""
_NAMED_BY_FLAG = {"image-name": " ", "snapshot-name": " as ", "image-id": " from "}
_NAME_FLAG = re.compile(rf"\s--({'|'.join(_NAMED_BY_FLAG)})[=\s]\s*")

_PLACES = {
    **dict.fromkeys(("region", "regions", "region-slug", "region_slug", "to"), "region"),
    **dict.fromkeys(("image", "id", "image-id", "image_id"), "image"),
}
_NAMED = re.compile(rf"({'|'.join(_PLACES)})[:=](.*)", re.IGNORECASE)
_ID = frozenset({"id", "image-id", "image_id"})
_BETWEEN = re.compile(r"[-=]?>|[→➡]|[:;=|/@+&,]+")
"""What people write between an image and its region, or between regions, without a space."""

SITE = r"(?:(?:https?://)?(?:cloud|api)\.digitalocean\.com/(?:v2/)?|/v2/|/)"
"""What an address begins with, in the control panel or in the API."""
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_OTHER_ADDRESS = re.compile(
    rf"{SITE}(droplets|volumes|snapshots)/([\w-]+).*",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"[0-9]+")


def rewritten(text: str) -> str:
    """The text, or the command that it is in the words of `doctl`, of the API or of Terraform.

    Raises:
        CommandError: it is one that we have nothing for.
    """
    if call := called(text):
        return call
    if action := _ACTION.match(text.strip()):
        return f"status {action[1]}"
    line = _DOCTL.match(text.strip())
    subcommand = _subcommand(line[1].lower(), line[2].lower()) if line else None
    if line is None or subcommand is None:
        return text
    rest = _FLAG.sub(" ", text.strip()[line.end() :])
    return subcommand + _NAME_FLAG.sub(lambda flag: _NAMED_BY_FLAG[flag[1]], rest)


def _subcommand(of: str, verb: str) -> str | None:
    """Ours for what `doctl compute` does to something; None: we have none."""
    if of in _IMAGES:
        return _SUBCOMMANDS.get(verb, verb)
    return _OTHER_SUBCOMMANDS.get((of, verb))


def spread(words: Sequence[Token], regions: Collection[str]) -> list[Token]:
    """The words, with `--region nyc3`, `region=nyc3` and `62137902:nyc3` as words of their own."""
    named = list(words)
    for at, (word, after) in enumerate(pairwise(words)):
        if not word.quoted and word.key in _ID and _DIGITS.fullmatch(after.core):
            named[at] = _part(word, "image")
    return [each for word in named for each in _spread(word, regions)]


def _spread(word: Token, regions: Collection[str]) -> Iterator[Token]:
    if word.quoted:
        yield word
        return
    name = option(word, (*_PLACES, "wait"))
    if name == "wait":
        return  # every request is followed to its end
    if name in _PLACES:
        yield _part(word, _PLACES[name])
        return
    if (named := _NAMED.fullmatch(word.text)) and not named[2].startswith("//"):
        yield _part(word, _PLACES[named[1].lower()])
        if named[2]:
            yield from _spread(_part(word, named[2]), regions)
        return
    parts = _BETWEEN.split(word.core)
    images = [part for part in parts if _DIGITS.fullmatch(part)]
    if len(images) <= 1 < len(parts) and all(
        part in images or part.lower() in regions for part in parts
    ):
        yield from (_part(word, part) for part in parts)
    else:
        yield word


def _part(word: Token, text: str) -> Token:
    return Token(text, word.start, word.end)


def address_of(kind: str, text: str) -> str | None:
    """The id in the address of a Droplet or a volume (`droplets`, `volumes`)."""
    found = _OTHER_ADDRESS.fullmatch(text.strip("<>()[]{}"))
    return found[2] if found and found[1].lower() == kind else None


def snapshot_address(text: str) -> str | None:
    """The id in a snapshot's address; a Droplet's snapshot is an image with the same id."""
    found = _OTHER_ADDRESS.fullmatch(text)
    if found and found[1].lower() == "snapshots" and _DIGITS.fullmatch(found[2]):
        return found[2]
    return None


def refuse_other_things(text: str) -> None:
    """Refuse the id or address of what is no image.

    Raises:
        CommandError: says what it is, and how an image is given.
    """
    found = _OTHER_ADDRESS.fullmatch(text)
    kind = found[1].lower() if found else ""
    if kind == "droplets":
        raise CommandError(
            f"{echo(text)} is a Droplet, not an image.",
            "Its snapshots and backups are images: `/image list` shows them with their ids.",
        )
    if kind or _UUID.fullmatch(text):
        raise CommandError(
            f"{echo(text)} is a volume or a volume's snapshot, not an image.",
            "Volumes cannot be transferred: `/image snapshot volume db-data` takes a snapshot."
            " `/image list` shows your images with their ids.",
        )
