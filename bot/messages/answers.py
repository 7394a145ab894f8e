"""Answers: what one person alone sees after typing or clicking, as plain mrkdwn text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.errors import BotError
from bot.lifecycle import State
from bot.messages import words
from bot.messages.escape import safe
from bot.policy.decide import Decision
from bot.store.audit import Entry
from bot.store.rows import OpsRequest

INVITE = (
    "I cannot post in this channel, so nothing was sent to DigitalOcean."
    " Invite me with `/invite @image-bot`, then type the command again."
)


def error(problem: BotError) -> str:
    """What went wrong and what to do next. The problem's own text is already harmless."""
    return f"{problem.problem} {problem.help}".strip()


def unexpected(reference: str) -> str:
    """For a defect of ours: a number that stands in the log too."""
    return (
        f"Something went wrong on my side; nothing was sent. Reference {reference}: give it to"
        " whoever runs this bot. Try again, or look with `/image status`."
    )


def taken(request_id: int, what: str, channel: str) -> str:
    """The ack of a new request."""
    where = "here" if channel.startswith("D") else f"in <#{channel}>"
    return f"Request {request_id}: {what}. I am looking at the image; its thread opens {where}."


def joined(twin: OpsRequest) -> str:
    """The same is under way already."""
    where = f"<{twin.permalink}|its thread>" if twin.permalink else f"<#{twin.channel}>"
    return (
        f"Already under way: request {twin.id}, {words.asked(twin)}, asked by"
        f" {words.person(twin.requester)}, {words.is_now(twin.state)} in {where}."
        " You will hear how it ends."
    )


def unreachable(what: str, said: str) -> str:
    """DigitalOcean cannot be reached for the look-up."""
    return (
        f"DigitalOcean could not be reached ({safe(said, 300)}). Nothing is lost: {what} is kept"
        " and tried again by itself."
    )


def status(request: OpsRequest, now: float) -> str:
    """One request in a few lines."""
    lines = [
        f"Request {request.id}: {words.asked(request)} for {words.person(request.requester)}"
        f" is *{request.state}*."
    ]
    for one in request.steps:
        took = f", {words.duration(words.elapsed(one, now))}" if one.started_at else ""
        action = f", action {one.action_id}" if one.action_id else ""
        if len(request.steps) > 1 or action:
            lines.append(f"• {words.step(one)}: {one.state}{action}{took}")
    if request.state is State.PENDING:
        lines.append(
            f"{len(request.approvals)} of {request.gate.approvals} approvals;"
            f" {words.people(request.gate.approvers[:20])} may approve."
        )
    if request.outcome:
        lines.append(safe(request.outcome, 600))
    if request.permalink:
        lines.append(f"<{request.permalink}|Open the thread>")
    return "\n".join(lines)


def overview(requests: Sequence[OpsRequest]) -> str:
    """What is open now, one line each."""
    if not requests:
        return "Nothing is open. Start with `/image transfer &lt;image&gt; &lt;region&gt;`."
    lines = ["*Open now*"]
    for request in requests:
        link = f" · <{request.permalink}|thread>" if request.permalink else ""
        lines.append(
            f"• Request {request.id}: {words.asked(request)} for"
            f" {words.person(request.requester)} {words.is_now(request.state)}{link}"
        )
    return "\n".join(lines)


def history(entries: Sequence[Entry], image_id: int | None) -> str:
    """The newest rows of the audit log."""
    about = f" of image {image_id}" if image_id else ""
    if not entries:
        return f"Nothing has happened{about} yet."
    lines = [f"*History{about}*, oldest first"]
    for entry in entries:
        actor = entry.actor if entry.actor == "image-bot" else words.person(entry.actor)
        request = f" · request {entry.ops_request}" if entry.ops_request else ""
        lines.append(f"{words.moment(entry.at)} · {entry.event} · {actor}{request}")
    return "\n".join(lines)


def unknown_request(number: int) -> str:
    """No ops request and no action of ours has this number."""
    return (
        f"I know no request and no action {number}. `/image status` shows what is open,"
        " `/image history` what happened."
    )


def harmless(sentence: str, decision: Decision) -> str:
    """A sentence of the policy's: escaped, with the people and groups in it as mentions."""
    said = safe(sentence, 1500)
    entries = {*decision.approver_entries, *decision.may_ask, *decision.groups_needed}
    for entry in sorted(entries, key=len, reverse=True):
        said = re.sub(rf"(?<![\w@^]){re.escape(entry)}(?!\w)", words.people([entry]), said)
    return said


