"""The pages on which people confirm an approval, and enrol what they confirm it with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from bot.domain.step_up import Refusal
from bot.operations.registry import operation_of
from bot.policy.differences import Difference
from bot.policy.governance import Proposal
from bot.store.rows import OpsRequest, Step
from bot.views.pages.markup import code_field, form, page, problem
from bot.views.policy_differences import in_words
from bot.views.report.markup import text
from bot.views.voice import PLAIN

_MOST_STEPS = 5
_AGAIN = "Click in Slack once more for a new link."
_REFUSED: Mapping[Refusal, str] = {
    Refusal.UNKNOWN: "This link is not valid, or not any more.",
    Refusal.USED: "This link was used already: it works once.",
    Refusal.EXPIRED: "This link has expired.",
    Refusal.VOID: "This link is void: a newer one took its place, or too many codes were wrong.",
    Refusal.WRONG_CODE: "That code is wrong, or was used before. Wait for the next one.",
    Refusal.PAUSED: "Too many codes were wrong. Codes of yours are taken again in a while.",
    Refusal.NOT_ENROLLED: "You have enrolled no second factor: type /image second-factor in Slack.",
    Refusal.ALREADY_SHOWN: "The secret was shown already: it is shown once.",
    Refusal.NOT_COUNTED: "It was not counted.",
    Refusal.CANNOT_OPEN: "Your second factor cannot be read: tell the bot's operator.",
    Refusal.WRONG_METHOD: "This link is confirmed in another way.",
    Refusal.NOT_SIGNED_IN: "You were not signed in.",
    Refusal.OLD_SIGN_IN: "You signed in before you clicked: it has to be done anew.",
    Refusal.WEAK_SIGN_IN: "You signed in without the second factor that is asked for here.",
    Refusal.ANOTHER_PERSON: "Somebody else signed in than clicked in Slack.",
    Refusal.CANNOT_ASK: "The identity provider cannot be asked now.",
}


@dataclass(frozen=True)
class SendAgain:
    """A step whose POST is to be made once more."""

    request: OpsRequest
    step: Step


@dataclass(frozen=True)
class PolicyChange:
    """A changed policy, and what it would decide otherwise."""

    proposal: Proposal
    decided: tuple[Difference, ...]


Subject = OpsRequest | SendAgain | PolicyChange
"""What is confirmed: an approval of a request, or one of these."""


def to_confirm(subject: Subject, refused: Refusal | None = None) -> bytes:
    """What is about to be confirmed, and the field for the code."""
    return page(
        _title(subject),
        problem(_REFUSED[refused]) if refused else "",
        _what(subject),
        form(_button(subject), code_field("code", "The code that your app shows")),
    )


def to_sign_in(subject: Subject) -> bytes:
    """What is about to be confirmed, and the button that leads to the identity provider."""
    button = _button(subject)
    return page(
        _title(subject),
        _what(subject),
        form(f"Sign in and {button[:1].lower()}{button[1:]}", act="sign-in"),
        "<p class=soft>You are sent to the page on which you sign in at work. Having signed in, you"
        " have confirmed it.</p>",
    )


def go_on(address: str) -> bytes:
    """To the identity provider, by a page rather than a redirect.

    A browser holds `form-action` against each redirect that follows a form, of the provider's too.
    """
    return page(
        "Sign in",
        f'<p><a href="{escape(address)}">Go on to sign in</a></p>',
        refresh=address,
    )


def _button(subject: Subject) -> str:
    return "Send again" if isinstance(subject, SendAgain) else "Approve"


def _title(subject: Subject) -> str:
    match subject:
        case SendAgain():
            return f"Send request {subject.request.id} again"
        case PolicyChange():
            return "Approve the changed policy"
    return f"Approve request {subject.id}"


def _what(subject: Subject) -> str:
    lines = list(_lines(subject))
    more = len(lines) - _MOST_STEPS
    shown = [*lines[:_MOST_STEPS], *([f"and {more} more"] if more > 0 else [])]
    return (
        f"<ul>{''.join(f'<li>{line}</li>' for line in shown)}</ul>"
        f"<p>Only if you have just clicked <b>{_button(subject)}</b> on it in Slack. Nobody who"
        " works on the bot will ever ask you for a code.</p>"
    )


def _lines(subject: Subject) -> Iterator[str]:
    match subject:
        case SendAgain():
            yield _step(subject.request, subject.request.steps.index(subject.step))
            yield "It may have run already: then it would run twice."
        case PolicyChange():
            yield from (text(in_words(each, PLAIN)) for each in subject.decided)
            yield f"digest {text(subject.proposal.digest[:12])}"
        case OpsRequest():
            yield from (_step(subject, place) for place in range(len(subject.steps)))


def _step(request: OpsRequest, place: int) -> str:
    spec = request.steps[place].spec
    words = operation_of(spec).wording(spec)
    images = request.evidence.images if request.evidence else ()
    seen = next((image for image in images if str(image.id) == spec.target.id), None)
    named = f" “{text(seen.name)}”" if seen else ""
    return f"{text(words.phrase)} of {text(spec.target)}{named}"


def confirmed(subject: Subject) -> bytes:
    """It counts; and whether more people have to."""
    match subject:
        case SendAgain():
            said = f"You have chosen to send request {subject.request.id} again."
        case PolicyChange():
            said = "You have approved the changed policy."
        case OpsRequest():
            said = f"You have approved request {subject.id}.{_missing(subject)}"
    what = "choice" if isinstance(subject, SendAgain) else "approval"
    return page(f"Your {what} counts", f"<p>{said} You can close this page.</p>")


def _missing(request: OpsRequest) -> str:
    missing = request.gate.approvals - len(request.approvals)
    waits = request.state == "pending" and missing > 0
    return f" It waits for {missing} more." if waits else ""


def not_approved(refused: Refusal, said: str = "") -> bytes:
    """Nothing was counted, and trying again here does not help."""
    again = "" if refused in (Refusal.NOT_COUNTED, Refusal.CANNOT_OPEN) else f"<p>{_AGAIN}</p>"
    why = f"<p>{text(said)}</p>" if said else ""
    return page("Nothing was counted", problem(_REFUSED[refused]), why, again)


def to_enrol(*, has_one: bool, refused: Refusal | None = None) -> bytes:
    """Before the secret is shown."""
    old = code_field("old", "A code of the app that you have enrolled now") if has_one else ""
    return page(
        "Enrol your second factor",
        problem(_REFUSED[refused]) if refused else "",
        "<p>You need an app for one-time codes on your phone. The secret is shown once, on the next"
        " page: add it to the app there and then, and enter the first code.</p>",
        form("Show the secret", old, act="show"),
    )


def secret(shown: str, address: str) -> bytes:
    """The secret, once, and the field for the first code."""
    spaced = " ".join(shown[start : start + 4] for start in range(0, len(shown), 4))
    return page(
        "Add this to your app",
        f'<p><a href="{escape(address)}">Open it in the app on this phone</a>, or type the secret'
        " in (time-based, 6 digits):</p>",
        f"<code>{escape(spaced)}</code>",
        f"<p class=soft>As an address, for apps that take one:</p><code>{escape(address)}</code>",
        _first_code(),
    )


def first_code(refused: Refusal) -> bytes:
    """The field for the first code once more, without the secret."""
    return page("Add this to your app", problem(_REFUSED[refused]), _first_code())


def _first_code() -> str:
    return form("Enrol", code_field("code", "The code that the app shows now"), act="enrol")


def enrolled() -> bytes:
    """It is done."""
    return page(
        "Your second factor is enrolled",
        "<p>From now on your approvals can be confirmed with codes of this app. You can close this"
        " page.</p>",
    )


def not_enrolled(refused: Refusal) -> bytes:
    """Nothing was enrolled, and trying again here does not help."""
    return page(
        "Nothing was enrolled",
        problem(_REFUSED[refused]),
        "<p>Type /image second-factor in Slack for a new link.</p>",
    )


def cannot_now(said: str) -> bytes:
    """The database is away, or somebody is too fast."""
    return page("Not now", f"<p>{escape(said)}</p>")
