"""The buttons of a step whose end nobody knows: it is this one, post again, close it."""

from __future__ import annotations

from slack_bolt import App

from bot.requests import Dependencies, recovery, resending
from bot.requests.outcomes import SaidOnce
from bot.requests.recovery import Adopt
from bot.views import modals
from bot.views.message import Message
from handlers.failures import TellAtOnce
from handlers.identity import Body
from handlers.payloads import asker, click, field, form_metadata, submitted, trigger
from handlers.review import Ack, OpenView


def register(app: App, deps: Dependencies, open_view: OpenView, whisper: TellAtOnce) -> None:
    """Answer the buttons; `whisper` tells one person alone what is kept nowhere."""

    @app.action("adopt")
    def adopt(ack: Ack, body: Body) -> None:
        clicked = click(body)
        seen = recovery.candidates(deps, clicked)
        if len(seen) > 1:
            form = modals.adopt(clicked.request_id, seen, form_metadata(clicked))
            open_view(asker(body), trigger(body), form)
        else:
            recovery.adopt(deps, Adopt(clicked))
        ack()

    @app.view(modals.ADOPT)
    def adopted(ack: Ack, body: Body) -> None:
        recovery.adopt(deps, Adopt(submitted(body), int(field(body, "action"))))
        ack()

    @app.action("post_again")
    def post_again(ack: Ack, body: Body) -> None:
        outcome = resending.post_again(deps, click(body))
        if isinstance(outcome, SaidOnce):
            whisper(asker(body), Message(outcome.text))
        ack()

    @app.action("stop_following")
    def stop_following(ack: Ack, body: Body) -> None:
        recovery.stop_following(deps, click(body))
        ack()

    @app.action("give_up")
    def give_up(ack: Ack, body: Body) -> None:
        recovery.give_up(deps, click(body))
        ack()
