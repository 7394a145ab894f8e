"""The buttons of the card of a changed policy."""

from __future__ import annotations

from slack_bolt import App

from bot.policy.review import Choice
from bot.requests import OpsRequests
from handlers.identity import Body
from handlers.payloads import button_value, who
from handlers.review import Ack


def register(app: App, core: OpsRequests) -> None:
    """Answer the buttons."""

    @app.action("approve_policy")
    def approve(ack: Ack, body: Body) -> None:
        core.review_policy(who(body), button_value(body), Choice.APPROVE)
        ack()

    @app.action("deny_policy")
    def deny(ack: Ack, body: Body) -> None:
        core.review_policy(who(body), button_value(body), Choice.DENY)
        ack()
