"""The form: opened by a shortcut or a button, kept true while it is filled in, and taken."""

from __future__ import annotations

import json
import re
from typing import Any

from slack_bolt import App

from bot.domain.search import Asker
from bot.operations.available import CHOICES, CONVERT, PLAN, steps_of
from bot.requests import Dependencies, RequestDraft, Sender
from bot.requests.form import Filled, Forms
from bot.requests.submission import OpenRequest, open_from_form
from bot.views import form, form_errors
from bot.views.escape import unmarked
from bot.views.form import Place
from handlers.identity import Body, delivery_key, person
from handlers.payloads import image_click, trigger
from handlers.review import Ack

_NAMES_IMAGE = re.compile(r"[1-9][0-9]{0,17}")


def register(app: App, deps: Dependencies, forms: Forms) -> None:
    """Answer everything that opens the form, and all that happens in it."""
    _fill_in(app, deps, forms)

    @app.shortcut("open_form")
    def by_shortcut(ack: Ack, body: Body) -> None:
        forms.open(asker_of(body), trigger(body), Place())
        ack()

    @app.action("open_form")
    def by_button(ack: Ack, body: Body) -> None:
        forms.open(asker_of(body), trigger(body), place_of(body))
        ack()

    @app.action("start")
    def with_image(ack: Ack, body: Body) -> None:
        forms.open(asker_of(body), trigger(body), place_of(body), image_click(body))
        ack()

    @app.action("start_plan")
    def with_backup(ack: Ack, body: Body) -> None:
        forms.open(asker_of(body), trigger(body), place_of(body), image_click(body), PLAN)
        ack()


def _fill_in(app: App, deps: Dependencies, forms: Forms) -> None:
    @app.options("image")
    def find(ack: Ack, body: Body) -> None:
        ack(options=forms.suggest(str(body.get("value") or "")))

    @app.options("more")
    def find_more(ack: Ack, body: Body) -> None:
        beside = str(body.get("block_id") or "").partition(":")[2]
        typed = str(body.get("value") or "")
        ack(options=forms.suggest(typed, int(beside) if _NAMES_IMAGE.fullmatch(beside) else None))

    @app.action("more")
    def more_chosen(ack: Ack, body: Body) -> None:
        _redraw(forms, body, _value(body, "image"), _value(body, "choice"))
        ack()

    @app.action("image")
    def image_chosen(ack: Ack, body: Body) -> None:
        _redraw(forms, body, _chosen(body) or "")
        ack()

    @app.action("choice")
    def choice_made(ack: Ack, body: Body) -> None:
        _redraw(forms, body, _value(body, "image"), _chosen(body) or "")
        ack()

    @app.action("regions")
    def regions_chosen(ack: Ack, body: Body) -> None:
        _redraw(forms, body, _value(body, "image"), _value(body, "choice"))
        ack()

    @app.view(form.FORM)
    def filled_in(ack: Ack, body: Body) -> None:
        errors = _errors(body)
        if errors:
            ack(response_action="errors", errors=errors)
            return
        by = Sender(delivery_key(body), asker_of(body))
        opened = open_from_form(deps, OpenRequest(by, _draft_of(body)))
        if opened.refused:
            said = unmarked(opened.text)[:500]
            ack(response_action="errors", errors={_block(body, "choice"): said})
        else:
            ack(response_action="update", view=form.done(opened.text))


def place_of(body: Body) -> Place:
    """Where the form was opened: kept in the form itself, else where the button is."""
    metadata = (body.get("view") or {}).get("private_metadata")
    if metadata:
        return Place(**json.loads(metadata))
    channel = body.get("channel") or {}
    return Place(str(channel.get("id", "")), str(body.get("response_url") or ""))


def asker_of(body: Body) -> Asker:
    """Whoever opened the form or is in it, as one to be answered alone."""
    place = place_of(body)
    return Asker(person(body), place.channel, "", place.response_url)


def _redraw(forms: Forms, body: Body, image: str, choice: str = "") -> None:
    if _NAMES_IMAGE.fullmatch(image):
        place, view = place_of(body), body["view"]["id"]
        # Chosen for another image they stand in a block of that name, which is gone by now.
        regions = _regions(body) if _block(body, "regions") == f"regions:{image}" else ()
        more = _more(body) if _block(body, "more") == f"more:{image}" else ()
        forms.choose(asker_of(body), view, place, int(image), Filled(choice, regions, more))


def _errors(body: Body) -> dict[str, str]:
    """What is missing, under its field."""
    if not _NAMES_IMAGE.fullmatch(_value(body, "image")):
        return {"image": form_errors.NO_IMAGE}
    choice = _value(body, "choice")
    if choice not in CHOICES:
        return {"image": form_errors.NOTHING_POSSIBLE}
    if _block(body, "choice") != f"choice:{_value(body, 'image')}":
        return {"image": form_errors.ANOTHER_IMAGE}
    if choice != CONVERT and not _block(body, "regions"):
        return {_block(body, "choice"): form_errors.EVERYWHERE_ALREADY}
    if choice != CONVERT and not _regions(body):
        return {_block(body, "regions"): form_errors.NO_REGION}
    if _emergency(body) and not _value(body, "reason").strip():
        return {"reason": form_errors.NO_REASON}
    if not _channel(body):
        return {"channel": form_errors.NO_CHANNEL}
    return {}


def _draft_of(body: Body) -> RequestDraft:
    return RequestDraft(
        requester=person(body),
        channel=_channel(body),
        steps=steps_of(
            _value(body, "choice"), int(_value(body, "image")), _regions(body), _more(body)
        ),
        reason="" if _emergency(body) else _why(body),
        break_glass=_why(body) if _emergency(body) else "",
    )


def _why(body: Body) -> str:
    return " ".join(_value(body, "reason").split())


def _emergency(body: Body) -> bool:
    chosen = _field(body, "emergency").get("selected_options") or ()
    return any(option["value"] == form.EMERGENCY for option in chosen)


def _channel(body: Body) -> str:
    return _value(body, "channel") or place_of(body).channel


def _more(body: Body) -> tuple[int, ...]:
    chosen = _field(body, "more").get("selected_options") or ()
    numbers = [str(option["value"]) for option in chosen]
    return tuple(int(each) for each in numbers if _NAMES_IMAGE.fullmatch(each))


def _regions(body: Body) -> tuple[str, ...]:
    state = _field(body, "regions")
    chosen = [str(option["value"]) for option in state.get("selected_options") or ()]
    return tuple(dict.fromkeys(slug for value in chosen for slug in form.slugs_in(value)))


def _value(body: Body, name: str) -> str:
    state = _field(body, name)
    option = state.get("selected_option") or {}
    found = option.get("value") or state.get("value") or state.get("selected_conversation")
    return str(found or "")


def _chosen(body: Body) -> str | None:
    option = body["actions"][0].get("selected_option") or {}
    return option.get("value")


def _field(body: Body, name: str) -> dict[str, Any]:
    """The state of a field; its block carries the image's id behind its name."""
    values = (body["view"].get("state") or {}).get("values") or {}
    return dict((values.get(_block(body, name)) or {}).get(name) or {})


def _block(body: Body, name: str) -> str:
    ids = [str(block.get("block_id", "")) for block in body["view"].get("blocks") or ()]
    return next((found for found in ids if found.split(":")[0] == name), "")
