"""An identity provider's own description of itself (OpenID Connect Discovery 1.0), checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.config import LOOPBACK
from bot.errors import BotError
from bot.oidc.id_token import ALGORITHMS

PATH = "/.well-known/openid-configuration"
_BASIC, _POST = "client_secret_basic", "client_secret_post"


class ProviderTrouble(BotError):
    """The identity provider cannot be asked, or is none that this bot can work with."""


@dataclass(frozen=True)
class Provider:
    """Where an identity provider is asked for what.

    Attributes:
        sends_secret_in_form: how the token endpoint takes the client's secret; False: HTTP Basic.
        names_itself: it puts `iss` into each answer (RFC 9207).
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    sends_secret_in_form: bool
    names_itself: bool


def provider_of(document: Any, issuer: str) -> Provider:
    """A provider out of its discovery document.

    Raises:
        ProviderTrouble: it is another one's, or lacks what step-up needs.
    """
    if not isinstance(document, Mapping):
        raise _trouble("its discovery document is no JSON object")
    if document.get("issuer") != issuer:
        raise _trouble(
            "its discovery document names another issuer",
            "Write IMAGE_BOT_OIDC_ISSUER exactly as the document has it, a slash at its end too.",
        )
    if "code" not in _listed(document, "response_types_supported", "code"):
        raise _trouble("it offers no authorization code flow")
    if "S256" not in _listed(document, "code_challenge_methods_supported", "S256"):
        raise _trouble("it offers no PKCE with S256")
    if not set(ALGORITHMS) & set(_listed(document, "id_token_signing_alg_values_supported")):
        raise _trouble("it signs identity tokens by no public key that this bot takes")
    ways = _listed(document, "token_endpoint_auth_methods_supported", _BASIC)
    if not {_BASIC, _POST} & set(ways):
        raise _trouble("it takes no client secret")
    return Provider(
        issuer,
        _address(document, "authorization_endpoint"),
        _address(document, "token_endpoint"),
        _address(document, "jwks_uri"),
        _BASIC not in ways,
        document.get("authorization_response_iss_parameter_supported") is True,
    )


def _listed(document: Mapping[str, Any], key: str, *default: str) -> list[Any]:
    found = document.get(key, list(default))
    return found if isinstance(found, list) else []


def _address(document: Mapping[str, Any], key: str) -> str:
    found = document.get(key)
    try:
        parts = urlsplit(found) if isinstance(found, str) else urlsplit("")
    except ValueError:
        parts = urlsplit("")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not isinstance(found, str) or not parts.hostname or not is_safe:
        raise _trouble(f"its {key} is no https address")
    return found


def _trouble(what: str, fix: str = "") -> ProviderTrouble:
    return ProviderTrouble(
        f"The identity provider cannot be used: {what}.",
        fix or "Look at IMAGE_BOT_OIDC_ISSUER, and at the provider's settings.",
    )
