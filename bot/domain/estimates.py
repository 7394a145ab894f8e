"""How long an image action is likely to take, learnt from those that ended. Pure.

With too few earlier ones there is no estimate: the card says so instead of guessing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

FEWEST = 3
"""Fewer earlier ones than this tell nothing."""
ALIKE = 2.0
"""Sizes within this factor of each other are compared as they are; others by the GB."""
CELLS = 10
"""Cells of a bar; a new one is worth editing a card for."""
STUCK_SECONDS = 2 * 3600.0
"""Without an estimate, what takes longer is told to be slow (never called failed for that)."""
_STUCK_FACTOR, _STUCK_FLOOR = 4.0, 600.0
_TENTH = 1.2816
"""A tenth of a normal distribution lies further than so many deviations above its middle."""
_NARROWEST, _LATEST, _UNLIKELIEST = 0.1, 5.0, 1e-9
_UNKNOWN = 1200.0


@dataclass(frozen=True, slots=True)
class Took:
    """One that ended well: how many seconds it took, and its image's size in GB (None: unknown)."""

    seconds: float
    gigabytes: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds that one like it takes.

    Attributes:
        low, typical, high: one in ten was faster than `low`, half than `typical`, nine in ten
            than `high`.
        of: how many earlier ones this was learnt from.
    """

    low: float
    typical: float
    high: float
    of: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a card can say of the time that things take.

    Attributes:
        estimates: by the position of the image action; one without history has none.
        waits_until: DigitalOcean said to wait until then (epoch seconds); None: it did not.
        every: seconds between looks at DigitalOcean, where so much is in flight that they
            come seldom; None: they come as often as they should.
    """

    estimates: Mapping[int, Estimate] = field(default_factory=dict)
    waits_until: float | None = None
    every: float | None = None


def estimate(history: Sequence[Took], gigabytes: float | None) -> Estimate | None:
    """The estimate for an image of this size; None where too few earlier ones are known.

    Those of a like size count as they are. Where they are too few, all whose size is known
    are scaled by the GB; where the size is not known, all count as they are.
    """
    seconds = _comparable(history, gigabytes)
    if len(seconds) < FEWEST:
        return None
    low, typical, high = (_quantile(sorted(seconds), share) for share in (0.1, 0.5, 0.9))
    return Estimate(low, typical, high, len(seconds))


def ends_a_second(age: float, learnt: Estimate | None) -> float:
    """How likely one that has run for `age` seconds ends within the next one.

    With an estimate: as if the logarithm of the time were normally distributed. Without one
    an end is about as likely in each doubling of the time, after the first twenty minutes.
    """
    age = max(1.0, age)
    if learnt is None:
        return 1 / max(_UNKNOWN, age)
    low, typical, high = (max(1.0, each) for each in (learnt.low, learnt.typical, learnt.high))
    spread = max(_NARROWEST, math.log(high / low) / (2 * _TENTH))
    z = min(math.log(age / typical) / spread, _LATEST)
    running = math.erfc(z / math.sqrt(2)) / 2
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / (spread * age)
    return max(density / running, _UNLIKELIEST)


def stuck_after(learnt: Estimate | None) -> float:
    """Seconds after which an image action is told to take longer than usual."""
    if learnt is None:
        return STUCK_SECONDS
    return max(_STUCK_FLOOR, _STUCK_FACTOR * learnt.high)


def filled(elapsed: float, learnt: Estimate) -> int:
    """How many of a bar's `CELLS` are full; all of them once the usual time is over."""
    share = elapsed / learnt.typical if learnt.typical > 0 else 1.0
    return max(0, min(CELLS, int(share * CELLS)))


def step(elapsed: float, learnt: Estimate | None) -> int:
    """A number that grows whenever a card in progress has something new to show.

    With an estimate each cell of the bar, and then each doubling of the time; without one
    each doubling of the minutes.
    """
    if learnt is None:
        return _doublings(elapsed / 60)
    return filled(elapsed, learnt) + _doublings(elapsed / max(learnt.typical, 1.0))


def _doublings(ratio: float) -> int:
    return int(math.log2(ratio)) + 1 if ratio >= 1 else 0


def _comparable(history: Sequence[Took], gigabytes: float | None) -> list[float]:
    if not gigabytes:
        return [took.seconds for took in history]
    sized = [(took.seconds, took.gigabytes) for took in history if took.gigabytes]
    alike = [s for s, size in sized if 1 / ALIKE <= size / gigabytes <= ALIKE]
    if len(alike) >= FEWEST:
        return alike
    return [s * gigabytes / size for s, size in sized]


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie, between neighbours in proportion."""
    at = share * (len(ordered) - 1)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)
