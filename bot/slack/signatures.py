"""Which signing secrets prove that a request comes from Slack: the present one, and the one before.

Slack makes a new secret at once, and what it sent just before is signed with the old one. Both are
taken while both are set, so that nothing is lost in between.
"""

from __future__ import annotations

import hmac
import logging

from slack_sdk.signature import SignatureVerifier

log = logging.getLogger(__name__)


class Signatures:
    """Checks signatures, each against every secret, and each of these in constant time.

    Args:
        present: the app's signing secret.
        old: the one before it; empty: there is none.
    """

    def __init__(self, present: str, old: str = "") -> None:
        self._present = SignatureVerifier(present)
        self._old = SignatureVerifier(old) if old else None
        self._told = False

    def replace(self, present: str) -> None:
        """From now on this is the app's secret; the one before counts only as the old one."""
        self._present = SignatureVerifier(present)

    def replace_old(self, old: str) -> None:
        """From now on this is the secret before; empty: none is taken but the app's."""
        self._old, self._told = SignatureVerifier(old) if old else None, False

    def is_valid(self, body: str, timestamp: str, signature: str) -> bool:
        """Whether one of the secrets signed this body, at a time that is not long past."""
        if not (timestamp + signature).isascii():
            return False  # which nobody can compare in constant time, and Slack does not send
        old = self._old
        by_present = self._present.is_valid(body, timestamp, signature)
        by_old = old is not None and old.is_valid(body, timestamp, signature)
        if by_old and not by_present and not self._told:
            self._told = True
            log.warning(
                "a request was signed with SLACK_SIGNING_SECRET_OLD: unset it once Slack signs"
                " with the new one"
            )
        return by_present or by_old

    def skew(self, body: str, timestamp: str, signature: str) -> float | None:
        """Seconds by which a request is behind our clock; None: it is not signed rightly."""
        if not (timestamp + signature).isascii():
            return None
        for verifier in filter(None, (self._present, self._old)):
            right = verifier.generate_signature(timestamp=timestamp, body=body)
            if right is not None and hmac.compare_digest(right, signature):
                return verifier.clock.now() - float(timestamp)
        return None
