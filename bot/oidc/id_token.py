"""What an identity token says, once it is known to be the provider's, for us, and of this sign-in.

`joserfc` checks the signature and the registered claims; the checks of OpenID Connect Core 1.0,
section 3.1.3.7, that need more than one claim are here. No network, no clock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.domain.sign_in import Identity
from bot.domain.step_up import Refusal

if TYPE_CHECKING:  # it is loaded only where an issuer is set
    from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519")
"""By public keys alone: never `none`, nor the client's secret, which others know too."""
LEEWAY_SECONDS = 15
"""By how much the provider's clock and ours may differ."""
_LONGEST = 255
"""Characters of a subject (OpenID Connect Core, section 2)."""


@dataclass(frozen=True)
class Expected:
    """What an identity token has to say to be taken.

    Attributes:
        nonce: of this sign-in.
        since: the earliest time of signing in, in epoch seconds.
        person_claim: the claim that holds the Slack user id.
        acr: one of these has to be the token's `acr`; empty: any will do.
    """

    issuer: str
    client_id: str
    nonce: str
    since: float
    person_claim: str
    acr: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unproven:
    """That a token proves nothing, and why, for the audit log: never a value out of it."""

    why: Refusal
    detail: str = ""


def identity_in(token: str, keys: KeySet, expected: Expected, now: float) -> Identity | Unproven:
    """Who signed in, by a token whose every claim was checked; or what is wrong with it.

    Raises:
        joserfc.errors.InvalidKeyIdError: it names a key that is not among these.
    """
    from joserfc import jwt
    from joserfc.errors import InvalidKeyIdError, JoseError

    try:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        _registry(expected, now).validate(claims)
    except InvalidKeyIdError:
        raise
    except JoseError as error:
        return Unproven(Refusal.NOT_SIGNED_IN, f"the identity token: {_named(error)}")
    except (ValueError, TypeError, RecursionError) as error:
        return Unproven(Refusal.NOT_SIGNED_IN, f"the identity token: {type(error).__name__}")
    return _wrong(claims, expected, now) or _identity(claims, expected)


def _named(error: Any) -> str:
    claim = getattr(error, "claim", "")
    return f"{error.error} {claim}".strip()


def _registry(expected: Expected, now: float) -> Any:
    from joserfc.jwt import JWTClaimsRegistry

    return JWTClaimsRegistry(
        now=int(now),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        nonce={"essential": True, "value": expected.nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        auth_time={"essential": True},
    )


def _wrong(claims: Mapping[str, Any], expected: Expected, now: float) -> Unproven | None:
    if not isinstance(claims["nonce"], str) or len(claims["sub"]) > _LONGEST:
        return Unproven(Refusal.NOT_SIGNED_IN, "the identity token: nonce or sub")
    azp = claims.get("azp")
    audience = claims["aud"]
    is_alone = audience in (expected.client_id, [expected.client_id])
    if azp != expected.client_id and (azp is not None or not is_alone):
        return Unproven(Refusal.NOT_SIGNED_IN, "the identity token: azp")
    at = claims["auth_time"]
    if isinstance(at, bool) or not isinstance(at, int | float) or not math.isfinite(at):
        return Unproven(Refusal.OLD_SIGN_IN, "the identity token: auth_time")
    if at < expected.since - LEEWAY_SECONDS:
        return Unproven(Refusal.OLD_SIGN_IN, f"signed in {int(expected.since - at)} s before")
    if at > now + LEEWAY_SECONDS:
        return Unproven(Refusal.OLD_SIGN_IN, f"signed in {int(at - now)} s from now")
    if expected.acr and claims.get("acr") not in expected.acr:
        return Unproven(Refusal.WEAK_SIGN_IN, "the identity token: acr")
    return None


def _identity(claims: Mapping[str, Any], expected: Expected) -> Identity:
    person = claims.get(expected.person_claim)
    told: dict[str, Any] = {"issuer": expected.issuer, "auth_time": int(claims["auth_time"])}
    amr, acr = claims.get("amr"), claims.get("acr")
    if isinstance(amr, list):
        told["amr"] = [str(each)[:_LONGEST] for each in amr[:20]]
    if isinstance(acr, str):
        told["acr"] = acr[:_LONGEST]
    named = person if isinstance(person, str) else ""
    return Identity(claims["sub"], named[:_LONGEST], float(claims["auth_time"]), told)
