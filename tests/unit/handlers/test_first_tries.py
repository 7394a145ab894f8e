"""What people type before they read the help: it is taken, or answered with what they meant."""

from __future__ import annotations

import pytest
from typed import refused, transfer
from world import SNAPSHOT

from bot.domain.coverage import Coverage
from bot.domain.direct_messages import DirectMessages
from bot.errors import CommandError
from handlers.commands.grammar import List, Notify, Status, parse
from handlers.commands.help import subcommand_like

IMAGE = str(SNAPSHOT)
TAKEN = {
    "list images": List(),
    "list all images": List(),
    "list my images": List(),
    "list snapshots in fra1": List("snapshots fra1"),
    "list in stock": List("in stock"),
    'list "all"': List(),
    "status all": Status(),
    "status open": Status(),
    "notify on": Notify(DirectMessages.DEFAULT),
    "notify yes": Notify(DirectMessages.DEFAULT),
    "notify off": Notify(DirectMessages.NONE),
    "coverage all": Coverage(),
    "coverage everything in fra1": Coverage(regions=("fra1",)),
    'coverage "fra1"': Coverage("fra1"),
    f"transfer {IMAGE} nyc3 please": transfer(SNAPSHOT, ("nyc3",)),
}
MEANT = {
    "take snapshot of web-1": "snapshot of web-1",
    "do transfer 62137902 nyc3": "transfer 62137902 nyc3",
    "snapshot web-1 nightly": "snapshot web-1 as nightly",
    "snapshot web-1 in fra1": "snapshot web-1 to fra1",
    "snapshot web-1 fra1 keep 3": "snapshot web-1 to fra1 keep 3",
    "snapshot web-1 New York 3 keep 3": "snapshot web-1 to New York 3 keep 3",
    "snapshot web-1 europe": "snapshot web-1 to europe",
    "snapshot web-1 3": "snapshot web-1 keep 3",
    "prune web-* 3": "prune web-* keep 3",
    "coverage fra1": "coverage in fra1",
    "coverage europe": "coverage in europe",
    "coverage NYC3 fra1": "coverage in NYC3 fra1",
    "rename 62137902 new name": 'rename 62137902 "new name"',
    "transfer 62137902 frankfurt": "transfer 62137902 fra1",
}
REFUSED = {
    "snapshot web-1, web-2": "tag:nightly",
    "snapshot web-1 and web-2": "tag:nightly",
    "snapshot web-1 before lunch": "goes after `as`",
    "delete web-*": "/image prune web-* keep 3",
    "delete 62137902 web-*": "is a pattern",
    "transfer web-2026 to new york": "nyc1 nyc2 nyc3",
    "transfer web-2026 san francisco": "`san francisco` has more than one region",
    "transfer 62137902 nyc": "has more than one region",
    "transfer 62137902 nyc9": "is not a region",
    "transfer last": "The latest of what?",
}
SETS = {"europe": ("ams3", "fra1", "lon1")}


@pytest.mark.parametrize("text", TAKEN)
def test_it_is_taken(text: str) -> None:
    assert parse(text, region_sets=SETS) == TAKEN[text]


@pytest.mark.parametrize("text", MEANT)
def test_what_was_meant_is_offered_whole(text: str) -> None:
    with pytest.raises(CommandError) as caught:
        parse(text, region_sets=SETS, allow_names=True)
    assert caught.value.meant == MEANT[text]
    assert f"/image {MEANT[text]}" in str(caught.value) or MEANT[text].startswith("rename")
    parse(caught.value.meant, region_sets=SETS, allow_names=True)


@pytest.mark.parametrize("text", REFUSED)
def test_it_is_refused_with_the_way_on(text: str) -> None:
    with pytest.raises(CommandError) as caught:
        parse(text, allow_names=True)
    assert REFUSED[text] in str(caught.value)
    assert not caught.value.meant


def test_last_is_latest() -> None:
    """It stands for the newest, and is no image's name unless in quotes."""
    assert parse("transfer last web-* nyc3", allow_names=True) == parse(
        "transfer latest web-* nyc3", allow_names=True
    )
    assert parse('transfer "last" nyc3', allow_names=True).images == ("last",)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *((word, "schedules") for word in ("run", "pause", "resume", "schedule")),
        *((word, None) for word in ("hi", "me", "on", "take", "who", "version")),
    ],
)
def test_what_is_short_is_not_guessed(typed: str, meant: str | None) -> None:
    """`pause` is no slip of the finger for `purge`, which deletes."""
    near = subcommand_like(typed)
    assert (near.name if near else None) == meant


@pytest.mark.parametrize(
    "text",
    [
        "status 17",
        "list web",
        "show 62137902",
        "history",
        "regions",
        "coverage web-*",
        "schedules",
        "policy",
        "policy explain transfer 62137902 nyc3",
    ],
)
def test_what_only_looks_is_the_same_as_a_dry_run(text: str) -> None:
    assert parse(f"{text} --dry-run", allow_names=True) == parse(text, allow_names=True)


@pytest.mark.parametrize("text", ["cancel 17", "notify mine", "second-factor"])
def test_what_sends_nothing_and_yet_changes_something_has_no_dry_run(text: str) -> None:
    assert "Nothing was changed" in refused(f"{text} --dry-run")
