"""Hours and freezes at the edges, daylight saving above all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.policy.strategies import ZONES, times

from bot.policy.schema import Freeze, Hours
from bot.policy.windows import Once, Weekly, instant

BERLIN = "Europe/Berlin"
MINUTE = timedelta(minutes=1)
# Berlin 2026: 29 March 02:00 → 03:00 (01:00 UTC); 25 October 03:00 → 02:00 (01:00 UTC).


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(zone: str = BERLIN, **keys: object) -> Hours:
    return Hours.model_validate({"time_zone": zone} | keys)


@pytest.mark.parametrize(
    ("wall", "last", "expected"),
    [
        ("2026-03-04 09:00", False, "2026-03-04 08:00"),
        ("2026-07-01 09:00", False, "2026-07-01 07:00"),
        ("2026-03-29 02:30", False, "2026-03-29 01:00"),
        ("2026-03-29 02:30", True, "2026-03-29 01:00"),
        ("2026-03-29 02:00", False, "2026-03-29 01:00"),
        ("2026-03-29 03:00", False, "2026-03-29 01:00"),
        ("2026-10-25 02:30", False, "2026-10-25 00:30"),
        ("2026-10-25 02:30", True, "2026-10-25 01:30"),
        ("2026-10-25 03:00", True, "2026-10-25 02:00"),
    ],
)
def test_instant_of_a_wall_clock(wall: str, last: bool, expected: str) -> None:
    assert instant(datetime.fromisoformat(wall), BERLIN, last=last) == utc(expected)


OFFICE = hours(days=["mon-fri"], **{"from": "09:00", "to": "18:00"})
NIGHT = hours(days=["fri"], **{"from": "22:00", "to": "06:00"})
SKIPPED = hours(**{"from": "02:15", "to": "02:45"})
UP_TO_SKIPPED = hours(**{"from": "01:00", "to": "02:30"})
FROM_SKIPPED = hours(**{"from": "02:30", "to": "04:00"})


@pytest.mark.parametrize(
    ("window", "at", "until"),
    [
        (OFFICE, "2026-03-04 07:59:59", None),
        (OFFICE, "2026-03-04 08:00", "2026-03-04 17:00"),
        (OFFICE, "2026-03-04 16:59:59", "2026-03-04 17:00"),
        (OFFICE, "2026-03-04 17:00", None),
        (OFFICE, "2026-07-01 07:00", "2026-07-01 16:00"),
        (OFFICE, "2026-03-07 12:00", None),
        (NIGHT, "2026-03-06 20:59", None),
        (NIGHT, "2026-03-06 21:00", "2026-03-07 05:00"),
        (NIGHT, "2026-03-07 04:59", "2026-03-07 05:00"),
        (NIGHT, "2026-03-07 05:00", None),
        (NIGHT, "2026-03-07 21:30", None),
        (hours(days=["sun"]), "2026-03-28 23:00", "2026-03-29 22:00"),
        # clocks go forward: the skipped half hour never is
        (SKIPPED, "2026-03-29 00:59:59", None),
        (SKIPPED, "2026-03-29 01:00", None),
        (UP_TO_SKIPPED, "2026-03-29 00:59:59", "2026-03-29 01:00"),
        (UP_TO_SKIPPED, "2026-03-29 01:00", None),
        (FROM_SKIPPED, "2026-03-29 00:59:59", None),
        (FROM_SKIPPED, "2026-03-29 01:00", "2026-03-29 02:00"),
        # clocks go back: one stretch until the second showing
        (SKIPPED, "2026-10-25 00:15", "2026-10-25 01:45"),
        (SKIPPED, "2026-10-25 01:00", "2026-10-25 01:45"),
        (SKIPPED, "2026-10-25 01:45", None),
    ],
)
def test_hours(window: Hours, at: str, until: str | None) -> None:
    assert window.window.until(utc(at)) == (utc(until) if until else None)


WEEKEND = {"from": "fri 16:00", "to": "mon 08:00"}


@pytest.mark.parametrize(
    ("zone", "keys", "at", "until"),
    [
        (BERLIN, WEEKEND, "2026-03-06 14:59:59", None),
        (BERLIN, WEEKEND, "2026-03-06 15:00", "2026-03-09 07:00"),
        (BERLIN, WEEKEND, "2026-03-09 06:59:59", "2026-03-09 07:00"),
        (BERLIN, WEEKEND, "2026-03-09 07:00", None),
        (BERLIN, WEEKEND, "2026-03-27 15:00", "2026-03-30 06:00"),  # an hour shorter
        (BERLIN, WEEKEND, "2026-10-23 14:00", "2026-10-26 07:00"),  # an hour longer
        (BERLIN, {"from": "mon 08:00", "to": "fri 16:00"}, "2026-03-04 12:00", "2026-03-06 15:00"),
        (BERLIN, {"from": "mon 08:00", "to": "mon 07:59"}, "2026-03-09 06:58", "2026-03-09 06:59"),
        (BERLIN, {"from": "mon 08:00", "to": "mon 07:59"}, "2026-03-09 06:59:30", None),
        ("UTC", {"days": ["sat"]}, "2026-03-07 23:59:59", "2026-03-08 00:00"),
        ("UTC", {"days": ["sat"]}, "2026-03-08 00:00", None),
        ("UTC", {"from": "16:00", "to": "17:00"}, "2026-03-08 16:30", "2026-03-08 17:00"),
        (
            BERLIN,
            {"from": "2026-10-25T02:30:00", "to": "2026-10-25T02:45:00"},
            "2026-10-25 01:44:59",
            "2026-10-25 01:45",
        ),
        (
            BERLIN,
            {"from": "2026-12-20T18:00:00+05:00", "to": "2026-12-21T00:00:00"},
            "2026-12-20 13:00",
            "2026-12-20 23:00",
        ),
        ("UTC", {"from": "2026-12-20T18:00:00", "to": "2026-12-21T00:00:00"}, "2026-12-21", None),
    ],
)
def test_freezes(zone: str, keys: dict[str, object], at: str, until: str | None) -> None:
    freeze = Freeze.model_validate({"name": "f", "time_zone": zone} | keys)
    assert freeze.window.until(utc(at)) == (utc(until) if until else None)


@settings(deadline=None)
@given(
    st.sampled_from(ZONES),
    times,
    st.integers(0, 23 * 60 + 59),
    st.integers(1, 24 * 60),
    st.frozensets(st.integers(0, 6), min_size=1),
)
def test_a_window_agrees_with_the_wall_clock_except_in_a_repeated_hour(
    zone: str, at: datetime, start: int, minutes: int, days: frozenset[int]
) -> None:
    wall = at.astimezone(ZoneInfo(zone))
    odd = any(
        (wall + timedelta(hours=h)).replace(fold=1).utcoffset() != wall.utcoffset() for h in (-3, 3)
    )
    if odd:
        return
    since_midnight = wall.hour * 60 + wall.minute
    today = wall.weekday() in days and start <= since_midnight < start + minutes
    yesterday = (wall.weekday() - 1) % 7 in days and since_midnight + 1440 < start + minutes
    until = Weekly(days, start, minutes, zone).until(at)
    assert (until is not None) == (today or yesterday)


@settings(deadline=None)
@given(st.sampled_from(ZONES), times, st.integers(0, 1439), st.integers(1, 7 * 1440))
def test_a_window_lasts_until_its_end_and_no_longer(
    zone: str, at: datetime, start: int, minutes: int
) -> None:
    window = Weekly(frozenset({2}), start, minutes, zone)
    until = window.until(at)
    if until:
        assert at < until <= at + timedelta(minutes=minutes) + timedelta(hours=2)
        assert window.until(until - timedelta(seconds=1)) == until
        after = window.until(until)
        assert after is None or after > until + timedelta(days=5)


def test_the_end_of_once_is_not_part_of_it() -> None:
    once = Once(utc("2026-01-01"), utc("2026-01-02"))
    assert once.until(utc("2026-01-01")) == once.end
    assert once.until(once.end) is None
    assert once.until(once.start - MINUTE) is None
