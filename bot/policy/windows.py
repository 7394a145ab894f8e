"""Stretches of time in a time zone: the hours of a rule, and freezes.

A window opens at the first instant at which the wall clock has reached its start, and closes
at the last instant at which it shows its end. So where clocks go forward a window that names
a skipped time begins at the jump, and where they go back one that names a repeated time lasts
until its second showing: a window is always one stretch without holes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Once:
    """From one instant (included) to another (not included), both in UTC."""

    start: datetime
    end: datetime

    def until(self, at: datetime) -> datetime | None:
        """When the window that holds `at` ends; None where `at` is outside."""
        return self.end if self.start <= at < self.end else None


@dataclass(frozen=True)
class Weekly:
    """Windows that begin on `days` (0 is Monday) at minute `start` and last `minutes`."""

    days: frozenset[int]
    start: int
    minutes: int
    """By the wall clock, at most a week."""
    zone: str

    def until(self, at: datetime) -> datetime | None:
        """When the window that holds `at` ends (UTC); None where `at` is outside all of them."""
        today = _wall(at, self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        ends = [end for start, end in self._around(today) if start <= at < end]
        return max(ends, default=None)

    def _around(self, today: datetime) -> list[tuple[datetime, datetime]]:
        # A day ahead as well: clocks that go back at midnight leave "tomorrow" for "today".
        reach = self.minutes // (24 * 60) + 1
        near = (today + _DAY * shift for shift in range(-reach, 2))
        starts = [day + timedelta(minutes=self.start) for day in near if day.weekday() in self.days]
        length = timedelta(minutes=self.minutes)
        return [
            (instant(start, self.zone), instant(start + length, self.zone, last=True))
            for start in starts
        ]


Window = Once | Weekly


def instant(wall: datetime, zone: str, *, last: bool = False) -> datetime:
    """The instant (UTC) at which the wall clock of `zone` shows `wall` (naive).

    A repeated time gives its first showing, or its second with `last`. A skipped time gives
    the instant of the jump.
    """
    place = ZoneInfo(zone)
    early, late = (wall.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early <= late:
        return late if last else early
    return _jump(wall, zone, late, early)


def _jump(wall: datetime, zone: str, before: datetime, after: datetime) -> datetime:
    """The first second in `before … after` at which the wall clock is past `wall`."""
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        if _wall(middle, zone) < wall:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _wall(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
