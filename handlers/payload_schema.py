"""What a payload must look like before Bolt or any handler sees it.

Slack's payloads all do. What does not is broken or forged: it is dropped with a line in the log,
so that handlers may take what they need without asking whether it is there. (Bolt itself raises
on a click without a button.)
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.domain.search import Search
from bot.views import form
from bot.views.form import FORM, Place
from bot.views.modals import ADOPT, DENY
from handlers.identity import Body

_NUMBERS = r"^[0-9]{1,18}(:[0-9]{1,18})?$"
_IMAGES = {"start", "start_plan", "start_convert"}
_PAGES = {"page_back", "page_on"}
_NUMBERED = {
    "approve",
    "deny",
    "take_back",
    "cancel",
    "close_review",
    "retry_failed",
    "pick",
    "plan",
    "ask_yourself",
}
_NUMBERED |= {"adopt", "post_again", "give_up", "stop_following"}
_COMMANDS = {"explain_details", "run_this"}
"""Their value is a command as one types it, which the grammar judges."""
_POLICY = {"approve_policy", "deny_policy"}
"""Their value is a proposal's id, which the audit log judges."""
_SCHEDULE_PAGES = {"schedules_back", "schedules_on"}
_SCHEDULES = {"run_schedule", "pause_schedule", "resume_schedule"}
"""Their value is a schedule's name, which the file judges."""
_IN_FORM = {"image", "more", "choice", "regions"}
_WITHOUT_VALUE = {"open_form", "open_card", "notify"}
"""Their value means nothing, or their handler asks whether it is there."""
ACTIONS = (
    _IMAGES | _PAGES | _NUMBERED | _COMMANDS | _SCHEDULES | _SCHEDULE_PAGES | _POLICY | _IN_FORM
)
ACTIONS |= _WITHOUT_VALUE
"""Every button and menu; a test compares them with what the handlers listen to."""


def _carriable(text: str) -> str:
    """Half of a surrogate pair can be sent as JSON, and be written to no database."""
    text.encode("utf-8")
    if "\x00" in text:
        raise ValueError("a null character")
    return text


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Short = Annotated[str, Field(max_length=4_000), AfterValidator(_carriable)]
Number = Annotated[str, Field(pattern=_NUMBERS)]
CardValue = Annotated[str, Field(pattern=_NUMBERS.removesuffix("$") + r"(-[0-9a-f]{0,64})?$")]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)


class _Person(_Part):
    id: Id


class _Option(_Part):
    value: Short


class _State(_Part):
    value: Short | None = None
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = None
    selected_conversation: Id | None = None


class _States(_Part):
    values: dict[str, dict[str, _State]] = {}


class _Block(_Part):
    type: Short
    block_id: Short = ""


class _View(_Part):
    id: Short
    type: Literal["modal", "home"]
    callback_id: Short = ""
    private_metadata: Short = ""
    state: _States | None = None
    blocks: list[_Block] = []


class _Act(_Part):
    action_id: Short
    value: Short | None = None
    selected_option: _Option | None = None


class _Acts(_Part):
    user: _Person
    channel: _Person | None = None
    response_url: Short | None = None
    trigger_id: Short | None = None
    actions: list[_Act] = Field(min_length=1)
    view: _View | None = None


class _Submission(_Part):
    user: _Person
    trigger_id: Short | None = None
    view: _View


class _Shortcut(_Part):
    user: _Person
    trigger_id: Short | None = None
    callback_id: Short


class _Suggestion(_Part):
    user: _Person
    action_id: Short
    value: Short | None = None


class _Event(_Part):
    type: Short
    user: Id | None = None
    channel: Id | None = None
    text: str | None = None
    thread_ts: Short | None = None
    tab: Short | None = None


class _Me(_Part):
    user_id: Id | None = None


class _Events(_Part):
    event_id: Short
    event: _Event
    authorizations: list[_Me] | None = None


class _Command(_Part):
    user_id: Id
    channel_id: Id
    text: str | None = None
    trigger_id: Short | None = None
    response_url: Short | None = None


class _Request(_Part):
    request: CardValue
    ts: Short = ""
    channel: Short = ""
    response_url: Short = ""


