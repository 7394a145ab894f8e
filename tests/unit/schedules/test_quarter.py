"""A simulated quarter of 20 schedules: what was due, done, skipped and missed adds up.

The real use cases, jobs, policy and SQLite run; DigitalOcean and Slack are fakes at their ports.
The clock goes six hours at a step.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from gate_machine import Clock, FakeDigitalOcean, FakeSlack

from bot.domain.occasions import RunOutcome
from bot.domain.search import Asker
from bot.domain.states import State
from bot.jobs.check import Check
from bot.jobs.deliver import Deliver
from bot.jobs.expire import Expire
from bot.jobs.poll import Poll
from bot.jobs.reconcile import Reconciler, RefreshCandidates
from bot.jobs.schedules import RunSchedules
from bot.jobs.submit import Submit
from bot.policy.file import PolicyFile
from bot.requests import Click, Dependencies
from bot.requests.approval import Deny, approve, deny
from bot.requests.assessment import Assessor
from bot.requests.commands import Sender
from bot.requests.schedule_control import Change, ChangeSchedule, change_schedule
from bot.schedules.due import next_due
from bot.schedules.file import SchedulesFile
from bot.store import audit, requests, schedules, schema
from bot.store.database import open_database
from bot.store.due import due
from bot.store.transaction import Store
from handlers import check_scheduled, read_scheduled

pytestmark = pytest.mark.slow

POLICY = """
[[rule]]
name = "one other person"
approvals = 1
approvers = ["U0BOB", "U0CAT"]
"""
COUNT, DAYS, STEP = 20, 91, 6 * 3600.0
ENDED = (RunOutcome.COMPLETED, RunOutcome.FAILED)


class Quarter:
    """One bot and its schedules through a quarter of mishaps."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.dice = random.Random(seed)
        self.file = folder / "schedules.toml"
        (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
        self.policy = PolicyFile(folder / "policy.toml")
        self.clock = Clock()
        self.digitalocean = FakeDigitalOcean(self.clock)
        database = open_database(f"sqlite:///{folder / 'quarter.db'}")
        schema.prepare(database)
        self.store = Store(database, lambda *_: None, self.clock)
        self.regions = ["nyc3"] * COUNT
        self.ticks: list[float] = []
        self.clicks = 0
        self.mishaps: Counter[str] = Counter()
        self.hangs: dict[int, int] = {}
        self.begin: dict[str, float] = {}
        self.paused: str = ""
        self.start()

    def write(self) -> None:
        """The schedules as they are wanted now."""
        self.file.write_text(
            "\n".join(
                f'[[schedule]]\nname = "s{n}"\nwhen = "daily {n:02}:{n:02}"\n'
                f'command = "transfer {6_000 + n} {region}"\nchannel = "C0OPS"\n'
                f'owner = "U0ANN"\napproval_days = {20 + n}\n'
                for n, region in enumerate(self.regions)
            ),
            encoding="utf-8",
        )

    def start(self) -> None:
        """A new process: nothing in memory survives; it does not begin with a broken file."""
        self.write()
        client: Any = self.digitalocean
        slack: Any = FakeSlack()
        known = SchedulesFile(self.file, check_scheduled)
        self.deps = Dependencies(self.store, self.policy, known, read_scheduled)
        assessor = Assessor(self.store, client, slack, self.policy)
        settle = Reconciler(self.store, client, http_seconds=30, settle_seconds=60)
        self.jobs: dict[str, Any] = {
            "check": Check(self.store, assessor, known),
            "submit": Submit(self.store, client, assessor, settle),
            "candidates": RefreshCandidates(self.store, settle),
            "poll": Poll(self.store, client, poll_seconds=5, settle_seconds=60),
            "deliver": Deliver(self.store, slack, self.policy),
            "expire": Expire(self.store, assessor),
            "schedules": RunSchedules(self.deps),
        }

    def step(self) -> None:
        """Six hours: mishaps, then the bot does what it has to."""
        self.clock.now += STEP
        mishap = self.dice.random()
        if mishap < 0.02:  # away for up to four days
            self.clock.now += self.dice.randrange(1, 17) * STEP
            self.start()
            self.mishaps["away"] += 1
        elif mishap < 0.05:
            self.start()
            self.mishaps["restarted"] += 1
        elif mishap < 0.08:
            self.mishaps["edited"] += 1
            self.regions[self.dice.randrange(COUNT)] = self.dice.choice(["sfo3", "fra1", "nyc3"])
            self.write()
        elif mishap < 0.10:
            self.file.write_text("[[schedule]]\nname = 1\n", encoding="utf-8")
            self.mishaps["broken"] += 1
        elif mishap < 0.12:
            self.write()
        self.ticks.append(self.clock.now)
        for _ in range(2):
            self.jobs["schedules"]("all")
            self.rounds(3)
            self.people()
            self.rounds(3)
            self.actions_end()
            self.rounds(2)
        self.jobs["schedules"]("all")
        self.pauses()

    def pauses(self) -> None:
        """Now and then somebody pauses a schedule, and resumes it days later."""
        chance = self.dice.random()
        if not self.paused and chance < 0.05:
            self.paused = f"s{self.dice.randrange(COUNT)}"
            self.click_on(self.paused, "pause")
            self.mishaps["paused"] += 1
        elif self.paused and chance < 0.10:
            self.click_on(self.paused, "resume")
            self.paused = ""

    def note_begin(self) -> None:
        """When each schedule was first seen: a pause that ends writes another time there."""
        with self.store.read() as connection:
            for n in range(COUNT):
                state = schedules.load(connection, f"s{n}")
                if state is not None:
                    self.begin.setdefault(state.name, state.seen_at)

    def click_on(self, name: str, what: str) -> None:
        self.clicks += 1
        ann = Sender(f"c{self.clicks}", Asker("U0ANN"))
        change_schedule(self.deps, ChangeSchedule(ann, name, Change(what)))

    def rounds(self, count: int) -> None:
        for _ in range(count):
            with self.store.read() as connection:
                pending = list(due(connection, self.clock()))
            for job, key in sorted(pending, key=str):  # a set has no order
                self.jobs[job](key)
            self.clock.now += 1.1

    def people(self) -> None:
        """Most cards are approved; some are denied, some are left to expire."""
        with self.store.read() as connection:
            waiting = [
                request
                for request in requests.newest(connection, open_only=True, limit=100)
                if request.state is State.PENDING
            ]
        for request in waiting:
            self.clicks += 1
            click = Click(f"c{self.clicks}", "U0BOB", request.id)
            chance = self.dice.random()
            if chance < 0.7:
                approve(self.deps, click)
            elif chance < 0.78:
                deny(self.deps, Deny(click, "not now"))

    def actions_end(self) -> None:
        for action in self.digitalocean.made:
            left = self.hangs.setdefault(action["id"], 12 if self.dice.random() < 0.03 else 0)
            self.hangs[action["id"]] = max(0, left - 1)  # a day and a half, until it goes on
            if left:
                self.mishaps["hung"] += left == 1
            elif action["status"] == "in-progress" and self.dice.random() < 0.9:
                action["status"] = "errored" if self.dice.random() < 0.1 else "completed"


def _due_times(name: str, quarter: Quarter, begin: float) -> list[float]:
    schedule = next(each for each in quarter.deps.schedules.current if each.name == name)
    found, at = [], datetime.fromtimestamp(begin, UTC)
    while (at := next_due(schedule, at)).timestamp() <= quarter.ticks[-1]:
        found.append(at.timestamp())
    return found


def _check(quarter: Quarter, name: str) -> Counter[str]:
    with quarter.store.read() as connection:
        runs = schedules.runs(connection, name, 1_000)[::-1]
        state = schedules.load(connection, name)
        of_run = {run.due_at: schedules.requests_of(connection, run) for run in runs}
    assert state is not None
    expected = _due_times(name, quarter, quarter.begin[name])
    recorded = {run.due_at for run in runs}
    assert recorded <= set(expected), "a run for a time at which it was not due"
    for missed, following in zip(expected, [*expected[1:], float("inf")], strict=True):
        if missed not in recorded:
            there = [tick for tick in quarter.ticks if missed <= tick < following]
            assert not there, f"{name}: {missed} was missed while the bot was there"
    for run in runs[:-1]:
        assert run.outcome not in (RunOutcome.DUE, RunOutcome.RUNNING), run
    for run in runs:
        if run.outcome in ENDED:
            assert len(of_run[run.due_at]) == 1, run
        elif run.outcome not in (RunOutcome.DUE, RunOutcome.RUNNING):
            assert of_run[run.due_at] == [], run
    counted = Counter(str(run.outcome) for run in runs)
    late = sum(run.taken_at - run.due_at > STEP + 60 for run in runs)
    missed = len(expected) - len(recorded)
    return counted + Counter({"missed": missed, "due": len(expected), "late": late})


def _table(rows: dict[str, Counter[str]]) -> str:
    columns = sorted({key for row in rows.values() for key in row})
    lines = [" ".join([f"{'':6}", *(f"{column:>20}" for column in columns)])]
    for name, row in rows.items():
        lines.append(" ".join([f"{name:6}", *(f"{row[column]:>20}" for column in columns)]))
    return "\n".join(lines)


@pytest.mark.timeout(1800)
def test_what_was_due_adds_up(tmp_path: Path) -> None:
    quarter = Quarter(tmp_path, seed=1)
    end = quarter.clock.now + DAYS * 86_400
    while quarter.clock.now < end:
        quarter.step()
        quarter.note_begin()
    rows = {f"s{n}": _check(quarter, f"s{n}") for n in range(COUNT)}
    total = sum(rows.values(), Counter[str]())
    print(_table({**rows, "all": total}))  # noqa: T201 - the table is what a reader wants
    outcomes = sum(count for key, count in total.items() if key not in ("due", "missed", "late"))
    assert outcomes + total["missed"] == total["due"]
    causes = ("skipped-unapproved", "skipped-paused", "skipped-running")
    for outcome in ("completed", "failed", "late", "missed", *causes):
        assert total[outcome], f"the quarter was too quiet: no run {outcome}"
    with quarter.store.read() as connection:
        log = list(audit.entries(connection))
    assert audit.verify(iter(log)) == []
    told = Counter(row.event for row in log)
    happened = quarter.mishaps + Counter({"expired": told["expired"], "denied": told["denied"]})
    print(dict(happened))  # noqa: T201
    for mishap in ("away", "restarted", "edited", "broken", "paused", "hung", "expired", "denied"):
        assert happened[mishap], f"the quarter was too quiet: nothing {mishap}"
    asked_once = COUNT + quarter.mishaps["edited"]
    assert told["approved"] > asked_once, "no approval ended and was asked for again"
    allowed = {
        row.ops_request
        for row in log
        if row.event in ("standing-approval", "approved", "runs-at-once")
    }
    assert {row.ops_request for row in log if row.event == "intent"} <= allowed
