"""Random runs by weights: what brings something about comes often, what ends everything seldom.

Hypothesis plays each rule as likely as any other, and leaves many out of a run: it finds odd short
ways, and seldom gets as far as two approvals, a lost answer and people who choose to send again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from random import Random
from typing import Any

import pytest
from hypothesis.stateful import RULE_MARKER  # what the decorators leave on a rule
from promise_account import OLD
from promise_machine import Promise
from promise_operations import ALL_ATTACKS, Operations
from promise_runs import first_seed
from promise_world import ATTACKS, PEOPLE, POLICIES

Choices = Callable[[Random], Mapping[str, Any]]


def _of(**choices: Any) -> Choices:
    """Draws one of each; a number n stands for 0 to n - 1."""

    def draw(chance: Random) -> Mapping[str, Any]:
        return {
            name: chance.randrange(given) if isinstance(given, int) else chance.choice(given)
            for name, given in choices.items()
        }

    return draw


_BOTH = (True, False)
_REGIONS = ("nyc3", "sfo3", "ams3", "fra1")
_NAMES = sorted(POLICIES)


def _groups(chance: Random) -> Mapping[str, Any]:
    some = {part: set(chance.sample(PEOPLE, 2)) for part in ("security", "operations")}
    return {**some, "silent": chance.random() < 0.2}


RULES: Mapping[str, tuple[int, Choices]] = {
    "ask": (10, _of(who=PEOPLE, region=_REGIONS, twice=_BOTH)),
    "join": (3, _of(who=PEOPLE, region=_REGIONS[:2])),
    "ask_in_emergency": (2, _of(who=PEOPLE, region=_REGIONS[:2])),
    "approve": (14, _of(who=PEOPLE, which=9, work=_BOTH)),
    "approve_whatever": (2, _of(who=PEOPLE, request_id=(1, 2, 3, 4))),
    "all_approve": (4, _of(which=9)),
    "take_an_approval_back": (5, _of(who=PEOPLE, which=9)),
    "stop_one": (3, _of(who=PEOPLE, deny=_BOTH)),
    "take_back": (2, _of(which=9)),
    "an_answer_is_lost": (5, _of(which=9, mood=("lost before", "lost after"))),
    "all_choose_to_send_again": (3, _of()),
    "attend": (6, _of(who=PEOPLE, choice=("adopt", "post_again", "give_up"), work=_BOTH)),
    "mood": (3, _of(mood=("ok", "refused", "lost before", "killed after", "busy", "no"))),
    "end_an_action": (4, _of(status=("completed", "errored"))),
    "rename": (1, _of(name=("web", "web", "renamed"))),
    "time_passes": (3, _of(seconds=(1, 6, 61, 3600))),
    "work": (5, _of(rounds=(1, 2, 3))),
    "restart": (1, _of()),
    "edit_policy": (2, _of(name=_NAMES)),
    "edit_policy_unseen": (2, _of(name=_NAMES)),
    "vote_for_the_policy": (3, _of(who=PEOPLE, deny=(False, False, True))),
    "a_policy_is_voted_in": (3, _of(name=_NAMES)),
    "edit_groups": (2, _groups),
    "wait_for_the_escalation": (3, _of()),
    "approve_late": (1, _of(which=9)),
    "approve_by_a_clock_that_is_set_back": (1, _of(which=9)),
    "another_instance_acts": (2, _of(which=2)),
    "meanwhile": (
        6,
        _of(
            what=("works", "policy", "cancel", "take back", "attack"),
            name=_NAMES,
            approve=_BOTH,
            call=("get", "list"),
        ),
    ),
    "write_in_the_database": (4, _of(attack=sorted(ATTACKS), also=_BOTH, which=9)),
    "back_up": (2, _of()),
    "restore": (1, _of()),
}
"""Each rule of `Promise`, how often it is chosen among those that can be, and what with."""
RULES_OF_OPERATIONS: Mapping[str, tuple[int, Choices]] = {
    **RULES,
    "ask_for_a_name": (5, _of(who=PEOPLE, name=("golden", "web"))),
    "ask_for_a_deletion": (4, _of(who=PEOPLE, which=len(OLD))),
    "prune": (2, _of(who=PEOPLE, keep=(1, 2))),
    "ask_for_a_snapshot": (5, _of(who=PEOPLE)),
    "edit_schedules": (2, _of(name=("to fra1", "to fra1", "to ams3", "none"))),
    "a_schedule_is_approved_and_runs": (4, _of(name=("to fra1", "to ams3"))),
    "change_the_schedule": (5, _of(who=PEOPLE, what=("pause", "resume", "run"))),
    "the_night_comes": (4, _of(days=(1, 1, 2, 31))),
    "end_an_action": (10, _of(status=("completed", "completed", "errored"))),
    "write_in_the_database": (4, _of(attack=sorted(ALL_ATTACKS), also=_BOTH, which=9)),
}


def rules_of(machine: type[Promise]) -> Mapping[str, tuple[int, Choices]]:
    """What a machine plays."""
    return RULES_OF_OPERATIONS if issubclass(machine, Operations) else RULES


def played_by_weight(of: type[Promise], runs: int, steps: int, seed: int = 0) -> Counter[str]:
    """Play so many runs, the same for the same seed; how often what happened in all of them."""
    done: Counter[str] = Counter()
    for run in range(runs):
        machine = of()
        machine.begin()
        try:
            _play(machine, Random(f"{first_seed() + seed}/{run}"), steps, done)
        finally:
            machine.teardown()
            done.update(machine.done)
    return done


def _play(machine: Promise, chance: Random, steps: int, done: Counter[str]) -> None:
    rules = rules_of(type(machine))
    for step in range(steps):
        can = [name for name in rules if _can(machine, name)]
        (name,) = chance.choices(can, [rules[each][0] for each in can])
        with_what = rules[name][1](chance)
        done[f"rule {name}"] += 1
        try:
            getattr(machine, name)(**with_what)
            machine.the_gate_holds()
        except AssertionError as broken:
            broken.add_note(f"at step {step}: {name} with {with_what}")
            raise


def played_until_all_happened(
    of: type[Promise], happens: Collection[str], *, runs: int, steps: int, times: int
) -> Counter[str]:
    """Play other runs each time, until all that they are made of has happened; how often what did.

    Args:
        happens: names of what is counted. That each rule was tried is asked for as well.
    """
    wanted = {*happens, *(f"rule {name}" for name in rules_of(of))}
    done: Counter[str] = Counter()
    for seed in range(times):
        done += played_by_weight(of, runs, steps, seed)
        if wanted <= set(+done):
            return done
    return pytest.fail(f"Never happened: {sorted(wanted - set(+done))}")


def _can(machine: Promise, name: str) -> bool:
    found = getattr(getattr(type(machine), name), RULE_MARKER)
    return all(holds(machine) for holds in found.preconditions)
