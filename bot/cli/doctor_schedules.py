"""`doctor`, the schedules: whether they can be read, and whether the policy lets them run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from bot.cli.doctor_here import open_to_others
from bot.cli.findings import Finding, ok, wrong
from bot.cli.policy import NoGroups
from bot.cli.schedules import check_command
from bot.config import LocalSettings
from bot.domain.places import Places
from bot.domain.resources import DOCUMENTED_REGIONS
from bot.errors import PolicyError, SchedulesError, SettingsError
from bot.policy.decide import Verdict, decide
from bot.policy.file import PolicyFile
from bot.policy.match import PolicyInput
from bot.policy.reasons import Reason
from bot.policy.schema import Policy
from bot.schedules.due import next_due
from bot.schedules.file import read
from bot.schedules.schema import Schedule
from bot.signed_files import file_check
from bot.views import decisions
from bot.views.voice import PLAIN
from handlers.commands.scheduled import judged_as

_PASSING = {Reason.FROZEN, Reason.QUOTA_USED}
"""A refusal that ends by itself."""


def schedules(settings: LocalSettings) -> Iterator[Finding]:
    """Whether the schedules can be read and asked for, where there are any."""
    path = settings.schedules_path
    if path is None:
        return
    try:
        found = read(path, check_command, file_check(settings.policy_keys))
    except (SchedulesError, SettingsError) as error:
        yield wrong("schedules", error.problem, error.help)
        return
    yield from open_to_others("schedules", path, secret=False)
    yield from _refused(settings, found)
    said = f"{len(found)} schedule{'' if len(found) == 1 else 's'}"
    yield ok("schedules", f"{path} has {said}")


def _refused(settings: LocalSettings, found: tuple[Schedule, ...]) -> Iterator[Finding]:
    try:
        policy = PolicyFile(settings.policy_path).current
    except PolicyError:
        return  # told by the policy's own check
    for schedule in found:
        if why := _why_refused(policy, schedule):
            fix = "Have a rule of the policy let its owner ask for that, or change the schedule."
            yield wrong("schedules", f"“{schedule.name}” is refused: {why}", fix)


def _why_refused(policy: Policy, schedule: Schedule) -> str:
    """As far as it can be told without a look at the account."""
    places = Places(dict.fromkeys(DOCUMENTED_REGIONS, ""), policy.regions)
    asked = PolicyInput(
        steps=judged_as(schedule.command, places),
        requester=schedule.owner,
        channel=schedule.channel,
        at=next_due(schedule, datetime.now(UTC)),
    )
    decision = decide(policy, asked, NoGroups())
    if decision.verdict is not Verdict.REFUSE or decision.reason in _PASSING:
        return ""
    return decisions.sentence(decision, PLAIN)
