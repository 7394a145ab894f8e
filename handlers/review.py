"""The buttons of a card: approve, take that back, deny (with a reason), cancel, close a review."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slack_bolt import App

from bot.domain.search import Asker
from bot.requests import Dependencies, approval, cancelling
from bot.requests.approval import Deny
from bot.requests.cancelling import Cancel
from bot.requests.outcomes import Done, SaidOnce
from bot.views import modals
from bot.views.message import Message
from handlers.failures import TellAtOnce
from handlers.identity import Body
from handlers.payloads import asker, click, field, form_metadata, submitted, trigger

Ack = Callable[..., Any]
OpenView = Callable[[Asker, str, dict[str, Any]], None]
"""Opens a modal by `trigger_id`, at once and in the background; a failure is told."""


def register(app: App, deps: Dependencies, open_view: OpenView, whisper: TellAtOnce) -> None:
    """Answer the buttons; `whisper` tells one person alone what is kept nowhere."""

    @app.action("approve")
    def approve(ack: Ack, body: Body) -> None:
        outcome = approval.approve(deps, click(body))
        if isinstance(outcome, SaidOnce):
            whisper(asker(body), Message(outcome.text))
        ack()

    @app.action("take_back")
    def take_back(ack: Ack, body: Body) -> None:
        approval.take_vote_back(deps, click(body))
        ack()

    @app.action("deny")
    def deny(ack: Ack, body: Body) -> None:
        clicked = click(body)
        if isinstance(approval.ask_to_deny(deps, clicked), Done):
            form = modals.deny(clicked.request_id, form_metadata(clicked))
            open_view(asker(body), trigger(body), form)
        ack()

    @app.view(modals.DENY)
    def denied(ack: Ack, body: Body) -> None:
        approval.deny(deps, Deny(submitted(body), field(body, "reason")))
        ack()

    @app.action("cancel")
    def cancel(ack: Ack, body: Body) -> None:
        cancelling.cancel(deps, Cancel(click(body), by_button=True))
        ack()

    @app.action("close_review")
    def close_review(ack: Ack, body: Body) -> None:
        approval.close_review(deps, click(body))
        ack()
