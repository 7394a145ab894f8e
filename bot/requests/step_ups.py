"""By what this bot can have something confirmed, and the links on which people do it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from bot.domain.step_up import (
    APPROVAL_SECONDS,
    ENROLMENT_SECONDS,
    Lack,
    NotFollowed,
    Purpose,
    StepUp,
)
from bot.oidc.client import OidcClient
from bot.policy.schema import Policy
from bot.requests.second_factors import SecondFactors
from bot.store import second_factors as store
from bot.store.transaction import Transaction

APPROVE_PATH, ENROL_PATH = "/approve/", "/second-factor/"
_TOKEN_BYTES = 32
_SETTINGS = {StepUp.TOTP: "IMAGE_BOT_SECOND_FACTOR_KEY", StepUp.OIDC: "IMAGE_BOT_OIDC_ISSUER"}


@dataclass(frozen=True)
class StepUps:
    """How this bot can have something confirmed; None: it is not set up for that.

    Attributes:
        public_url: where people reach the bot's pages.
    """

    public_url: str = ""
    totp: SecondFactors | None = None
    oidc: OidcClient | None = None

    def ask(
        self, tx: Transaction, by: StepUp, purpose: Purpose, person: str, **about: Any
    ) -> str | Lack:
        """The address of a new link, for one person and one thing. It stands nowhere else.

        Args:
            about: columns of the link that say what it is for.
        """
        if (self.totp if by is StepUp.TOTP else self.oidc) is None:
            return Lack.NOT_SET_UP
        if by is StepUp.TOTP and store.factor_of(tx.connection, person) is None:
            return Lack.NOT_ENROLLED
        return self._link(tx, APPROVE_PATH, purpose, by, person, APPROVAL_SECONDS, about)

    def link_to_enrol(self, tx: Transaction, person: str) -> str:
        """The same, to enrol an app for codes."""
        purpose, by = Purpose.ENROL, StepUp.TOTP
        return self._link(tx, ENROL_PATH, purpose, by, person, ENROLMENT_SECONDS, {})

    def _link(
        self,
        tx: Transaction,
        path: str,
        purpose: Purpose,
        by: StepUp,
        person: str,
        seconds: float,
        about: dict[str, Any],
    ) -> str:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        store.lock(tx, person)
        store.add_link(tx, token, purpose, person, method=by, expires_at=tx.now + seconds, **about)
        return f"{self.public_url.rstrip('/')}{path}{token}"


def not_followed(policy: Policy, public_url: str, *, has: frozenset[StepUp]) -> NotFollowed | None:
    """The first rule that asks for a confirmation and lacks something for it.

    Args:
        has: by what this bot can have something confirmed.
    """
    asking: list[tuple[str | None, StepUp | None]] = [(r.name, r.step_up) for r in policy.rule]
    if policy.policy:
        asking.append((None, policy.policy.step_up))
    for rule, by in asking:
        if by is None:
            continue
        lacking = [] if public_url else ["IMAGE_BOT_PUBLIC_URL"]
        lacking += [] if by in has else [_SETTINGS[by]]
        if lacking:
            return NotFollowed(rule, tuple(lacking))
    return None
