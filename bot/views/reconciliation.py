"""What is said of a look at the account: what no row of the audit log explains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from bot.domain.reconciliation import Finding, Kind, Lack, Suspicion
from bot.views import formats
from bot.views.escape import plain, safe

_MOST = 20
"""Findings in one message: what a person reads. The command lists all."""
_WORDS = {
    "transfer": "Transfer",
    "convert": "Conversion",
    "snapshot": "Snapshot",
    "": "An action of an unknown kind",
}
_LACKS = {
    Lack.ACTIONS_UNREADABLE: "the account's actions could not be listed",
    Lack.ACTIONS_INCOMPLETE: "it is not proved that all actions of that time were listed",
    Lack.OWN_ACTIONS_MISSING: "actions that this bot began are not in the account's list, so "
    "others may be missing too",
    Lack.IMAGES_UNREADABLE: "the images could not be looked up",
    Lack.IMAGES_INCOMPLETE: "it is not proved that all images were listed",
}


def unexplained(findings: Sequence[Finding]) -> str:
    """One message for a channel about all that one look found."""
    count = len(findings)
    what = "1 thing" if count == 1 else f"{count} things"
    lines = [
        f":warning: *{what} happened at DigitalOcean that no row of the audit log explains.*",
        *(f"• {sentence(each, formats.moment, formats.named)}" for each in findings[:_MOST]),
    ]
    if count > _MOST:
        lines.append(f"… and {count - _MOST} more.")
    lines.append(
        "Unless a line says otherwise, somebody used the control panel or another token, or"
        " something went round me. `python -m bot reconcile --since 7d` lists all of it."
    )
    return "\n".join(lines)


def cannot_look(lacks: Mapping[Lack, str], last: float) -> str:
    """For a channel, once looks have failed for hours: silence must not pass for a good sign."""
    why = "; ".join(lacking(lack, said, safe) for lack, said in lacks.items())
    return (
        f":warning: *I cannot tell what happened at DigitalOcean since {formats.moment(last)}*: "
        f"{why}. `python -m bot doctor` says what the token lacks."
    )


def lacking(lack: Lack, said: str, clean: Callable[[str], str]) -> str:
    """Why a look was not whole; `said`: what is known of it, as `Lack` has it."""
    if lack is Lack.ACTIONS_INCOMPLETE and said:
        said = f"{said} of them cannot be read"
    elif lack in (Lack.ACTIONS_INCOMPLETE, Lack.IMAGES_INCOMPLETE):
        said = "the list may go on"
    return f"{_LACKS[lack]} ({clean(said)})" if said else _LACKS[lack]


def sentence(
    finding: Finding,
    moment: Callable[[float], str],
    named: Callable[[str], str],
) -> str:
    """One finding.

    Args:
        moment: writes a time.
        named: writes a name that DigitalOcean told, harmless.
    """
    at = moment(finding.at) if finding.at is not None else "at an unknown time"
    if finding.kind is Kind.DELETION:
        name = f" {named(finding.name)}" if finding.name else ""
        said = f"Image {finding.number}{name} is gone; it was last seen {at}."
    else:
        said = f"{_action(finding, named)}, begun {at}, action {finding.number}."
    return f"{said}{_hint(finding)}"


def _action(finding: Finding, named: Callable[[str], str]) -> str:
    kind = "Droplet" if finding.target_kind == "droplet" else "image"
    what = _WORDS.get(finding.what) or f"An action of the kind {named(finding.what)}"
    of = f" of {kind} {finding.target}" if finding.target else ""
    to = f" to {_slug(finding.region)}" if finding.region and finding.what == "transfer" else ""
    return f"{what}{of}{to}"


def _slug(region: str) -> str:
    """A region, which is letters and digits, whatever else DigitalOcean says."""
    return "".join(char for char in region if char.isascii() and char.isalnum())[:16]


def _hint(finding: Finding) -> str:
    match finding.suspicion:
        case Suspicion.RESTORED:
            return (
                " It is of the time that the restored backup has forgotten: the bot may have sent"
                " it itself."
            )
        case Suspicion.GIVEN_UP:
            return (
                f" Request {finding.request} may have begun it: the answer was lost, and it was"
                " given up."
            )
        case _:
            return ""


def in_utc(at: float) -> str:
    """A time for a terminal."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def quoted(name: str) -> str:
    """A name for a terminal."""
    return f"“{plain(name)}”"


def for_terminal(text: str) -> str:
    """What anybody wrote, without what a terminal would obey."""
    return plain(text)
