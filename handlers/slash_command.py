"""`/image …`: parse, one use case, ack. No network call, one durable write."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from slack_bolt import App

from bot.domain.coverage import Coverage
from bot.domain.looked_up import LookedUp
from bot.domain.search import By, Named, Search, Trial, Wanted
from bot.operations.registry import steps_for
from bot.requests import Click, Dependencies, RequestDraft, Sender, preferences, query
from bot.requests.cancelling import Cancel, cancel
from bot.requests.enrolling import link_to_enrol
from bot.requests.form import Forms
from bot.requests.look_ups import Look, look
from bot.requests.looks import Looks
from bot.requests.outcomes import Done, Outcome
from bot.requests.preferences import SetNotify
from bot.requests.schedule_control import list_schedules
from bot.requests.submission import OpenRequest, open_request
from bot.requests.telling import Tell, tell_once
from bot.views import offers, step_up
from bot.views.form import Place
from bot.views.message import Message
from handlers.commands import model
from handlers.commands.grammar import parse_with
from handlers.commands.help import NAMES, help_text, regions_text
from handlers.commands.latest import LatestImage
from handlers.commands.values import ImageName
from handlers.failures import TellAtOnce
from handlers.identity import Body, delivery_key
from handlers.payloads import asker, button_value, sender

_ITS_NAME = re.compile(r"^\s*/([a-z0-9_-]+)(?:\s+|$)", re.IGNORECASE)
"""The command's name under whatever name the app has; `/transfer …` is the subcommand."""


_SUBCOMMANDS = frozenset(name.split()[0] for name in NAMES)


def register(
    app: App,
    deps: Dependencies,
    forms: Forms,
    looks: Looks,
    tell_at_once: TellAtOnce,
    command: str,
) -> None:
    """Answer the slash command, under its name, and the button of an answer."""

    @app.command(command)
    def image(ack: Callable[..., Any], body: Body) -> None:
        if str(body.get("text") or "").strip():
            drawn = answer(body, deps, looks)
        else:
            forms.open(
                asker(body),
                str(body.get("trigger_id") or ""),
                Place(body["channel_id"], body.get("response_url") or ""),
            )
            drawn = offers.help_with_form(help_text(None))
        ack(text=drawn.text, blocks=drawn.blocks or None, response_type="ephemeral")

    @app.action("explain_details")
    def details(ack: Callable[..., Any], body: Body) -> None:
        asked = asker(body)
        command = _parsed(button_value(body), deps)
        if isinstance(command, model.Explain):
            place = {"user_id": asked.person, "channel_id": asked.channel or asked.person}
            draft = draft_of(command.command, place)
            tell_at_once(asked, Message(query.explain(deps, draft, details=True)))
        ack()

    @app.action("run_this")
    def run_this(ack: Callable[..., Any], body: Body) -> None:
        asked = asker(body)
        typed = {
            **body,
            "text": button_value(body),
            "user_id": asked.person,
            "channel_id": asked.channel or asked.person,
        }
        told = answer(typed, deps)
        by = Sender(f"{delivery_key(body)}:told", asked)
        tell_once(deps, Tell(by, told, in_its_place=True))
        ack()


def _unnamed(text: str) -> str:
    """The text without the command's name, where somebody typed or pasted it as well."""
    named = _ITS_NAME.match(text)
    return text[named.end() :] if named and named[1].lower() not in _SUBCOMMANDS else text


def answer(
    body: Body,
    deps: Dependencies,
    looks: Looks | None = None,
    here: model.ThreadContext | None = None,
) -> Message:
    """The answer to one command, which only its sender sees.

    Args:
        looks: None: looks at images are queued as well.
        here: what the thread is about, where it was written in one.

    Raises:
        bot.errors.CommandError: it cannot be understood; nothing was changed.
        bot.errors.StoreUnavailable: it could not be taken.
    """
    text = _unnamed(str(body.get("text") or ""))
    command = _parsed(text, deps, here)
    if isinstance(command, model.Status) and command.image is None:
        return query.status(deps, asker(body), command.subject, command.wanted, command.whose)
    if isinstance(command, model.Schedules):
        return list_schedules(deps, asker(body))
    if isinstance(command, model.SecondFactor):
        if looks is None:  # what answers by the queue is kept until it is sent
            return Message(step_up.as_a_command())
        return _said(link_to_enrol(deps, sender(body)))
    if command == model.Help():
        return offers.help_with_form(help_text(None))
    if isinstance(command, model.Explain) and not command.command.named:
        if command.dry_run:  # one answer, once its images were looked at
            return Message(look(deps, Look(sender(body), _trial(command.command))))
        return offers.explained(query.explain(deps, draft_of(command.command, body)), text)
    return Message(_in_words(command, body, deps, looks))


