"""`/image …`: parse, one call into the core, ack. No network call, one durable write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slack_bolt import App

from bot.messages import answers
from bot.ops_requests import Click, OpsRequests, Wish
from bot.search import Search
from handlers import commands
from handlers.grammar import parse
from handlers.help import help_text, regions_text
from handlers.payloads import Body, delivery_key

NAME = "/image"


def register(app: App, core: OpsRequests) -> None:
    """Answer `/image`."""

    @app.command(NAME)
    def image(ack: Callable[..., Any], body: Body) -> None:
        ack(text=answer(body, core), response_type="ephemeral")


def answer(body: Body, core: OpsRequests) -> str:
    """The answer to one slash command, which only its sender sees.

    Raises:
        bot.errors.CommandError: it cannot be understood; nothing was changed.
        bot.errors.StoreUnavailable: it could not be taken.
    """
    regions = core.regions()
    takers = [region.slug for region in regions if region.takes_images]
    command = parse(str(body.get("text") or ""), live_regions=takers)
    match command:
        case commands.Transfer() | commands.Convert():
            wish = wish_of(command, body)
            return core.open(wish, delivery_key(body), str(body.get("response_url") or ""))
        case commands.Cancel(request_id):
            click = Click(delivery_key(body), str(body["user_id"]), request_id)
            return core.cancel(click, by_button=False)
        case commands.List() | commands.Show():
            return core.search(_search(command, body), delivery_key(body))
        case commands.Status(subject):
            return core.status(subject)
        case commands.History(image):
            return core.history(image if isinstance(image, int) else None)
        case commands.Explain(asked):
            return core.explain(wish_of(asked, body))
        case commands.Regions():
            return regions_text(regions or None)
        case commands.Help(topic):
            return help_text(topic)
        case _:
            return answers.not_yet(type(command).__name__.lower())


def _search(command: commands.List | commands.Show, body: Body) -> Search:
    person, url = str(body["user_id"]), str(body.get("response_url") or "")
    asked = " ".join(str(body.get("text") or "").split())
    if isinstance(command, commands.Show):
        return Search(person, url, asked, image_id=int(command.image))
    return Search(
        person,
        url,
        asked,
        text=command.text,
        type=command.type or "",
        region=command.region or "",
        tag=command.tag or "",
        page=command.page,
    )


def wish_of(command: commands.Transfer | commands.Convert, body: Body) -> Wish:
    """A parsed command as the core takes it."""
    if isinstance(command, commands.Transfer):
        steps = tuple(("transfer", region) for region in command.regions)
    else:
        steps = (("convert", ""),)
    return Wish(
        requester=str(body["user_id"]),
        channel=str(body["channel_id"]),
        image_id=int(command.image),
        steps=steps,
        reason=command.reason,
        break_glass=command.break_glass or "",
    )
