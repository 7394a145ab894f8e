"""Block Kit's elements and composition objects, as Slack's reference describes them."""

from __future__ import annotations

import re
from typing import Any

from rehearsal.slack.block_rules import (
    Json,
    Report,
    Rule,
    Shape,
    any_text,
    anything,
    array,
    boolean,
    number,
    one_of,
    plain,
    string,
    text,
    typed,
)

ID = string(255)
_STYLE = one_of("primary", "danger")
_PLACEHOLDER = plain(150)


def _pattern(pattern: str, what: str) -> Rule:
    def check(report: Report, at: str, value: Any) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            report.add(f"must be {what}", at)

    return check


def _user(report: Report, at: str, value: Any) -> None:
    _pattern(r"[UW][A-Z0-9]+", "a user id")(report, at, value)


def _conversation(report: Report, at: str, value: Any) -> None:
    _pattern(r"[CGDUW][A-Z0-9]+", "a conversation id")(report, at, value)


CONFIRM = Shape(
    {"title": plain(100), "text": any_text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": _STYLE},
)


def _option(label: Rule, url: bool = False) -> Shape:
    link: dict[str, Rule] = {"url": string(3000)} if url else {}
    return Shape({"text": label, "value": string(150)}, {"description": plain(75), **link})


OPTION = _option(plain(75))
OPTION_WITH_MARKUP = Shape(
    {"text": any_text(75), "value": string(150)}, {"description": any_text(75)}
)
OPTION_GROUP = Shape({"label": plain(75), "options": array(OPTION, 100)})
_OPTIONS = {"options": array(OPTION, 100), "option_groups": array(OPTION_GROUP, 100)}
_FILTER = Shape(
    optional={
        "include": array(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    }
)
_DISPATCH = Shape(
    {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 2)}
)


def _either_options(report: Report, at: str, element: Json) -> None:
    """Options or groups, not both; values once; initial ones among them."""
    if (element.get("options") is None) == (element.get("option_groups") is None):
        report.add("needs either options or option_groups", at)
    _offered(report, at, element)


def _offered(report: Report, at: str, element: Json) -> None:
    groups = [group for group in _list(element.get("option_groups")) if isinstance(group, dict)]
    inner = [option for group in groups for option in _list(group.get("options"))]
    options = [*_list(element.get("options")), *inner]
    values = [str(each.get("value")) for each in options if isinstance(each, dict)]
    if len(values) != len(set(values)):
        report.add("options must have values of their own", at)
    initial = [*_list(element.get("initial_options")), element.get("initial_option")]
    if any(each is not None and each not in options for each in initial):
        report.add("an initial option must be exactly one of the options", at)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _lengths(report: Report, at: str, element: Json) -> None:
    low, high = element.get("min_length"), element.get("max_length")
    if isinstance(low, int) and isinstance(high, int) and low > high:
        report.add("min_length must not be above max_length", at)
    initial = element.get("initial_value")
    if isinstance(initial, str) and isinstance(high, int) and len(initial) > high:
        report.add("initial_value is longer than max_length", at)


def _image_source(report: Report, at: str, image: Json) -> None:
    if (image.get("image_url") is None) == (image.get("slack_file") is None):
        report.add("needs either image_url or slack_file", at)


def _interactive(
    required: dict[str, Rule] | None = None,
    optional: dict[str, Rule] | None = None,
    whole: Any = None,
) -> Shape:
    return Shape(required or {}, {"action_id": ID, **(optional or {})}, whole)


def _menu(
    required: dict[str, Rule] | None = None,
    optional: dict[str, Rule] | None = None,
    whole: Any = None,
) -> Shape:
    """What all menus and pickers share: placeholder, confirm, focus."""
    shared: dict[str, Rule] = {
        "placeholder": _PLACEHOLDER,
        "confirm": CONFIRM,
        "focus_on_load": boolean,
    }
    return _interactive(required, {**shared, **(optional or {})}, whole)


def _input(required: dict[str, Rule] | None = None, **optional: Rule) -> Shape:
    shared: dict[str, Rule] = {
        "placeholder": _PLACEHOLDER,
        "focus_on_load": boolean,
        "dispatch_action_config": _DISPATCH,
    }
    return _interactive(required, {**shared, **optional}, _lengths)


def _several(report: Report, at: str, value: Any) -> None:
    number(1, 100)(report, at, value)


_DATE = _pattern(r"\d{4}-\d\d-\d\d", "a date, YYYY-MM-DD")
_TIME = _pattern(r"([01]\d|2[0-3]):[0-5]\d", "a time, HH:mm")
_RESPONSE_URL: dict[str, Rule] = {"response_url_enabled": boolean}
_CONVERSATIONS: dict[str, Rule] = {
    "default_to_current_conversation": boolean,
    "filter": _FILTER,
}

IMAGE = Shape(
    {"alt_text": string(2000)},
    {"image_url": string(3000), "slack_file": anything},
    _image_source,
)

ELEMENTS: dict[str, Rule] = {
    "button": _interactive(
        {"text": plain(75)},
        {
            "value": string(2000),
            "url": string(3000),
            "style": _STYLE,
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
    "static_select": _menu(optional={**_OPTIONS, "initial_option": OPTION}, whole=_either_options),
    "multi_static_select": _menu(
        optional={
            **_OPTIONS,
            "initial_options": array(OPTION, 100),
            "max_selected_items": _several,
        },
        whole=_either_options,
    ),
    "external_select": _menu(optional={"min_query_length": number(0), "initial_option": OPTION}),
    "multi_external_select": _menu(
        optional={
            "min_query_length": number(0),
            "initial_options": array(OPTION, 100),
            "max_selected_items": _several,
        }
    ),
    "users_select": _menu(optional={"initial_user": _user}),
    "multi_users_select": _menu(
        optional={"initial_users": array(_user, 100), "max_selected_items": _several}
    ),
    "conversations_select": _menu(
        optional={"initial_conversation": _conversation, **_CONVERSATIONS, **_RESPONSE_URL}
    ),
    "multi_conversations_select": _menu(
        optional={
            "initial_conversations": array(_conversation, 100),
            "max_selected_items": _several,
            **_CONVERSATIONS,
        }
    ),
    "channels_select": _menu(optional={"initial_channel": _conversation, **_RESPONSE_URL}),
    "multi_channels_select": _menu(
        optional={
            "initial_channels": array(_conversation, 100),
            "max_selected_items": _several,
        }
    ),
    "overflow": _interactive(
        {"options": array(_option(plain(75), url=True), 5)}, {"confirm": CONFIRM}, _offered
    ),
    "radio_buttons": _interactive(
        {"options": array(OPTION_WITH_MARKUP, 10)},
        {"initial_option": OPTION_WITH_MARKUP, "confirm": CONFIRM, "focus_on_load": boolean},
        _offered,
    ),
    "checkboxes": _interactive(
        {"options": array(OPTION_WITH_MARKUP, 10)},
        {
            "initial_options": array(OPTION_WITH_MARKUP, 10),
            "confirm": CONFIRM,
            "focus_on_load": boolean,
        },
        _offered,
    ),
    "datepicker": _menu(optional={"initial_date": _DATE}),
    "timepicker": _menu(optional={"initial_time": _TIME, "timezone": string(255)}),
    "datetimepicker": _interactive(
        optional={
            "initial_date_time": number(1_000_000_000, 9_999_999_999),
            "confirm": CONFIRM,
            "focus_on_load": boolean,
        }
    ),
    "plain_text_input": _input(
        initial_value=string(3000),
        multiline=boolean,
        min_length=number(0, 3000),
        max_length=number(1, 3000),
    ),
    "number_input": _input(
        {"is_decimal_allowed": boolean},
        initial_value=string(255),
        min_value=string(255),
        max_value=string(255),
    ),
    "email_text_input": _input(initial_value=string(255)),
    "url_text_input": _input(initial_value=string(3000)),
    "rich_text_input": _input(initial_value=anything),
    "file_input": _interactive(
        optional={"filetypes": array(string(20), 100), "max_files": number(1, 10)}
    ),
    "workflow_button": _interactive(
        {"text": plain(75), "workflow": anything},
        {"style": _STYLE, "accessibility_label": string(75)},
    ),
    "feedback_buttons": _interactive({"positive_button": anything, "negative_button": anything}),
    "icon_button": _interactive(
        {"icon": one_of("trash"), "text": plain(75)},
        {
            "value": string(2000),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
            "visible_to_user_ids": array(_user, 100),
        },
    ),
    "image": IMAGE,
}

_CHOICES = [
    *(kind for kind in ELEMENTS if kind.endswith("_select")),
    *("radio_buttons", "checkboxes", "datepicker", "timepicker"),
]


def _some(*kinds: str) -> dict[str, Rule]:
    return {kind: ELEMENTS[kind] for kind in kinds}


IN_ACTIONS = typed(
    _some(*_CHOICES, "button", "overflow", "datetimepicker", "rich_text_input", "workflow_button"),
    "element in an actions block",
)
IN_SECTION = typed(
    _some(*_CHOICES, "button", "overflow", "image", "workflow_button"),
    "accessory of a section",
)
IN_INPUT = typed(
    _some(
        *_CHOICES,
        "datetimepicker",
        "plain_text_input",
        "number_input",
        "email_text_input",
        "url_text_input",
        "rich_text_input",
        "file_input",
    ),
    "element of an input block",
)
IN_CONTEXT = typed(
    {
        "image": IMAGE,
        "plain_text": text(["plain_text"], 2000),
        "mrkdwn": text(["mrkdwn"], 2000),
    },
    "element in a context block",
)
IN_CONTEXT_ACTIONS = typed(
    _some("feedback_buttons", "icon_button"), "element in a context_actions block"
)
IN_CARD = typed(_some("button"), "action of a card")
OPTIONS_RESPONSE = Shape(
    optional={"options": array(OPTION, 100, 0), "option_groups": array(OPTION_GROUP, 100)}
)
