"""The spellings of `when`, and the five fields of cron that each stands for. Pure.

What the fields mean is what Debian's cron makes of them, and `cronsim` reads them so.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from cronsim import CronSim, CronSimError

from bot.policy import fields

SHORTEST_INTERVAL = timedelta(minutes=15)
"""No schedule runs more often."""

EXPECTED = (
    '"hourly", "daily 03:00", "weekly mon 03:00", "monthly 1 03:00",'
    ' or the five fields of cron such as "0 3 * * 1-5"'
)
_LAST_DATE = 28
"""The last day of the month that each month has."""
_ANY_TIME = datetime(2024, 1, 1, tzinfo=UTC)
"""`cronsim` reads the fields together with a time to begin at."""


def spelled(when: str) -> str:
    """A `when` with one space between its words, known to hold.

    Raises:
        ValueError: it is none, comes never, or more often than once in `SHORTEST_INTERVAL`.
    """
    tidy = " ".join(fields.one_line(when).split())
    try:
        times = CronSim(cron_of(tidy), _ANY_TIME)
    except CronSimError as error:
        wrong = str(error).removeprefix("Bad ")
        raise ValueError(f"expected {EXPECTED}: its {wrong} is wrong") from None
    interval = _shortest_interval(times)
    if interval < SHORTEST_INTERVAL:
        raise ValueError(
            f"expected {_minutes(SHORTEST_INTERVAL)} or more from one run to the next:"
            f" some of these are {_minutes(interval)} apart"
        )
    if next(times, None) is None:
        raise ValueError(f"expected {EXPECTED}: no day is ever like this one")
    return tidy


def cron_of(when: str) -> str:
    """The five fields of cron that a `when` stands for; those of cron stand for themselves.

    Raises:
        ValueError: it is written in none of the ways there are, or names no time of day.
    """
    match when.lower().split():
        case ["hourly"]:
            return "0 * * * *"
        case ["daily", clock]:
            return f"{_minute_and_hour(clock)} * * *"
        case ["weekly", day, clock] if day in fields.DAYS:
            return f"{_minute_and_hour(clock)} * * {day}"
        case ["weekly", _, _]:
            raise ValueError(f"expected a day out of {', '.join(fields.DAYS)} after weekly")
        case ["monthly", date, clock] if date in map(str, range(1, _LAST_DATE + 1)):
            return f"{_minute_and_hour(clock)} {date} * *"
        case ["monthly", _, _]:
            raise ValueError(
                f"expected a day from 1 to {_LAST_DATE} after monthly, for each month has those;"
                ' the last day of each month is "0 3 L * *"'
            )
        case [_, _, _, _, _]:
            return when
        case _:
            raise ValueError(f"expected {EXPECTED}")


def in_words(when: str) -> str:
    """A `when` that holds, as a phrase: “At 03:00 on Monday”."""
    return CronSim(cron_of(when), _ANY_TIME).explain()


def _minute_and_hour(text: str) -> str:
    clock = fields.clock(text)
    hour, minute = divmod(fields.minutes_of(clock), 60)
    if clock == "24:00":
        raise ValueError('expected a time of day from "00:00" to "23:59"')
    return f"{minute} {hour}"


def _shortest_interval(times: CronSim) -> timedelta:
    """The shortest between two runs by a clock that is not changed.

    Over midnight it is counted as if each day was followed by another one to run on.
    """
    minutes = sorted(hour * 60 + minute for hour in times.hours for minute in times.minutes)
    around = [*minutes, minutes[0] + fields.MINUTES_A_DAY]
    return timedelta(minutes=min(later - sooner for sooner, later in pairwise(around)))


def _minutes(length: timedelta) -> str:
    count = length // timedelta(minutes=1)
    return f"{count} minute{'' if count == 1 else 's'}"
