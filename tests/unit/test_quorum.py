"""Whether those who approved are enough, against trying every way to count them."""

from __future__ import annotations

from itertools import product

from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.quorum import Group, assign, can_be_reached, missing, seats_of

PEOPLE = ["ann", "bob", "cat", "dan", "eve"]
counts = st.lists(st.integers(1, 3), max_size=4)


@st.composite
def votes(draw: st.DrawFn) -> tuple[list[int], dict[str, list[int]]]:
    """How many each group needs, and in which groups each voter is."""
    needed = draw(counts)
    voters = draw(st.lists(st.sampled_from(PEOPLE), unique=True))
    places = st.sets(st.sampled_from(range(len(needed)))) if needed else st.just(set())
    return needed, {voter: sorted(draw(places)) for voter in voters}


def most_that_can_count(needed: list[int], qualifies: dict[str, list[int]]) -> int:
    """By brute force: each voter for one of their groups, or for none."""
    best = 0
    for choice in product(*([None, *places] for places in qualifies.values())):
        filled = [choice.count(place) for place in range(len(needed))]
        if all(have <= count for have, count in zip(filled, needed, strict=True)):
            best = max(best, sum(filled))
    return best


@given(votes())
@example(([1, 2], {"ann": [0, 1], "bob": [0], "cat": [1], "dan": [1]}))
@example(([1, 1, 1], {"ann": [0, 1, 2], "bob": [0, 1], "cat": [0]}))
def test_as_many_count_as_can(given_votes: tuple[list[int], dict[str, list[int]]]) -> None:
    needed, qualifies = given_votes
    seats = assign(needed, qualifies)
    assert all(place in qualifies[voter] for voter, place in seats.items())
    assert all(left >= 0 for left in missing(needed, seats))
    assert len(seats) == most_that_can_count(needed, qualifies)


@given(votes(), st.integers(0, 4))
def test_who_counts_is_not_pushed_out_by_a_later_vote(
    given_votes: tuple[list[int], dict[str, list[int]]], first: int
) -> None:
    needed, qualifies = given_votes
    before = assign(needed, dict(list(qualifies.items())[:first]))
    assert set(before) <= set(assign(needed, qualifies))


@given(st.lists(st.tuples(st.integers(1, 3), st.frozensets(st.sampled_from(PEOPLE))), max_size=4))
def test_it_can_be_reached_exactly_where_all_together_would_be_enough(
    given_groups: list[tuple[int, frozenset[str]]],
) -> None:
    groups = [Group((), count, people) for count, people in given_groups]
    everybody = seats_of(groups, PEOPLE)
    assert can_be_reached(groups) is (len(everybody) == sum(count for count, _ in given_groups))


def test_one_person_in_two_groups_counts_once() -> None:
    groups = [Group(("S0SEC",), 1, frozenset({"ann"})), Group(("S0OPS",), 1, frozenset({"ann"}))]
    assert seats_of(groups, ["ann"]) == {"ann": 0}
    assert not can_be_reached(groups)


def test_whoever_comes_later_moves_an_earlier_one_to_another_group() -> None:
    groups = [
        Group((), 1, frozenset({"ann", "bob"})),
        Group((), 1, frozenset({"ann"})),
    ]
    assert seats_of(groups, ["ann"]) == {"ann": 0}
    assert seats_of(groups, ["ann", "bob"]) == {"ann": 1, "bob": 0}
