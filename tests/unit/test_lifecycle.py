"""The table of states, its picture, and the state that follows from several image actions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.domain.states import (
    FINISHED,
    IMAGE_ACTION_MOVES,
    MOVES,
    IllegalMove,
    State,
    check_move,
    overall,
)

PICTURE = Path(__file__).parents[2] / "docs" / "architecture.md"


def test_the_picture_in_the_docs_is_the_table() -> None:
    text = PICTURE.read_text(encoding="utf-8")
    drawn = set(re.findall(r"^ +([a-z-]+) --> ([a-z-]+)$", text, re.MULTILINE))
    assert drawn == {(str(a), str(b)) for a, bs in MOVES.items() for b in bs}


def test_the_documented_way_is_legal() -> None:
    way = [State.PENDING, State.APPROVED, State.SUBMITTING, State.IN_PROGRESS]
    for old, new in zip(way, [*way[1:], State.COMPLETED], strict=True):
        check_move(MOVES, old, new)


@pytest.mark.parametrize("state", sorted(FINISHED))
def test_a_finished_state_has_no_way_out(state: State) -> None:
    assert state in {
        State.COMPLETED,
        State.ERRORED,
        State.DENIED,
        State.CANCELLED,
        State.EXPIRED,
        State.REFUSED,
    }
    for other in State:
        with pytest.raises(IllegalMove):
            check_move(MOVES, state, other)


def test_nothing_is_submitted_that_was_not_approved() -> None:
    assert {s for s, to in IMAGE_ACTION_MOVES.items() if State.SUBMITTING in to} == {State.APPROVED}


@pytest.mark.parametrize(
    ("image_actions", "state"),
    [
        ("approved", "approved"),
        ("submitting", "submitting"),
        ("in-progress", "in-progress"),
        ("completed", "completed"),
        ("errored", "errored"),
        ("needs-attention", "needs-attention"),
        ("completed completed", "completed"),
        ("completed errored", "errored"),
        ("completed approved", "in-progress"),
        ("completed submitting", "in-progress"),
        ("errored in-progress", "in-progress"),
        ("in-progress needs-attention", "needs-attention"),
        ("approved submitting", "submitting"),
        ("completed pending", "in-progress"),
        ("errored cancelled", "errored"),
        ("completed cancelled", "errored"),
    ],
)
def test_overall(image_actions: str, state: str) -> None:
    assert overall([State(s) for s in image_actions.split()]) is State(state)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_whatever_an_image_action_may_do_its_request_may_follow(steps: int) -> None:
    """From the approval on, every legal move of one image action is legal for the whole."""
    begin = (State.APPROVED,) + (State.PENDING,) * (steps - 1)
    seen, left = {begin, (State.APPROVED,) * steps}, [begin, (State.APPROVED,) * steps]
    while left:
        states = left.pop()
        for place, old in enumerate(states):
            for new in IMAGE_ACTION_MOVES[old]:
                after = (*states[:place], new, *states[place + 1 :])
                if overall(after) is not overall(states):
                    check_move(MOVES, overall(states), overall(after))
                if after not in seen:
                    seen.add(after)
                    left.append(after)
