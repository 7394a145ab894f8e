"""The scalar types of the policy file, many of them also of the schedules file.

A `ValueError` here says what was expected.
The loader puts line, rule and field before it, and what was found.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    PlainSerializer,
    StrictStr,
    ValidationInfo,
)

from bot.domain.places import NOT_A_WORD, set_name
from bot.domain.resources import DOCUMENTED_REGIONS
from bot.operations.registry import OPERATIONS
from bot.toml.phrases import hint

REGION_SETS = "region_sets"
"""Where the validation's context has the policy's sets of regions, slugs by name."""

SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=30)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 24 * 60

_DURATION = re.compile(r"(?:([0-9]{1,5})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m)?")
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})")
_LIVE_REGION = re.compile(r"[a-z]{3}[0-9]{1,2}")
_ID = re.compile(r"[A-Z][A-Z0-9]{1,30}")
_LONGEST_TEXT = 100
ROTA = "oncall:"
"""How an entry begins that is about whoever is on call; what follows is the rota's name."""
_ROTA_ENTRY = re.compile(rf"{ROTA}[a-z0-9][a-z0-9_-]{{0,23}}")


def duration(value: object) -> timedelta:
    """A `timedelta` from `4h`, `30m`, `2d` or `1h30m`, between a minute and 30 days."""
    expected = 'expected a duration such as "4h", "30m", "2d" or "1h30m"'
    if isinstance(value, timedelta):
        length = value
    else:
        parts = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
        if parts is None:
            raise ValueError(expected)
        days, hours, minutes = (int(part or 0) for part in parts.groups())
        length = timedelta(days=days, hours=hours, minutes=minutes)
    if not SHORTEST <= length <= LONGEST:
        raise ValueError(f"{expected}, from 1 minute to 30 days")
    return length


def duration_text(length: timedelta) -> str:
    """The shortest spelling that `duration` reads back: `90m` becomes `1h30m`."""
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0m"


def minutes_of(clock: str) -> int:
    """Minutes from midnight of a checked `HH:MM`; `24:00` is 1440."""
    return int(clock[:2]) * 60 + int(clock[3:])


def clock(value: object) -> str:
    """`HH:MM` on the 24-hour clock, or `24:00`; a TOML time without seconds is taken as well."""
    if isinstance(value, time) and not (value.second or value.microsecond):
        return f"{value:%H:%M}"
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None or int(found[2]) > 59 or minutes_of(found[0]) > MINUTES_A_DAY:
        raise ValueError('expected a time of day from "00:00" to "24:00", such as "09:00"')
    return found[0]


def days(value: object) -> tuple[str, ...]:
    """The days of the week a list such as `["mon-fri"]` or `["mon", "wed"]` names, in order."""
    entries = [value] if isinstance(value, str) else value
    if not isinstance(entries, list | tuple) or not entries:
        raise ValueError('expected a list of days, such as ["mon-fri"] or ["sat", "sun"]')
    named = {day for entry in entries for day in _days_of(entry)}
    return tuple(day for day in DAYS if day in named)


def _days_of(entry: object) -> list[str]:
    names = entry.lower().split("-") if isinstance(entry, str) else []
    if not names or len(names) > 2 or not set(names) <= set(DAYS):
        raise ValueError(f'expected days out of {", ".join(DAYS)}, or a span such as "mon-fri"')
    first, last = DAYS.index(names[0]), DAYS.index(names[-1])
    return [DAYS[(first + step) % 7] for step in range((last - first) % 7 + 1)]


def moment(value: object) -> str:
    """One end of a freeze, in one of three spellings.

    `2026-12-20T18:00:00` (once), `fri 16:00` (each week) or `16:00` (each day named beside).
    """
    expected = (
        "expected a date and time such as 2026-12-20T18:00:00, a day and time such as"
        ' "fri 16:00", or a time of day such as "16:00"'
    )
    if isinstance(value, datetime):
        return _once(value)
    if isinstance(value, time):
        return clock(value)
    if not isinstance(value, str):
        raise ValueError(expected)
    day, space, of_day = value.strip().partition(" ")
    if space and day.lower() in DAYS:
        return f"{day.lower()} {clock(of_day.strip())}"
    if _CLOCK.fullmatch(value):
        return clock(value)
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(expected) from None
    if len(value) <= len("2026-12-20"):
        raise ValueError(f"{expected}: the time is missing")
    return _once(when)


def _once(when: datetime) -> str:
    if not 2000 <= when.year < 2200:
        raise ValueError("expected a date and time from the year 2000 to 2199")
    return when.isoformat()


