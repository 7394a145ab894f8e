"""The words of `snapshot`: which Droplet, what the image is called, where to, how many stay."""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.domain.droplets import WhichDroplets
from bot.domain.snapshotting import DEFAULT_NAME, FIELDS, LONGEST_NAME, Snapshotting, unknown_fields
from bot.errors import CommandError
from handlers.commands.context import ParseContext
from handlers.commands.operations import without_dry_run
from handlers.commands.pasted import address_of
from handlers.commands.reasons import reasons
from handlers.commands.tokens import DASHES, Token, echo, pieces, refuse_invisible
from handlers.commands.values import regions_by_name

_EXAMPLE = "For example `/image snapshot web-1 to fra1 keep 3 because nightly copy`."
_NUMBER = re.compile(r"#0*([0-9]{1,18})")
_OPTION = re.compile(
    rf"[{DASHES}]{{0,2}}(as|name|snapshot-name|to|regions?|keep|tag)(?:[=:](.*))?", re.IGNORECASE
)
_NAMED = {"name": "as", "snapshot-name": "as", "region": "to", "regions": "to"}
KEYWORDS = frozenset({"as", "to", "keep"})
_MEAN_TO = frozenset({"in", "into", "region", "at"})
_SAID_BESIDE = frozenset({"and", "of", "the", "newest", "last", "in"})
_BEFORE = frozenset({"droplet", "droplets", "of", "the"})
_MOST_KEPT = 1_000


def read_snapshot(context: ParseContext) -> Snapshotting:
    """Read what follows `snapshot`.

    Raises:
        CommandError: something is missing, too much or not understood; with an example.
    """
    given, dry_run = without_dry_run(context.words)
    words, reason, break_glass = reasons([e for w in given for e in _plain(w)], context.text)
    refuse_invisible(words)
    words = [word for word in words if word.text and word.text not in (",", ";")]
    while len(words) > 1 and not words[0].quoted and words[0].key in _BEFORE:
        words = words[1:]
    at = next((i for i, w in enumerate(words) if _is(w, KEYWORDS)), len(words))
    _refuse_rest(words[:at], context)
    which = which_droplets(words[:at], _EXAMPLE)
    name, regions, keep = _rest(words[at:], context)
    glass = break_glass or ""
    of = (which.droplet, which.by_number, which.tag)
    return Snapshotting(*of, name, regions, keep, dry_run=dry_run, reason=reason, break_glass=glass)


def _refuse_rest(words: list[Token], context: ParseContext) -> None:
    """Words behind the Droplet that nothing says what they are for.

    Raises:
        CommandError: there are some; with what was probably meant.
    """
    if len(words) < 2 or not words[0].core or _is(words[0], {"tag"}):
        return
    if words[0].quoted and words[1].quoted:
        return  # two Droplets
    rest = regions_by_name(words[1:], context.place_names)
    first, start = rest[0], rest[0].start
    misread: tuple[int, int, str] | None = None
    if _is(first, _MEAN_TO):
        misread, help_ = (start, first.end, "to"), "Regions to copy it to go after `to`."
    elif context.names_regions(first):
        misread, help_ = (start, start, "to "), "Regions to copy it to go after `to`."
    elif first.text.isdecimal():
        misread, help_ = (start, start, "keep "), "How many stay goes after `keep`."
    elif words[0].text.endswith(",") or "," in words[0].text or _is(first, {"and"}):
        help_ = "One command takes one Droplet, or those of a tag: `/image snapshot tag:nightly`."
    else:
        misread = (start, start, "as ") if len(rest) == 1 else None
        help_ = "What the snapshot is called goes after `as`, a reason after `because`."
    problem = f"I understand {echo('snapshot ' + words[0].text)}, but not {echo(first.text)}."
    raise CommandError(problem, f"{help_} {_EXAMPLE}", misread=misread)


