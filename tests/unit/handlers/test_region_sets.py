"""Named sets of regions, wherever regions are typed."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError
from typed import transfer

from bot.domain.places import COMMAND_WORDS, Places, set_name
from bot.domain.snapshotting import Snapshotting
from bot.errors import CommandError
from bot.operations.registry import OPERATIONS
from bot.policy import fields
from handlers.commands import context, operations, prune, refusals, restore, snapshot
from handlers.commands.grammar import Command, Explain, ImageName, parse_with
from handlers.commands.help import NAMES, regions_text
from handlers.commands.scheduled import check_scheduled

IMAGE = 62137902
SETS = {"europe": ("ams3", "fra1", "lon1"), "far-east": ("sgp1", "blr1")}
PLACES = Places({"atl1": "Atlanta 1", "nyc3": "New York 3", "fra1": "Frankfurt 1"}, SETS)
EUROPE = ("ams3", "fra1", "lon1")


def _read(text: str) -> Command:
    return parse_with(text, PLACES)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (f"transfer {IMAGE} europe", transfer(IMAGE, EUROPE)),
        (f"transfer europe {IMAGE}", transfer(IMAGE, EUROPE)),
        (f"transfer {IMAGE} Europe, fra1", transfer(IMAGE, EUROPE)),
        (f"transfer {IMAGE} --region=europe", transfer(IMAGE, EUROPE)),
        (f'transfer {IMAGE} "europe"', transfer(IMAGE, EUROPE)),
        (f"transfer {IMAGE} far-east", transfer(IMAGE, ("sgp1", "blr1"))),
        (f"transfer {IMAGE} to Far East", transfer(IMAGE, ("sgp1", "blr1"))),
        (f"transfer {IMAGE} europe and far_east", transfer(IMAGE, (*EUROPE, "sgp1", "blr1"))),
        ("transfer web-1 to europe and sgp1", transfer(ImageName("web-1"), (*EUROPE, "sgp1"))),
        ("transfer web-1 europe", transfer(ImageName("web-1"), EUROPE)),
        (f"transfer {IMAGE} fra1 europe", transfer(IMAGE, ("fra1", "ams3", "lon1"))),
        ('transfer "europe" nyc3', transfer(ImageName("europe"), ("nyc3",))),
        (f"transfer {IMAGE} to all", transfer(IMAGE, ("atl1", "fra1", "nyc3"))),
        (f"policy explain transfer {IMAGE} europe", Explain(transfer(IMAGE, EUROPE))),
        ("snapshot web-1 to europe", Snapshotting("web-1", regions=EUROPE)),
        (
            "snapshot web-1 to far-east, fra1 keep 3",
            Snapshotting("web-1", regions=("sgp1", "blr1", "fra1"), keep=3),
        ),
    ],
)
def test_a_set_stands_for_its_regions(typed: str, asked: Command) -> None:
    assert _read(typed) == asked


@pytest.mark.parametrize(
    "typed", [f"transfer {IMAGE} eurpoe", "transfer web-1 to eurpoe", "snapshot web-1 to eurpoe"]
)
def test_a_set_that_may_be_meant_is_offered(typed: str) -> None:
    with pytest.raises(CommandError, match="Did you mean `europe`"):
        _read(typed)


def test_a_set_is_no_image_and_all_needs_the_live_list() -> None:
    with pytest.raises(CommandError, match=r"^Which image"):
        _read("transfer europe nyc3")
    with pytest.raises(CommandError, match="not known yet"):
        parse_with(f"transfer {IMAGE} to all", Places())


def test_schedules_know_the_sets_and_all_before_the_live_list_is_read() -> None:
    check_scheduled("snapshot web-1 to europe keep 3", PLACES)
    check_scheduled("snapshot web-1 to all keep 3", Places())
    with pytest.raises(CommandError, match="not a region"):
        check_scheduled("snapshot web-1 to europe keep 3", Places())


def test_the_regions_are_shown_with_the_sets() -> None:
    assert "• *far-east*: `sgp1 blr1`" in regions_text(None, SETS)
    assert "Sets" not in regions_text(None, {})


def test_no_word_of_a_command_can_be_a_set() -> None:
    """What the grammar looks for among the words must not be taken away by a policy file."""
    words = {*context.BEFORE, *context._ALL, *operations._THIS_ONE}
    words |= {*refusals._BEGIN_A_REASON, "because", "please", "approve", "deny"}
    words |= {*snapshot.KEYWORDS, *snapshot._SAID_BESIDE, *snapshot._BEFORE, "tag"}
    words |= {*restore._BEFORE, *restore._LATEST, "from", "volume"}
    words |= {*prune._BEFORE_PATTERN, *prune._OPTIONS, *" ".join(NAMES).split()}
    assert {word for word in words if word.isalpha()} <= COMMAND_WORDS | set(OPERATIONS)
    for word in OPERATIONS:
        with pytest.raises(ValidationError, match="a word of a command"):
            TypeAdapter(fields.SetName).validate_python(word)
    for word in COMMAND_WORDS:
        with pytest.raises(ValueError, match="expected a name"):
            set_name(word)
