"""The buttons of answers about images: other pages, one of several, convert, a plan, a repeat."""

from __future__ import annotations

from slack_bolt import App

from bot.domain.search import Search
from bot.operations.available import CONVERT, steps_of
from bot.requests import OpsRequests, RequestDraft
from bot.requests.looks import Looks
from handlers.identity import Body, delivery_key
from handlers.payloads import asker, button_value, click, image_click, pick, who
from handlers.review import Ack


def register(app: App, core: OpsRequests, looks: Looks) -> None:
    """Answer the buttons."""

    @app.action("page_back")
    def page_back(ack: Ack, body: Body) -> None:
        looks.look(asker(body), Search.from_button(button_value(body)), delivery_key(body))
        ack()

    @app.action("page_on")
    def page_on(ack: Ack, body: Body) -> None:
        looks.look(asker(body), Search.from_button(button_value(body)), delivery_key(body))
        ack()

    @app.action("pick")
    def picked(ack: Ack, body: Body) -> None:
        clicked, image_id = pick(body)
        core.choose(clicked, image_id)
        ack()

    @app.action("start_convert")
    def convert(ack: Ack, body: Body) -> None:
        clicked = who(body)
        steps = steps_of(CONVERT, image_click(body), ())
        draft = RequestDraft(clicked.person, clicked.channel, steps)
        core.open_by_click(draft, clicked)
        ack()

    @app.action("plan")
    def plan(ack: Ack, body: Body) -> None:
        core.plan(click(body))
        ack()

    @app.action("ask_yourself")
    def ask_yourself(ack: Ack, body: Body) -> None:
        core.ask_yourself(click(body))
        ack()

    @app.action("retry_failed")
    def retry_failed(ack: Ack, body: Body) -> None:
        core.retry_failed(click(body))
        ack()
