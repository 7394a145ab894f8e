"""Tickets in a reason: what fits, what is refused as a pattern, where the link leads."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy import tickets

OPS = r"^OPS-\d+$"


@pytest.mark.parametrize(
    ("reason", "found"),
    [
        ("OPS-1", "OPS-1"),
        ("because of (OPS-12), see there.", "OPS-12"),
        ("<https://example.com/OPS-3|OPS-3>", "OPS-3"),
        ("OPS-4 and OPS-5", "OPS-4"),
        ("OPS-6\nand more", "OPS-6"),
        ("XOPS-1 OPS-1x OPS- ops-1", ""),
        ("OPS-" + "1" * 61, ""),
        ("", ""),
    ],
)
def test_the_first_whole_word_that_fits(reason: str, found: str) -> None:
    assert tickets.ticket_in(OPS, reason) == found


@pytest.mark.parametrize(
    "pattern",
    ["", "a*", "(", "a)|(b", "(?=a)b", r"(a)\1", "x" * 101, "a\nb", "(?x)a#", "a{9999999}"],
)
def test_a_pattern_that_cannot_be_used(pattern: str) -> None:
    with pytest.raises(ValueError, match="expected a regular expression"):
        tickets.pattern(pattern)


@given(st.text(st.sampled_from("OPS-123 x(),"), max_size=40))
def test_it_fits_as_pythons_own_engine_says(reason: str) -> None:
    words = [word.strip(".()") for word in re.split(r"[\s,]+", reason)]
    fitting = [word for word in words if re.fullmatch(r"OPS-\d+", word)]
    assert tickets.ticket_in(OPS, reason) == (fitting[0] if fitting else "")


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|a)*b", r"(.*)*x", "a?" * 40 + "a" * 20])
def test_a_hostile_pattern_takes_no_time(pattern: str) -> None:
    if pattern != "(.*)*x":
        tickets.pattern(pattern)
    began = time.monotonic()
    tickets.ticket_in(pattern, " ".join(["a" * 63 + "!"] * 20))
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/{ticket}",
        "https://example.com/",
        "https://{ticket}.example.com/",
        "https://user:word@example.com/{ticket}",
        "https://example.com/{ticket}/{ticket}",
        "https://example.com/{ticket}|x>",
        "javascript:alert(1)//{ticket}",
        "https:///{ticket}",
        "https://[example/{ticket}",
    ],
)
def test_an_address_that_is_not_taken(address: str) -> None:
    with pytest.raises(ValueError, match="expected an address"):
        tickets.address(address)


@given(st.text(max_size=64))
def test_a_ticket_cannot_lead_elsewhere(ticket: str) -> None:
    address = tickets.address("https://example.com/browse/{ticket}?view=1")
    found = urlsplit(tickets.link(address, ticket))
    assert (found.scheme, found.netloc, found.query) == ("https", "example.com", "view=1")
    assert found.path.count("/") == 2
    assert not set(found.geturl()) & set("<>| ")
