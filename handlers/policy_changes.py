"""The buttons of the card of a changed policy."""

from __future__ import annotations

from slack_bolt import App

from bot.policy.review import Choice
from bot.requests import Dependencies
from bot.requests.outcomes import SaidOnce
from bot.requests.policy_changes import VoteOnPolicy, vote_on_policy
from bot.views.message import Message
from handlers.failures import TellAtOnce
from handlers.identity import Body
from handlers.payloads import asker, button_value, sender
from handlers.review import Ack


def register(app: App, deps: Dependencies, whisper: TellAtOnce) -> None:
    """Answer the buttons; `whisper` tells one person alone what is kept nowhere."""

    @app.action("approve_policy")
    def approve(ack: Ack, body: Body) -> None:
        by, proposal = sender(body), button_value(body)
        outcome = vote_on_policy(deps, VoteOnPolicy(by, proposal, Choice.APPROVE))
        if isinstance(outcome, SaidOnce):
            whisper(asker(body), Message(outcome.text))
        ack()

    @app.action("deny_policy")
    def deny(ack: Ack, body: Body) -> None:
        vote_on_policy(deps, VoteOnPolicy(sender(body), button_value(body), Choice.DENY))
        ack()
