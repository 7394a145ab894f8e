"""The pages on which people confirm an approval, and enrol what they confirm it with."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from bot.domain.step_up import Refusal
from bot.operations.registry import operation_of
from bot.store.rows import OpsRequest
from bot.views.pages.markup import code_field, form, page, problem
from bot.views.report.markup import text

_MOST_STEPS = 5
_AGAIN = "Click Approve in Slack once more for a new link."
_REFUSED: Mapping[Refusal, str] = {
    Refusal.UNKNOWN: "This link is not good, or not any more.",
    Refusal.USED: "This link was used already: it is good once.",
    Refusal.EXPIRED: "This link has expired.",
    Refusal.VOID: "This link is void: a newer one took its place, or too many codes were wrong.",
    Refusal.WRONG_CODE: "That code is wrong, or was used before. Wait for the next one.",
    Refusal.PAUSED: "Too many codes were wrong. Codes of yours are taken again in a while.",
    Refusal.NOT_ENROLLED: "You have enrolled no second factor: type /image second-factor in Slack.",
    Refusal.ALREADY_SHOWN: "The secret was shown already: it is shown once.",
    Refusal.NOT_COUNTED: "Your approval was not counted.",
    Refusal.CANNOT_OPEN: "Your second factor cannot be read: tell the bot's operator.",
    Refusal.WRONG_METHOD: "This link is confirmed in another way.",
    Refusal.NOT_SIGNED_IN: "You were not signed in.",
    Refusal.OLD_SIGN_IN: "You signed in before you clicked: it has to be done anew.",
    Refusal.WEAK_SIGN_IN: "You signed in without the second factor that is asked for here.",
    Refusal.ANOTHER_PERSON: "Somebody else signed in than clicked on Approve in Slack.",
    Refusal.CANNOT_ASK: "The identity provider cannot be asked now.",
}


def to_approve(request: OpsRequest, refused: Refusal | None = None) -> bytes:
    """What is about to be approved, and the field for the code."""
    return page(
        f"Approve request {request.id}",
        problem(_REFUSED[refused]) if refused else "",
        _what(request),
        form("Approve", code_field("code", "The code that your app shows")),
    )


def to_sign_in(request: OpsRequest) -> bytes:
    """What is about to be approved, and the button that leads to the identity provider."""
    return page(
        f"Approve request {request.id}",
        _what(request),
        form("Sign in and approve", act="sign-in"),
        "<p class=soft>You are sent to the page on which you sign in at work. Having signed in, you"
        " have approved.</p>",
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


def _what(request: OpsRequest) -> str:
    steps = [f"<li>{_step(request, place)}</li>" for place in range(len(request.steps))]
    more = len(steps) - _MOST_STEPS
    shown = [*steps[:_MOST_STEPS], *([f"<li>and {more} more</li>"] if more > 0 else [])]
    return (
        f"<ul>{''.join(shown)}</ul>"
        "<p>Only if you have just clicked <b>Approve</b> on it in Slack. Nobody who works on the"
        " bot will ever ask you for a code.</p>"
    )


def _step(request: OpsRequest, place: int) -> str:
    spec = request.steps[place].spec
    words = operation_of(spec).wording(spec)
    images = request.evidence.images if request.evidence else ()
    seen = next((image for image in images if str(image.id) == spec.target.id), None)
    named = f" “{text(seen.name)}”" if seen else ""
    return f"{text(words.phrase)} of {text(spec.target)}{named}"


def approved(request: OpsRequest) -> bytes:
    """It counts; and whether more people have to."""
    missing = request.gate.approvals - len(request.approvals)
    waits = f" It waits for {missing} more." if request.state == "pending" and missing > 0 else ""
    return page(
        "Your approval counts",
        f"<p>You have approved request {request.id}.{waits} You can close this page.</p>",
    )


def not_approved(refused: Refusal, said: str = "") -> bytes:
    """Nothing was counted, and trying again here does not help."""
    again = "" if refused in (Refusal.NOT_COUNTED, Refusal.CANNOT_OPEN) else f"<p>{_AGAIN}</p>"
    why = f"<p>{text(said)}</p>" if said else ""
    return page("Nothing was approved", problem(_REFUSED[refused]), why, again)


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
