"""A ticket that a rule asks for in the reason: how it looks, and where it is to be read. Pure.

Patterns run on the engine of pydantic (Rust's `regex`), whose time grows with the text alone,
whatever the pattern: Python's own could be made to work for hours by one line of the file.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, StrictStr, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import SchemaError

LONGEST_TICKET = 64
_LONGEST_PATTERN = 100
_LONGEST_ADDRESS = 300
PLACEHOLDER = "{ticket}"
_BETWEEN_WORDS = re.compile(r"[\s,;<>|“”„\"'`]+")
_AT_THE_ENDS = ".:!?()[]{}"


@cache
def _compiled(pattern: str) -> TypeAdapter[str]:
    return TypeAdapter(
        Annotated[str, StringConstraints(pattern=pattern)], config={"regex_engine": "rust-regex"}
    )


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"


def pattern(text: str) -> str:
    """A pattern that can be used.

    Raises:
        ValueError: says what is wrong with it.
    """
    if not text or len(text) > _LONGEST_PATTERN or not text.isprintable():
        raise ValueError(f"expected a regular expression of 1 to {_LONGEST_PATTERN} characters")
    try:
        _compiled(text)  # alone as well: “a)|(b” holds only between the parentheses put around it
        _compiled(_whole(text))
    except SchemaError:
        raise ValueError(
            r"expected a regular expression such as '^OPS-\d+$', without look-around and"
            " back-references"
        ) from None
    if fits(text, ""):
        raise ValueError("expected a regular expression that does not fit an empty text")
    return text


def fits(pattern: str, word: str) -> bool:
    """Whether a whole word is such a ticket."""
    try:
        _compiled(_whole(pattern)).validate_python(word)
    except ValidationError:
        return False
    return True


def ticket_in(pattern: str, reason: str) -> str:
    """The first word of a reason that is such a ticket; empty: there is none."""
    words = (word.strip(_AT_THE_ENDS) for word in _BETWEEN_WORDS.split(reason))
    return next((w for w in words if w and len(w) <= LONGEST_TICKET and fits(pattern, w)), "")


def address(text: str) -> str:
    """The address of a ticket, with one `{ticket}` in it, behind the name of the host.

    Raises:
        ValueError: says what was expected.
    """
    expected = f'expected an address such as "https://example.com/browse/{PLACEHOLDER}"'
    if len(text) > _LONGEST_ADDRESS or re.search(r"[\s<>|\"\\^`]", text) or not text.isascii():
        raise ValueError(f"{expected}, of at most {_LONGEST_ADDRESS} plain characters")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(expected) from None
    if parts.scheme != "https" or not host or parts.username is not None or "@" in parts.netloc:
        raise ValueError(f"{expected}: https, a host, and no password")
    if text.count(PLACEHOLDER) != 1 or PLACEHOLDER in parts.netloc:
        raise ValueError(f"{expected}: {PLACEHOLDER} once, behind the host")
    return text


def link(address: str, ticket: str) -> str:
    """Where a ticket is to be read; whatever stands in it, it stays one part of the path."""
    return address.replace(PLACEHOLDER, quote(ticket, safe=""))


Pattern = Annotated[StrictStr, AfterValidator(pattern)]
Address = Annotated[StrictStr, AfterValidator(address)]