_Thing = dict[str, Any] | str | None


class _Any(_Part):
    """What Bolt looks at in every payload, whatever its kind."""

    type: Short | None = None
    event: dict[str, Any] = {}
    actions: list[dict[str, Any]] = []
    authorizations: list[dict[str, Any]] | None = None
    view: dict[str, Any] | None = None
    message: dict[str, Any] | None = None
    container: dict[str, Any] | None = None
    team: _Thing = None
    enterprise: _Thing = None
    user: _Thing = None
    channel: _Thing = None
    callback_id: Short | None = None
    action_id: Short | None = None
    command: Short | None = None


_KINDS: dict[str, type[_Part]] = {
    "block_actions": _Acts,
    "view_submission": _Submission,
    "view_closed": _Submission,
    "shortcut": _Shortcut,
    "message_action": _Shortcut,
    "block_suggestion": _Suggestion,
    "event_callback": _Events,
}
_BOLTS_OWN = {"url_verification", "app_rate_limited"}
_NUMBER: TypeAdapter[str] = TypeAdapter(Number)
_CARD_VALUE: TypeAdapter[str] = TypeAdapter(CardValue)
_PAGE: TypeAdapter[Search] = TypeAdapter(Search)
_PLACE: TypeAdapter[Place] = TypeAdapter(Place)


def is_known(body: Any) -> bool:
    """Whether a payload is whole, and of a kind that somebody listens to."""
    try:
        _check(body)
    except (ValidationError, ValueError, LookupError, TypeError):
        return False
    return True


def ack_of_dropped(body: Any) -> dict[str, Any] | None:
    """What a payload that is not known is answered over a socket; None: nothing.

    A form would close on an empty ack as if it were taken, and a menu stay as it was. (Over HTTP
    the status says so.)
    """
    kind = body.get("type") if isinstance(body, dict) else None
    if kind == "view_submission":
        return {"response_action": "update", "view": form.not_taken()}
    if kind == "block_suggestion":
        return {"options": form.no_options(form.NOT_READ)}
    return None


def _check(body: Body) -> None:
    if not isinstance(body, dict):
        raise TypeError("a payload is an object")
    _Any.model_validate(body)
    kind = _Command if "command" in body else _KINDS.get(str(body.get("type")))
    if body.get("view", {}) is None and kind is not _Acts:
        raise ValueError("a view that is none")
    if kind is None:
        if body.get("type") not in _BOLTS_OWN and "ssl_check" not in body:
            raise ValueError("of a kind that nobody listens to")
        return
    part = kind.model_validate(dict(body))
    if isinstance(part, _Acts):
        _check_value(part.actions[0])
        if part.actions[0].action_id in _IN_FORM and part.view is None:
            raise ValueError("a menu of the form outside of a form")
    if isinstance(part, _Events):
        _check_event(part.event)
    view = getattr(part, "view", None)
    if view is not None:
        _check_view(view, submitted=body.get("type") == "view_submission")


def _check_value(act: _Act) -> None:
    value = act.value or ""
    if act.action_id in _PAGES:
        _PAGE.validate_json(value, strict=True)
        Search.from_button(value)  # which takes no other keys
    elif act.action_id in _NUMBERED:
        _CARD_VALUE.validate_python(value)
    elif act.action_id in _IMAGES | _SCHEDULE_PAGES:
        _NUMBER.validate_python(value)
        int(value)


def _check_event(event: _Event) -> None:
    wanted = {"app_mention": (event.channel,), "app_home_opened": (event.user,)}
    if None in wanted.get(event.type, ()):
        raise ValueError("an event without its channel or its user")


def _check_view(view: _View, *, submitted: bool) -> None:
    if view.callback_id in (DENY, ADOPT):
        _Request.model_validate_json(view.private_metadata)
        if submitted:
            name = "reason" if view.callback_id == DENY else "action"
            field = (view.state or _States()).values[name][name]
            if name == "action":
                int((field.selected_option or _Option(value="")).value[:18])
    elif view.private_metadata or (submitted and view.callback_id == FORM):
        _PLACE.validate_json(view.private_metadata)
        Place(**json.loads(view.private_metadata))