def which_droplets(words: list[Token], example: str) -> WhichDroplets:
    """Read which Droplets are meant: a name, a number or an address, or `tag` and a tag.

    Raises:
        CommandError: none or several; with the example.
    """
    if len(words) == 2 and _is(words[0], {"tag"}) and words[1].core:
        return WhichDroplets(tag=words[1].core)
    if len(words) > 1 and not _is(words[0], {"tag"}):
        shown = ", ".join(echo(word.text) for word in words[:3])
        raise CommandError(
            f"Which Droplet? I see more than one: {shown}.",
            f"A name of several words needs quotes; several Droplets go by their tag. {example}",
        )
    if len(words) != 1 or not words[0].core or _is(words[0], {"tag"}):
        raise CommandError("Which Droplet?", f"Its name, its number or its tag. {example}")
    address = address_of("droplets", words[0].text)
    number = _NUMBER.fullmatch(f"#{address}" if address else words[0].core)
    return WhichDroplets(number.group(1), True) if number else WhichDroplets(words[0].core)


def _rest(words: list[Token], context: ParseContext) -> tuple[str, tuple[str, ...], int | None]:
    """`as <name>`, `to <region>…` and `keep <n>`, each once, in any order."""
    found: dict[str, list[Token]] = {}
    for word in words:
        if _is(word, KEYWORDS):
            if word.key in found:
                raise CommandError(f"{echo(word.text)} stands there twice.", _EXAMPLE)
            found[word.key] = []
        else:
            found[next(reversed(found))].append(word)
    return (
        snapshot_name(found["as"], FIELDS) if "as" in found else DEFAULT_NAME,
        _regions(found["to"], context) if "to" in found else (),
        _keep(found["keep"]) if "keep" in found else None,
    )


def snapshot_name(words: list[Token], fields: Collection[str]) -> str:
    """Read what a snapshot is to be called.

    Args:
        fields: what it may hold in braces.

    Raises:
        CommandError: it is missing, too long, or holds other fields.
    """
    if len(words) != 1 or not words[0].core:
        raise CommandError(
            "What shall the snapshot be called?",
            f"One word after `as`, or several in quotes. It may hold {_in_braces(fields)}.",
        )
    name = words[0].text if words[0].quoted else words[0].core
    if unknown := unknown_fields(name, fields):
        raise CommandError(
            f"I do not know {echo('{' + unknown[0] + '}')} in a name.",
            f"A name may hold {_in_braces(fields)}.",
        )
    if len(name) > LONGEST_NAME:
        raise CommandError(f"A name has {LONGEST_NAME} characters at most.", _EXAMPLE)
    return name


def _in_braces(fields: Collection[str]) -> str:
    return ", ".join(f"`{{{each}}}`" for each in fields)


def _regions(words: list[Token], context: ParseContext) -> tuple[str, ...]:
    words = regions_by_name(pieces(words), context.place_names)
    named = [word for word in words if not _is(word, _SAID_BESIDE)]
    if not named:
        raise CommandError("Copied to which region?", f"{_EXAMPLE} `/image regions` has all.")
    return tuple(dict.fromkeys(slug for word in named for slug in context.regions_of(word)))


def _keep(words: list[Token]) -> int:
    numbers = [word.core for word in words if not _is(word, _SAID_BESIDE)]
    if len(numbers) != 1 or not re.fullmatch(r"[0-9]{1,4}", numbers[0]):
        raise CommandError("How many stay, the new one among them?", _EXAMPLE)
    if not 1 <= int(numbers[0]) <= _MOST_KEPT:
        raise CommandError(f"At least one stays, and {_MOST_KEPT:,} at most.", _EXAMPLE)
    return int(numbers[0])


def _is(word: Token, keys: frozenset[str] | set[str]) -> bool:
    return not word.quoted and word.key in keys


def _plain(word: Token) -> list[Token]:
    """`--keep=3`, `tag:nightly` and `to=fra1`, as the words they stand for."""
    match = None if word.quoted else _OPTION.fullmatch(word.text)
    if match is None or (match.group(2) is None and word.text[0] not in DASHES):
        return [word]
    key = match.group(1).lower()
    named = Token(_NAMED.get(key, key), word.start, word.end)
    return [named, Token(match.group(2), word.start, word.end)] if match.group(2) else [named]
