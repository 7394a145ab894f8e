"""`doctor`, the identity provider: whether people could sign in there to confirm an approval."""

from __future__ import annotations

from collections.abc import Iterator

from bot.cli.findings import Finding, ok, wrong
from bot.config import Settings
from bot.errors import BotError
from bot.oidc.client import client_of

_CHECK = "identity provider"


def identity_provider(settings: Settings) -> Iterator[Finding]:
    """Whether its own description and its keys can be read, and do for step-up."""
    try:
        client = client_of(settings)
        if client is None:
            return
        client.provider()
        client.keys()
    except BotError as error:
        yield wrong(_CHECK, error.problem, error.help)
        return
    yield ok(_CHECK, f"{client.issuer}; browsers have to be sent back to {client.redirect_uri}")
