"""The buttons of the list of schedules, and a schedule's command as its owner types it."""

from __future__ import annotations

from slack_bolt import App

from bot.domain.places import Places
from bot.domain.search import Wanted
from bot.errors import CommandError
from bot.requests import OpsRequests, RequestDraft
from handlers.commands.grammar import parse_with
from handlers.commands.model import Ask
from handlers.identity import Body
from handlers.payloads import button_value, who
from handlers.review import Ack
from handlers.slash_command import draft_of, wanted_of


def register(app: App, core: OpsRequests) -> None:
    """Answer the buttons."""

    @app.action("run_schedule")
    def run(ack: Ack, body: Body) -> None:
        core.change_schedule(who(body), button_value(body), "run")
        ack()

    @app.action("pause_schedule")
    def pause(ack: Ack, body: Body) -> None:
        core.change_schedule(who(body), button_value(body), "pause")
        ack()

    @app.action("resume_schedule")
    def resume(ack: Ack, body: Body) -> None:
        core.change_schedule(who(body), button_value(body), "resume")
        ack()

    @app.action("schedules_back")
    def back(ack: Ack, body: Body) -> None:
        core.turn_schedules(who(body), int(button_value(body)))
        ack()

    @app.action("schedules_on")
    def on(ack: Ack, body: Body) -> None:
        core.turn_schedules(who(body), int(button_value(body)))
        ack()


def read_scheduled(text: str, owner: str, channel: str, places: Places) -> Wanted | RequestDraft:
    """What a schedule's command asks for, by what is known of regions.

    Raises:
        CommandError: it cannot be understood, or asks for nothing.
    """
    command = parse_with(text, places)
    wanted = wanted_of(command)
    if wanted is not None:
        return wanted
    if not isinstance(command, Ask):
        raise CommandError("This changes nothing, so there is nothing to run.")
    return draft_of(command, {"user_id": owner, "channel_id": channel})
