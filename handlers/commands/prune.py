"""The words of `prune`: which images, or whose, how many stay or how old they must be."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.domain.pruning import WILDCARDS, Pruning
from bot.errors import CommandError
from handlers.commands.context import ParseContext
from handlers.commands.operations import without_dry_run
from handlers.commands.pasted import address_of
from handlers.commands.reasons import reasons
from handlers.commands.tokens import Token, echo, refuse_invisible

_EXAMPLE = "For example `/image prune web-* keep 3`, or `/image prune web-* older than 30d`."
_AGE = re.compile(r"([0-9]{1,4})(d|days?|w|weeks?|m|months?|y|years?)?")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_FEWEST_LETTERS = 2
_BRACKETS = re.compile(r"\[[^\]]*\]")
"""`[!_]` stands for one letter, and for nearly any."""
_MOST_KEPT, _OLDEST_DAYS = 1_000, 3_650
_OPTIONS = {"keep": "keep", "older-than": "older", "tag": "tag"}
_OPTION = re.compile(r"[-–—]{0,2}(keep|older-than|tag)(?:[=:](.*))?", re.IGNORECASE)
_BEFORE_PATTERN = {"images", "image", "snapshots", "snapshot", "the"}
_BEFORE_DROPLET = {"of", "droplet"}
_NUMBER = re.compile(r"#?0*([0-9]{1,18})")


def read_prune(context: ParseContext) -> Pruning:
    """Read what follows `prune`.

    Raises:
        CommandError: something is missing, too much or not understood; with an example.
    """
    given, dry_run = without_dry_run(context.words)
    words, reason, break_glass = reasons(
        [each for word in given for each in _plain(word)], context.text
    )
    refuse_invisible(words)
    of_droplet = False
    while (
        len(words) > 1
        and not words[0].quoted
        and words[0].key in (_BEFORE_PATTERN | _BEFORE_DROPLET)
    ):
        of_droplet |= words[0].key in _BEFORE_DROPLET
        words = words[1:]
    at = next((i for i, w in enumerate(words) if not w.quoted and w.key in ("keep", "older")), None)
    which, rest = words[:at], words[at:] if at is not None else []
    tag = ""
    if len(which) == 2 and not which[0].quoted and which[0].key == "tag":
        tag = _text(which[1])
    elif len(which) == 2 and which[1].text.isdecimal():
        start = which[1].start
        problem = f"I do not understand {echo(which[1].text)}."
        help_ = f"How many stay goes after `keep`. {_EXAMPLE}"
        raise CommandError(problem, help_, misread=(start, start, "keep "))
    elif len(which) != 1:
        raise CommandError("Which images, and how many stay?", _EXAMPLE)
    keep, days = _limits(rest)
    droplet, by_number = ("", False) if tag else _droplet(which[0], of_droplet=of_droplet)
    pattern = "" if tag or droplet else _text(which[0])
    if pattern and len(re.findall(r"\w", _BRACKETS.sub("", pattern))) < _FEWEST_LETTERS:
        raise CommandError(
            "That would be nearly all images.",
            f"Write at least {_FEWEST_LETTERS} letters of their name. {_EXAMPLE}",
        )
    glass = break_glass or ""
    of = (pattern, tag, keep, days, droplet, by_number)
    return Pruning(*of, dry_run=dry_run, reason=reason, break_glass=glass)


def _droplet(word: Token, *, of_droplet: bool) -> tuple[str, bool]:
    """The Droplet that is meant, and whether by its number; empty: the word is a pattern."""
    if address := address_of("droplets", word.text):
        return address, True
    if not word.quoted and (number := _NUMBER.fullmatch(word.core)):
        return number.group(1), True
    text = _text(word)
    return (text, False) if of_droplet and not set(text) & WILDCARDS else ("", False)


def _limits(rest: list[Token]) -> tuple[int | None, int | None]:
    """`keep 3`, `older than 30d`, or both."""
    keep: int | None = None
    days: int | None = None
    words = [w for w in rest if w.key not in ("and", "than", "the", "newest", "last")]
    while words:
        what, number, after = words[0].key, words[1:2], words[2:]
        said = number[0].core.lower() if number else ""
        if what == "keep" and keep is None and re.fullmatch(r"[0-9]{1,4}", said):
            keep = int(said)
        elif what == "older" and days is None and (age := _AGE.fullmatch(said)):
            unit = age.group(2) or (after[0].key if after else "")
            after = after if age.group(2) or unit[:1] not in _DAYS else after[1:]
            days = int(age.group(1)) * _DAYS.get(unit[:1], 1)
        else:
            typed = " ".join(filter(None, (words[0].text, said)))
            raise CommandError(f"I do not understand {echo(typed)}.", _EXAMPLE)
        words = after
    if keep is None and days is None:
        raise CommandError("How many stay, or how old must they be?", _EXAMPLE)
    if keep is not None and not 1 <= keep <= _MOST_KEPT:
        raise CommandError(f"At least one stays, and {_MOST_KEPT:,} at most.", _EXAMPLE)
    if days is not None and not 1 <= days <= _OLDEST_DAYS:
        raise CommandError(f"An age is 1 to {_OLDEST_DAYS:,} days.", _EXAMPLE)
    return keep, days


def _plain(word: Token) -> list[Token]:
    """`--keep`, `keep=3`, `older-than` and `tag:nightly`, as the words they stand for."""
    match = None if word.quoted else _OPTION.fullmatch(word.text)
    if match is None:
        return [word]
    named = replace(word, text=_OPTIONS[match.group(1).lower()])
    value = match.group(2)
    return [named, replace(word, text=value)] if value else [named]


def _text(word: Token) -> str:
    return word.text if word.quoted else word.text.rstrip(",;:")
