"""The buttons of the list of schedules, and a schedule's command as its owner types it."""

from __future__ import annotations

from slack_bolt import App

from bot.domain.places import Places
from bot.domain.search import Wanted
from bot.errors import CommandError
from bot.requests import Dependencies, RequestDraft
from bot.requests.schedule_control import (
    Change,
    ChangeSchedule,
    TurnSchedules,
    change_schedule,
    turn_schedules,
)
from handlers.commands.grammar import parse_with
from handlers.commands.model import Ask
from handlers.identity import Body
from handlers.payloads import button_value, sender
from handlers.review import Ack
from handlers.slash_command import draft_of, wanted_of


def register(app: App, deps: Dependencies) -> None:
    """Answer the buttons."""

    @app.action("run_schedule")
    def run(ack: Ack, body: Body) -> None:
        _change(deps, body, Change.RUN)
        ack()

    @app.action("pause_schedule")
    def pause(ack: Ack, body: Body) -> None:
        _change(deps, body, Change.PAUSE)
        ack()

    @app.action("resume_schedule")
    def resume(ack: Ack, body: Body) -> None:
        _change(deps, body, Change.RESUME)
        ack()

    @app.action("schedules_back")
    def back(ack: Ack, body: Body) -> None:
        turn_schedules(deps, TurnSchedules(sender(body), int(button_value(body))))
        ack()

    @app.action("schedules_on")
    def on(ack: Ack, body: Body) -> None:
        turn_schedules(deps, TurnSchedules(sender(body), int(button_value(body))))
        ack()


def _change(deps: Dependencies, body: Body, change: Change) -> None:
    change_schedule(deps, ChangeSchedule(sender(body), button_value(body), change))


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
