from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.escape import plain, safe

BIDI = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"
HOSTILE = st.text(
    st.one_of(
        st.sampled_from("<>&`@!|#*_~ here\n\t\x00\x1b\x7f\u200b\u2028" + BIDI),
        st.characters(),
        st.characters(categories=["Cs"]),
    )
)


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("web-01", "web-01"),
        ("a & b", "a &amp; b"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("<@U0ANN> <!subteam^S1>", "&lt;@\u200bU0ANN&gt; &lt;!subteam^S1&gt;"),
        ("&lt;", "&amp;lt;"),
        ("`rm`", "'rm'"),
        ("@here @Channel @everyone @ops", "@\u200bhere @\u200bChannel @\u200beveryone @\u200bops"),
        ("x@here", "x@\u200bhere"),
        ("ann@example.com", "ann@example.com"),
        ("two\nlines\tand\u2028more", "two lines and more"),
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("bell\x07 nul\x00", "bell nul"),
        ("zero\u200bwidth", "zerowidth"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\ud800", ""),
        ("", ""),
    ],
)
def test_is_harmless(text: str, harmless: str) -> None:
    assert safe(text) == harmless


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("&&&", 15, "&amp;&amp;&amp;"),
        ("&&&", 14, "&amp;&amp;…"),
        ("&&&", 5, "…"),
        ("&", 5, "&amp;"),
        ("ab cd", 4, "ab…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
    ],
)
def test_is_cut_between_escapes(text: str, limit: int, cut: str) -> None:
    assert safe(text, limit) == cut


@given(HOSTILE, st.integers(0, 300))
def test_never_harms(text: str, limit: int) -> None:
    result = safe(text, limit)
    assert len(result) <= limit
    assert not set("<>`\n\r\t") & set(result)
    assert not set(BIDI) & set(result)
    for entity in ("&amp;", "&lt;", "&gt;"):
        result = result.replace(entity, "")
    assert "&" not in result
    for ping in ("@here", "@channel", "@everyone", "@group"):
        assert ping not in result.lower()
    result.encode()


@given(HOSTILE)
def test_plain_is_one_line_without_controls(text: str) -> None:
    result = plain(text)
    assert result == plain(result)
    assert {unicodedata.category(c) for c in result if c not in "\u200c\u200d"}.isdisjoint(
        {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )


def test_plain_keeps_what_people_write() -> None:
    assert plain("  Größe:  5 €, 日本語, می\u200cخواهم 👩\u200d💻 ") == (
        "  Größe:  5 €, 日本語, می\u200cخواهم 👩\u200d💻 "
    )


def test_long_text_is_fast() -> None:
    start = time.perf_counter()
    for text in ("<" * 40_000, "@" * 40_000, "\u202e" * 40_000, "@here" * 8_000):
        assert len(safe(text, 40)) <= 40
    assert time.perf_counter() - start < 2
