"""Moments as the policy file writes them, and the windows that two of them span. Pure.

A time of day (`16:00`), one of the week (`fri 16:00`), or one of the calendar, in ISO 8601.
`bot.policy.fields` has checked each by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from bot.policy import fields, windows

_A_WEEK = 7 * fields.MINUTES_A_DAY


def shape(moment: str) -> str:
    """In which of the three ways it is written: `clock`, `weekly` or `once`."""
    if "T" in moment:
        return "once"
    return "weekly" if " " in moment else "clock"


def daily(days: Collection[str], start: str, end: str, zone: str) -> windows.Weekly:
    """From one time of day to another; an end before the start is on the day after."""
    length = fields.minutes_of(end) - fields.minutes_of(start)
    return windows.Weekly(
        days=frozenset(fields.DAYS.index(day) for day in days),
        start=fields.minutes_of(start),
        minutes=length if length > 0 else length + fields.MINUTES_A_DAY,
        zone=zone,
    )


def weekly(start: str, end: str, zone: str) -> windows.Weekly:
    """From one time of the week to another."""
    length = (_minute_of_week(end) - _minute_of_week(start)) % _A_WEEK
    return windows.Weekly(
        days=frozenset({fields.DAYS.index(start[:3])}),
        start=fields.minutes_of(start[4:]),
        minutes=length,
        zone=zone,
    )


def once(start: str, end: str, zone: str) -> windows.Once:
    """From one moment of the calendar to another; `zone` is for those that name none."""
    return windows.Once(_instant(start, zone), _instant(end, zone, last=True))


def _minute_of_week(moment: str) -> int:
    return fields.DAYS.index(moment[:3]) * fields.MINUTES_A_DAY + fields.minutes_of(moment[4:])


def _instant(moment: str, zone: str, *, last: bool = False) -> datetime:
    when = datetime.fromisoformat(moment)
    return when.astimezone(UTC) if when.tzinfo else windows.instant(when, zone, last=last)
