"""The buttons of the card of a changed policy."""

from __future__ import annotations

from slack_bolt import App

from bot.policy.review import Choice
from bot.requests import Dependencies
from bot.requests.policy_changes import VoteOnPolicy, vote_on_policy
from handlers.identity import Body
from handlers.payloads import button_value, sender
from handlers.review import Ack


def register(app: App, deps: Dependencies) -> None:
    """Answer the buttons."""

    @app.action("approve_policy")
    def approve(ack: Ack, body: Body) -> None:
        vote_on_policy(deps, VoteOnPolicy(sender(body), button_value(body), Choice.APPROVE))
        ack()

    @app.action("deny_policy")
    def deny(ack: Ack, body: Body) -> None:
        vote_on_policy(deps, VoteOnPolicy(sender(body), button_value(body), Choice.DENY))
        ack()
