"""What to read of DigitalOcean next, and when: the follower's decision. Pure.

Actions in flight fall into groups that one call shows: a page of the account's list, or one
action alone where no other lies on its page. How many of a group are likely to end in a second
(`bot.domain.estimates.ends_a_second`) decides the rest. A group is read as soon as a call is
worth its while, if all are cheap; where they are not, rounds go in step, and a group of fewer
ends joins every second, third, … of them, about in proportion to the square root of its ends:
that makes the mean delay smallest for a given number of calls. The calls an hour grow with the
square root of what a round takes (four times as much: twice the calls, and twice the delay), and
never beyond what the budget can go on giving. docs/performance.md has the arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.estimates import Estimate, ends_a_second
from bot.jobs.polling.listing import Listing, Places

HOURLY = 445.0
"""Calls an hour are this many times the square root of the calls of one round: 995 where it
takes five, as for 1,000 in flight; less than a quarter of a token's 5,000."""
SMOOTHING_SECONDS = 300.0
"""What is left of the budget is spent no faster than would use it up in this time. As calls
come back an hour after they were made, that settles at 12/13 of the follower's share."""
ROUND_SHARE = 5
"""One round takes at most this part of what is left, so that looks stay evenly spaced."""
WORTH = 1 / 240
"""So many ends make a call worth its while: sooner, it waits for more of them."""
AGE_PART = 1 / 240
"""No pause for want of ends is longer than this part of the age: what began up to twenty minutes
ago is looked at every 5 s, as far as the calls go round, be its likely end near or far."""
SLOWEST_POLLS = 3.0
"""The longest pause between two looks, in polls, as far as the ends that it shows matter."""
LESSER = 1.3
"""A group joins every second round from where the root of its share of ends is so much below a
half of the most: the 95th percentile gains from it what the mean hardly loses."""
MOST_TURNS = 16
"""A page is read once in so many rounds at least."""
NEARLY = 0.75
"""From this part of its pause on a group joins a round, so that all keep in step: what moves
from one page to the next is then looked at neither twice nor late."""
_RETHINK = 60.0
"""A pause for the budget's sake is thought over again after so many seconds."""


@dataclass(frozen=True, slots=True)
class InFlightAction:
    """One image action in flight. Times are epoch seconds.

    Attributes:
        id: our row's.
        action_id, image_id: DigitalOcean's.
        since: when it began.
        looked: when it was last read; None: not yet.
        estimate: how long such ones take; None: not known.
        of_droplet: `image_id` is a Droplet's: it is an action of that.
    """

    id: int
    action_id: int
    image_id: int
    since: float
    looked: float | None = None
    estimate: Estimate | None = None
    of_droplet: bool = False


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
        ends: how many of its actions are expected to end in a second.
        stale: the mean of the seconds since its actions were looked at.
        age: how long the youngest of them has run, in seconds.
    """

    page: Page
    ends: float
    stale: float
    age: float

    def turn(self, most_ends: float) -> int:
        """It is read every so many rounds."""
        return max(1, min(MOST_TURNS, int(math.sqrt(most_ends / self.ends) / LESSER)))

    def ready_at(self, poll_seconds: float, pause: float, now: float) -> float:
        """When a call is worth its while, and `pause`, or nearly, is over (epoch seconds)."""
        worth = min(WORTH / self.ends, AGE_PART * self.age, SLOWEST_POLLS * poll_seconds)
        return now - self.stale + max(poll_seconds, worth, NEARLY * pause)


def plan(
    in_flight: Sequence[InFlightAction],
    listing: Listing,
    budget: Budget,
    rhythm: Rhythm,
    now: float,
) -> Round:
    """What to read at `now`; nothing to read: `next_at` says when that may change."""
    if not in_flight:
        return Round()
    groups = _groups(in_flight, listing, now)
    most = max(group.ends for group in groups)
    turns = [group.turn(most) for group in groups]
    calls = sum(1 / turn for turn in turns)
    rate = _rate(calls, budget, rhythm.poll_seconds)
    every = max(rhythm.poll_seconds, calls / rate)
    ready = [
        group.ready_at(rhythm.poll_seconds, turn * every, now)
        for group, turn in zip(groups, turns, strict=True)
    ]
    next_at = max(min(ready), _opens(budget, rhythm, every))
    if next_at > now:
        return Round(next_at=min(next_at, max(budget.waits_until, now + _RETHINK)), every=every)
    chosen = [
        (group.stale / turn, group.page)
        for group, turn, at in zip(groups, turns, ready, strict=True)
        if at <= now
    ]
    pages, alone = _split(_affordable(chosen, budget))
    return Round(pages, alone, now + rhythm.poll_seconds, every)


def cheapest(places: Places) -> list[Page]:
    """The fewest calls that read all of these. A page of number 0 is one action read alone."""
    calls = [Page(0, (each,)) for each in places.nowhere]
    for number, ids in sorted(places.pages.items()):
        calls.append(Page(number if len(ids) > 1 else 0, tuple(ids)))
    return calls


def _groups(in_flight: Sequence[InFlightAction], listing: Listing, now: float) -> list[_Group]:
    by_action = {followed.action_id: followed for followed in in_flight}
    groups = []
    for page in cheapest(listing.places(by_action)):
        members = [by_action[each] for each in page.expected]
        ends = sum(ends_a_second(now - followed.since, followed.estimate) for followed in members)
        stale = sum(_stale(followed, now) for followed in members) / len(members)
        age = now - max(followed.since for followed in members)
        groups.append(_Group(page, ends, stale, age))
    return groups


def _stale(followed: InFlightAction, now: float) -> float:
    seen = followed.since if followed.looked is None else followed.looked
    return now - seen if seen <= now else math.inf  # the clock was set back: look now


def _rate(calls: float, budget: Budget, poll_seconds: float) -> float:
    """Calls a second that may be spent where a round takes so many."""
    thrifty = max(1 / poll_seconds, HOURLY * math.sqrt(calls) / 3600)
    return min(thrifty, max(1, budget.left) / SMOOTHING_SECONDS)


def _opens(budget: Budget, rhythm: Rhythm, every: float) -> float:
    """The soonest time at which anything may be read (epoch seconds)."""
    opens = max(budget.waits_until, rhythm.not_before)
    if min(budget.left, budget.burst) < 1:
        opens = max(opens, budget.opens_at)
    if rhythm.last_calls:
        opens = max(opens, rhythm.last_at + every)
    return opens


def _affordable(ready: list[tuple[float, Page]], budget: Budget) -> list[Page]:
    """As many as may be read now, those that waited longest first: so none is left for ever."""
    most = min(budget.left, budget.burst, round_calls(budget))
    longest_first = sorted(ready, key=lambda each: each[0], reverse=True)
    return sorted((page for _, page in longest_first[:most]), key=lambda page: page.number)


def round_calls(budget: Budget) -> int:
    """The most calls of one round."""
    return max(1, budget.left // ROUND_SHARE)


def _split(calls: list[Page]) -> tuple[tuple[Page, ...], tuple[int, ...]]:
    # Pages go from the top: what moves down meanwhile is met again, never passed.
    pages = tuple(call for call in calls if call.number)
    return pages, tuple(call.expected[0] for call in calls if not call.number)
