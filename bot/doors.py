"""The ways in: Bolt with its handlers, the web server, Socket Mode. Wired here, opened by `app`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

import handlers
from bot.config import Settings
from bot.domain.search import Asker
from bot.observability.metrics import Metrics
from bot.observability.tracing import Tracing
from bot.queue.acks import Acks, Seats
from bot.requests import Dependencies
from bot.requests.after_ack import AfterAck
from bot.requests.channels import Channels
from bot.requests.form import Forms
from bot.requests.looks import Looks
from bot.requests.membership import Membership
from bot.role import Role
from bot.slack.bolt_app import bolt_app
from bot.slack.rate_limit import PerPerson
from bot.slack.signatures import Signatures
from bot.slack.socket_mode import Health, SocketMode
from bot.slack.web_api import Slack
from bot.slack.web_server import WebServer, site
from bot.store.database import is_sqlite
from handlers import middleware
from handlers.payload_schema import ack_of_dropped, is_known
from handlers.payloads import asker

log = logging.getLogger(__name__)

_CLICKS_A_COMMAND = 5
"""Clicks and letters in a menu that a person may send for each command they may type."""


class Doors:
    """What a role takes in: from Slack, and at the port for looks at the process.

    Args:
        web_client: a client of slack_sdk's with a token; None: with none yet.
        signatures: None: Slack signs nothing, as it sends nothing over HTTP.
        not_ready, problems: what `/readyz` says, by part.
    """

    def __init__(
        self,
        settings: Settings,
        role: Role,
        deps: Dependencies,
        after_ack: AfterAck,
        forms: Forms,
        looks: Looks,
        *,
        slack: Slack,
        web_client: Callable[[str | None], WebClient],
        membership: Membership,
        signatures: Signatures | None,
        acks: Acks,
        tracing: Tracing,
        metrics: Metrics,
        not_ready: Callable[[], Mapping[str, str]],
        problems: Callable[[], Mapping[str, str]],
    ) -> None:
        self._settings = settings
        self._role = role
        self._deps = deps
        self._after_ack = after_ack
        self._forms = forms
        self._looks = looks
        self._slack = slack
        self._web_client = web_client
        self._membership = membership
        self._signatures = signatures
        self._acks = acks
        self._tracing = tracing
        self._metrics = metrics
        self._not_ready = not_ready
        self._problems = problems
        self._bolt = self._bolt_app()
        self._web = self._web_server()
        self._socket = self._socket_mode() if role is not Role.WORKER else None

    @property
    def port(self) -> int:
        """The port that the web server listens on; 0: this role has none."""
        return self._web.port if self._web else 0

    def open(self) -> None:
        """Take in what comes from now on."""
        if self._web is not None:
            self._web.start()
            log.info("listening on http://%s:%s", self._settings.host, self.port)
        if self._socket is not None:
            self._socket.start()

    def close(self) -> None:
        """Take in nothing more; what was taken is answered."""
        if self._socket is not None:
            self._socket.stop()
        if self._web is not None:
            self._web.stop()

    def socket_health(self) -> Health | None:
        """How Socket Mode stands; None: it is not used."""
        return self._socket.health() if self._socket is not None else None

    def _bolt_app(self) -> App:
        settings = self._settings
        seat = Seats().taken if is_sqlite(settings.database_url) else nullcontext
        bolt = bolt_app(
            lambda: self._slack.token,
            self._web_client(None),
            middleware.answering(self._tracing.span, self._acks, seat),
            settings.command,
        )
        middleware.register(
            bolt,
            PerPerson(settings.commands_per_minute),
            PerPerson(_CLICKS_A_COMMAND * settings.commands_per_minute),
            self._metrics.took,
            self._membership,
            Channels(self._deps.store).note,
            self._after_ack.tell,
        )
        handlers.register(
            bolt,
            self._deps,
            self._forms,
            self._looks,
            self._open_view,
            self._after_ack.tell,
            self._after_ack.whisper,
            self._deps.store.clock,
            settings.command,
        )
        return bolt

    def _open_view(self, asker: Asker, trigger_id: str, view: dict[str, Any]) -> None:
        self._after_ack.run(asker, lambda: self._slack.open_view(trigger_id, view))

    def _web_server(self) -> WebServer | None:
        settings, signed = self._settings, self._signatures
        port: int | None = settings.port
        if self._role is Role.WORKER:
            port, signed = settings.worker_port, None
        if port is None:
            return None
        pages = None
        if settings.step_ups and self._role is not Role.WORKER:
            pages = handlers.Pages(self._deps, settings.public_url)
        application = site(
            self._bolt, signed, is_known, self._not_ready, self._metrics, self._problems, pages
        )
        return WebServer(application, settings.host, port)

    def _socket_mode(self) -> SocketMode | None:
        token = self._settings.slack_app_token
        if token is None:
            return None
        client = self._web_client(token.get_secret_value())
        return SocketMode(
            self._bolt,
            client,
            self._metrics.acked,
            is_known,
            lambda body, rest: self._after_ack.tell(asker(body), rest),
            ack_of_dropped,
        )
