"""One-time codes: the vectors of RFC 6238 and RFC 4226, and that each is taken once."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import totp

SECRET = b"12345678901234567890"
VECTORS = {
    59: "94287082",
    1_111_111_109: "07081804",
    1_111_111_111: "14050471",
    1_234_567_890: "89005924",
    2_000_000_000: "69279037",
    20_000_000_000: "65353130",
}
"""RFC 6238, appendix B, the column SHA1."""
COUNTED = ("755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583")
"""RFC 4226, appendix D, by the counter."""


@pytest.mark.parametrize(("at", "code"), VECTORS.items())
def test_the_vectors_of_the_standard(at: int, code: str) -> None:
    assert totp.code_of(SECRET, totp.counter_at(at), digits=8) == code


@pytest.mark.parametrize(("counter", "code"), list(enumerate(COUNTED)))
def test_the_vectors_of_what_it_builds_on(counter: int, code: str) -> None:
    assert totp.code_of(SECRET, counter) == code


@given(at=st.floats(600, 4e9), off=st.integers(-5, 5))
def test_a_phone_may_be_one_step_off_and_no_more(at: float, off: int) -> None:
    now = totp.counter_at(at)
    typed = totp.code_of(SECRET, now + off)
    found = totp.matching(SECRET, typed, at, used=-1)
    near = {totp.code_of(SECRET, c) for c in (now - 1, now, now + 1)}
    assert (found is not None) is (typed in near)


def test_a_code_is_taken_once_and_so_is_what_came_before_it() -> None:
    at, now = 1_800_000_000.0, totp.counter_at(1_800_000_000.0)
    typed = totp.code_of(SECRET, now)
    assert totp.matching(SECRET, typed, at, used=now - 1) == now
    assert totp.matching(SECRET, typed, at, used=now) is None
    assert totp.matching(SECRET, totp.code_of(SECRET, now - 1), at, used=now) is None
    assert totp.matching(SECRET, totp.code_of(SECRET, now + 1), at, used=now) == now + 1


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "\x00" * 6])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert totp.matching(SECRET, typed, 1_800_000_000.0, used=0) is None


def test_spaces_do_not_count() -> None:
    code = totp.code_of(SECRET, 60_000_000)
    assert totp.matching(SECRET, f" {code[:3]} {code[3:]}", 1_800_000_000.0, 0) == 60_000_000


def test_what_an_app_opens() -> None:
    parts = urlsplit(totp.address(SECRET, "U0BOB", "image-bot"))
    assert (parts.scheme, parts.netloc, parts.path) == ("otpauth", "totp", "/image-bot:U0BOB")
    told = parse_qs(parts.query)
    assert told == {"secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"], "issuer": ["image-bot"]}
