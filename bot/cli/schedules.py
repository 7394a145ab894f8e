"""`schedules`: what runs by the clock, and when; or what is wrong with the file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection, Engine

from bot import package_data
from bot.cli import program
from bot.config import read_local_settings
from bot.domain.places import Places
from bot.errors import BotError, PolicyError, SchedulesError
from bot.policy.file import PolicyFile
from bot.policy.schema import Policy
from bot.requests.schedule_log import paused_by
from bot.requests.schedule_runs import owner_has_left
from bot.requests.standing import is_bound, standing_of
from bot.schedules.due import next_due
from bot.schedules.file import read
from bot.schedules.schema import Schedule
from bot.schedules.when import in_words
from bot.store import schedules as stored
from bot.store import schema
from bot.store.database import existing_database
from bot.views import schedules as views
from handlers.commands.scheduled import check_scheduled


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("schedules", help="list or check what runs by the clock")
    parser.set_defaults(act=list_all, file=None)
    what = parser.add_subparsers(metavar="what")
    listed = what.add_parser("list", help="each schedule, and when it runs next")
    listed.set_defaults(act=list_all)
    checked = what.add_parser("check", help="say what is wrong with a schedules file")
    checked.set_defaults(act=check)
    shown = what.add_parser("example", help="a schedules file to begin with")
    shown.set_defaults(act=example)
    for each in (listed, checked):
        each.add_argument("file", type=Path, nargs="?", help="IMAGE_BOT_SCHEDULES where left out")


def list_all(options: argparse.Namespace) -> int:
    """0: all are shown.

    Raises:
        BotError: no file is named, or it is missing or broken.
    """
    path = _path(options.file)
    policy = _policy()
    schedules = read(path, check_command)
    now = datetime.now(UTC)
    database = _database()
    for schedule in schedules:
        lines = [*_described(schedule, now)]
        if database is not None:
            with database.connect() as connection:
                lines += _known(connection, schedule, policy, now.timestamp())
        sys.stdout.writelines(f"{line}\n" for line in lines)
    if not schedules:
        sys.stdout.write(f"There is no schedule in {path}.\n")
    return 0


def check(options: argparse.Namespace) -> int:
    """Say what is wrong with a file: 1, if anything is.

    Raises:
        BotError: no file is named.
    """
    path = _path(options.file)
    try:
        count = len(read(path, check_command))
    except SchedulesError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    counted = "1 schedule, readable" if count == 1 else f"{count} schedules, all readable"
    sys.stdout.write(f"{counted}.\n")
    return 0


def example(_options: argparse.Namespace) -> int:
    """Show the file that comes with the bot."""
    sys.stdout.write(program.in_its_name(package_data.text(package_data.SCHEDULES_EXAMPLE)))
    return 0


def _policy() -> Policy | None:
    """The policy; None: there is none to be read here."""
    try:
        return PolicyFile(read_local_settings().policy_path).current
    except PolicyError:
        return None


def check_command(text: str) -> None:
    """Judge the command of a schedule under the policy that is here.

    Raises:
        CommandError: it cannot be run by the clock.
    """
    policy = _policy()
    check_scheduled(text, Places(sets=policy.regions if policy else {}))


def _path(file: Path | None) -> Path:
    path = file or read_local_settings().schedules_path
    if path is None:
        raise BotError(
            "No schedules file is named.",
            "Set IMAGE_BOT_SCHEDULES, or give its path behind `list` or `check`.",
        )
    return path


def _database() -> Engine | None:
    """The bot's database; None: there is none here yet."""
    try:
        database = existing_database(read_local_settings().database_url)
        schema.check(database)
    except BotError:
        return None
    return database


def _known(
    connection: Connection, schedule: Schedule, policy: Policy | None, now: float
) -> Iterator[str]:
    """What the bot knows of it; what its approval is bound to is compared with the policy of now,
    where there is one."""
    standing = standing_of(connection, schedule, policy.regions if policy else {}, now)
    if standing and policy and not is_bound(standing, schedule, policy):
        standing = None
    last = stored.last_run(connection, schedule.name, now)
    until = datetime.fromtimestamp(standing.until, UTC) if standing else None
    yield f"  approved {f'until {until:%Y-%m-%d %H:%MZ}' if until else 'no: it does not run'}"
    if owner_has_left(connection, schedule, now):
        yield f"  owner    {schedule.owner} has left: it does not run"
    if last:
        at = datetime.fromtimestamp(last.due_at, UTC)
        why = f": {views.problem(last.why)}" if last.why else ""
        yield f"  last     {at:%Y-%m-%dT%H:%M:%SZ}, {last.outcome}{why}"
    if who := paused_by(connection, schedule.name):
        yield f"  paused   by {who}"


def _described(schedule: Schedule, now: datetime) -> Iterator[str]:
    due = next_due(schedule, now)
    local = due.astimezone(ZoneInfo(schedule.time_zone))
    yield schedule.name
    yield f"  when     {in_words(schedule.when)}, {schedule.time_zone}"
    yield f"  next     {local:%a %Y-%m-%d %H:%M %Z}, {due:%Y-%m-%dT%H:%M:%SZ}"
    yield f"  command  {schedule.command}"
    yield f"  channel  {schedule.channel}"
    yield f"  owner    {schedule.owner}"
