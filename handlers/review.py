"""The buttons of a card: approve, take that back, deny (with a reason), cancel, close a review."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slack_bolt import App

from bot.domain.search import Asker
from bot.policy.review import Choice
from bot.requests import OpsRequests
from bot.views import modals
from handlers.failures import TellAtOnce
from handlers.identity import Body
from handlers.payloads import asker, click, field, form_metadata, submitted, trigger

Ack = Callable[..., Any]
OpenView = Callable[[Asker, str, dict[str, Any]], None]
"""Opens a modal by `trigger_id`, at once and in the background; a failure is told."""


def register(app: App, core: OpsRequests, open_view: OpenView, whisper: TellAtOnce) -> None:
    """Answer the buttons; `whisper` tells one person alone what is kept nowhere."""

    @app.action("approve")
    def approve(ack: Ack, body: Body) -> None:
        link = core.review(click(body), Choice.APPROVE)
        if link:
            whisper(asker(body), link)
        ack()

    @app.action("take_back")
    def take_back(ack: Ack, body: Body) -> None:
        core.take_vote_back(click(body))
        ack()

    @app.action("deny")
    def deny(ack: Ack, body: Body) -> None:
        clicked = click(body)
        if core.may_deny(clicked):
            form = modals.deny(clicked.request_id, form_metadata(clicked))
            open_view(asker(body), trigger(body), form)
        ack()

    @app.view(modals.DENY)
    def denied(ack: Ack, body: Body) -> None:
        core.review(submitted(body), Choice.DENY, field(body, "reason"))
        ack()

    @app.action("cancel")
    def cancel(ack: Ack, body: Body) -> None:
        core.cancel(click(body), by_button=True)
        ack()

    @app.action("close_review")
    def close_review(ack: Ack, body: Body) -> None:
        core.close_review(click(body))
        ack()
