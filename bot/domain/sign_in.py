"""One sign-in at an identity provider (OpenID Connect, authorization code with PKCE). Pure."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, repr=False)
class SignIn:
    """What binds a sign-in to one browser: all of it follows from a secret that only that one has.

    So nothing that the identity provider sends back is of use in another browser, and the database
    holds nothing that is.

    Attributes:
        secret: 32 random bytes or more, in ASCII, kept in the browser's cookie.
    """

    secret: str

    @property
    def state(self) -> str:
        """By what the answer finds its sign-in; another browser's cookie gives another one."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What the identity token has to repeat."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """PKCE's code verifier (RFC 7636)."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """PKCE's code challenge of method S256."""
        return _base64url(hashlib.sha256(self.verifier.encode()).digest())

    def _derived(self, what: str) -> str:
        return _base64url(hmac.digest(self.secret.encode(), what.encode(), "sha256"))


@dataclass(frozen=True)
class SignInAnswer:
    """What the identity provider sent the browser back with; empty: it did not say.

    Attributes:
        code: to be exchanged for an identity token, once.
        error: why there is no code, as a word of OAuth's.
        issuer: who answers (RFC 9207).
    """

    state: str
    code: str = ""
    error: str = ""
    issuer: str = ""


@dataclass(frozen=True)
class Identity:
    """Who signed in.

    Attributes:
        subject: who they are to the identity provider.
        person: the Slack user that the provider says they are; empty: it does not.
        auth_time: when they showed who they are, in epoch seconds.
        told: what the audit log keeps of how.
    """

    subject: str
    person: str
    auth_time: float
    told: Mapping[str, Any]


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
