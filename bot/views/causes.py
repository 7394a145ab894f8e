"""Why a request or a step stands as it does, in sentences.

Plain text, as people and DigitalOcean wrote it: whoever shows it makes it harmless (`escape.safe`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.domain.causes import Cause, CauseKind, blockers_of, cause_of
from bot.domain.evidence import Change, Changed
from bot.domain.states import State
from bot.operations.base import Handover, Trace
from bot.policy.stored import decision_of
from bot.slack.errors import meaning
from bot.store.rows import OpsRequest
from bot.views import anchors, blockers, changes, decisions, handovers
from bot.views.escape import safe
from bot.views.voice import PLAIN, SLACK

_OF_BLOCKERS = frozenset({CauseKind.BLOCKED, CauseKind.DONE_ALREADY})
"""What others wrote is made harmless where these sentences are built: they name commands."""
_NOT_SEEN = {
    Trace.ACTION: "no matching action was seen at DigitalOcean",
    Trace.TARGET_GONE: (
        "the image is still in this account, as it is until an offer is accepted;"
        " DigitalOcean's control panel shows offers under Backups & Snapshots"
    ),
    Trace.SNAPSHOT: "no new snapshot of that name was seen at DigitalOcean, or more than one",
}


def in_words(cause: Cause) -> str:
    """A sentence; of what leads to a question for people, the part after a colon."""
    return _SENTENCE[cause.kind](cause)


def in_short(cause: Cause | None) -> str:
    """The same without the way out, for a row of a card; empty: nothing is known."""
    if cause is None:
        return ""
    return _problems(cause) if cause.kind is CauseKind.BLOCKED else in_words(cause)


def of_facts(facts: Mapping[str, Any]) -> str:
    """The cause that an event's facts hold, in words; empty: they hold none."""
    cause = cause_of(facts.get("cause"))
    return in_words(cause) if cause else ""


def answer(cause: Cause) -> str:
    """What DigitalOcean said, where the sentence names it already; else as `in_words`."""
    if cause.kind is CauseKind.NOT_YET_FOR_LONG and (last := cause_of(cause.facts["cause"])):
        return f"{answer(last)}. {_for_so_long(cause)}".rstrip(".")
    if cause.kind is not CauseKind.ANSWERED:
        return in_short(cause).rstrip(".")
    said = cause.facts.get("answer") or cause.facts["said"]
    return f"{said} {cause.facts.get('help', '')}".strip().rstrip(".")


def of_end(request: OpsRequest) -> str:
    """How a request ended, as a sentence that follows its state and does not repeat it."""
    match request.state:
        case State.DENIED:
            denials = [vote.reason for vote in request.votes if vote.choice == "deny"]
            return denials[-1] if denials else ""
        case State.EXPIRED:
            return "Not approved in time. Nothing was sent."
        case State.CANCELLED if request.cause is None:
            return sent_so_far(request)
    return in_words(request.cause) if request.cause else ""


def in_slack(cause: Cause, limit: int = 600) -> str:
    """`in_words`, made harmless; a sentence of the policy's with its people as mentions."""
    if cause.kind is CauseKind.POLICY:
        said = decisions.sentence(decision_of(cause), SLACK)
        if len(said) <= limit:  # a mention is never cut in two
            return said
    return _harmless(cause, in_words(cause), limit)


def in_short_in_slack(cause: Cause | None, limit: int) -> str:
    """`in_short`, made harmless."""
    return _harmless(cause, in_short(cause), limit) if cause else ""


def _harmless(cause: Cause, said: str, limit: int) -> str:
    return said if cause.kind in _OF_BLOCKERS and len(said) <= limit else safe(said, limit)


def outcome(request: OpsRequest, limit: int = 600) -> str:
    """`of_end`, made harmless; a reason that a person gave in quotes."""
    said = of_end(request)
    if request.cause and said == in_words(request.cause):
        return in_slack(request.cause, limit)
    said = safe(said, limit)
    return f"“{said}”" if said and request.state is State.DENIED else said


def sent_so_far(request: OpsRequest) -> str:
    """What can be said of one that is taken back while it waits."""
    restored = any(step.look_first for step in request.steps)
    return "Nothing more is sent." if restored else "Nothing was sent."


def _blocked(cause: Cause) -> str:
    return " ".join(dict.fromkeys(map(blockers.in_words, blockers_of(cause))))


def _problems(cause: Cause) -> str:
    return " ".join(dict.fromkeys(map(blockers.problem, blockers_of(cause))))


def _card_not_posted(cause: Cause) -> str:
    return f"The card could not be posted: {of_slack(cause)}. Nothing was sent."


def of_slack(cause: Cause) -> str:
    """Why Slack takes no card in a channel, as the end of a sentence."""
    reference = cause.facts.get("reference")
    return f"reference {reference}" if reference else meaning(cause.facts["error"])


def _handed_over(cause: Cause) -> str:
    return handovers.in_short(Handover(**cause.facts["handover"]))


def _not_yet_for_long(cause: Cause) -> str:
    last = in_short(cause_of(cause.facts["cause"]))
    return f"{last} {_for_so_long(cause)}"


def _for_so_long(cause: Cause) -> str:
    return f"It was tried again for {cause.facts['minutes']} minutes."


