"""What people do in Slack, one surface a file. A handler parses, calls one use case, acks."""

from __future__ import annotations

from collections.abc import Callable

from slack_bolt import App

from bot.requests import Dependencies
from bot.requests.form import Forms
from bot.requests.looks import Looks
from handlers import (
    failures,
    form,
    home,
    images,
    mention,
    policy_changes,
    recovery,
    review,
    schedules,
    slash_command,
)
from handlers.commands.scheduled import check_scheduled
from handlers.failures import TellAtOnce
from handlers.pages import Pages
from handlers.review import OpenView
from handlers.schedules import read_scheduled

__all__ = ["Pages", "check_scheduled", "read_scheduled", "register"]


def register(
    app: App,
    deps: Dependencies,
    forms: Forms,
    looks: Looks,
    open_view: OpenView,
    tell_at_once: TellAtOnce,
    whisper: TellAtOnce,
    clock: Callable[[], float],
    command: str,
) -> None:
    """Put every listener on the Bolt app.

    Args:
        whisper: tells one person alone what is kept nowhere.
        clock: gives epoch seconds.
        command: the slash command's name.
    """
    # Bolt asks one listener after the other: those that people wait for most come first.
    slash_command.register(app, deps, forms, looks, tell_at_once, command)
    review.register(app, deps, open_view, whisper)
    images.register(app, deps, looks)
    form.register(app, deps, forms)
    mention.register(app, deps, clock)
    home.register(app, deps)
    recovery.register(app, deps, open_view, whisper)
    schedules.register(app, deps)
    policy_changes.register(app, deps, whisper)
    failures.register(app, tell_at_once)
