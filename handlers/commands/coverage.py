"""The words of `coverage`: which Droplets and series, and where a copy is wanted."""

from __future__ import annotations

from bot.domain.coverage import Coverage
from bot.errors import CommandError
from handlers.commands.context import ParseContext
from handlers.commands.tokens import Token, echo, option, pieces, refuse_invisible, too_much
from handlers.commands.values import LONGEST_NAME, PAGE, regions_by_name, whole_number

_EXAMPLE = "For example `/image coverage web-*`, or `/image coverage tag nightly in europe`."
_BEFORE = frozenset({"of", "for"})
_EVERYTHING = frozenset({"all", "everything"})
_BEFORE_REGIONS = frozenset({"in", "to", "and"})


def read_coverage(context: ParseContext) -> Coverage:
    """Read what follows `coverage`.

    Raises:
        CommandError: something is missing, too much or not understood; with an example.
    """
    refuse_invisible(context.words, emoji=True)
    words = [each for word in context.words for each in _spread(word)]
    words, page = _page(words)
    if unknown := next((word for word in words if option(word, ()) is not None), None):
        raise CommandError(f"There is no option {echo(unknown.text)} here.", _EXAMPLE)
    at = next((i for i, w in enumerate(words) if _is(w, {"in", "to"})), len(words))
    which, places = words[:at], words[at:]
    regions = _regions(places, context) if places else ()
    if which and _is(which[0], _BEFORE):
        which = which[1:]
    if which and _is(which[0], {"tag"}):
        if len(which) != 2 or not which[1].core:
            raise CommandError("Which tag?", _EXAMPLE)
        return Coverage(tag=which[1].core, regions=regions, page=page)
    if len(which) == 1 and _is(which[0], _EVERYTHING):
        return Coverage(regions=regions, page=page)
    if which and not which[0].quoted and context.names_regions(which[0]):
        start = which[0].start
        help_ = "Regions go after `in`; a Droplet that is called so goes in quotes."
        problem = f"{echo(which[0].text)} is a region, or a set of them."
        raise CommandError(problem, help_, misread=(start, start, "in "))
    if len(which) > 1:
        help_ = f"A name of several words needs quotes. {_EXAMPLE}"
        raise CommandError(*too_much(f"coverage {which[0].text}", which[1:], help_))
    pattern = "" if not which else which[0].text if which[0].quoted else which[0].core
    if len(pattern) > LONGEST_NAME:
        raise CommandError(f"A name has at most {LONGEST_NAME} characters.", _EXAMPLE)
    return Coverage(pattern, regions=regions, page=page)


def _regions(words: list[Token], context: ParseContext) -> tuple[str, ...]:
    named = [
        word
        for word in regions_by_name(pieces(words), context.place_names)
        if not _is(word, _BEFORE_REGIONS)
    ]
    if not named:
        raise CommandError("A copy in which region?", f"{_EXAMPLE} `/image regions` has all.")
    return tuple(dict.fromkeys(slug for word in named for slug in context.regions_of(word)))


def _page(words: list[Token]) -> tuple[list[Token], int]:
    """The words without `--page 2`, and the page."""
    at = next((i for i, word in enumerate(words) if option(word, ["page"]) == "page"), None)
    if at is None:
        return words, 1
    if at + 1 >= len(words):
        raise CommandError("Which page?", "For example `/image coverage --page 2`.")
    return [*words[:at], *words[at + 2 :]], whole_number(words[at + 1].core, PAGE)


def _spread(word: Token) -> list[Token]:
    """`tag:nightly`, `--tag nightly` and `--tag=nightly`, as the words they stand for."""
    if word.quoted:
        return [word]
    if option(word, ["tag"]) == "tag":
        return [Token("tag", word.start, word.end)]
    if word.key.startswith(("tag:", "tag=")) and len(word.core) > len("tag:"):
        return [Token("tag", word.start, word.end), Token(word.core[4:], word.start, word.end)]
    return [word]


def _is(word: Token, keys: frozenset[str] | set[str]) -> bool:
    return not word.quoted and word.key in keys
