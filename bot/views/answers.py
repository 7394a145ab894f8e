"""Answers: what one person alone sees after typing or clicking, as plain mrkdwn text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.causes import Cause, CauseKind
from bot.domain.direct_messages import DirectMessages
from bot.domain.search import By, Named
from bot.domain.states import FINISHED, State
from bot.domain.steps import StepSpec
from bot.domain.trouble import Trouble
from bot.errors import BotError
from bot.policy.decide import Decision
from bot.store.rows import OpsRequest
from bot.views import causes, formats, troubles
from bot.views.escape import safe
from bot.views.partial_cancel import said as stopped


def error(problem: BotError) -> str:
    """What went wrong and what to do next. The problem's own text is already harmless."""
    return f"{problem.problem} {problem.help}".strip()


def unexpected(reference: str) -> str:
    """For a defect of ours: a number that stands in the log too."""
    return (
        f"Something went wrong on my side; nothing was sent. Reference {reference}: give it to"
        " whoever runs this bot. Try again, or look with `/image status`."
    )


def cannot_post(channel: str, why: str = "") -> str:
    """The card cannot be shown there, and so nothing is done.

    Args:
        why: what no invitation changes; empty: one helps.
    """
    if why:
        return (
            f"I cannot post here: {why}. Nothing was sent to DigitalOcean. Type the command in"
            " another channel, or have an administrator allow it."
        )
    if channel.startswith("D"):
        way = "Type it in a channel, where others can see it."
    else:
        way = "Invite me with `/invite @image-bot`, then type the command again."
    return f"I cannot post here, so nothing was sent to DigitalOcean. {way}"


def archived() -> str:
    """The same, where nobody can post any more."""
    return (
        "This channel is archived, so nothing was sent to DigitalOcean. Type the command in"
        " another channel."
    )


def taken(request_id: int, what: str) -> str:
    """The ack of a new request; `what` as in `Transfer of image 62137902 to nyc3`."""
    return f"Request {request_id}: checking the {formats.in_sentence(what)}."


def joined(twin: OpsRequest, steps: Sequence[StepSpec], *, readable: bool) -> str:
    """The same is under way already.

    Args:
        steps: those of it that were asked for again.
        readable: whoever is told may read who asked, where, and for what else.
    """
    if not readable:
        same = formats.in_sentence(formats.asked_in_part(twin, steps))
        return (
            f"Already under way: request {twin.id} ({same},"
            f" asked for in another channel) {formats.is_now(twin.state)}."
            " You will hear how it ends."
        )
    where = f"<{twin.permalink}|its thread>" if twin.permalink else f"<#{twin.channel}>"
    return (
        f"Already under way: request {twin.id} ({formats.in_sentence(formats.asked(twin))},"
        f" asked by {formats.person(twin.requester)}) {formats.is_now(twin.state)} in {where}."
        " You will hear how it ends."
    )


def cannot_ask(what: str, trouble: Trouble, said: str, scope: str = "image:read") -> str:
    """DigitalOcean cannot be asked about it just now; `what`: `request 17`."""
    return (
        f"{troubles.sentence(trouble, said, scope)} Nothing is lost: {what} is kept, and"
        f" {troubles.goes_on(trouble)}"
    )


def reason_of(request: OpsRequest, person: str) -> str:
    """The reason that a repeat of `request` by `person` gives: another's is marked as such."""
    if not request.reason or person == request.requester:
        return request.reason
    return f"as in request {request.id}: {request.reason}"


def superseded_unseen(twin: OpsRequest) -> str:
    """Emergency access went round it; for whoever asked while nobody had seen a card of it."""
    why = causes.in_words(Cause(CauseKind.SUPERSEDED))
    return f"Request {twin.id} has ended. {why} Ask again if that fails."


def not_looked_up(request: OpsRequest) -> str:
    """DigitalOcean could not be asked for as long as a request may wait for that."""
    return f"Request {request.id} expired: the image could not be looked up in time."


def card_not_posted(request: OpsRequest, why: Cause) -> str:
    """Slack takes no card of it, so nothing is done."""
    return f"Request {request.id} is refused. {causes.in_slack(why)}"


