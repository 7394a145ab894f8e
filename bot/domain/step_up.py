"""Confirming an approval with a second factor, on a page of the bot's own: its words and limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

APPROVAL_SECONDS = 120.0
"""How long a link to confirm one approval is good."""
SIGN_IN_SECONDS = 180.0
"""How much longer somebody may take to sign in whose browser was sent to the identity provider."""
ENROLMENT_SECONDS = 600.0
"""How long a link to enrol is good: an app may have to be installed first."""
MOST_WRONG = 5
"""Wrong codes in a row, and the person's links are void and they have to wait."""
_FIRST_PAUSE, _LONGEST_PAUSE = 900.0, 86_400.0


class StepUp(StrEnum):
    """By what a rule wants approvals confirmed. The value stands in policies and in the log."""

    TOTP = "totp"
    """A code of the app that they enrolled."""
    OIDC = "oidc"
    """Signing in anew at the identity provider."""


class Purpose(StrEnum):
    """What a link is for."""

    APPROVE = "approve"
    RESEND = "resend"
    """*Send again*."""
    POLICY = "policy"
    """Approving a changed policy."""
    ENROL = "enrol"


@dataclass(frozen=True)
class NotFollowed:
    """A rule that asks for a confirmation, and cannot be followed.

    Attributes:
        rule: its name; None: the table [policy].
        settings: those that are not set.
    """

    rule: str | None
    settings: tuple[str, ...]


class Lack(StrEnum):
    """Why somebody gets no link. The value stands in the audit log: never change one."""

    NOT_SET_UP = "not-set-up"
    """An operator has to do something first."""
    NOT_ENROLLED = "not-enrolled"


class Refusal(StrEnum):
    """Why nothing came of a link. The value stands in the audit log: never change one."""

    UNKNOWN = "unknown-link"
    """No such link, or one that is long over."""
    USED = "used-link"
    EXPIRED = "expired-link"
    VOID = "void-link"
    """Too many wrong codes, or a newer link took its place."""
    WRONG_METHOD = "wrong-method"
    """A code on a link that wants a sign-in, or the other way round."""
    WRONG_CODE = "wrong-code"
    """No code of about now, or one that was used."""
    PAUSED = "paused"
    NOT_ENROLLED = "not-enrolled"
    ALREADY_SHOWN = "already-shown"
    """A new secret is shown once."""
    NOT_COUNTED = "not-counted"
    """The policy, asked again, does not count the vote."""
    CANNOT_OPEN = "cannot-open"
    """The secret was sealed with a key that the bot does not have."""
    NOT_SIGNED_IN = "not-signed-in"
    """The identity provider says no, or nothing that can be believed."""
    OLD_SIGN_IN = "old-sign-in"
    """They signed in before they clicked."""
    WEAK_SIGN_IN = "weak-sign-in"
    """They signed in by less than the operator asks for."""
    ANOTHER_PERSON = "another-person"
    """Somebody else signed in, or somebody of whom the provider does not say who they are here."""
    CANNOT_ASK = "cannot-ask"
    """The identity provider cannot be reached."""


@dataclass(frozen=True)
class Confirmed:
    """That a person has shown a second factor.

    Attributes:
        subject: who they are to whoever checked it; of a TOTP the Slack user.
        at: when, in epoch seconds.
        link: the beginning of the digest of the link's token, to find its rows by.
        told: what the identity provider says of how they signed in: `issuer`, `auth_time`, and
            `amr` and `acr` where it does.
    """

    method: StepUp
    subject: str
    at: float
    link: str
    told: Mapping[str, Any] = field(default_factory=dict)

    def facts(self) -> Mapping[str, Any]:
        """As the audit log holds it."""
        told = {"method": self.method, "subject": self.subject, "at": self.at, "link": self.link}
        return {**told, **self.told}


def pause_after(wrong: int) -> float:
    """How long a person has to wait after so many wrong codes in a row; 0: not at all.

    Each further five make it twice as long.
    """
    if wrong % MOST_WRONG or not wrong:
        return 0.0
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (wrong // MOST_WRONG - 1))
