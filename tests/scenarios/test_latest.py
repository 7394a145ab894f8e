"""`latest prod-*` and `latest of <droplet>`: worked out when asked, bound by its number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from plans import ASKED, AT_ONCE, FIRST, WEB_1, nightly, sent
from world import ANN, BOB, RUNS_AT_ONCE, World, buttons, shown

from bot.domain.occasions import RunOutcome
from bot.store import schedules

DAY = 86_400.0
NEWEST = FIRST + 3


def _transfers(at_work: World) -> list[int]:
    """The images that were sent somewhere."""
    posts = at_work.digitalocean.posts
    return [post.image_id for post in posts if post.body["type"] == "transfer"]


@pytest.mark.parametrize(
    "which", ["latest web-1-2026-11-*", "latest of web-1", "latest of 3164444"]
)
def test_the_newest_is_found_shown_and_bound(start: Callable[..., World], which: str) -> None:
    at_work = start(ASKED)
    nightly(at_work)
    assert f"`{which}`" in at_work.types(f"transfer {which} to fra1 because a copy").text
    assert "web-1-2026-11-04-0300" in at_work.told(f"({NEWEST})").text
    root = at_work.root("Pending approval")
    assert f"({NEWEST})" in shown(root)
    newer = "web-1-2026-11-05-0300"
    at_work.digitalocean.add_image(
        FIRST + 9, newer, created_at="2026-11-05T03:00:00Z", droplet_id=WEB_1
    )
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert _transfers(at_work) == [NEWEST]
    assert at_work.slack.violations == []


def _picks(message: Any) -> list[str]:
    return [block["accessory"]["value"] for block in message.blocks if "accessory" in block]


def test_where_two_are_equally_new_the_person_chooses(start: Callable[..., World]) -> None:
    at_work = start(AT_ONCE)
    ids = nightly(at_work, count=3)
    at_work.digitalocean.add_image(
        FIRST + 9, "web-1-again", created_at="2026-11-03T03:00:00Z", droplet_id=WEB_1
    )
    at_work.types("transfer latest web-1-* to fra1")
    asked = at_work.told("2 are equally new")
    assert str(ids[1]) not in shown(asked)
    assert sent(at_work) == []
    (value,) = [v for v in _picks(asked) if v.endswith(f":{FIRST + 9}")]
    at_work.slack.click(ANN, asked, "pick", value)
    at_work.until(lambda: _transfers(at_work), "the transfer")
    assert _transfers(at_work) == [FIRST + 9]
    assert at_work.slack.violations == []


def test_what_was_not_listed_could_be_newer(start: Callable[..., World]) -> None:
    at_work = start(AT_ONCE)
    nightly(at_work)
    at_work.digitalocean.faults.changed(_lacking, path="/v2/images")
    at_work.types("transfer latest web-1-* to fra1")
    at_work.told("did not list all")
    assert sent(at_work) == []
    at_work.types("transfer latest of web-1 to fra1")  # a Droplet names all of its own
    at_work.until(lambda: _transfers(at_work), "the transfer")
    assert _transfers(at_work) == [NEWEST]


def _lacking(body: Any) -> Any:
    """There is one more than the pages show."""
    return body | {"meta": {"total": body["meta"]["total"] + 1}}


@pytest.mark.alike
@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("transfer latest nothing-* fra1", "No snapshot that can be used has a name"),
        ("transfer latest of web-2 fra1", "has no snapshot"),
        ("transfer latest of web-11 fra1", "no Droplet “web-11”"),
        ("convert latest of web-2", "has no backup"),
        ("show latest web-1-*", "web-1-2026-11-04-0300"),
        ("transfer latest web-1-* fra1 --dry-run", "runs at once"),
        ("history latest web-1-*", "Nothing"),
    ],
)
def test_what_else_is_answered(start: Callable[..., World], typed: str, told: str) -> None:
    at_work = start(AT_ONCE)
    nightly(at_work)
    at_work.types(typed)
    at_work.told(told)
    assert sent(at_work) == []


def test_convert_takes_the_newest_backup(start: Callable[..., World]) -> None:
    at_work = start(RUNS_AT_ONCE)
    for day in (1, 2):
        at_work.digitalocean.add_image(
            FIRST + day,
            f"web-1 {day}",
            type="backup",
            created_at=f"2026-11-2{day}T03:00:00Z",
            droplet_id=WEB_1,
        )
    at_work.types("convert latest of web-1")
    at_work.until(lambda: at_work.digitalocean.posts, "the POST")
    assert at_work.digitalocean.posts[0].image_id == FIRST + 2


SCHEDULE = """
[[schedule]]
name = "offsite"
when = "daily 04:00"
command = "transfer latest web-1-* to fra1 because a copy elsewhere"
channel = "C0OPS"
owner = "U0ANN"
"""
BY_NAME = """
[[rule]]
name = "odd ones"
image_names = ["*-odd"]
approvals = 1
approvers = ["U0CAT"]
"""


@pytest.fixture
def clocked(start: Callable[..., World], tmp_path: Path) -> World:
    """A world whose schedule is approved."""
    path = tmp_path / "schedules.toml"
    path.write_text("", encoding="utf-8")
    at_work = start(BY_NAME + ASKED, IMAGE_BOT_SCHEDULES=str(path))
    nightly(at_work)
    path.write_text(SCHEDULE, encoding="utf-8")
    root = at_work.root("Let schedule")
    assert str(NEWEST) in shown(root)
    at_work.clicks("approve", root, by=BOB)
    at_work.until(lambda: _is_approved(at_work), "the approval")
    return at_work


def _is_approved(at_work: World) -> bool:
    assert at_work.bot is not None
    with at_work.bot.store.read() as connection:
        state = schedules.load(connection, "offsite")
    return bool(state and state.approved_as)


def _ended(at_work: World, outcome: RunOutcome, count: int = 1) -> None:
    def there() -> bool:
        assert at_work.bot is not None
        with at_work.bot.store.read() as connection:
            runs = schedules.runs(connection, "offsite", 50)
        return sum(run.outcome is outcome for run in runs) >= count

    at_work.until(there, outcome, seconds=30)


def test_each_run_of_a_schedule_takes_what_is_the_newest_then(clocked: World) -> None:
    clocked.clock.skip(DAY)
    _ended(clocked, RunOutcome.COMPLETED)
    clocked.digitalocean.add_image(
        FIRST + 9, "web-1-next", created_at="2026-11-09T03:00:00Z", droplet_id=WEB_1
    )
    clocked.clock.skip(DAY)
    _ended(clocked, RunOutcome.COMPLETED, 2)
    assert _transfers(clocked) == [NEWEST, FIRST + 9]
    assert clocked.slack.violations == []


def test_a_run_waits_for_the_newer_one_that_is_being_made(clocked: World) -> None:
    clocked.digitalocean.next_action(3.0)
    clocked.types("snapshot web-1 as web-1-next")
    clocked.clicks("approve", clocked.root("Snapshot of"), by=BOB)
    clocked.until(lambda: sent(clocked), "the snapshot")
    clocked.types("transfer latest web-1-* to ams3 --dry-run")
    clocked.told("A newer one is being made: *web-1-next*")
    clocked.types("transfer latest of web-1 to ams3 --dry-run")
    clocked.told("`latest of web-1` is *web-1-2026-11-04-0300* (71000003)")
    assert _transfers(clocked) == []
    clocked.clock.skip(DAY)
    clocked.reply("completed", clocked.root("web-1-next"))
    clocked.clock.skip(31.0)
    _ended(clocked, RunOutcome.COMPLETED)
    (copied,) = _transfers(clocked)
    assert clocked.digitalocean.images[copied].name == "web-1-next"


def test_a_run_whose_image_falls_under_another_rule_waits_for_its_approvers(
    clocked: World,
) -> None:
    clocked.digitalocean.add_image(
        FIRST + 9, "web-1-odd", created_at="2026-11-09T03:00:00Z", droplet_id=WEB_1
    )
    clocked.clock.skip(DAY)
    root = clocked.root("web-1-odd")
    assert "approve" in buttons(root)
    assert sent(clocked) == []


def test_a_run_guesses_nothing_and_its_owner_hears_of_it(clocked: World) -> None:
    clocked.digitalocean.add_image(
        FIRST + 9, "web-1-twin", created_at="2026-11-04T03:00:00Z", droplet_id=WEB_1
    )
    clocked.clock.skip(DAY)
    _ended(clocked, RunOutcome.FAILED)
    clocked.told("2 are equally new", ANN)
    assert sent(clocked) == []