def _image_unknown(cause: Cause) -> str:
    return (
        f"DigitalOcean completed action {cause.facts['action_id']}. Which image came of it is not"
        f" known: it lists {_ids(cause) or 'none'} of that name and time. Nothing that waits for it"
        " is done; ask for it by the image's number."
    )


def _ids(cause: Cause) -> str:
    return ", ".join(str(each) for each in cause.facts["image_ids"])


def _drifted(cause: Cause) -> str:
    found = [in_short(cause_of(each)) for each in cause.facts["changes"]]
    return "; ".join(dict.fromkeys(found))


def _changed(cause: Cause) -> str:
    facts = cause.facts
    return changes.in_words(Change(Changed(facts["what"]), facts["before"], facts["now"]))


def _said(cause: Cause) -> str:
    return f"{cause.facts['said']} {cause.facts.get('help', '')}".strip()


_SENTENCE: Mapping[CauseKind, Callable[[Cause], str]] = {
    CauseKind.BLOCKED: _blocked,
    CauseKind.POLICY: lambda c: decisions.sentence(decision_of(c), PLAIN),
    CauseKind.SUPERSEDED: lambda _: (
        "Emergency access was used for the same. Nothing was sent of this request."
    ),
    CauseKind.CLOSED_BY_OPERATOR: lambda c: f"Closed by an operator: {c.facts['reason']}",
    CauseKind.CALLED_OFF_BY_RESTORE: lambda _: (
        "My database was restored from a backup that was made before it was looked at. It may have"
        " been sent since: look at the image, and ask again if it is still needed."
    ),
    CauseKind.SCHEDULE_CHANGED: lambda _: "The schedule was changed, and is asked for anew.",
    CauseKind.CARD_NOT_POSTED: _card_not_posted,
    CauseKind.UNFOLLOWED: lambda _: "No longer followed. It may still end well.",
    CauseKind.GIVEN_UP: lambda _: "Given up. It may still have run.",
    CauseKind.HANDED_OVER: _handed_over,
    CauseKind.ANSWERED: _said,
    CauseKind.SO_ALREADY: lambda c: f"It is so already: DigitalOcean says “{c.facts['said']}”.",
    CauseKind.NO_REASON: lambda c: (
        f"DigitalOcean gives no reason; action {c.facts['action_id']} is in its control panel."
    ),
    CauseKind.NOT_YET_FOR_LONG: _not_yet_for_long,
    CauseKind.DROPLET_BUSY: lambda _: "Another snapshot of this Droplet is being taken.",
    CauseKind.ACTION_UNKNOWN: lambda c: (
        f"DigitalOcean does not know action {c.facts['action_id']} any more"
    ),
    CauseKind.DONE_ALREADY: lambda c: f"{_problems(c)} Nothing was sent.",
    CauseKind.IMAGE_THERE: lambda c: (
        f"The image is there already: {c.facts['image_id']}. Nothing was sent."
    ),
    CauseKind.SEVERAL_IMAGES: lambda c: (
        f"There are several images of that name: {_ids(c)}. Nothing was sent."
    ),
    CauseKind.IMAGE_UNKNOWN: _image_unknown,
    CauseKind.DRIFTED: _drifted,
    CauseKind.CHANGED: _changed,
    CauseKind.IMAGE_GONE: lambda _: "the image is gone",
    CauseKind.UNSEEN: lambda _: "nobody saw the image before it was approved",
    CauseKind.EMERGENCY_NEEDED: lambda _: (
        "emergency access is needed now, and was not when this was asked"
    ),
    CauseKind.TOO_FEW_APPROVALS: lambda c: (
        f"{c.facts['given']} of {c.facts['needed']} approvals are by people who may approve now"
    ),
    CauseKind.APPROVAL_OLD: lambda c: (
        f"It was approved more than {c.facts['hours']} h ago. Nothing was sent."
    ),
    CauseKind.CONTRADICTED: lambda c: (
        f"The audit log contradicts the database: {', '.join(c.facts['what'])}. Nothing was sent."
    ),
    CauseKind.HEADS_NOT_KEPT: lambda c: anchors.nothing_is_sent(c.facts["sinks"]),
    CauseKind.INTERNAL_ERROR: lambda c: f"an error in this bot, reference {c.facts['reference']}",
    CauseKind.OF_ANOTHER_REQUEST: lambda _: "it tells of an action of another request",
    CauseKind.OF_ANOTHER_ACTION: lambda _: "it tells of another action",
    CauseKind.UNREADABLE: lambda _: "it holds no readable action",
    CauseKind.RESTARTED: lambda _: "the bot was restarted meanwhile",
    CauseKind.NOT_SEEN: lambda c: _NOT_SEEN[Trace(c.facts["trace"])],
    CauseKind.SEVERAL_ACTIONS: lambda _: "more than one action at DigitalOcean could be this one",
    CauseKind.MAYBE_ANOTHERS: lambda c: (
        f"action {c.facts['action_id']} at DigitalOcean may be this one, or somebody else's of the"
        " same kind"
    ),
    CauseKind.LIST_UNREADABLE: lambda c: (
        f"DigitalOcean's list could not be read: {c.facts['said']}"
    ),
    CauseKind.RESTORED: lambda _: (
        "restored from a backup: it may have been sent, or called off, since"
    ),
}
