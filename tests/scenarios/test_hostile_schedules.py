"""Somebody who can write the database has a schedule run when it is not due, or twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from plans import ASKED, sent
from scheduled import DAY, NIGHTLY, approved, approved_as, ended, runs
from world import ANN, DAN, OPS, World

from bot.domain.occasions import Occasion, RunOutcome
from bot.domain.places import Places
from bot.domain.search import Asker, to_json
from bot.store import audit, lookups
from handlers import read_scheduled

Clocked = Callable[..., World]
_A_RUN = (
    "INSERT INTO schedule_run (schedule, due_at, taken_at, outcome, why)"
    " VALUES ('nightly-web', {0}, {0}, '{1}', '')"
)


def write(at_work: World, *statements: str) -> None:
    assert at_work.bot is not None
    with at_work.bot.store.write() as tx:
        for statement in statements:
            tx.execute(sa.text(statement))


def count(at_work: World, table: str, where: str = "true") -> int:
    assert at_work.bot is not None
    query = sa.select(sa.func.count()).select_from(sa.table(table)).where(sa.text(where))
    with at_work.bot.store.read() as connection:
        return connection.execute(query).scalar_one()


def tended(at_work: World) -> None:
    """The clock's job has looked at the schedule since, twice: the first look is over."""
    for _ in range(2):
        write(at_work, "UPDATE schedule SET tended_at = 0")
        at_work.until(lambda: not count(at_work, "schedule", "tended_at = 0"), "a look")


def told(at_work: World, event: str) -> list[dict[str, object]]:
    """The facts of the rows of one event that are about no request."""
    assert at_work.bot is not None
    with at_work.bot.store.read() as connection:
        rows = list(audit.entries(connection))
    return [json.loads(r.facts) for r in rows if r.event == event and r.ops_request is None]


def after_a_run(clocked: Clocked) -> World:
    """A schedule that was approved, and ran once."""
    at_work = clocked()
    approved(at_work)
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.COMPLETED)
    assert len(sent(at_work)) == 2
    return at_work


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE audit SET event = 'schedule-resumed' WHERE event = 'schedule-paused'",
        "UPDATE audit SET facts = '{\"schedule\":\"x\"}' WHERE event = 'schedule-paused'",
        "DELETE FROM audit WHERE event = 'schedule-paused'",
    ],
)
def test_a_pause_is_not_lifted_by_the_database(clocked: Clocked, attack: str) -> None:
    at_work = clocked()
    approved(at_work)
    at_work.types("schedules", by=ANN)
    at_work.clicks("pause_schedule", at_work.told("never run yet", ANN), by=ANN)
    at_work.told("is paused", ANN)
    at_work.types("transfer 62137902 nyc3")  # something follows the row
    at_work.root("Transfer of")
    write(at_work, attack)
    at_work.clock.skip(DAY)
    at_work.until(lambda: runs(at_work), "the time at which it is due")
    assert runs(at_work)[0].outcome in (RunOutcome.SKIPPED_PAUSED, RunOutcome.SKIPPED_UNAPPROVED)
    assert sent(at_work) == []


def test_a_run_that_the_log_is_made_to_forget_is_not_begun_again(clocked: Clocked) -> None:
    at_work = after_a_run(clocked)
    write(
        at_work,
        "UPDATE ops_request SET due_at = due_at - 1, schedule = 'other' WHERE due_at > 0",
        "DELETE FROM audit WHERE event IN ('schedule-begun', 'schedule-ended')",
        "UPDATE schedule_run SET outcome = 'due', ended_at = NULL",
    )
    ended(at_work, RunOutcome.SKIPPED_UNAPPROVED)
    assert len(sent(at_work)) == 2


def test_what_the_database_forgot_is_not_due_again(clocked: Clocked) -> None:
    at_work = after_a_run(clocked)
    write(
        at_work,
        "DELETE FROM schedule_run",
        "UPDATE schedule SET seen_at = 0",
        "UPDATE ops_request SET due_at = due_at - 1, schedule = 'other' WHERE due_at > 0",
    )
    tended(at_work)
    assert runs(at_work) == []
    assert len(sent(at_work)) == 2


def test_what_was_due_before_the_approval_is_not_due_because_the_database_says_so(
    clocked: Clocked,
) -> None:
    at_work = clocked()
    approved(at_work)
    write(at_work, "UPDATE schedule SET seen_at = 0")
    ended(at_work, RunOutcome.SKIPPED_UNAPPROVED)
    assert sent(at_work) == []


