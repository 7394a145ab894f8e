"""What has a copy where: grouped, compared, the worst first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain.coverage import Account, Coverage, Line, coverage
from bot.domain.resources import Droplet, Image

ALL = Coverage()


def _at(day: int) -> datetime:
    return datetime(2026, 11, day, tzinfo=UTC)


def _image(number: int, name: str, day: int | None, *regions: str, **fields: object) -> Image:
    usual = {"type": "snapshot", "status": "available", "created_at": _at(day) if day else None}
    return Image.model_validate(
        {"id": number, "name": name, "regions": regions or ("nyc1",)} | usual | fields
    )


def _droplet(number: int, name: str, *snapshots: int, **fields: object) -> Droplet:
    return Droplet.model_validate({"id": number, "name": name, "snapshot_ids": snapshots} | fields)


def _line(name: str, day: int | None = None, images: int = 0, **fields: object) -> Line:
    newest_at = _at(day).timestamp() if day else None
    return Line(name, images=images, newest_at=newest_at, **fields)  # type: ignore[arg-type]


WEB = [_image(1, "web-2026-11-01", 1, "nyc1", "fra1"), _image(2, "web-2026-11-02", 2)]
HERE = ("nyc1",)


@pytest.mark.parametrize(
    ("images", "droplets", "lines"),
    [
        ([], [], []),
        ([], [_droplet(9, "db")], [_line("db", droplet_id=9)]),
        (
            [],
            [_droplet(9, "db", backup_ids=[5, 6])],
            [_line("db", droplet_id=9, backups=2)],
        ),
        # the newest is not where an older one of its series is
        (WEB, [], [_line("web", 2, 2, regions=HERE, lacking=("fra1",))]),
        # what DigitalOcean names as a Droplet's is of that, whatever it is called
        (
            [*WEB, _image(3, "before the upgrade", 5)],
            [_droplet(9, "web-1", 1, 3), _droplet(8, "web-2")],
            [
                _line("web-2", droplet_id=8),
                _line("web-1", 5, 2, droplet_id=9, regions=HERE, lacking=("fra1",)),
                _line("web", 2, 1, regions=HERE),
            ],
        ),
        # of those without fault the oldest first
        (
            [_image(1, "b", 7), _image(2, "a", 9), _image(3, "c", 3)],
            [],
            [_line(n, d, 1, regions=HERE) for n, d in (("c", 3), ("b", 7), ("a", 9))],
        ),
        # what cannot be used is no copy
        (
            [
                _image(1, "web", 1, type="backup"),
                _image(2, "web", 2, status="pending"),
                _image(3, "web", 3, public=True),
            ],
            [_droplet(9, "web", 1, 2)],
            [_line("web", droplet_id=9)],
        ),
        # without a creation time nothing is said of its age, and it counts as the oldest
        (
            [_image(1, "a", 1), _image(2, "b", None)],
            [],
            [_line("b", None, 1, regions=HERE), _line("a", 1, 1, regions=HERE)],
        ),
        # a custom image is one, and no region is told as none
        (
            [_image(1, "own", 1, type="custom", regions=[])],
            [],
            [_line("own", 1, 1, regions=())],
        ),
    ],
)
def test_what_there_is(images: list[Image], droplets: list[Droplet], lines: list[Line]) -> None:
    assert list(coverage(ALL, images, droplets)) == lines


def test_it_is_held_against_the_regions_that_are_wanted() -> None:
    wanted = Coverage(regions=("ams3", "fra1", "nyc1"))
    (line,) = coverage(wanted, WEB, [])
    assert line.lacking == ("ams3", "fra1")
    (line,) = coverage(Coverage(regions=("nyc1",)), WEB, [])
    assert line.lacking == ()


IMAGES = [*WEB, _image(3, "PROD-db-7", 3, tags=["Nightly"]), _image(4, "before", 4)]
DROPLETS = [_droplet(9, "shop", 4, tags=["env:prod"])]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Coverage("web"), ["web"]),
        (Coverage("web-*"), ["web"]),
        (Coverage("w?b"), ["web"]),
        (Coverage("prod"), ["prod-db"]),
        (Coverage("prod-*"), ["prod-db"]),
        (Coverage("shop"), ["shop"]),
        (Coverage("before"), ["shop"]),
        (Coverage("o"), ["prod-db", "shop"]),
        (Coverage("nothing"), []),
        (Coverage(tag="nightly"), ["prod-db"]),
        (Coverage(tag="env:prod"), ["shop"]),
        (Coverage(tag="env"), []),
    ],
)
def test_what_is_asked_for(wanted: Coverage, names: list[str]) -> None:
    assert [line.name for line in coverage(wanted, IMAGES, DROPLETS)] == names


def test_an_account_is_kept_as_it_was() -> None:
    lines = coverage(ALL, IMAGES, [*DROPLETS, _droplet(8, "db")])
    account = Account(lines, complete=False, droplets_read=True, seen_at=5.0)
    assert Account.from_json(account.as_json()) == account
