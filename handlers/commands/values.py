"""One word read as a number, an image or a region, or refused with the nearest right thing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import NewType

from bot.domain.places import CITIES
from bot.domain.resources import DOCUMENTED_REGIONS
from bot.errors import CommandError
from handlers.commands.pasted import SITE, refuse_other_things, snapshot_address
from handlers.commands.tokens import ECHO_LIMIT, Token, echo, refuse_invisible

ImageName = NewType("ImageName", str)
"""An image given by its name instead of its id."""

LARGEST_ID = 2**63 - 1
LONGEST_NAME = 255

_WHOLE = re.compile(r"[1-9][0-9]*")
_SIGNED = re.compile(r"[+\-−–—]([0-9]+)")
_GROUPED = re.compile(r"[0-9]{1,3}([,.'’_])[0-9]{3}(?:\1[0-9]{3})*")
# The shape of a number, right or wrong, in any script's digits.
_NUMBERISH = re.compile(
    r"#?[+\-−–—]?(?:0[xob][0-9a-f]+|[.,]?\d[\d.,'’_]*(?:e[+\-]?\d+)?)", re.IGNORECASE
)
# An image's page in the control panel, or its address in the API.
_ADDRESS = re.compile(
    rf"{SITE}images/(?:[a-z]+/)*([0-9]+)(?:[/?#].*)?",
    re.IGNORECASE,
)
_BOLD = re.compile(r"\*([0-9]+)\*")
_NOTHING_BETWEEN = str.maketrans("", "", "-_")
_SLUG_SHAPED = re.compile(r"[a-z]{2,5}[-_]?\d{1,2}")


@dataclass(frozen=True)
class Kind:
    """What a number stands for, in the words that a refusal needs."""

    noun: str
    """With its article: `an image id`."""
    plural: str
    example: str
    find: str
    """Where to find the right one, as a sentence."""
    hash_sign: bool = False
    """Whether `#17` is a common way to write it."""


IMAGE = Kind(
    "an image id", "image ids", "62137902", "`/image list` shows your images with their ids."
)
OPS_REQUEST = Kind(
    "the number of a request", "they", "17", "`/image status` shows those that are open.", True
)
SUBJECT = Kind(
    "the number of a request, an action or an image",
    "they",
    "17",
    "`/image status` alone shows what is in flight.",
    True,
)
PAGE = Kind("a page number", "pages", "2", "For example `/image list --page 2`.")


def is_numberish(text: str) -> bool:
    """Whether the text was meant as a number, however badly."""
    return _NUMBERISH.fullmatch(text) is not None


def whole_number(text: str, kind: Kind) -> int:
    """Read plain digits; everything else is refused, so that no number is ever changed.

    Raises:
        CommandError: what is wrong with it, and, as a question, what may have been meant.
    """
    digits = text.removeprefix("#") if kind.hash_sign else text
    if not _WHOLE.fullmatch(digits):
        raise CommandError(*_why_no_number(text, kind))
    # Long digits are not converted at all: Python refuses thousands of them by itself.
    if len(digits) > len(str(LARGEST_ID)) or int(digits) > LARGEST_ID:
        raise CommandError(
            f"{echo(text)} is too large for {kind.noun}.",
            f"A whole positive number such as `{kind.example}` is expected. {kind.find}",
        )
    return int(digits)


def _why_no_number(text: str, kind: Kind) -> tuple[str, str]:
    meant = _maybe_meant(text) if is_numberish(text) else ""
    question = f"Did you mean `{meant}`? " if meant else ""
    return f"{echo(text)} is not {kind.noun}: {_cause(text, kind)}.", f"{question}{kind.find}"


def _cause(text: str, kind: Kind) -> str:
    bare = text.removeprefix("#")
    if not is_numberish(text):
        return f"{kind.plural} are numbers, such as `{kind.example}`"
    if not bare.strip("0"):
        return f"{kind.plural} start at 1"
    if any(character.isdecimal() and not character.isascii() for character in text):
        return "please type it with the plain digits 0 to 9"
    if _SIGNED.fullmatch(bare):
        return "it has a sign before it"
    if _GROUPED.fullmatch(bare):
        return "there must be nothing between its digits"
    if bare.isdecimal() and bare.startswith("0"):
        return "it begins with 0"
    if bare.isdecimal():
        return "`#` stands before ops requests only"
    return f"{kind.plural} are whole positive numbers in plain digits"


def _maybe_meant(text: str) -> str:
    """The digits that may have been meant; offered as a question and never taken."""
    bare = text.removeprefix("#")
    signed = _SIGNED.fullmatch(bare)
    if signed:
        bare = signed.group(1)
    elif _GROUPED.fullmatch(bare):
        bare = re.sub("[^0-9]", "", bare)
    digits = bare.lstrip("0")
    return digits if _WHOLE.fullmatch(digits) and len(digits) <= len(str(LARGEST_ID)) else ""


def image_of(word: Token, *, allow_names: bool) -> int | ImageName:
    """Read an image: its id, the address of its page, or its name where names are allowed.

    Raises:
        CommandError: neither, or a name longer than DigitalOcean allows.
    """
    plain = word.core if word.quoted else word.core.strip("<>()[]{}")
    address = _ADDRESS.fullmatch(plain) or (None if word.quoted else _BOLD.fullmatch(plain))
    number = address.group(1) if address else snapshot_address(plain)
    if number:
        refuse_invisible([word])
        return whole_number(number, IMAGE)
    if not word.quoted:
        refuse_other_things(word.core)
    # Quotes mean a name, always. It may be called `5"` or end in a full stop, so it stays whole.
    if not allow_names or (is_numberish(word.core) and not word.quoted):
        refuse_invisible([word])
        return whole_number(word.core, IMAGE)
    refuse_invisible([word], emoji=True)
    name = word.text if word.quoted else word.core
    if len(name) > LONGEST_NAME:
        raise CommandError(
            f"That name has {len(name)} characters; names of images have at most {LONGEST_NAME}.",
            IMAGE.find,
        )
    return ImageName(name)


def known_regions(live_regions: Collection[str]) -> tuple[str, ...]:
    """The documented slugs and the live ones, in order."""
    return tuple(sorted({*DOCUMENTED_REGIONS, *live_regions}))


def slug_of(word: Token) -> str:
    """What the word would be as a region slug; Slack writes one as a channel at times, or bold."""
    return word.key.strip("*_~").removeprefix("#")


def names_of_regions(live: Mapping[str, str]) -> dict[str, str]:
    """Slugs by what regions are called, normalized: the documented ones, and the `live` names."""
    return dict(_names_of_regions(tuple(live.items())))


@lru_cache(maxsize=2)  # the live names stay for months, and every command reads them
def _names_of_regions(live: tuple[tuple[str, str], ...]) -> dict[str, str]:
    documented = {
        slug: f"{CITIES.get(slug[:3], slug[:3])}{slug[3:]}" for slug in DOCUMENTED_REGIONS
    }
    named = {**{name: slug for slug, name in documented.items()}, **dict(live)}
    found = {normalized(name): slug for name, slug in named.items() if name.strip(" -_")}
    return found | {normalized(slug): slug for slug in found.values()}


def normalized(text: str) -> str:
    """`New York 3`, `new-york 3` and `NYC 3` without what stands between: `newyork3`, `nyc3`."""
    return "".join(text.translate(_NOTHING_BETWEEN).split()).lower() if text.isascii() else text


def regions_by_name(words: Sequence[Token], names: Mapping[str, str]) -> list[Token]:
    """The words, with those that name a region together (`New York 3`) made into its slug.

    A city of two words is one word, for `region_of` to refuse.
    """
    parts = ["" if word.quoted else normalized(word.key.removeprefix("#")) for word in words]
    found: list[Token] = []
    at = 0
    while at < len(words):
        size = next((n for n in (3, 2, 1) if _joined(parts[at : at + n], n) in names), 0)
        if size:
            slug = names[_joined(parts[at : at + size], size)]
            found.append(Token(slug, words[at].start, words[at + size - 1].end))
        elif _joined(parts[at : at + 2], 2) in _CITIES_OF_TWO_WORDS:
            size = 2
            both = f"{words[at].text} {words[at + 1].text}"
            found.append(Token(both, words[at].start, words[at + 1].end))
        else:
            found.append(words[at])
        at += size or 1
    return found


_CITIES_OF_TWO_WORDS = {normalized(city) for city in CITIES.values() if " " in city}


def _joined(parts: Sequence[str], size: int) -> str:
    return "".join(parts) if len(parts) == size and all(parts) else ""


def region_of(
    word: Token,
    regions: Collection[str],
    names: Mapping[str, str],
    sets: Collection[str] = (),
) -> str:
    """Read a region slug, in any case, or a region's whole name (see `names_of_regions`).

    Args:
        sets: the names of sets of regions, which may have been meant.

    Raises:
        CommandError: no such region; with the nearest ones.
    """
    slug = slug_of(word)
    if slug in regions:
        return slug
    if named := names.get(normalized(slug)):
        return named
    known = (*regions, *sets)
    near = nearest_regions(slug, known)
    help_ = "`/image regions` shows them all."
    meant = _clearly_meant(slug, known) or (near[0] if len(near) == 1 else "")
    if near and near != [meant]:
        help_ = f"The nearest: `{' '.join(near)}`. {help_}"
    if meant:
        help_ = f"Did you mean `{meant}`? {help_}"
    misread = (word.start, word.end, meant) if meant else None
    is_city = len(near) > 1 and slug.replace(" ", "").isalpha() and _same_city(slug, regions)
    not_one = "has more than one region" if is_city else "is not a region"
    raise CommandError(f"{echo(word.text)} {not_one}.", help_, misread=misread)


def nearest_regions(slug: str, regions: Collection[str]) -> list[str]:
    """Regions of the same city first (`nyc4`, `new-york`, `nyc`), then similar slugs."""
    slug = unicodedata.normalize("NFKC", slug[:ECHO_LIMIT]).lower()
    return _same_city(slug, regions) or get_close_matches(slug, sorted(regions), n=3, cutoff=0.6)


def _clearly_meant(slug: str, regions: Collection[str]) -> str:
    """The one region that is nearer than all others, as `nyc3` is to `nyc33`; else empty."""
    near = get_close_matches(slug[:ECHO_LIMIT], sorted(regions), n=2, cutoff=0.7)
    if len(near) < 2:
        return "".join(near)
    first, second = (SequenceMatcher(None, slug, region).ratio() for region in near)
    return near[0] if first > second else ""


def _same_city(slug: str, regions: Collection[str]) -> list[str]:
    letters = _letters(slug)
    named = {prefix for prefix, city in CITIES.items() if letters == _letters(city.lower())}
    return sorted(region for region in regions if _letters(region) in (named or {letters}))


def _letters(text: str) -> str:
    return re.sub("[^a-z]", "", text)


def has_known_city(word: Token, regions: Collection[str]) -> bool:
    """Whether the word names a city that has a region, as `nyc4` and `london` do."""
    return bool(_same_city(slug_of(word), regions))


def is_regionish(word: Token, regions: Collection[str]) -> bool:
    """Whether the word was meant as a region, rightly or not."""
    return bool(_SLUG_SHAPED.fullmatch(slug_of(word))) or has_known_city(word, regions)


_ALIKE = 0.72
"""About one slip of the finger: `pause` is not alike enough to `purge`."""


def nearest_word(typed: str, choices: Iterable[str]) -> str | None:
    """The choice that was most likely meant: one that begins so, else a similar one."""
    choices = list(choices)
    typed = typed.lower()[:ECHO_LIMIT]
    begun = [choice for choice in choices if len(typed) > 2 and choice.startswith(typed)]
    similar = begun or get_close_matches(typed, choices, n=1, cutoff=_ALIKE)
    return similar[0] if similar else None