def contradicted(request: OpsRequest) -> str:
    """Somebody wrote in the database: what a card shows may not be what was asked for."""
    return (
        f"The database and the audit log contradict each other about request {request.id}, so"
        " nobody can approve it or ask for it again. Whoever runs me: `python -m bot audit verify`."
    )


def being_checked(twin: OpsRequest) -> str:
    """Emergency access cannot take the place of a request that is looked at just now."""
    return f"Request {twin.id} is being checked. Ask again in some seconds for emergency access."


def no_such_request(number: int) -> str:
    """No ops request has this number, or the button was drawn for another one."""
    return (
        f"There is no request {number}, or this was meant for another one of that number."
        " Nothing was done."
        f" `/image status {number}` shows what I know."
    )


def only_requester_cancels(request: OpsRequest, *, readable: bool) -> str:
    """Somebody else's request; `readable`: whoever is told may read who asked for it."""
    who = formats.person(request.requester) if readable else "whoever asked for it"
    return (
        f"Only {who} can cancel request {request.id}."
        " If you may approve it, you can deny it while it waits, and stop it until it is sent."
        " If you approved it, you can take that back while it waits."
    )


def no_vote_to_take_back(request: OpsRequest, *, stands: bool) -> str:
    """Somebody has not approved, or it waits for nobody any more; `stands`: they have."""
    if request.state is State.PENDING:
        return f"There is no approval of yours on request {request.id} to take back."
    if stands and request.state not in FINISHED:
        return (
            f"Too late to take it back: request {request.id} {formats.is_now(request.state)}."
            " “Cancel” on its card stops what was not sent yet."
        )
    return f"Nothing to take back: request {request.id} {formats.is_now(request.state)}."


def too_late_to_cancel(request: OpsRequest) -> str:
    """It is under way, or over."""
    if request.state in FINISHED:
        return f"There is nothing to cancel: request {request.id} {formats.is_now(request.state)}."
    return (
        f"Too late to cancel: request {request.id} {formats.is_now(request.state)}, and what is"
        " sent to DigitalOcean cannot be stopped."
    )


def cancelled(request: OpsRequest) -> str:
    """The requester took it back."""
    return f"Request {request.id} is cancelled. {causes.sent_so_far(request)}"


def not_looked_for() -> str:
    """Somebody waited for a look at DigitalOcean when the backup was made."""
    return (
        "What you typed was not looked for: my database was restored from a backup that was made"
        " before that. It may have been done since: look, and type it again if it is still needed."
    )


def lost_by_a_restore(request: OpsRequest) -> str:
    """It was taken, and nobody had seen it, when the backup was made."""
    why = formats.in_sentence(causes.in_words(Cause(CauseKind.CALLED_OFF_BY_RESTORE)))
    return f"Request {request.id} is cancelled: {why}"


def withdrawn(request: OpsRequest, facts: Mapping[str, Any]) -> str:
    """The requester took back what was not sent yet; `facts`: of `bot.views.partial_cancel`."""
    return f"A part of request {request.id} is called off. {stopped(facts, request)}"


def settled(request: OpsRequest) -> str:
    """A button of a question that is answered already."""
    return f"Nothing to decide here any more: request {request.id} {formats.is_now(request.state)}."


def not_for_you(request: OpsRequest, decision: Decision) -> str:
    """A choice for those who may approve."""
    who = formats.people(decision.approver_entries[:20]) if decision.approvals else ""
    return f"This is for {who or formats.person(request.requester)} to decide."


def keeps_failing(what: str, reference: str) -> str:
    """A defect of ours that does not pass; `what`: `request 17`."""
    return (
        f"Something on my side fails again and again with {what}. Nothing is lost, and I go on"
        f" trying; tell whoever runs me reference {reference}."
    )


def came_late(seconds: float, said: str) -> str:
    """A mention that Slack brought long after it was written; `said`: what was asked."""
    again = f" If it is still wanted, write it again: `{safe(said, 200)}`" if said else ""
    return (
        f"Slack delivered this message {formats.duration(seconds)} after it was written, so I did"
        f" nothing.{again}"
    )


