"""What `snapshot` does for a Droplet: its name, the order, and what goes."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.droplets import meant
from bot.domain.resources import Droplet, Image
from bot.domain.snapshotting import LONGEST_NAME, Snapshotting, are_a_series, plan, steps_of
from bot.domain.steps import StepSpec, TargetKind, droplet_target, image_target
from bot.operations.registry import predecessors

NOW = datetime(2026, 11, 30, 3, 5, tzinfo=UTC)
AT = NOW.timestamp()


def droplet(**fields: object) -> Droplet:
    return Droplet.model_validate({"id": 7, "name": "web-1", "region": {"slug": "nyc1"}} | fields)


def nightly(count: int) -> list[Image]:
    """The newest first."""
    return [
        Image(
            id=100 + n,
            name=f"web-1-{NOW - timedelta(days=n + 1):%Y-%m-%d}-0305",
            type="snapshot",
            created_at=NOW - timedelta(days=n + 1),
        )
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{droplet}-{date}-{time}", "web-1-2026-11-30-0305"),
        ("golden", "golden"),
        ("{date} {droplet}", "2026-11-30 web-1"),
        ("x" * 400, "x" * LONGEST_NAME),
    ],
)
def test_the_name_is_filled_in(pattern: str, expected: str) -> None:
    found = plan(Snapshotting("web-1", image_name=pattern), droplet(), (), AT)
    assert found.image_name == expected


@pytest.mark.parametrize("name", ["web-1", "web", "db-20261130", "prod 7"])
@pytest.mark.parametrize(
    ("pattern", "is_one"),
    [
        ("{droplet}-{date}-{time}", True),
        ("{date} {droplet}", True),
        ("{droplet}_{date}", True),
        ("golden", True),
        ("{droplet}-{time}-{date}", False),
        ("{time} {droplet}", False),
        ("{time}", False),
    ],
)
def test_what_makes_a_series(name: str, pattern: str, is_one: bool) -> None:
    assert are_a_series(pattern, droplet(name=name)) is is_one


def test_a_number_beside_the_date_makes_none() -> None:
    assert not are_a_series("{droplet}{date}{time}", droplet(name="web-1"))
    assert not are_a_series("{date} {droplet}", droplet(name="10.0.0.1"))
    assert are_a_series("{droplet}{date}{time}", droplet(name="web"))


def test_the_steps_run_one_after_the_other_and_deletions_last() -> None:
    images = nightly(4)
    own = [image.id for image in images]
    wanted = Snapshotting("web-1", regions=("nyc1", "fra1", "ams3"), keep=2)
    steps = steps_of(plan(wanted, droplet(snapshot_ids=own), images, AT))
    assert [step.operation for step in steps] == [
        *("snapshot", "transfer", "transfer", "delete", "delete", "delete"),
    ]
    assert [step.target.id for step in steps[3:]] == ["103", "102", "101"]
    assert {step.target.kind for step in steps[1:3]} == {TargetKind.NEW_IMAGE}
    assert predecessors(steps) == (None, 0, 1, 2, 2, 2)


@pytest.mark.parametrize("seed", range(100))
def test_only_own_older_snapshots_of_the_series_go(seed: int) -> None:
    dice = random.Random(seed)
    images = [
        *nightly(dice.randrange(40)),
        Image(id=900, name="web-2-2026-11-01", type="snapshot", created_at=NOW),
        Image(id=901, name="golden", type="snapshot", created_at=NOW),
    ]
    own = [image.id for image in images if dice.random() < 0.7]
    keep = dice.choice((1, 2, 5))
    found = plan(Snapshotting("web-1", keep=keep), droplet(snapshot_ids=own), images, AT)
    assert {image.id for image in found.going} <= set(own) - {900, 901}
    assert len(found.staying) <= keep - 1
    dates = [image.created_at for image in (*found.staying, *reversed(found.going))]
    assert dates == sorted((at for at in dates if at), reverse=True)


def test_a_name_comes_before_a_number() -> None:
    twins = [droplet(id=7, name="8"), droplet(id=8, name="web-1")]
    assert [each.id for each in meant(Snapshotting("8"), twins)] == [7]
    assert [each.id for each in meant(Snapshotting("8", by_number=True), twins)] == [8]


def test_what_is_tried_again_keeps_its_order() -> None:
    rest = (
        StepSpec("transfer", image_target(1), {"region": "fra1"}),
        StepSpec("transfer", image_target(1), {"region": "ams3"}),
        StepSpec("delete", image_target(2)),
    )
    assert predecessors(rest) == (None, 0, 1)
    assert predecessors(rest[2:]) == (None,)
    assert predecessors(rest[:2]) == (None, None)
    both = (StepSpec("snapshot", droplet_target(1), {"name": "x"}), rest[2])
    assert predecessors(both) == (None, 0)
