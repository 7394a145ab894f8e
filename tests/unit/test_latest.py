"""Which image is the newest, and when that cannot be told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.latest import BeingTaken, coming, fitting, made_of, newest
from bot.domain.resources import Droplet, Image
from bot.domain.search import By, Named, from_json, to_json
from bot.operations.image_actions import AVAILABLE
from bot.operations.registry import OPERATIONS, latest_type


def _image(number: int, name: str = "prod-web", day: int | None = 1, **fields: object) -> Image:
    at = datetime(2026, 11, day, tzinfo=UTC) if day else None
    usual = {"type": "snapshot", "status": "available", "created_at": at}
    return Image.model_validate({"id": number, "name": name} | usual | fields)


def _ids(images: list[Image]) -> list[int]:
    return [image.id for image in images]


IMAGES = [
    _image(1, day=1),
    _image(2, "PROD-db", day=9),
    _image(3, "dev-web", day=12),
    _image(4, day=13, type="backup"),
    _image(5, day=14, status="pending"),
    _image(6, day=15, public=True),
    _image(7, day=16, type="custom"),
]


@pytest.mark.parametrize(
    ("pattern", "type_", "found"),
    [
        ("prod-*", "snapshot", [1, 2]),
        ("prod-???", "snapshot", [1]),
        ("PROD-DB", "snapshot", [2]),
        ("prod", "snapshot", []),
        ("*", "snapshot", [1, 2, 3]),
        ("prod-*", "backup", [4]),
    ],
)
def test_what_fits_is_the_accounts_own_and_can_be_worked_with(
    pattern: str, type_: str, found: list[int]
) -> None:
    assert _ids(fitting(pattern, type_, IMAGES, AVAILABLE)) == found


def test_of_a_droplet_by_what_digitalocean_names_and_not_by_names() -> None:
    droplet = Droplet(id=9, name="prod-web", snapshot_ids=(2, 5), backup_ids=(4,))
    assert _ids(made_of(droplet, "snapshot", IMAGES, AVAILABLE)) == [2]
    assert _ids(made_of(droplet, "backup", IMAGES, AVAILABLE)) == [4]


@pytest.mark.parametrize(
    ("days", "sure"),
    [
        ([], []),
        ([1], [0]),
        ([3, 9, 5], [1]),
        ([9, 9, 5], [1, 0]),
        ([None], [0]),
        ([3, None], [0, 1]),
        ([None, None], [1, 0]),
    ],
)
def test_the_newest_or_all_that_it_could_be(days: list[int | None], sure: list[int]) -> None:
    assert _ids(newest(_image(n + 1, day=day) for n, day in enumerate(days))) == [
        n + 1 for n in sure
    ]


def test_a_conversion_looks_for_backups_and_all_else_for_snapshots() -> None:
    assert latest_type("convert") == "backup"
    others = {latest_type(name) for name in ("", *OPERATIONS) if name != "convert"}
    assert others == {"snapshot"}


@pytest.mark.parametrize("by", By)
def test_how_it_was_named_is_kept(by: By) -> None:
    wanted = Named("prod-*", "open", "transfer", ({"region": "fra1"},), by=by)
    assert from_json(to_json(wanted)) == wanted
    assert type(from_json(to_json(wanted)).by) is By  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("pattern", "type_", "found"),
    [
        ("web-*", "snapshot", "web-new"),
        ("WEB-*", "snapshot", "web-new"),
        ("db-*", "snapshot", "db-taken"),
        ("web-*", "backup", ""),
        ("db-*", "backup", ""),
        ("old-*", "snapshot", ""),
    ],
)
def test_what_is_coming(pattern: str, type_: str, found: str) -> None:
    now = datetime(2026, 11, 30, 3, tzinfo=UTC)
    begun = {
        "web-new": ("pending", now),
        "web-there": ("available", now),
        "old-stuck": ("pending", now - timedelta(days=3)),
    }
    images = [
        Image(id=n, name=name, type="snapshot", status=status, created_at=at)
        for n, (name, (status, at)) in enumerate(begun.items(), 1)
    ]
    taken = [BeingTaken(7, "db-taken")]
    assert coming(pattern, type_, images, taken, now.timestamp()) == found