edited = (
    "I read a message once, as it was first sent, so an edited one changes nothing."
    " Send it as a new message."
)
review_closed_already = "The review of this request is closed already."
chose_already = "You chose to send it again already; others have to choose it too."


def which_one(seen: int) -> str:
    """*Follow this action*, while it is not clear which."""
    if seen:
        return f"{seen} actions at DigitalOcean could be this one. Choose one in the form."
    return (
        "I look at DigitalOcean again now; what is there, the card shows in a moment. If it shows"
        " nothing, choose _Send again_ or _Stop and close_."
    )


def owned_already(action_id: int) -> str:
    """An action belongs to one request only."""
    return f"Action {action_id} belongs to another request already. Choose another one."


def looking(named: Named | None = None) -> str:
    """The ack of a look-up; a name may turn out to be none, so it says what helps then."""
    if named is None:
        return "Looking…"
    if named.by is not By.NAME or named.also:
        return f"Looking for `{safe(named.typed, 120)}`…"
    return (
        f"Looking for the image named `{safe(named.name, 120)}`… Its number works as well:"
        " `/image list` shows names and numbers."
    )


def still_looking(name: str, trouble: Trouble, said: str) -> str:
    """DigitalOcean cannot be asked which image has a name."""
    return (
        f"{troubles.sentence(trouble, said, 'image:read')} Nothing is lost: I go on looking for"
        f" `{safe(name, 120)}`."
    )


def no_such_name(name: str, *, complete: bool) -> str:
    """No private image has this name, nor one that holds it.

    Args:
        complete: all images were looked at.
    """
    if not complete:
        return (
            f"I found no image named `{safe(name, 120)}`, but DigitalOcean did not list all of"
            " your images. Nothing was sent: type the image's number instead of its name."
        )
    shown = safe(name, 120)
    is_pattern = set("*?") & set(name) and shown == name and len(name.split()) == 1
    newest = f" The newest that fits a pattern: `latest {shown}`." if is_pattern else ""
    return (
        f"No image of yours is named `{shown}`. Nothing was sent.{newest}"
        " `/image list` shows names and numbers."
    )


def looked_too_long(name: str) -> str:
    """DigitalOcean did not tell for too long."""
    return (
        f"I could not look for `{safe(name, 120)}`: DigitalOcean gave no list for too long."
        " Nothing was sent; type it again."
    )


def choice_gone() -> str:
    """A button of an answer that is forgotten, or of somebody else's."""
    return "That choice is too old. Nothing was sent; type the command again."


def plan_under_way(twin: OpsRequest) -> str:
    """The rest of a plan whose first step another request does."""
    return f"Nothing new was sent. Ask for the rest once request {twin.id} is completed."


def retried_already(request: OpsRequest) -> str:
    """*Retry failed* works once a card; the new request has a card of its own."""
    return (
        f"What failed in request {request.id} was asked for again as request"
        f" {request.retried_as}: `/image status {request.retried_as}`."
    )


_CHOSEN = {
    DirectMessages.DEFAULT: "You get a direct message for a request that you and few others may"
    " approve. When a request of yours ends, its thread mentions you.",
    DirectMessages.ALL: "You get a direct message for every request that you may approve, and when"
    " a request of yours ends.",
    DirectMessages.APPROVALS: "You get a direct message for every request that you may approve."
    " When a request of yours ends, its thread mentions you.",
    DirectMessages.MINE: "You get a direct message when a request of yours ends, in place of a"
    " mention in its thread.",
    DirectMessages.NONE: "You get no direct messages. When a request of yours ends, its thread"
    " mentions you.",
}


def direct_messages_chosen(choice: DirectMessages) -> str:
    """The person's choice of direct messages."""
    return f"Done. {_CHOSEN[choice]}"


def no_such_image(image_id: int) -> str:
    """DigitalOcean does not know this image."""
    return (
        f"There is no image {image_id} in this DigitalOcean account. `/image list` shows what is."
    )