def time_zone(name: str) -> str:
    """A name of the time zone database, such as `Europe/Berlin`."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder, such as “Europe”
        near = _near_zone(name[:_LONGEST_TEXT])
        raise ValueError(f'expected a time zone such as "Europe/Berlin" or "UTC"{near}') from None
    return name


def _near_zone(name: str) -> str:
    near = get_close_matches(name, available_timezones(), n=1)
    return f": did you mean “{near[0]}”?" if near else ""


def region(slug: str) -> str:
    """A documented region slug, or one that has the shape of a live one (`atl1`)."""
    if slug in DOCUMENTED_REGIONS or _LIVE_REGION.fullmatch(slug):
        return slug
    near = hint(slug, sorted(DOCUMENTED_REGIONS))
    raise ValueError(f'expected a region slug such as "nyc3"{near}')


def region_or_set(entry: str, info: ValidationInfo) -> str:
    """A region slug, or the name of one of the policy's sets of regions."""
    sets = (info.context or {}).get(REGION_SETS, {})
    if entry in sets:
        return entry
    try:
        return region(entry)
    except ValueError:
        expected = 'expected a region slug such as "nyc3", or the name of a set in [regions]'
        raise ValueError(f"{expected}{hint(entry, [*sorted(DOCUMENTED_REGIONS), *sets])}") from None


def in_full(entries: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """The entries as slugs, each once."""
    sets = (info.context or {}).get(REGION_SETS, {})
    return tuple(dict.fromkeys(slug for entry in entries for slug in sets.get(entry, (entry,))))


def _slack_id(kinds: str, expected: str) -> AfterValidator:
    def check(entry: str) -> str:
        if not _ID.fullmatch(entry) or entry[0] not in kinds:
            raise ValueError(f"expected {expected}")
        return entry

    return AfterValidator(check)


def _set_name(name: str) -> str:
    """The name of a set of regions, which is no operation's either."""
    if name in OPERATIONS:
        raise ValueError(NOT_A_WORD)
    return set_name(name)


def one_line(text: str) -> str:
    """Text for people: one line without control characters, and not blank."""
    if not text.strip() or len(text) > _LONGEST_TEXT or not text.isprintable():
        raise ValueError(f"expected one line of 1 to {_LONGEST_TEXT} printable characters")
    return text.strip()


def is_group(entry: str) -> bool:
    """Whether an entry of `requesters`, `approvers` or `notify` is about whoever is in it: a Slack
    user group, or a rota."""
    return entry.startswith("S") or is_rota(entry)


def is_rota(entry: str) -> bool:
    """Whether an entry of `approvers` is about whoever is on call."""
    return entry.startswith(ROTA)


def _approver(entry: str) -> str:
    if _ROTA_ENTRY.fullmatch(entry) or (_ID.fullmatch(entry) and entry[0] in "UWS"):
        return entry
    raise ValueError(
        "expected a Slack user id such as U0BOB, a user group id such as S0LEADS, or whoever is on"
        f' call, such as "{ROTA}prod"'
    )


Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    PlainSerializer(duration_text, return_type=str),
]
Clock = Annotated[str, BeforeValidator(clock)]
Days = Annotated[tuple[str, ...], BeforeValidator(days)]
Moment = Annotated[str, BeforeValidator(moment)]
TimeZone = Annotated[StrictStr, AfterValidator(time_zone)]
RegionSlug = Annotated[StrictStr, AfterValidator(region)]
RegionOrSet = Annotated[StrictStr, AfterValidator(region_or_set)]
SetName = Annotated[StrictStr, AfterValidator(_set_name)]
Glob = Annotated[StrictStr, AfterValidator(one_line)]
Name = Annotated[StrictStr, AfterValidator(one_line)]
Channel = Annotated[
    StrictStr,
    _slack_id("CG", "a Slack channel id such as C0PROD (at the foot of the channel's details)"),
]
Person = Annotated[
    StrictStr,
    _slack_id("UWS", "a Slack user id such as U0BOB, or a user group id such as S0LEADS"),
]
Approver = Annotated[StrictStr, AfterValidator(_approver)]
"""A `Person`, or whoever is on call."""
User = Annotated[StrictStr, _slack_id("UW", "a Slack user id such as U0BOB")]
Notified = Annotated[
    StrictStr,
    _slack_id(
        "CGUWS", "a Slack channel (C0…), user (U0…) or user group (S0…) id such as C0APPROVALS"
    ),
]
