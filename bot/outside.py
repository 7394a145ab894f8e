"""Slack and DigitalOcean as this process calls them, and what watches the calls."""

from __future__ import annotations

import logging

from slack_sdk import WebClient

from bot.config import Settings
from bot.digitalocean import Call, Client
from bot.digitalocean.call_budget import RateLimitBudget
from bot.digitalocean.catalogue import Catalogue
from bot.observability.metrics import Metrics
from bot.observability.token_health import TokenHealth
from bot.observability.tracing import Tracing
from bot.slack.command_name import NamedCommandClient
from bot.slack.signatures import Signatures
from bot.slack.web_api import CALL_SECONDS, Slack
from bot.store import call_budget
from bot.store.transaction import Clock

log = logging.getLogger(__name__)


class Outside:
    """The clients of both services.

    Attributes:
        client: of DigitalOcean, with the token in use.
        slack: with the bot token in use.
        catalogue: the account's images; it asks nobody where there is no token.
        calls: what the token has left.
        budget_key: names the token in the database, and does not tell it.
        token_health: what DigitalOcean said of the token.
        signatures: by which Slack's calls are known; None: it sends none over HTTP.
    """

    def __init__(
        self, settings: Settings, clock: Clock, metrics: Metrics, tracing: Tracing
    ) -> None:
        token = settings.digitalocean_token.get_secret_value()
        self._settings, self._metrics, self._tracing = settings, metrics, tracing
        self.calls = RateLimitBudget(clock)
        self.token_health = TokenHealth()
        self.client = Client(
            token,
            endpoint=settings.digitalocean_api_url,
            timeout=settings.http_seconds,
            observe=self._called,
            hold=self.calls.hold,
        )
        self.catalogue = Catalogue(self.client if token else None)
        self.budget_key = call_budget.key_of(token)
        self.slack = self.slack_by(settings.slack_bot_token.get_secret_value())
        self.signatures = _signatures_taken(settings)

    def slack_by(self, token: str) -> Slack:
        """Slack with another bot token."""
        return Slack(self.web_client(token), self._settings.command)

    def digitalocean_by(self, token: str) -> Client:
        """DigitalOcean with another token, for one try."""
        settings = self._settings
        return Client(token, endpoint=settings.digitalocean_api_url, timeout=settings.http_seconds)

    def web_client(self, token: str | None) -> WebClient:
        """A client of slack_sdk's; None: without a token."""
        return NamedCommandClient(
            self._settings.command,
            token=token,
            base_url=self._settings.slack_api_url,
            timeout=CALL_SECONDS,
            retry_handlers=[self._metrics.slack_retries],
        )

    def _called(self, call: Call) -> None:
        """One HTTP attempt at DigitalOcean, told by the client in the thread that made it."""
        self.calls.observe(call)
        self.token_health.observe(call)
        self._metrics.called(call)
        self._tracing.called(call)
        level = logging.INFO if call.method == "POST" else logging.DEBUG
        facts = {"request_id": call.request_id or "-", "seconds": round(call.seconds, 3)}
        status = call.status or "no answer"
        log.log(level, "%s %s: %s", call.method, call.path, status, extra={"facts": facts})


def _signatures_taken(settings: Settings) -> Signatures | None:
    present, old = settings.slack_signing_secret, settings.slack_signing_secret_old
    if present is None:
        return None
    return Signatures(present.get_secret_value(), old.get_secret_value() if old else "")
