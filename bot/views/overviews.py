"""What `status` and `history` answer: how requests stand, and what happened."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.events import Event
from bot.domain.states import FINISHED, State
from bot.store import audit
from bot.store.audit import Entry
from bot.store.rows import OpsRequest
from bot.views import approvals, causes, formats, summaries


def lines_about(request: OpsRequest, now: float) -> list[str]:
    """One request in a few lines."""
    lines = [f"{_named(request)} {summaries.stands(request)}."]
    if request.state is State.PENDING:
        until = f" until {formats.moment(request.expires_at)}" if request.expires_at else ""
        lines.append(
            f"{approvals.so_far(request)} approvals;"
            f" {formats.people(approvals.asked(request))} may approve{until}."
        )
    for one in request.steps:
        took = f" · {formats.duration(formats.elapsed(one, now))}" if one.started_at else ""
        action = f" · action {one.action_id}" if one.action_id else ""
        if action or one.state is not request.state:
            what = formats.step_among(request, one)
            lines.append(f"{formats.step_state(one, request)}: {what}{took}{action}")
    if ended := causes.outcome(request):
        lines.append(ended)
    if request.permalink:
        lines.append(f"<{request.permalink}|Open the thread>")
    return lines


def _named(request: OpsRequest) -> str:
    asked = formats.in_sentence(formats.asked(request))
    return f"Request {request.id}: {asked} for {formats.person(request.requester)}"


def overview(requests: Sequence[OpsRequest], now: float, most: int, hidden: int) -> str:
    """What is open now, one line each, with how long what runs has been running.

    Args:
        now: epoch seconds.
        most: that many are asked for.
        hidden: so many more were asked for in private.
    """
    if hidden and not requests:
        return _elsewhere(hidden)
    if not requests:
        return "Nothing is open. Start with `/image transfer &lt;image&gt; &lt;region&gt;`."
    lines = ["*Open now*", *(_line(request, _running(request, now)) for request in requests)]
    if len(requests) == most:
        lines.append(f"These are the newest {most}. `/image status 17` shows any one.")
    return "\n".join([*lines, *([_elsewhere(hidden)] if hidden else [])])


def _elsewhere(hidden: int) -> str:
    if hidden == 1:
        return "1 request that was asked for in another channel can only be read there."
    return f"{hidden} requests that were asked for in other channels can only be read there."


def asked_in_private(request_id: int) -> str:
    """A request that somebody else asked for in a conversation that is not known to be public."""
    return (
        f"Request {request_id} was asked for in another channel, and can only be read there."
        " In a public channel, use a `/image` command there once; then I know that it is public."
    )


def nothing_open(whose: str) -> str:
    """Nothing is open of what was looked for: `mine` or `waiting`."""
    return {
        "mine": "You have no open request. `/image status` shows everybody's.",
        "waiting": "Nothing waits for your approval. `/image status` shows what is open.",
    }[whose]


def of_image(image_id: int, requests: Sequence[OpsRequest], hidden: int) -> str:
    """The newest requests for one image, open or ended; `hidden`: so many more, in private."""
    lines = [f"*Newest requests for image {image_id}*", *map(_line, requests)]
    return "\n".join([*lines, *([_elsewhere(hidden)] if hidden else [])])


def _line(request: OpsRequest, more: str = "") -> str:
    link = f" · <{request.permalink}|thread>" if request.permalink else ""
    return f"• {_named(request)} {summaries.stands(request)}{more}{link}"


def _running(request: OpsRequest, now: float) -> str:
    """How long the steps under way have been so, the longest, and their actions."""
    under_way = [step for step in request.steps if step.action_id and not step.finished]
    if not under_way:
        return ""
    longest = formats.duration(max(formats.elapsed(step, now) for step in under_way))
    actions = ", ".join(str(step.action_id) for step in under_way[:3])
    return f" · {longest} · action{'s' if len(under_way) > 1 else ''} {actions}"


_MOST_OF_HISTORY = 15


def history(
    requests: Sequence[OpsRequest], entries: Sequence[Entry], image_id: int | None, hidden: int = 0
) -> str:
    """What was asked for and how it ended, newest first, a line each.

    Args:
        entries: rows of the audit log that belong to no request: refused at once, a new policy.
        hidden: requests that were asked for in private, elsewhere.
    """
    about = f" of image {image_id}" if image_id else ""
    if not requests and not entries:
        if hidden:
            return f"There is nothing{about} that you can read here: it was asked for in private."
        return f"Nothing has happened{f' to image {image_id}' if image_id else ''} here yet."
    lines = [(request.created_at, _in_history(request)) for request in requests]
    lines += [(entry.at, _entry(entry)) for entry in entries]
    newest = [line for _, line in sorted(lines, key=lambda line: line[0], reverse=True)]
    return "\n".join([f"*History{about}*", *newest[:_MOST_OF_HISTORY]])


def _in_history(request: OpsRequest) -> str:
    approved = formats.people([vote.person for vote in request.approvals]).replace(" or ", " and ")
    by = f", approved by {approved}" if approved else ""
    glass = ", emergency access" if request.break_glass else ""
    ran = request.steps[0].started_at and not formats.is_standing(request)
    ended_well = request.state is State.COMPLETED and ran and not request.offered
    took = f" in {formats.duration(summaries.took(request))}" if ended_well else ""
    said = causes.outcome(request, 150) if request.state in FINISHED - {State.COMPLETED} else ""
    why = f": {said}" if said else ""
    link = f" · <{request.permalink}|thread>" if request.permalink else ""
    return (
        f"• {formats.moment(request.created_at)} {_named(request)}"
        f" {summaries.stands(request)}{took}{by}{glass}{why}{link}"
    )


def _entry(entry: Entry) -> str:
    is_person = entry.actor not in (audit.BOT, audit.OPERATOR)
    actor = formats.person(entry.actor) if is_person else entry.actor
    what: dict[str, str] = {
        Event.CLICK_REFUSED: "clicked on a button that was not theirs to click",
        Event.POLICY_CHANGED: "the policy changed",
        Event.POLICY_PROPOSED: "the policy file was changed, and waits for approval",
        Event.POLICY_VOTED: "voted on a change of the policy",
        Event.POLICY_WITHDRAWN: "a change of the policy was taken back",
        Event.RESTORED: "the database was restored from a backup",
        Event.RECONCILED: "looked at the account",
        Event.ANCHOR_KEY: "heads of the log are signed with another key",
        Event.ANCHOR_FAILING: "heads of the log are not kept outside",
        Event.ANCHOR_KEPT: "heads of the log are kept outside again",
        Event.REFUSED: "refused by the policy",
        Event.SCHEDULE_PAUSED: "paused a schedule",
        Event.SECOND_FACTOR_ENROLLED: "enrolled a second factor",
        Event.SECOND_FACTOR_RESET: "reset a second factor",
        Event.SCHEDULE_RESUMED: "resumed a schedule",
        Event.SCHEDULE_STARTED: "had a schedule run at once",
        Event.SCHEDULE_VOID: "the approval of a schedule has ended",
        Event.SCHEDULE_FORGOTTEN: "a schedule was taken out of its file",
        Event.CONTRADICTED: "the database says of a schedule what the audit log does not",
    }
    about = f", image {entry.image_id}" if entry.image_id else ""
    return f"• {formats.moment(entry.at)} {actor}: {what.get(entry.event, entry.event)}{about}"


def unknown_request(number: int) -> str:
    """No ops request has this number, nor an action or an image of one."""
    return (
        f"I know no request, action or image {number}. `/image status` shows what is open,"
        " `/image history` what happened."
    )
