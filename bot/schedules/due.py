"""The times at which a schedule is due. Pure: the time is an argument.

Clock changes go as with Debian's cron. What is due at a fixed time is due once on each day: a time
that is skipped, when the clock goes on; one that is shown twice, at its first showing. What is due
at any hour or any minute (a field of cron that begins with `*`) follows the time that passes, so
it is due in both showings and in nothing that is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

from bot.schedules.schema import Schedule
from bot.schedules.when import SHORTEST_INTERVAL


def next_due(schedule: Schedule, after: datetime) -> datetime:
    """The first time due strictly after `after`, which is aware; in UTC."""
    return next(_due(schedule, after))


def latest_due(schedule: Schedule, since: datetime, now: datetime) -> datetime | None:
    """The newest time due after `since` and up to `now`, itself included; in UTC. None: none.

    Whoever was away from `since` to `now` runs a schedule once, late, however often it was due.

    Args:
        since: aware.
        now: aware.
    """
    # Only the newest is wanted: the stretch that is looked at grows backwards until it holds one.
    stretch = SHORTEST_INTERVAL
    while True:
        start = now - min(stretch, now - since)
        due = list(takewhile(lambda at: at <= now, _due(schedule, start)))
        if due or start <= since:
            return due[-1] if due else None
        stretch *= 2


def _due(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    last = after.astimezone(UTC)
    local = last.astimezone(ZoneInfo(schedule.time_zone))
    for at in CronSim(schedule.cron, local):
        due = at.astimezone(UTC)
        # Times that are skipped are all due when the clock goes on, and one that is shown twice
        # is past in its second showing: `cronsim` gives both again.
        if due > last:
            yield due
            last = due