def test_a_run_that_is_written_into_the_database_is_not_begun(clocked: Clocked) -> None:
    at_work = clocked()
    approved(at_work)
    write(at_work, _A_RUN.format(at_work.clock(), "due"))
    ended(at_work, RunOutcome.FAILED)
    at_work.told("The audit log does not say that it was to be begun", ANN)
    assert [facts["what"] for facts in told(at_work, "contradicted")] == [["state"]]
    assert sent(at_work) == []


def test_a_run_whose_requests_the_database_hides_is_not_begun_again(clocked: Clocked) -> None:
    at_work = after_a_run(clocked)
    write(
        at_work,
        "UPDATE ops_request SET due_at = due_at - 1, schedule = 'other' WHERE due_at > 0",
        "UPDATE schedule_run SET outcome = 'due', ended_at = NULL",
    )
    ended(at_work, RunOutcome.FAILED)
    assert len(sent(at_work)) == 2


@pytest.mark.parametrize("is_known", [True, False])
def test_a_look_up_for_a_run_that_is_over_or_was_none_asks_for_nothing(
    clocked: Clocked, is_known: bool
) -> None:
    at_work = after_a_run(clocked)
    due_at = runs(at_work)[0].due_at if is_known else at_work.clock()
    write(
        at_work,
        "DELETE FROM schedule_run",
        _A_RUN.format(due_at, "running"),
        "UPDATE ops_request SET due_at = due_at - 1 WHERE due_at > 0",
    )
    wanted = read_scheduled(
        "snapshot web-1 to fra1 keep 3 because nightly copy", ANN, OPS, Places()
    )
    assert at_work.bot is not None
    with at_work.bot.store.write() as tx:
        lookups.add(tx, Asker(ANN, OPS), Occasion("nightly-web", due_at).beside(to_json(wanted)))
    at_work.until(lambda: not count(at_work, "look_up"), "it to be dropped")
    assert count(at_work, "ops_request") == 2


def test_an_approval_that_ended_is_not_put_back_by_the_database(
    clocked: Clocked, tmp_path: Path
) -> None:
    at_work = clocked()
    approved(at_work)
    path = tmp_path / "schedules.toml"
    path.write_text(NIGHTLY.replace("keep 3", "keep 1"), encoding="utf-8")
    at_work.root("keep 1")
    path.write_text(NIGHTLY, encoding="utf-8")
    at_work.until(lambda: approved_as(at_work) is None, "the approval to be void")
    assert [facts["approval"] for facts in told(at_work, "schedule-void")] == [1]
    write(at_work, "UPDATE schedule SET approved_as = 1, asked_as = 1")
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.SKIPPED_UNAPPROVED)
    assert sent(at_work) == []


def test_who_may_resume_is_not_whoever_may_approve_what_the_database_points_at(
    clocked: Clocked,
) -> None:
    """Another request, under a rule that has dan among its approvers."""
    theirs = '[[rule]]\nname = "theirs"\nregions = ["sfo3"]\napprovals = 1\napprovers = ["U0DAN"]\n'
    at_work = clocked(policy=theirs + ASKED)
    approved(at_work)
    at_work.types("transfer 62137902 sfo3")
    at_work.root("Transfer of")
    at_work.types("schedules", by=ANN)
    at_work.clicks("pause_schedule", at_work.told("never run yet", ANN), by=ANN)
    at_work.told("is paused", ANN)
    write(at_work, "UPDATE schedule SET asked_as = 2, asked_for = 'x'")
    at_work.types("schedules", by=DAN)
    at_work.clicks("resume_schedule", at_work.told("paused by", DAN), by=DAN)
    at_work.told("Only", DAN)


def test_an_approval_that_ends_while_the_bot_is_away_is_asked_for_anew(clocked: Clocked) -> None:
    """It went unasked for ever: what was asked for looked the same as before."""
    at_work = clocked()
    card = approved(at_work)
    at_work.stop()
    at_work.clock.skip(40 * DAY)
    at_work.start()
    ended(at_work, RunOutcome.SKIPPED_UNAPPROVED)
    at_work.until(
        lambda: at_work.root("Let schedule nightly-web run").ts != card.ts, "another card"
    )
    assert sent(at_work) == []
