"""App Home: opened, and the choices made in it."""

from __future__ import annotations

from slack_bolt import App

from bot.domain.direct_messages import DirectMessages
from bot.requests import Dependencies, preferences
from bot.requests.preferences import SetNotify
from handlers.identity import Body
from handlers.payloads import sender
from handlers.review import Ack


def register(app: App, deps: Dependencies) -> None:
    """Answer what happens in App Home."""

    @app.event("app_home_opened")
    def opened(ack: Ack, body: Body) -> None:
        event = body["event"]
        if event.get("tab", "home") == "home":
            preferences.home_opened(deps, sender(body))
        ack()

    @app.action("notify")
    def notify(ack: Ack, body: Body) -> None:
        option = body["actions"][0].get("selected_option") or {}
        if option.get("value") in set(DirectMessages):
            choice = DirectMessages(option["value"])
            preferences.set_notify(deps, SetNotify(sender(body), choice))
        ack()

    @app.action("open_card")
    def open_card(ack: Ack, body: Body) -> None:
        ack()  # a link: Slack tells of the click and opens it by itself
