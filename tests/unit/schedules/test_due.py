"""When a schedule is due: strictly after, never later than now, and through changes of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.schedules.given import BERLIN, NEW_YORK, schedule, utc

from bot.schedules.due import latest_due, next_due
from bot.schedules.schema import Schedule
from bot.schedules.when import SHORTEST_INTERVAL, in_words


def due_times(each: Schedule, after: str, until: str) -> list[str]:
    """All times due after one and up to another, in UTC."""
    found, at = [], utc(after)
    while (at := next_due(each, at)) <= utc(until):
        found.append(f"{at:%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("when", "zone", "due"),
    [
        ("hourly", "UTC", "2026-03-04 12:00"),
        ("daily 03:00", "UTC", "2026-03-05 03:00"),
        ("daily 03:00", BERLIN, "2026-03-05 02:00"),
        ("weekly wed 12:30", BERLIN, "2026-03-11 11:30"),
        ("monthly 5 00:00", NEW_YORK, "2026-03-05 05:00"),
        ("0 3 L * *", "UTC", "2026-03-31 03:00"),
        ("0 3 29 2 *", "UTC", "2028-02-29 03:00"),
    ],
)
def test_the_next_time(when: str, zone: str, due: str) -> None:
    """It is Wednesday, half past eleven in UTC."""
    found = next_due(schedule(when, time_zone=zone), utc("2026-03-04 11:30"))
    assert found == utc(due)
    assert found.tzinfo is UTC


def test_due_now_is_due_and_not_next() -> None:
    daily, at = schedule("daily 03:00"), utc("2026-03-04 03:00")
    assert next_due(daily, at) == utc("2026-03-05 03:00")
    assert latest_due(daily, at - timedelta(seconds=1), at) == at
    assert latest_due(daily, at, at) is None
    assert latest_due(daily, at, at - timedelta(days=3)) is None


def test_whoever_was_away_for_long_hears_of_the_newest_time_alone() -> None:
    daily, now = schedule("daily 03:00"), utc("2026-03-04 12:00")
    assert latest_due(daily, utc("2020-01-01 00:00"), now) == utc("2026-03-04 03:00")
    assert latest_due(daily, datetime.min.replace(tzinfo=UTC), now) == utc("2026-03-04 03:00")
    assert latest_due(daily, utc("2026-03-04 03:00"), now) is None


@pytest.mark.parametrize(
    ("zone", "night", "when_clocks_go_on"),
    [(BERLIN, "2026-03-29", "03-29 01:00"), (NEW_YORK, "2026-03-08", "03-08 07:00")],
)
@pytest.mark.parametrize("when", ["daily 02:30", "15,45 2 * * *"])
def test_a_time_that_does_not_exist_is_due_once_when_clocks_go_on(
    zone: str, night: str, when_clocks_go_on: str, when: str
) -> None:
    each = schedule(when, time_zone=zone)
    assert due_times(each, f"{night} 00:00", f"{night} 12:00") == [when_clocks_go_on]
    now = utc(f"{night} 12:00")
    assert latest_due(each, utc(f"{night} 00:00"), now) == utc(f"2026-{when_clocks_go_on}")


@pytest.mark.parametrize(
    ("zone", "night", "first", "second"),
    [
        (BERLIN, "2026-10-25", "10-25 00:30", "10-25 01:30"),
        (NEW_YORK, "2026-11-01", "11-01 05:30", "11-01 06:30"),
    ],
)
def test_a_time_that_exists_twice_is_due_at_its_first_showing(
    zone: str, night: str, first: str, second: str
) -> None:
    each = schedule("daily 02:30" if zone == BERLIN else "daily 01:30", time_zone=zone)
    assert due_times(each, f"{night} 00:00", f"{night} 12:00") == [first]
    between = utc(f"2026-{first}") + timedelta(minutes=40)  # in the second showing, before its half
    assert next_due(each, between) > utc(f"2026-{second}")
    assert latest_due(each, utc(f"{night} 00:00"), between) == utc(f"2026-{first}")


@pytest.mark.parametrize(
    ("zone", "night"),
    [(BERLIN, "2026-03-29"), (BERLIN, "2026-10-25"), (NEW_YORK, "2026-11-01")],
)
def test_hourly_follows_the_time_that_passes(zone: str, night: str) -> None:
    found = due_times(schedule("hourly", time_zone=zone), f"{night} 00:00", f"{night} 08:00")
    assert [time[-5:] for time in found] == [f"{hour:02}:00" for hour in range(1, 9)]


def test_a_step_of_minutes_is_not_due_in_an_hour_that_is_skipped() -> None:
    each = schedule("*/20 2 * * *", time_zone=BERLIN)
    assert due_times(each, "2026-03-28 23:00", "2026-03-29 23:00") == []


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("hourly", "At the start of every hour"),
        ("daily 03:00", "At 03:00 every day"),
        ("weekly mon 03:00", "At 03:00 on Monday"),
        ("monthly 1 03:00", "At 03:00 on the first day of every month"),
        ("0 3 * * 1-5", "At 03:00 on Monday through Friday"),
    ],
)
def test_in_words(when: str, words: str) -> None:
    assert in_words(when) == words


SECONDS = st.integers(0, 20 * 365 * 86_400)
TIMES = SECONDS.map(lambda after: utc("2020-01-01 00:00") + timedelta(seconds=after))
ZONES = st.sampled_from([BERLIN, NEW_YORK, "UTC", "Africa/Cairo", "Pacific/Apia", "Asia/Kolkata"])
CLOCKS = st.times().map(lambda time: f"{time:%H:%M}")
WHENS = st.one_of(
    st.just("hourly"),
    st.just("*/15 * * * *"),
    st.just("*/30 1-3 * * *"),
    st.just("15,45 0-3 * * 0,6"),
    st.just("30 2 L * *"),
    CLOCKS.map(lambda clock: f"daily {clock}"),
    st.builds("weekly {} {}".format, st.sampled_from(["mon", "sat", "sun"]), CLOCKS),
    st.builds("monthly {} {}".format, st.integers(1, 28), CLOCKS),
)
SCHEDULES = st.builds(lambda when, zone: schedule(when, time_zone=zone), WHENS, ZONES)
AWAY = st.one_of(
    st.timedeltas(timedelta(), timedelta(hours=3)), st.timedeltas(timedelta(), timedelta(days=70))
)


@given(SCHEDULES, TIMES)
def test_next_is_strictly_after_and_nothing_lies_between(each: Schedule, after: datetime) -> None:
    due = next_due(each, after)
    assert due > after
    assert due.tzinfo is UTC
    assert latest_due(each, after, due) == due
    assert latest_due(each, after, due - timedelta(microseconds=1)) is None


@given(SCHEDULES, TIMES, AWAY)
def test_latest_is_the_last_of_all_that_came(
    each: Schedule, since: datetime, away: timedelta
) -> None:
    now = since + away
    found = latest_due(each, since, now)
    if found is None:
        assert next_due(each, since) > now
    else:
        assert since < found <= now
        assert next_due(each, found) > now
        assert next_due(each, found - timedelta(microseconds=1)) == found


@given(SCHEDULES, TIMES, st.sampled_from([BERLIN, NEW_YORK]))
def test_the_zone_of_the_argument_does_not_matter(
    each: Schedule, after: datetime, zone: str
) -> None:
    assert next_due(each, after.astimezone(ZoneInfo(zone))) == next_due(each, after)


@given(WHENS, TIMES)
def test_without_clock_changes_runs_are_far_enough_apart(when: str, after: datetime) -> None:
    each = schedule(when)
    first = next_due(each, after)
    assert next_due(each, first) - first >= SHORTEST_INTERVAL
