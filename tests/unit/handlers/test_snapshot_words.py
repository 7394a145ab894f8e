"""The words of `snapshot`."""

from __future__ import annotations

import pytest

from bot.domain.snapshotting import DEFAULT_NAME, Snapshotting
from bot.errors import CommandError
from handlers.commands.grammar import parse

TAKERS = {"fra1": "Frankfurt 1", "ams3": "Amsterdam 3", "atl1": "Atlanta 1"}


def read(text: str) -> Snapshotting:
    names = {name: slug for slug, name in TAKERS.items()}
    command = parse(f"snapshot {text}", live_regions=TAKERS, region_names=names)
    assert isinstance(command, Snapshotting)
    return command


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web-1", Snapshotting("web-1")),
        ("droplet web-1", Snapshotting("web-1")),
        ("of web-1", Snapshotting("web-1")),
        ("tag nightly", Snapshotting(tag="nightly")),
        ("tag:nightly", Snapshotting(tag="nightly")),
        ("--tag=nightly", Snapshotting(tag="nightly")),
        ("#3164444", Snapshotting("3164444", by_number=True)),
        (
            "https://cloud.digitalocean.com/droplets/3164444/graphs?i=1",
            Snapshotting("3164444", by_number=True),
        ),
        ("web-1 as {droplet}-{date}", Snapshotting("web-1", image_name="{droplet}-{date}")),
        ('web-1 as "before the upgrade"', Snapshotting("web-1", image_name="before the upgrade")),
        ("web-1 to fra1 and ams3", Snapshotting("web-1", regions=("fra1", "ams3"))),
        ("web-1 to Frankfurt 1, atl1", Snapshotting("web-1", regions=("fra1", "atl1"))),
        ("web-1 to fra1 fra1", Snapshotting("web-1", regions=("fra1",))),
        ("web-1 to all", Snapshotting("web-1", regions=("ams3", "atl1", "fra1"))),
        ("web-1 keep 3", Snapshotting("web-1", keep=3)),
        ("web-1 keep the newest 3", Snapshotting("web-1", keep=3)),
        ("web-1 --keep=3 --to=fra1", Snapshotting("web-1", regions=("fra1",), keep=3)),
        ("web-1 keep 3 to fra1", Snapshotting("web-1", regions=("fra1",), keep=3)),
        ("web-1 because nightly", Snapshotting("web-1", reason="nightly")),
        ("web-1 --dry-run", Snapshotting("web-1", dry_run=True)),
        ('web-1 --break-glass "it burns"', Snapshotting("web-1", break_glass="it burns")),
    ],
)
def test_it_is_understood(text: str, expected: Snapshotting) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "web-1 web-2",
        "tag",
        "web-1 to",
        "web-1 to mars1",
        "web-1 keep",
        "web-1 keep 0",
        "web-1 keep all",
        "web-1 keep 3 keep 4",
        "web-1 as",
        "web-1 as one two",
        "web-1 as {host}",
        f"web-1 as {'x' * 300}",
    ],
)
def test_what_cannot_be_meant_is_told_with_an_example(text: str) -> None:
    with pytest.raises(CommandError) as told:
        read(text)
    assert str(told.value).strip()


def test_the_policy_explains_it_without_asking() -> None:
    command = parse("policy explain snapshot web-1 to fra1")
    assert command == Snapshotting("web-1", regions=("fra1",), dry_run=True)
    assert read("web-1").image_name == DEFAULT_NAME
