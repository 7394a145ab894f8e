"""Moves: compare and swap, whoever else moves at the same moment."""

from __future__ import annotations

import pytest

from bot.domain.states import IllegalMove, State
from bot.operations.available import transfer_to
from bot.store import requests, transitions
from bot.store.requests import load, load_step
from bot.store.rows import NewRequest
from bot.store.transitions import move, move_step


def test_one_of_ten_moves_takes_hold(bed) -> None:
    request_id = bed.opened()
    seen = bed.load(request_id)
    targets = [State.APPROVED, State.DENIED, State.CANCELLED, State.EXPIRED, State.REFUSED] * 2

    def act(to: State) -> bool:
        with bed.store.write() as tx:
            return move(tx, seen, to)

    moved = bed.at_once(act, targets)
    assert sorted(moved) == [False] * 9 + [True]
    assert bed.load(request_id).state is targets[moved.index(True)]


def test_one_of_ten_takes_a_submission_over(bed) -> None:
    step = bed.load(bed.opened(State.APPROVED)).steps[0]

    def act(fence: str) -> bool:
        with bed.store.write() as tx:
            return move_step(tx, step, State.SUBMITTING, fence=fence)

    fences = [f"fence-{n}" for n in range(10)]
    moved = bed.at_once(act, fences)
    assert sorted(moved) == [False] * 9 + [True]
    with bed.store.read() as connection:
        assert load_step(connection, step.id).fence == fences[moved.index(True)]


def test_steps_that_end_at_the_same_moment_end_their_request(bed) -> None:
    for n in range(5):
        request_id = bed.opened(State.APPROVED, 1000 + n, "nyc3", "sfo3", "ams3", "fra1")
        with bed.store.write() as tx:
            for step in load(tx.connection, request_id).steps:
                move_step(tx, step, State.SUBMITTING, fence="f")
        ends = [State.COMPLETED, State.COMPLETED, State.ERRORED, State.COMPLETED]

        def act(pair, request_id: int = request_id) -> bool:
            step, end = pair
            with bed.store.write() as tx:
                return move_step(tx, step, end)

        steps = bed.load(request_id).steps
        assert bed.at_once(act, list(zip(steps, ends, strict=True))) == [True] * 4
        request = bed.load(request_id)
        assert request.state is State.ERRORED
        assert request.finished_at is not None


def test_a_step_and_its_request_move_from_both_sides_without_a_deadlock(bed) -> None:
    """A person acts on the request first, a job on the step: both lock in one order."""
    for n in range(10):
        request_id = bed.opened(State.APPROVED, 1000 + n)
        step = bed.load(request_id).steps[0]

        def act(who: str, request_id: int = request_id, step=step) -> bool:
            with bed.store.write(wait=10) as tx:
                if who == "job":
                    return move_step(tx, step, State.SUBMITTING, fence="f")
                request = load(tx.connection, request_id, for_update=True)
                if request.state is State.APPROVED:
                    return move(tx, request, State.REFUSED)
                return False

        job, person = bed.at_once(act, ["job", "person"])
        assert {job, person} == {True, False}


def test_an_action_is_owned_once(bed) -> None:
    steps = [bed.load(bed.opened(State.APPROVED, 1000 + n)).steps[0] for n in range(5)]

    def act(step) -> bool:
        with bed.store.write() as tx:
            return move_step(tx, step, State.IN_PROGRESS, action_id=36804748)

    outcomes = bed.at_once(act, steps)
    assert outcomes.count(True) == 1
    assert [type(one).__name__ for one in outcomes if one is not True] == ["IntegrityError"] * 4


def test_the_same_image_actions_in_any_order_do_not_deadlock(bed) -> None:
    regions = ("ams3", "fra1", "lon1", "nyc3", "sfo3")

    def act(new: NewRequest) -> int:
        with bed.store.write(wait=10) as tx:
            return transitions.insert(tx, new)

    for n in range(30):
        steps = tuple(transfer_to(1000 + n, region) for region in regions)
        both = [NewRequest("U0ANN", "C0OPS", order) for order in (steps, steps[::-1])]
        kinds = {type(one).__name__ for one in bed.at_once(act, both)}
        assert kinds == {"int", "IntegrityError"}


def test_an_unknown_move_is_a_defect(bed) -> None:
    request = bed.load(bed.opened())
    with pytest.raises(IllegalMove), bed.store.write() as tx:
        move(tx, request, State.COMPLETED)


def test_a_finished_twin_is_no_twin(bed) -> None:
    request = bed.load(bed.opened())
    with bed.store.write() as tx:
        assert requests.unfinished_twin(tx.connection, request.specs).id == request.id
        move(tx, request, State.CANCELLED)
        assert requests.unfinished_twin(tx.connection, request.specs) is None
