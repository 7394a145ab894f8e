"""What is said of schedules: the list with its buttons, and what became of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from slack_sdk.models.blocks import ActionsBlock, Block

from bot.domain.occasions import RunOutcome, RunProblem
from bot.schedules.schema import Schedule
from bot.schedules.when import in_words
from bot.store.rows import OpsRequest
from bot.store.schedules import Run
from bot.views import causes, formats
from bot.views.blocks import button, section, small
from bot.views.escape import safe
from bot.views.message import Message, message

BUTTONS = {
    "run_schedule": "Run now",
    "pause_schedule": "Pause",
    "resume_schedule": "Resume",
    "schedules_back": "Back",
    "schedules_on": "More",
}
"""The buttons of the list by their `action_id`."""
PER_PAGE = 15
"""Schedules in one message: Slack takes 50 blocks."""
_SAID = {
    RunOutcome.DUE: "begins now",
    RunOutcome.RUNNING: "is running",
    RunOutcome.COMPLETED: "went well",
    RunOutcome.FAILED: "failed",
    RunOutcome.SKIPPED_RUNNING: "was skipped: the one before it was still running",
    RunOutcome.SKIPPED_PAUSED: "was skipped: the schedule was paused",
    RunOutcome.SKIPPED_UNAPPROVED: "was skipped: the schedule is not approved",
    RunOutcome.SKIPPED_OWNERLESS: "was skipped: the schedule's owner has left",
}
_BEGUN = frozenset({RunOutcome.RUNNING, RunOutcome.COMPLETED, RunOutcome.FAILED})


@dataclass(frozen=True)
class Listed:
    """One schedule as it is shown. Times are epoch seconds."""

    schedule: Schedule
    next_at: float
    last: Run | None
    approved_until: float | None
    asked_as: int | None
    paused_by: str
    is_ownerless: bool = False


def listed(found: Sequence[Listed], is_used: bool, problem: str | None, page: int = 1) -> Message:
    """Each schedule: when it runs next, how it went last, how long its approval lasts.

    Args:
        found: those of all pages.
        page: from 1; behind the last one it is the last.
    """
    if not is_used:
        return Message("There are no schedules: whoever runs me sets `IMAGE_BOT_SCHEDULES`.")
    blocks: list[Block] = []
    lines: list[str] = []
    if not found and not problem:
        return Message("There is no schedule in the file that you can read of here.")
    if problem:
        lines.append(f":warning: The file was changed, and is not in force: {safe(problem, 400)}")
        blocks.append(section(lines[0]))
    pages = max(1, ceil(len(found) / PER_PAGE))
    page = min(max(1, page), pages)
    first = (page - 1) * PER_PAGE
    for each in found[first : first + PER_PAGE]:
        text = _described(each)
        lines.append(text)
        blocks += [section(text), _buttons(each)]
    if pages > 1:
        blocks += [small(f"Page {page} of {pages}"), _turning(page, pages)]
    return message("\n".join(lines), blocks)


def _turning(page: int, pages: int) -> ActionsBlock:
    turns = {"schedules_back": page - 1, "schedules_on": page + 1}
    return ActionsBlock(
        block_id="pages",
        elements=[
            button(BUTTONS[action], action, str(to), about="the schedules")
            for action, to in turns.items()
            if 1 <= to <= pages
        ],
    )


def _described(each: Listed) -> str:
    schedule = each.schedule
    when = f"{formats.opening(in_words(schedule.when))}, {schedule.time_zone}"
    following = (
        f"paused by {formats.person(each.paused_by)}"
        if each.paused_by
        else (f"next {formats.moment(each.next_at)}")
    )
    return (
        f"*{schedule.name}*: `{safe(schedule.command, 200)}`\n"
        f"{when} · {following} · {_last(each.last)} · {_approval(each)}"
    )


def _last(run: Run | None) -> str:
    if run is None:
        return "never run yet"
    late = ", late" if run.late and run.outcome in _BEGUN else ""
    return f"the run of {formats.moment(run.due_at)} {_SAID[run.outcome]}{late}"


def _approval(each: Listed) -> str:
    if each.is_ownerless:
        return ":warning: its owner has left: it does not run"
    if each.approved_until:
        return f"approved until {formats.moment(each.approved_until)}"
    asked = f" (request {each.asked_as})" if each.asked_as else ""
    return f":raised_hand: not approved{asked}: it does not run"


def _buttons(each: Listed) -> ActionsBlock:
    name = each.schedule.name
    action = "resume_schedule" if each.paused_by else "pause_schedule"
    return ActionsBlock(
        block_id=f"schedule-{name}",
        elements=[
            button(_label(each, a), a, name, about=f"schedule {name}")
            for a in ("run_schedule", action)
        ],
    )


def _label(each: Listed, action: str) -> str:
    """What is not approved cannot run: the button has it asked for."""
    ask = action == "run_schedule" and not each.approved_until
    return "Ask for approval" if ask else BUTTONS[action]


def no_such(name: str) -> str:
    """It is not in the file any more."""
    return f"There is no schedule {safe(name, 60)} in the file any more."


def not_yours(schedule: Schedule) -> str:
    """Others decide."""
    return (
        f"Only {formats.person(schedule.owner)} and those who may approve schedule {schedule.name}"
        " can do that."
    )


def changed(schedule: Schedule, what: str) -> str:
    """Somebody paused it, or the like."""
    done = {
        "run": "runs now; its thread opens in a moment",
        "pause": "is paused: runs that are due meanwhile are skipped",
        "resume": "runs again at its next time",
    }
    return f"Schedule {schedule.name} {done[what]}."


def still_running(schedule: Schedule) -> str:
    """Once is enough."""
    return f"Schedule {schedule.name} is still running. Nothing was begun."


def ownerless(schedule: Schedule) -> str:
    """Its owner has left Slack."""
    owner = formats.person(schedule.owner)
    return (
        f"Schedule {schedule.name} does not run any more: its owner {owner} has left this"
        " workspace, and nothing is done in the name of somebody who is gone. Whoever"
        f" keeps the schedules file gives it another `owner`; a card in <#{schedule.channel}> then"
        " asks for its approval."
    )


def not_approved(schedule: Schedule) -> str:
    """It has to be asked for first."""
    return (
        f"Schedule {schedule.name} is not approved, so it does not run. A card asks for it in"
        f" <#{schedule.channel}>."
    )


def not_asked(schedule: Schedule, said: str) -> str:
    """Its approval could not be asked for."""
    return (
        f"Schedule {schedule.name} cannot be asked for, so it does not run: {said} I ask again when"
        " it is due."
    )


_PROBLEMS = {
    RunProblem.REFUSED: "Its command was not taken; its owner was told why.",
    RunProblem.REQUESTS_FAILED: "What it asked for did not end well.",
    RunProblem.NOTHING_CAME: "Nothing came of it.",
    RunProblem.NOT_IN_THE_LOG: "The audit log does not say that it was to be begun.",
    RunProblem.FORGOTTEN: "The schedule was taken out of its file.",
    RunProblem.RESTORED: "The database was restored.",
}


def problem(why: RunProblem) -> str:
    """Why a run failed."""
    return _PROBLEMS[why]


def why_failed(why: RunProblem | None, requests: Sequence[OpsRequest]) -> str:
    """The same of a run that has ended; empty: it went well.

    Args:
        requests: what it asked for and did not end well: they tell more.
    """
    told = " ".join(filter(None, map(causes.of_end, requests)))
    return told or (problem(why) if why and not requests else "")


def skipped(schedule: Schedule, outcome: RunOutcome, due: float, asked_as: int | None) -> str:
    """A time at which it was due passed without a run."""
    help_ = ""
    if outcome is RunOutcome.SKIPPED_UNAPPROVED:
        card = f" Request {asked_as} asks for it." if asked_as else ""
        help_ = f" Without an approval it does not run.{card}"
    when = formats.moment(due)
    return f"Schedule {schedule.name}: the run of {when} {_SAID[outcome]}.{help_}"


def ended(
    schedule: Schedule, run: Run, outcome: RunOutcome, numbers: Sequence[int], why: str
) -> str:
    """How a run ended, where that is worth a word."""
    which = f" (request {formats.listed([str(n) for n in numbers])})" if numbers else ""
    late = " It began late." if run.late else ""
    said = f" {safe(why, 400)}" if why else ""
    again = " The next run is tried as usual." if outcome is RunOutcome.FAILED else ""
    return (
        f"Schedule {schedule.name}: the run of {formats.moment(run.due_at)}"
        f" {_SAID[outcome]}{which}.{said}{late}{again}"
    )
