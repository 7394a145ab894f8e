from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.resources import IMAGE_TRANSFER, LiveRegion, Region
from handlers.commands.grammar import parse
from handlers.commands.help import (
    NAMES,
    SUBCOMMANDS,
    USAGE_HINT,
    Subcommand,
    help_text,
    regions_text,
    subcommand_like,
)


def _live(slug: str, name: str = "", *, takes_images: bool = True) -> LiveRegion:
    return LiveRegion(slug=slug, name=name, features=(IMAGE_TRANSFER,) if takes_images else ())


@pytest.mark.parametrize("subcommand", SUBCOMMANDS, ids=NAMES)
def test_every_example_can_be_pasted(subcommand: Subcommand) -> None:
    for example in subcommand.examples:
        parse(example)
        parse(f"/image {example}")
        assert f"`/image {example}`" in help_text(subcommand.name)


@pytest.mark.parametrize("subcommand", SUBCOMMANDS, ids=NAMES)
def test_tells_usage_and_what_happens(subcommand: Subcommand) -> None:
    text = help_text(subcommand.name)
    assert len(text) <= 3_000
    assert subcommand.summary in text
    for note in subcommand.notes:
        assert note in text
    unescaped = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert f"`/image {subcommand.usage}`" in unescaped
    assert not re.search("[<>]", text)


def test_overview_begins_with_what_one_does_most() -> None:
    text = help_text(None)
    assert len(text) <= 3_000
    places = [text.index(f"`/image {e}`") for e in ("list web", "transfer 62137902 nyc3", "status")]
    assert places == sorted(places)
    for subcommand in SUBCOMMANDS:
        assert text.count(f"• `/image {subcommand.name}`: {subcommand.summary}") == 1
    assert help_text("  ") == text


@pytest.mark.parametrize(
    ("topic", "meant"),
    [
        ("tranfer", "transfer"),
        ("trans", "transfer"),
        ("move", "transfer"),
        ("policy", "policy explain"),
        ("transfer please", "transfer"),
        ("Region", "regions"),
        ("canel", "cancel"),
    ],
)
def test_unknown_topic_asks_what_was_meant(topic: str, meant: str) -> None:
    text = help_text(topic)
    assert text.startswith(f"There is no help on `{topic}`. Did you mean `{meant}`?")
    assert help_text(meant) in text


def test_topic_is_read_in_any_case_and_spacing() -> None:
    assert help_text(" Policy  EXPLAIN ") == help_text("policy explain")


@given(st.text())
def test_any_topic_is_harmless(topic: str) -> None:
    text = help_text(topic)
    assert 0 < len(text) <= 3_000
    assert not re.search("[<>]", text)
    assert text.count("`") % 2 == 0


def test_no_word_is_tried_for_two_subcommands() -> None:
    words = [word for s in SUBCOMMANDS for word in (s.name, *s.also)]
    twice = sorted({word for word in words if words.count(word) > 1})
    assert not twice, f"take {twice} out of one `also`"
    for subcommand in SUBCOMMANDS:
        for word in subcommand.also:
            assert subcommand_like(word) is subcommand


def test_usage_hint_fits_a_manifest_and_names_real_subcommands() -> None:
    assert len(USAGE_HINT) <= 1_000
    for part in USAGE_HINT.split(" | "):
        assert part.split()[0] in NAMES


def test_regions_by_city_when_the_live_list_is_not_known() -> None:
    text = regions_text(None)
    assert "• *New York*: New York 1 `nyc1` · New York 2 `nyc2` · New York 3 `nyc3`" in text
    assert "• *Sydney*: Sydney 1 `syd1`" in text
    for region in Region:
        assert f"`{region}`" in text
    assert "not known yet" in text


def test_live_regions_say_which_take_images() -> None:
    live = [
        _live("nyc3", "New York 3"),
        _live("atl1", "Atlanta 1"),
        _live("xyz1"),
        _live("sfo1", "San Francisco 1", takes_images=False),
        _live("nyc3", "New York 3"),
    ]
    takes, _, rest = regions_text(live).partition("*Regions that take no images now*")
    assert "• *Atlanta*: Atlanta 1 `atl1`" in takes
    assert takes.count("`nyc3`") == 1
    assert "`xyz1`" in takes
    assert "sfo1" not in takes
    assert "• *San Francisco*: San Francisco 1 `sfo1`" in rest
    assert "`ams1 ams2" in rest.partition("not offered to your account")[2]


def test_a_live_list_that_is_empty_or_huge_still_fits() -> None:
    assert "None at the moment." in regions_text([])
    text = regions_text(
        [_live(f"abc{n}", f"City{chr(97 + n % 26)} <!here> {n}") for n in range(500)]
    )
    assert len(text) <= 3_000
    assert "<" not in text
    assert text.endswith("\n…")