def _parsed(
    text: str, deps: Dependencies, here: model.ThreadContext | None = None
) -> model.Command:
    return parse_with(text, query.places(deps), here)


def _in_words(command: model.Command, body: Body, deps: Dependencies, looks: Looks | None) -> str:
    wanted = wanted_of(command)
    if looks is not None and isinstance(wanted, Search):
        return looks.look(asker(body), wanted, delivery_key(body))
    if wanted is not None:
        return look(deps, Look(sender(body), wanted))
    match command:
        case model.Ask():
            return open_request(deps, OpenRequest(sender(body), draft_of(command, body)))
        case model.Cancel(request_id):
            click = Click(delivery_key(body), str(body["user_id"]), request_id)
            return cancel(deps, Cancel(click, by_button=False))
        case model.Notify(choice):
            return preferences.set_notify(deps, SetNotify(sender(body), choice))
        case _:
            return _from_memory(command, body, deps)


def _said(outcome: Outcome) -> Message:
    return Message("" if isinstance(outcome, Done) else outcome.text)


def _from_memory(command: model.Command, body: Body, deps: Dependencies) -> str:
    match command:
        case model.History(image):
            return query.history(deps, asker(body), image if isinstance(image, int) else None)
        case model.Rules():
            return query.rules(deps)
        case model.Regions():
            return regions_text(query.regions(deps) or None, query.places(deps).sets)
        case model.Help(topic):
            return help_text(topic)
        case _:
            raise AssertionError(f"nothing answers {type(command).__name__}")


def wanted_of(command: model.Command) -> Wanted | None:
    """What must be looked up before the command can be answered, if anything."""
    match command:
        case LookedUp() | Coverage():
            return command
        case model.List(text, type_, region, tag, page):
            return Search(
                text=text, type=type_ or "", region=region or "", tag=tag or "", page=page
            )
        case model.Show(image):
            return Search(image_id=image) if isinstance(image, int) else _named(image, "show")
        case model.Status(image=image) if image is not None:
            return _named(image, "status")
        case model.History(image) if image is not None and not isinstance(image, int):
            return _named(image, "history")
        case model.Explain(asked) if asked.named:
            return _named(asked.named, "dry-run" if command.dry_run else "explain", asked)
        case model.Ask() if command.named:
            return _named(command.named, "open", command)
    return None


def _named(image: ImageName | LatestImage, purpose: str, asked: model.Ask | None = None) -> Named:
    name, by = str(image), By.NAME
    if isinstance(image, LatestImage):
        name, by = image.text, By.LATEST_OF if image.of_droplet else By.LATEST
    if asked is None:
        return Named(name, purpose, by=by)
    glass = asked.break_glass or ""
    others = (each for each in asked.images if each != image)
    also = tuple(each if isinstance(each, int) else str(each) for each in others)
    return Named(name, purpose, asked.operation, asked.params, asked.reason, glass, by, also)


def _trial(asked: model.Ask) -> Trial:
    glass = asked.break_glass or ""
    return Trial(asked.operation, asked.numbers, asked.params, asked.reason, glass)


def draft_of(asked: model.Ask, body: Body) -> RequestDraft:
    """A parsed command that numbers its images, as the use cases take it."""
    return RequestDraft(
        requester=str(body["user_id"]),
        channel=str(body["channel_id"]),
        steps=steps_for(asked.operation, asked.numbers, asked.params),
        reason=asked.reason,
        break_glass=asked.break_glass or "",
    )
