"""The promise with all kinds of work: random runs, and each kind by hand."""

from __future__ import annotations

from collections import Counter

import pytest
from promise_account import IMAGE, OLD
from promise_operations import ALL_ATTACKS, DAY, OnPostgreSQL, Operations
from promise_runs import played, played_until
from promise_world import SCHEDULE_ATTACKS

_HAPPENS = {
    *("posts", "rename", "delete", "snapshot", "transfer", "runs", "paused", "schedules"),
    *("attacks", "restored"),
}


def test_a_few_random_runs_of_all_kinds_of_work_keep_the_promise() -> None:
    assert played(Operations, 3, 20)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_random_runs_of_all_kinds_of_work_keep_the_promise() -> None:
    def happened(done: Counter[str]) -> bool:
        return set(done) >= _HAPPENS and done["posts"] > 20

    played_until(happened, Operations, 10, 50, times=10)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_random_runs_keep_the_promise_on_postgresql() -> None:
    played_until(lambda done: done["attacks"] > 10, OnPostgreSQL, 12, 40, times=6)


def begun(policy: str = "one", of: type[Operations] = Operations) -> Operations:
    machine = of()
    machine.begin()
    machine.edit_policy(policy)
    return machine


def go_on(machine: Operations, rounds: int = 8) -> None:
    """All that was begun completes, one after the other."""
    for _ in range(rounds):
        machine.end_an_action("completed")
        machine.work(2)


def ends(machine: Operations, **sent: int) -> None:
    machine.work(4)
    machine.the_gate_holds()
    kinds = ("rename", "delete", "snapshot", "transfer")
    assert {kind: machine.done[kind] for kind in kinds if machine.done[kind]} == sent
    machine.teardown()


def scheduled(policy: str = "one") -> Operations:
    """A schedule that was approved."""
    machine = begun(policy)
    machine.edit_schedules("to fra1")
    machine.all_approve(0)
    machine.work(3)
    return machine


def test_each_kind_of_work_is_sent() -> None:
    machine = begun()
    machine.ask_for_a_name("U0DAN", "golden")
    machine.all_approve(0)
    machine.ask_for_a_deletion("U0DAN", 0)
    machine.all_approve(0)
    assert OLD[0] not in machine.digitalocean.stock
    assert machine.digitalocean.stock[IMAGE]["name"] == "golden"
    machine.ask_for_a_snapshot("U0DAN")
    machine.all_approve(0)
    go_on(machine)
    ends(machine, rename=1, delete=2, snapshot=1, transfer=1)


def test_what_is_safe_to_repeat_is_repeated_once_its_answer_was_lost() -> None:
    machine = begun()
    machine.ask_for_a_name("U0DAN", "golden")
    machine.mood("lost before")
    machine.all_approve(0)
    machine.time_passes(61)
    machine.work(3)
    assert "resent" in {row.event for row in machine._log()}
    ends(machine, rename=1)


def test_a_deletion_is_not_sent_before_its_copies_because_the_database_says_so() -> None:
    machine = begun()
    machine.ask_for_a_snapshot("U0DAN")
    machine.all_approve(0)
    machine.write_in_the_database("out of turn", also=False, which=0)
    ends(machine, snapshot=1)


@pytest.mark.slow
def test_a_schedule_runs_each_night() -> None:
    machine = scheduled()
    for _ in range(2):
        machine.the_night_comes(1)
        go_on(machine)
    ends(machine, snapshot=2, transfer=2, delete=3)


@pytest.mark.slow
def test_a_paused_schedule_runs_once_it_goes_on() -> None:
    machine = scheduled()
    machine.change_the_schedule("U0DAN", "pause")
    machine.the_night_comes(1)
    machine.change_the_schedule("U0DAN", "resume")
    assert machine.done["posts"] == 0
    machine.the_night_comes(1)
    go_on(machine)
    ends(machine, snapshot=1, transfer=1, delete=2)


@pytest.mark.slow
def test_a_clock_that_goes_back_has_no_schedule_run_again() -> None:
    machine = scheduled()
    machine.the_night_comes(1)
    go_on(machine)
    machine.clock.now -= DAY
    machine.work(3)
    machine.the_night_comes(1)
    assert machine.done["snapshot"] == 1
    machine.the_night_comes(1)
    go_on(machine)
    ends(machine, snapshot=2, transfer=2, delete=3)


@pytest.mark.slow
@pytest.mark.parametrize("attack", sorted(ALL_ATTACKS))
@pytest.mark.parametrize("kind", ["rename", "delete", "plan", "plan on PostgreSQL"])
def test_whoever_writes_in_the_tables_sends_no_other_kind_of_work(kind: str, attack: str) -> None:
    machine = begun("two", OnPostgreSQL if "PostgreSQL" in kind else Operations)
    if kind == "rename":
        machine.ask_for_a_name("U0DAN", "golden")
    elif kind == "delete":
        machine.ask_for_a_deletion("U0DAN", 0)
    else:
        machine.ask_for_a_snapshot("U0DAN")
    machine.write_in_the_database(attack, also=True, which=0)
    go_on(machine, 2)
    ends(machine)


@pytest.mark.slow
@pytest.mark.parametrize("attack", sorted(SCHEDULE_ATTACKS))
def test_whoever_writes_in_the_tables_has_no_schedule_run_again(attack: str) -> None:
    """Neither after a run, nor while it is paused, nor a run that is under way."""
    machine = scheduled()
    machine.the_night_comes(1)
    machine.write_in_the_database(attack, also=False, which=0)  # the newest: the run
    go_on(machine)
    for _ in range(2):
        for which in (0, 1):
            machine.write_in_the_database(attack, also=False, which=which)
            go_on(machine, 2)
        machine.change_the_schedule("U0DAN", "pause")
        machine.the_night_comes(1)
    machine.work(3)
    machine.the_gate_holds()
    assert machine.done["snapshot"] <= 1
    machine.teardown()
