"""The buttons of answers about images: other pages, one of several, convert, a plan, a repeat."""

from __future__ import annotations

from slack_bolt import App

from bot.domain.search import Search
from bot.operations.available import CONVERT, steps_of
from bot.requests import Dependencies, RequestDraft, look_ups, repeating, submission
from bot.requests.look_ups import ChooseImage
from bot.requests.looks import Looks
from bot.requests.submission import OpenRequest
from handlers.identity import Body, delivery_key
from handlers.payloads import asker, button_value, click, image_click, pick, sender
from handlers.review import Ack


def register(app: App, deps: Dependencies, looks: Looks) -> None:
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
        look_up_id, image_id = pick(body)
        look_ups.choose_image(deps, ChooseImage(sender(body), look_up_id, image_id))
        ack()

    @app.action("start_convert")
    def convert(ack: Ack, body: Body) -> None:
        by = sender(body)
        steps = steps_of(CONVERT, image_click(body), ())
        draft = RequestDraft(by.person, by.asker.channel, steps)
        submission.open_by_click(deps, OpenRequest(by, draft))
        ack()

    @app.action("plan")
    def plan(ack: Ack, body: Body) -> None:
        repeating.plan(deps, click(body))
        ack()

    @app.action("ask_yourself")
    def ask_yourself(ack: Ack, body: Body) -> None:
        repeating.ask_yourself(deps, click(body))
        ack()

    @app.action("retry_failed")
    def retry_failed(ack: Ack, body: Body) -> None:
        repeating.retry_failed(deps, click(body))
        ack()
