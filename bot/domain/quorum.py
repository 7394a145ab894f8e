"""Whether those who approved are enough: each person counts once, for one group. Pure.

Asked when a request is made, at each click, just before the POST, and of the audit log alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """Out of whom how many have to approve.

    Attributes:
        entries: users and user groups as the file has them.
        people: who they are, as far as that is known; those who cannot count left out.
    """

    entries: tuple[str, ...]
    count: int
    people: frozenset[str] = frozenset()


def assign(counts: Sequence[int], qualifies: Mapping[str, Collection[int]]) -> dict[str, int]:
    """For which group each voter counts, so that as many approvals as possible count.

    Args:
        counts: how many each group needs.
        qualifies: for each voter, in the order of their votes, the groups that they are in.

    Returns:
        the voters who count, each with one group (its place in `counts`). Who counts once
        counts whoever comes later, if for another group.
    """
    seated: list[list[str]] = [[] for _ in counts]

    def seat(voter: str, tried: set[int]) -> bool:
        for place in sorted(set(qualifies[voter]) - tried):
            if place in tried:  # meanwhile, by somebody who would have had to move
                continue
            tried.add(place)
            if len(seated[place]) < counts[place]:
                seated[place].append(voter)
                return True
            for other in seated[place]:
                if seat(other, tried):
                    seated[place][seated[place].index(other)] = voter
                    return True
        return False

    for voter in qualifies:
        seat(voter, set())
    return {voter: place for voter in qualifies for place in _place_of(voter, seated)}


def _place_of(voter: str, seated: Sequence[Sequence[str]]) -> list[int]:
    return [place for place, voters in enumerate(seated) if voter in voters]


def missing(counts: Sequence[int], seats: Mapping[str, int]) -> tuple[int, ...]:
    """How many approvals each group still needs."""
    filled = list(seats.values())
    return tuple(count - filled.count(place) for place, count in enumerate(counts))


def qualifying(groups: Sequence[Group], voters: Collection[str]) -> dict[str, tuple[int, ...]]:
    """The groups that each voter is in, of those who are in any."""
    found = {
        voter: tuple(place for place, group in enumerate(groups) if voter in group.people)
        for voter in voters
    }
    return {voter: places for voter, places in found.items() if places}


def seats_of(groups: Sequence[Group], voters: Collection[str]) -> dict[str, int]:
    """As `assign`, of groups whose people are known."""
    return assign([group.count for group in groups], qualifying(groups, voters))


def can_be_reached(groups: Sequence[Group]) -> bool:
    """Whether all who are known in the groups could together be enough."""
    needed = sum(group.count for group in groups)
    # Whatever the others take of it, a group of as many people as are needed in all has enough:
    # so thousands of them cost nothing.
    tight = [group for group in groups if len(group.people) < needed]
    everybody = sorted(frozenset().union(*(group.people for group in tight)))
    return len(seats_of(tight, everybody)) == sum(group.count for group in tight)
