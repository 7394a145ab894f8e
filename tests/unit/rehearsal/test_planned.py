"""Planned faults are taken in order and counted down."""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.planned import Plans


@dataclass(frozen=True)
class _Plan:
    name: str
    times: int | None = 1


def test_the_first_that_fits_is_taken_as_often_as_planned():
    plans: Plans[_Plan] = Plans()
    plans.add(_Plan("a", 2))
    plans.add(_Plan("b"))
    taken = [plans.take(lambda plan: True) for _ in range(4)]
    assert [plan and plan.name for plan in taken] == ["a", "a", "b", None]
    assert [plan.name for plan in plans.taken] == ["a", "a", "b"]


def test_without_an_end_until_cleared():
    plans: Plans[_Plan] = Plans()
    plans.add(_Plan("for ever", None))
    assert all(plans.take(lambda plan: True) for _ in range(50))
    assert plans.pending == 1
    plans.clear()
    assert plans.take(lambda plan: True) is None


def test_those_that_do_not_fit_are_left_alone():
    plans: Plans[_Plan] = Plans()
    plans.add(_Plan("a"))
    assert plans.take(lambda plan: plan.name == "b") is None
    assert plans.pending == 1
