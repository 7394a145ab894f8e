"""One of everything that Block Kit has, for the page to draw."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

MRKDWN = (
    "*bold*, _italic_, ~struck~, `code`, <https://example.com/a?b=1&amp;c=2|a link>,"
    " <@U0ANN>, <!subteam^S0OPS>, <#C0PROD>, <!here>, :rocket: :no_such_emoji:, 1 &lt; 2 &amp; 3\n"
    "&gt; quoted <!date^1795172700^{date_short_pretty} at {time}|then>\n```pre *formatted*```after"
)


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def marked(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


OPTIONS = [option("one"), option("two"), option("three")]
CONFIRM = {
    "title": plain("Sure?"),
    "text": plain("Really?"),
    "confirm": plain("Do it"),
    "deny": plain("Leave it"),
}
RICH: Json = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "rich ", "style": {"bold": True}},
                {"type": "user", "user_id": "U0BOB"},
                {"type": "emoji", "name": "tada"},
                {"type": "link", "url": "https://example.com", "text": "there"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "item"}]}
            ],
        },
    ],
}


def button(action_id: str, **more: Any) -> Json:
    return {
        "type": "button",
        "action_id": action_id,
        "text": plain(action_id.title()),
        "value": "v",
        **more,
    }


def menu(kind: str, **more: Any) -> Json:
    return {"type": kind, "action_id": kind, "placeholder": plain(f"Choose: {kind}"), **more}


def message_blocks() -> list[Json]:
    """Every block a message can hold, with every element."""
    task = {"type": "task_card", "task_id": "t", "title": "A task", "status": "complete"}
    card = {
        "type": "card",
        "title": plain("A card"),
        "body": plain("with a body"),
        "actions": [button("in_card")],
    }
    return [
        {"type": "header", "text": plain("A header")},
        {"type": "section", "text": marked(MRKDWN)},
        {"type": "divider"},
        {
            "type": "section",
            "text": marked("A section with a button"),
            "accessory": button("plain", confirm=CONFIRM),
        },
        {"type": "section", "fields": [marked(f"*Field {n}*\nvalue {n}") for n in range(4)]},
        {"type": "context", "elements": [marked("small _print_"), plain("plain & simple")]},
        {
            "type": "actions",
            "elements": [
                button("good", style="primary"),
                button("bad", style="danger"),
                menu("static_select", options=OPTIONS),
                {"type": "overflow", "action_id": "overflow", "options": OPTIONS},
                menu("external_select", min_query_length=0),
                menu("users_select"),
                menu("multi_static_select", options=OPTIONS),
            ],
        },
        {
            "type": "actions",
            "elements": [
                {"type": "radio_buttons", "action_id": "radio", "options": OPTIONS},
                {"type": "checkboxes", "action_id": "checks", "options": OPTIONS},
                menu("datepicker"),
                menu("timepicker"),
            ],
        },
        {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "A chart"},
        {"type": "markdown", "text": "# Head\n**strong** text"},
        RICH,
        {
            "type": "table",
            "rows": [
                [{"type": "raw_text", "text": "region"}, {"type": "raw_text", "text": "state"}],
                [{"type": "raw_text", "text": "nyc3"}, RICH],
            ],
        },
        card,
        {"type": "carousel", "elements": [card, card]},
        {"type": "plan", "title": "A plan", "tasks": [task]},
        task,
        {
            "type": "container",
            "title": plain("A container"),
            "child_blocks": [{"type": "divider"}, {"type": "section", "text": plain("inside")}],
        },
    ]


def field(kind: str, optional: bool = True, **more: Any) -> Json:
    return {
        "type": "input",
        "block_id": kind,
        "label": plain(f"Label of {kind}"),
        "optional": optional,
        "element": {"type": kind, "action_id": "value", **more},
    }


def modal() -> Json:
    """A modal with every kind of input."""
    return {
        "type": "modal",
        "callback_id": "gallery",
        "title": plain("Everything"),
        "submit": plain("Send"),
        "close": plain("Leave"),
        "blocks": [
            {"type": "alert", "text": plain("Mind this."), "level": "warning"},
            field("plain_text_input", optional=False, min_length=3, max_length=20),
            field("static_select", options=OPTIONS, initial_option=OPTIONS[1]),
            {**field("external_select", min_query_length=2), "hint": plain("two letters")},
            field("multi_static_select", options=OPTIONS),
            field("radio_buttons", options=OPTIONS),
            field("checkboxes", options=OPTIONS, initial_options=[OPTIONS[0]]),
            field("number_input", is_decimal_allowed=False),
            field("conversations_select", default_to_current_conversation=True),
            field("users_select"),
            field("datepicker"),
            field("email_text_input"),
        ],
    }
