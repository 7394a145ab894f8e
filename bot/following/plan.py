"""What to read of DigitalOcean next, and when: the follower's decision. Pure.

A round reads each action that is due, by a page of the account's list where two or more in
flight lie on it, else alone. Rounds are spaced so that the calls an hour grow with the square
root of what is in flight (four times as much: twice the calls, and twice the delay), and so
that no more is spent than the budget can go on giving.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.following.listing import Listing, Places
from bot.pace import Estimate

HOURLY_AT_1000 = 1240.0
"""Calls an hour for 1,000 in flight: a quarter of a token's 5,000."""
STRAGGLER_WEIGHT = 100
"""A call that shows one action counts as this many in flight: half of what a page can show."""
SMOOTHING_SECONDS = 300.0
"""What is left of the budget is spent no faster than would use it up in this time. As calls
come back an hour after they were made, that settles at 12/13 of the follower's share."""
ROUND_SHARE = 5
"""One round takes at most this part of what is left, so that looks stay evenly spaced."""
SLOWEST_SECONDS = 30.0
"""The longest pause between looks at one action while the budget is not scarce."""
AGE_SHARE = 1 / 120
"""The older an action, the less a moment's delay matters: of its age, this is the pause."""
LIKELY_FROM, LIKELY_UNTIL = 0.9, 2.0
"""An end is likely from this part of the estimate's `low` until this multiple of its `high`."""


@dataclass(frozen=True, slots=True)
class Flight:
    """One image action in flight. Times are epoch seconds.

    Attributes:
        id: our row's.
        action_id, image_id: DigitalOcean's.
        since: when it began.
        looked: when it was last read; None: not yet.
        estimate: how long such ones take; None: not known.
    """

    id: int
    action_id: int
    image_id: int
    since: float
    looked: float | None = None
    estimate: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What the follower may spend now; the reserve for people's commands is taken off already.

    Attributes:
        left: calls of the hour.
        burst: calls of the minute.
        opens_at: when there will be some again, where there are none now (epoch seconds).
        waits_until: DigitalOcean said to wait until then (epoch seconds); 0: it did not.
    """

    left: int
    burst: int
    opens_at: float = 0.0
    waits_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How rounds follow each other.

    Attributes:
        poll_seconds: the shortest pause between looks at one action.
        last_at: when the last round began (epoch seconds); 0: there was none.
        last_calls: how many calls it took.
        not_before: no round before this (epoch seconds), after a failure.
    """

    poll_seconds: float
    last_at: float = 0.0
    last_calls: int = 0
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the account's list (counted from 1), and the action ids expected on it."""

    number: int
    expected: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """What to read now, and when to plan again (epoch seconds).

    `every` is the pause in seconds between looks that the budget allows at present.
    """

    pages: tuple[Page, ...] = ()
    alone: tuple[int, ...] = ()
    next_at: float = math.inf
    every: float = 0.0

    @property
    def calls(self) -> int:
        """How many calls it takes, where nothing is missed."""
        return len(self.pages) + len(self.alone)


def plan(
    flights: Sequence[Flight], listing: Listing, budget: Budget, rhythm: Rhythm, now: float
) -> Round:
    """What to read at `now`; nothing to read: `next_at` says when that may change."""
    if not flights:
        return Round()
    places = listing.places(flight.action_id for flight in flights)
    groups = len(places.pages) + len(places.nowhere)
    due = {f.action_id: due_at(f, now, rhythm.poll_seconds, groups > 1) for f in flights}
    every = spacing(groups, len(flights), budget, rhythm.poll_seconds)
    opens = _opens(budget, rhythm, len(flights), now)
    if opens > now:
        return Round(next_at=max(opens, min(due.values())), every=every)
    late = {action_id: at for action_id, at in due.items() if at <= now}
    if not late:
        return Round(next_at=min(due.values()), every=every)
    chosen = _affordable(cheapest(places, late), late, budget)
    pages, alone = _split(chosen)
    return Round(pages, alone, now + rhythm.poll_seconds, every)


def cheapest(places: Places, due: Iterable[int]) -> list[Page]:
    """The fewest calls that read all of `due`. A page of number 0 is one action read alone."""
    wanted = set(due)
    calls = [Page(0, (each,)) for each in places.nowhere if each in wanted]
    for number, ids in sorted(places.pages.items()):
        if not wanted.isdisjoint(ids):
            calls.append(Page(number if len(ids) > 1 else 0, tuple(ids)))
    return calls


def due_at(flight: Flight, now: float, poll_seconds: float, crowd: bool) -> float:
    """When an action is to be looked at next (epoch seconds), as far as it is concerned.

    Args:
        crowd: one call does not show all that is in flight; then those that are not likely to
            end soon stand back.
    """
    last = flight.since if flight.looked is None else flight.looked
    if last > now:
        return now  # the clock was set back
    age = max(0.0, now - flight.since)
    by_age = min(max(poll_seconds, age * AGE_SHARE), max(poll_seconds, SLOWEST_SECONDS))
    learnt = flight.estimate
    if learnt is None:
        return last + by_age
    likely_from = LIKELY_FROM * learnt.low
    if age >= likely_from:
        return last + (poll_seconds if age <= LIKELY_UNTIL * learnt.high else by_age)
    if not crowd:
        return last + min(by_age, max(poll_seconds, likely_from - age))
    return last + min(max(poll_seconds, SLOWEST_SECONDS), max(poll_seconds, likely_from - age))


def spacing(calls: int, in_flight: int, budget: Budget, poll_seconds: float) -> float:
    """The pause in seconds after a round of so many calls."""
    weight = max(in_flight, STRAGGLER_WEIGHT * calls) / 1000
    hourly = max(3600 / poll_seconds, HOURLY_AT_1000 * math.sqrt(weight))
    scarce = calls * SMOOTHING_SECONDS / max(1, budget.left)
    return max(poll_seconds, calls * 3600 / hourly, scarce)


def _opens(budget: Budget, rhythm: Rhythm, in_flight: int, now: float) -> float:
    """The soonest time at which anything may be read."""
    opens = max(budget.waits_until, rhythm.not_before)
    if min(budget.left, budget.burst) < 1:
        opens = max(opens, budget.opens_at)
    if rhythm.last_calls:
        pause = spacing(rhythm.last_calls, in_flight, budget, rhythm.poll_seconds)
        opens = max(opens, rhythm.last_at + pause)
    return opens


def _affordable(calls: list[Page], late: dict[int, float], budget: Budget) -> list[Page]:
    """As many as may be made now, those longest overdue first: so none is left for ever."""
    most = min(budget.left, budget.burst, max(1, budget.left // ROUND_SHARE))
    if len(calls) <= most:
        return calls
    never = math.inf
    by_delay = sorted(calls, key=lambda call: min(late.get(i, never) for i in call.expected))
    return sorted(by_delay[:most], key=lambda call: call.number)


def _split(calls: list[Page]) -> tuple[tuple[Page, ...], tuple[int, ...]]:
    # Pages go from the top: what moves down meanwhile is met again, never passed.
    pages = tuple(call for call in calls if call.number)
    return pages, tuple(call.expected[0] for call in calls if not call.number)
