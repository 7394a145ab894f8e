"""What can be typed after `coverage`."""

from __future__ import annotations

import pytest

from bot.domain.coverage import Coverage
from bot.domain.places import Places
from bot.errors import CommandError
from handlers.commands.grammar import parse_with

PLACES = Places(sets={"europe": ("ams3", "fra1")})


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("coverage", Coverage()),
        ("coverage web-*", Coverage("web-*")),
        ("coverage of web-1", Coverage("web-1")),
        ('coverage "my web"', Coverage("my web")),
        ("coverage tag nightly", Coverage(tag="nightly")),
        ("coverage tag:nightly", Coverage(tag="nightly")),
        ("coverage tag:env:prod", Coverage(tag="env:prod")),
        ("coverage --tag nightly", Coverage(tag="nightly")),
        ("coverage --tag=nightly", Coverage(tag="nightly")),
        ("coverage in europe", Coverage(regions=("ams3", "fra1"))),
        ("coverage web-* in europe, nyc3", Coverage("web-*", regions=("ams3", "fra1", "nyc3"))),
        ("coverage web-* in New York 3", Coverage("web-*", regions=("nyc3",))),
        ("coverage --page 2", Coverage(page=2)),
        ("coverage web-* in europe --page 3", Coverage("web-*", "", ("ams3", "fra1"), 3)),
    ],
)
def test_what_is_understood(typed: str, wanted: Coverage) -> None:
    assert parse_with(typed, PLACES) == wanted


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("coverage web db", "but not"),
        ("coverage tag", "Which tag"),
        ("coverage in", "which region"),
        ("coverage in eurpe", "Did you mean `europe`"),
        ("coverage --page", "Which page"),
        ("coverage --page 0", "start at 1"),
        (f"coverage {'x' * 300}", "at most"),
    ],
)
def test_what_is_not_is_said(typed: str, told: str) -> None:
    with pytest.raises(CommandError) as refused:
        parse_with(typed, PLACES)
    assert told in str(refused.value)
    assert refused.value.help
