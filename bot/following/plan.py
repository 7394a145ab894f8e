"""What to read of DigitalOcean next, and when: the follower's decision. Pure.

Actions in flight fall into groups that one call shows: a page of the account's list, or one
action alone where no other lies on its page. Each group is read as often as its actions ask
for (`due_at`), as long as that is cheap. Where it is not, calls go where most ends are noticed
soonest: a group is read in proportion to the square root of what may end in it, which is what
makes the mean delay smallest for a given number of calls. The calls an hour grow with the
square root of what is in flight (four times as much: twice the calls, and twice the delay),
and never beyond what the budget can go on giving.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.following.listing import Listing, Places
from bot.pace import Estimate

HOURLY_AT_1000 = 1200.0
"""Calls an hour for 1,000 in flight: just under a quarter of a token's 5,000."""
SCATTERED = 100
"""Actions that no call shows together are worth this many times the calls of a full page's."""
SMOOTHING_SECONDS = 300.0
"""What is left of the budget is spent no faster than would use it up in this time. As calls
come back an hour after they were made, that settles at 12/13 of the follower's share."""
ROUND_SHARE = 5
"""One round takes at most this part of what is left, so that looks stay evenly spaced."""
SLOWEST_SECONDS = 30.0
"""The longest pause between looks at one action, as far as it is concerned."""
AGE_SHARE = 1 / 120
"""The older an action, the less a moment's delay matters: of its age, this is the pause."""
LIKELY_FROM, LIKELY_UNTIL = 0.9, 2.0
"""An end is likely from this part of the estimate's `low` until this multiple of its `high`."""
UNLIKELY = 0.1
"""How much an action that is not likely to end yet weighs against one that is."""
_RETHINK_SECONDS = 60.0
"""A pause for the budget's sake is thought over again after this long."""


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


@dataclass(frozen=True, slots=True)
class _Group:
    """What one call shows.

    Attributes:
        page: the list's page; its number is 0 where one action is read alone.
        root: the square root of its actions' weights.
        stale: the mean of the seconds since they were looked at.
        due_at: when the first of its actions asks for a look (epoch seconds).
    """

    page: Page
    root: float
    stale: float
    due_at: float

    @property
    def pressure(self) -> float:
        """Grows with time; among groups under equal pressure, one call does equal good."""
        return self.root * self.stale

    def ready_at(self, threshold: float, now: float) -> float:
        """When it is both due and under this much pressure (epoch seconds)."""
        return max(self.due_at, now + threshold / self.root - self.stale)


def plan(
    flights: Sequence[Flight], listing: Listing, budget: Budget, rhythm: Rhythm, now: float
) -> Round:
    """What to read at `now`; nothing to read: `next_at` says when that may change."""
    if not flights:
        return Round()
    groups = _groups(flights, listing, rhythm.poll_seconds, now)
    rate = _rate(len(groups), len(flights), budget, rhythm.poll_seconds)
    threshold = sum(group.root for group in groups) / rate
    every = max(rhythm.poll_seconds, threshold / max(group.root for group in groups))
    opens = _opens(budget, rhythm, rate, now)
    ready = min(group.ready_at(threshold, now) for group in groups)
    if max(opens, ready) > now:
        return Round(next_at=max(opens, min(ready, now + _RETHINK_SECONDS)), every=every)
    chosen = [group for group in groups if group.ready_at(threshold, now) <= now]
    pages, alone = _split(_affordable(chosen, budget))
    return Round(pages, alone, now + rhythm.poll_seconds, every)


def cheapest(places: Places) -> list[Page]:
    """The fewest calls that read all of these. A page of number 0 is one action read alone."""
    calls = [Page(0, (each,)) for each in places.nowhere]
    for number, ids in sorted(places.pages.items()):
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
    slowest = max(poll_seconds, SLOWEST_SECONDS)
    by_age = min(max(poll_seconds, age * AGE_SHARE), slowest)
    learnt = flight.estimate
    if learnt is None:
        return last + by_age
    until_likely = LIKELY_FROM * learnt.low - age
    if until_likely > 0:
        return last + min(slowest if crowd else by_age, max(poll_seconds, until_likely))
    return last + (poll_seconds if age <= LIKELY_UNTIL * learnt.high else by_age)


def _weight(flight: Flight, now: float) -> float:
    """How likely an end is, against one of which nothing is known."""
    learnt = flight.estimate
    unlikely = learnt is not None and now - flight.since < LIKELY_FROM * learnt.low
    return UNLIKELY if unlikely else 1.0


def _groups(
    flights: Sequence[Flight], listing: Listing, poll_seconds: float, now: float
) -> list[_Group]:
    by_action = {flight.action_id: flight for flight in flights}
    pages = cheapest(listing.places(by_action))
    crowd = len(pages) > 1
    groups = []
    for page in pages:
        members = [by_action[each] for each in page.expected]
        due = min(due_at(flight, now, poll_seconds, crowd) for flight in members)
        weight = sum(_weight(flight, now) for flight in members)
        seen = sum(f.since if f.looked is None else f.looked for f in members)
        groups.append(_Group(page, math.sqrt(weight), max(0.0, now - seen / len(members)), due))
    return groups


def _rate(groups: int, in_flight: int, budget: Budget, poll_seconds: float) -> float:
    """Calls a second that may be spent on all that is in flight."""
    worth = max(in_flight, SCATTERED * groups**2 / in_flight) / 1000
    thrifty = max(1 / poll_seconds, HOURLY_AT_1000 * math.sqrt(worth) / 3600)
    return min(thrifty, max(1, budget.left) / SMOOTHING_SECONDS)


def _opens(budget: Budget, rhythm: Rhythm, rate: float, now: float) -> float:
    """The soonest time at which anything may be read."""
    opens = max(budget.waits_until, rhythm.not_before)
    if min(budget.left, budget.burst) < 1:
        opens = max(opens, budget.opens_at)
    if rhythm.last_calls:
        # Half the pause that the rate asks for: the threshold sees to the rest.
        pause = min(rhythm.last_calls / rate / 2, _RETHINK_SECONDS)
        opens = max(opens, rhythm.last_at + max(pause, rhythm.poll_seconds))
    return opens


def _affordable(groups: list[_Group], budget: Budget) -> list[Page]:
    """As many as may be read now, those under most pressure first: so none is left for ever."""
    most = min(budget.left, budget.burst, round_calls(budget))
    by_pressure = sorted(groups, key=lambda group: group.pressure, reverse=True)
    return sorted((group.page for group in by_pressure[:most]), key=lambda page: page.number)


def round_calls(budget: Budget) -> int:
    """The most calls of one round."""
    return max(1, budget.left // ROUND_SHARE)


def _split(calls: list[Page]) -> tuple[tuple[Page, ...], tuple[int, ...]]:
    # Pages go from the top: what moves down meanwhile is met again, never passed.
    pages = tuple(call for call in calls if call.number)
    return pages, tuple(call.expected[0] for call in calls if not call.number)
