"""Which images are one series, and which of them go."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.pruning import MOST_AT_ONCE, Pruning, kept_with, select, series
from bot.domain.resources import Image

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def image(number: int, name: str, age_days: float | None, **fields: object) -> Image:
    made = None if age_days is None else NOW - timedelta(days=age_days)
    return Image.model_validate(
        {"id": number, "name": name, "type": "snapshot", "created_at": made, **fields}
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("web-2026-11-20", "web"),
        ("web-2026.11.20", "web"),
        ("web-20261120-0300", "web"),
        ("web-2026-11-20T03:00:00Z", "web"),
        ("web_20261120030000", "web"),
        ("web-20-11-2026", "web"),
        ("web-20-nov-2026", "web"),
        ("web-Nov-20-2026", "web"),
        ("web-1795500000", "web"),
        ("web-1795500000123", "web"),
        ("2026-11-20-web", "web"),
        ("web-7", "web"),
        ("web-v12", "web"),
        ("web", "web"),
        ("web-1-2026-11-20", "web-1"),
        ("web-2026-11-20-db", "web*-db"),
        ("web-a", "web-a"),
    ],
)
def test_a_series_is_the_name_without_its_date_or_number(name: str, expected: str) -> None:
    assert series(image(1, name, 1)) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cust-20451234-db", "cust-20459999-db"),
        ("cust-20451234", "cust-20459999"),
        ("cust-20250101", "cust-20250102"),
        ("db-20261399", "db-20261499"),
        ("1555123456-db", "1555123457-db"),
        ("shop-2026-11-20-9901", "shop-2026-11-20-9902"),
        ("17", "2026-11-20"),
        ("2026-11-20", "null"),
        ("17", "18"),
        ("web-1-7", "web-2-7"),
        ("web-2019-11-20", "web-2019-11-21"),
        ("web-2019-11", "web-2019-12"),
        ("web7", "web8"),
        ("web-2026-11-22-1", "web-1-2026-11-23"),
        ("app-1-11-2026", "app-2-11-2026"),
        ("x-20261122-2026-11-23-0300", "x-30-0300"),
    ],
)
def test_digits_that_are_no_date_of_the_image_tell_two_series_apart(one: str, other: str) -> None:
    two = [image(1, one, 5), image(2, other, 4)]
    assert not select(Pruning("*", "", 1), two, NOW.timestamp()).going


@pytest.mark.parametrize("seed", range(200))
def test_whatever_is_there_no_series_loses_its_newest(seed: int) -> None:
    dice = random.Random(seed)
    stems = ("web", "db", "web-db", "x")
    images = [
        image(
            n + 1,
            f"{dice.choice(stems)}-{dice.choice(('2026-11-20', '7', '1795500000', 'a', ''))}",
            dice.choice((None, 0.0, 1.0, -5.0, dice.random() * 90)),
            type=dice.choice(("snapshot", "custom", "backup")),
            public=dice.random() < 0.1,
        )
        for n in range(dice.randrange(40))
    ]
    asked = Pruning("*b*", "", dice.choice((None, 1, 3)), dice.choice((None, 1, 30)))
    found = select(asked, images, NOW.timestamp())
    going = set(found.going)
    assert len(going) == len(found.going) <= MOST_AT_ONCE
    assert not going & set(found.staying)
    for gone in going:
        assert not gone.public
        assert gone.type != "backup"
        assert gone.created_at is not None
        newer = [i for i in found.staying if i.created_at and series(i) == series(gone)]
        assert newer
        assert min(i.created_at for i in newer if i.created_at) >= gone.created_at
        assert kept_with(gone, found)