def policy_says(decision: Decision) -> str:
    """Why the policy refuses."""
    return f"Refused, nothing was sent. {harmless(decision.sentence, decision)}"


def explanation(text: str) -> str:
    """What the policy makes of a command nobody has asked for, line by line."""
    return "\n".join(safe(line, 300) if line.strip() else "" for line in text.splitlines())[:2900]


def only_requester_cancels(request: OpsRequest) -> str:
    """Somebody else's request."""
    return (
        f"Only {words.person(request.requester)} can cancel request {request.id}."
        " If you may approve it, you can deny it."
    )


def too_late_to_cancel(request: OpsRequest) -> str:
    """It is under way, or over."""
    return f"Request {request.id} is {request.state}: it can only be cancelled while it waits."


def cancelled(request: OpsRequest) -> str:
    """The requester took it back."""
    return f"Request {request.id} is cancelled. Nothing was sent."


def settled(request: OpsRequest) -> str:
    """A button of a question that is answered already."""
    return f"Nothing to decide here any more: request {request.id} is {request.state}."


def not_for_you(request: OpsRequest, decision: Decision) -> str:
    """A choice for those who may approve."""
    who = words.people(decision.approver_entries[:20]) if decision.approvals else ""
    return f"This is for {who or words.person(request.requester)} to decide."


review_closed_already = "The review of this request is closed already."


def which_one(seen: int) -> str:
    """*It is this one*, while it is not clear which."""
    if seen:
        return f"{seen} actions at DigitalOcean could be this one. Choose one in the form."
    return (
        "No matching action was seen at DigitalOcean. I look again now; if one is there, the card"
        " shows it. Otherwise choose Post again or Give up."
    )


def owned_already(action_id: int) -> str:
    """An action belongs to one request only."""
    return f"Action {action_id} belongs to another request. Look again, or choose another way."


def not_yet(subcommand: str) -> str:
    """A subcommand that this version understands and cannot do."""
    return f"`/image {subcommand}` is not built yet. `/image help` shows what is."


def looking(name: str = "") -> str:
    """The ack of a look-up; a name may turn out to be none, so it says what helps then."""
    if not name:
        return "Looking…"
    return (
        f"Looking for the image named `{safe(name, 120)}`… Its number works as well:"
        " `/image list` shows names and numbers."
    )


def still_looking(name: str, said: str) -> str:
    """DigitalOcean cannot be asked which image has a name."""
    return (
        f"DigitalOcean could not be reached ({safe(said, 300)}). Nothing is lost: I go on looking"
        f" for `{safe(name, 120)}`."
    )


def no_such_name(name: str) -> str:
    """No private image has this name, nor one that holds it."""
    return (
        f"No image of yours is named `{safe(name, 120)}`. Nothing was sent."
        " `/image list` shows names and numbers."
    )


def looked_too_long(name: str) -> str:
    """DigitalOcean was out of reach for too long."""
    return (
        f"I could not look for `{safe(name, 120)}`: DigitalOcean was out of reach for too long."
        " Nothing was sent; type it again."
    )


def choice_gone() -> str:
    """A button of an answer that is forgotten, or of somebody else's."""
    return "That choice is too old. Nothing was sent; type the command again."


def plan_under_way(twin: OpsRequest) -> str:
    """A transfer that would wait for a convert of another request."""
    return (
        f"Nothing new was sent. The transfer can be asked for once request {twin.id} is completed."
    )


def retried_already(request: OpsRequest) -> str:
    """*Retry failed* works once a card; the new request has a card of its own."""
    return (
        f"What failed in request {request.id} was asked for again as request"
        f" {request.retried_as}: `/image status {request.retried_as}`."
    )


def notify_set(setting: str) -> str:
    """The person's choice of direct messages."""
    what = {
        "all": "how your requests end, and every request that you may approve",
        "mine": "how your own requests end",
        "none": "nothing",
    }[setting]
    return f"Done. By direct message you hear: {what}."


def no_such_image(image_id: int) -> str:
    """DigitalOcean does not know this image."""
    return (
        f"There is no image {image_id} in this DigitalOcean account. `/image list` shows what is."
    )
