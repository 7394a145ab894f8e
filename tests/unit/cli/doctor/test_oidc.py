"""`doctor`, the identity provider: planted faults."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from identity_provider import IdentityProvider
from unit.cli.doctor.patient import Examine, Patient, Planted, is_found

PUBLIC = "https://bot.example.com"


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with IdentityProvider(time.time) as running:
        yield running


def described(**changes: object) -> Callable[[IdentityProvider], None]:
    return lambda provider: provider.description.update(changes)


def _goes_down(provider: IdentityProvider) -> None:
    provider.is_down = True


def _publishes_no_key(provider: IdentityProvider) -> None:
    provider.keys = lambda: {"keys": []}  # type: ignore[method-assign]


FAULTS: dict[str, tuple[Callable[[IdentityProvider], None], str]] = {
    "it is away": (_goes_down, "answered 503"),
    "it is another one": (described(issuer="https://idp.example.com"), "another issuer"),
    "no code flow": (described(response_types_supported=["id_token"]), "no authorization code"),
    "no PKCE": (described(code_challenge_methods_supported=["plain"]), "no PKCE"),
    "it signs with secrets": (
        described(id_token_signing_alg_values_supported=["HS256", "none"]),
        "by no public key",
    ),
    "no secret": (described(token_endpoint_auth_methods_supported=["none"]), "no client secret"),
    "a secret in the clear": (
        described(token_endpoint="http://idp.example.com/token"),
        "token_endpoint is no https address",
    ),
    "no address": (described(authorization_endpoint=None), "authorization_endpoint is no https"),
    "no keys": (_publishes_no_key, "keys cannot be read"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_with_its_mend(
    patient: Patient, examine: Examine, provider: IdentityProvider, name: str
) -> None:
    plant, said = FAULTS[name]
    plant(provider)
    fault: Planted = (lambda p: p.set(**provider.settings(PUBLIC)), "identity provider", said, "")
    is_found(patient, examine, fault)


def test_a_provider_that_does_is_told_with_where_browsers_come_back_to(
    patient: Patient, examine: Examine, provider: IdentityProvider
) -> None:
    patient.set(**provider.settings(PUBLIC))
    (found,) = [each for each in examine()[1] if each["check"] == "identity provider"]
    assert found["verdict"] == "ok"
    assert f"{PUBLIC}/signed-in" in found["said"]
