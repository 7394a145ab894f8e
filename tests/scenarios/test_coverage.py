"""`/image coverage` and Home: what has a copy where, and what was not read is said."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from plans import ASKED, DB_1, FIRST, WEB_1
from world import ANN, OPS, World, shown

HOUR = 3_600.0


@pytest.fixture
def at_work(start: Callable[..., World]) -> World:
    """One Droplet with a copy elsewhere, one whose newest was not copied, others with none."""
    at_work = start(ASKED + '\n[regions]\neurope = ["ams3", "fra1"]\n')
    _snapshot(at_work, 0, "web-1-a", 30, WEB_1, "nyc1", "fra1")
    _snapshot(at_work, 1, "web-1-b", 5, WEB_1, "nyc1", "fra1")
    _snapshot(at_work, 2, "db-1-a", 90, DB_1, "nyc1", "fra1")
    _snapshot(at_work, 3, "db-1-b", 10, DB_1, "nyc1")
    return at_work


def _snapshot(at_work: World, n: int, name: str, hours: float, of: int, *regions: str) -> None:
    made = datetime.fromtimestamp(time.time() - hours * HOUR - 60, UTC)
    at_work.digitalocean.add_image(
        FIRST + n, name, created_at=f"{made:%Y-%m-%dT%H:%M:%SZ}", droplet_id=of, regions=regions
    )


def _answer(at_work: World, typed: str, holding: str) -> list[str]:
    at_work.types(typed)
    return at_work.told(holding).text.splitlines()


def test_the_worst_comes_first_and_only_the_asker_sees_it(at_work: World) -> None:
    assert at_work.types("coverage").text == "Looking…"
    told = at_work.told("*Copies*")
    assert told.visible_to == ANN
    lines = told.text.splitlines()
    web_2 = next(n for n, line in enumerate(lines) if "*web-2*" in line)
    db_1 = next(n for n, line in enumerate(lines) if "*db-1*" in line)
    web_1 = next(n for n, line in enumerate(lines) if "*web-1*" in line)
    assert web_2 < db_1 < web_1
    assert "no snapshot" in lines[web_2]
    assert "10 h old in nyc1; *not in fra1* · 2 images" in lines[db_1]
    assert "5 h old in nyc1, fra1 · 2 images" in lines[web_1]
    assert at_work.slack.messages(OPS) == []
    assert at_work.slack.violations == []


def test_it_is_held_against_a_set_of_regions(at_work: World) -> None:
    lines = _answer(at_work, "coverage web-1 in europe", "ams3")
    assert any("*web-1*" in line and "*not in ams3*" in line for line in lines)
    assert not any("*db-1*" in line for line in lines)
    _answer(at_work, "coverage nothing-*", "fits `nothing-*`")


def test_long_accounts_are_cut_with_a_count_and_the_way_on(at_work: World) -> None:
    for n in range(30):
        at_work.digitalocean.add_droplet(9_000 + n, f"many-{n:02}")
    lines = _answer(at_work, "coverage many", "many-00")
    assert "10 more, none of them worse: `/image coverage many --page 2`" in lines[-1]
    assert any("*many-29*" in line for line in _answer(at_work, "coverage many --page 2", "-29"))
    _answer(at_work, "coverage many --page 3", "no page 3")
    assert at_work.slack.violations == []


def test_a_token_that_may_not_read_droplets_is_said(at_work: World) -> None:
    at_work.digitalocean.faults.status(403, method="GET", path="/v2/droplets", times=None)
    lines = _answer(at_work, "coverage", "`droplet:read`")
    assert any("*web-1-b*" in line for line in lines)
    assert not any("no snapshot" in line for line in lines)


def test_what_was_not_listed_is_said(at_work: World) -> None:
    at_work.digitalocean.faults.changed(_lacking, path="/v2/images")
    _answer(at_work, "coverage", "did not list everything")


def _lacking(body: Any) -> Any:
    return body | {"meta": {"total": body["meta"]["total"] + 1}}


def test_out_of_reach_is_told_at_once(at_work: World) -> None:
    with at_work.digitalocean.unreachable():
        _answer(at_work, "coverage", "never reached DigitalOcean")


def _home(at_work: World, holding: str) -> str:
    def there() -> bool:
        home = at_work.slack.home(ANN)
        return bool(home) and holding in home.everything

    at_work.until(there, f"a Home holding {holding!r}")
    return at_work.slack.home(ANN).everything


def test_home_shows_the_worst_of_it(at_work: World) -> None:
    at_work.slack.open_home(ANN)
    _home(at_work, "Not read yet")
    at_work.types("coverage")
    told = at_work.told("*Copies*")
    at_work.slack.open_home(ANN)
    home = _home(at_work, "*not in fra1*")
    assert "no snapshot" in home
    assert "no snapshot" in shown(told)
    assert at_work.slack.violations == []


def test_home_is_kept_current_by_the_refresh_once_somebody_has_opened_one(at_work: World) -> None:
    assert at_work.bot is not None
    at_work.bot._background.refresh("all")  # PostgreSQL has a clock of its own
    assert not any(call.path == "/v2/droplets" for call in at_work.digitalocean.calls)
    at_work.slack.open_home(ANN)
    _home(at_work, "Not read yet")
    at_work.bot._background.refresh("all")
    at_work.slack.open_home(ANN)
    _home(at_work, "*not in fra1*")
