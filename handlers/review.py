"""The buttons of a card: approve, deny (with a reason), cancel, close the review."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slack_bolt import App

from bot.policy.review import Choice
from bot.requests import OpsRequests
from bot.views import modals
from handlers.identity import Body
from handlers.payloads import click, field, form_metadata, submitted, trigger

Ack = Callable[..., Any]
OpenView = Callable[[str, dict[str, Any]], None]
"""Opens a modal by `trigger_id`, at once and in the background."""


def register(app: App, core: OpsRequests, open_view: OpenView) -> None:
    """Answer the buttons."""

    @app.action("approve")
    def approve(ack: Ack, body: Body) -> None:
        core.review(click(body), Choice.APPROVE)
        ack()

    @app.action("deny")
    def deny(ack: Ack, body: Body) -> None:
        clicked = click(body)
        if core.may_deny(clicked):
            open_view(trigger(body), modals.deny(clicked.request_id, form_metadata(clicked)))
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
