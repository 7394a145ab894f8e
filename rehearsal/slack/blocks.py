"""Block Kit's blocks, as Slack's reference describes them, and where each may stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.slack.block_elements import (
    ID,
    IMAGE,
    IN_ACTIONS,
    IN_CARD,
    IN_CONTEXT,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
)
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
    typed,
)

MARKDOWN_CHARACTERS = 12_000
TABLE_CHARACTERS = 10_000


def _block(
    required: Mapping[str, Rule] | None = None,
    optional: Mapping[str, Rule] | None = None,
    whole: Any = None,
) -> Shape:
    return Shape(required or {}, {"block_id": ID, **(optional or {})}, whole)


def _says_something(*keys: str) -> Any:
    def check(report: Report, at: str, block: Json) -> None:
        if not any(block.get(key) for key in keys):
            report.add(f"needs one of {', '.join(keys)}", at)

    return check


def _picture(report: Report, at: str, block: Json) -> None:
    if (block.get("image_url") is None) == (block.get("slack_file") is None):
        report.add("needs either image_url or slack_file", at)


_RICH_LEAVES = {
    kind: anything
    for kind in (
        "text",
        "link",
        "user",
        "usergroup",
        "channel",
        "emoji",
        "broadcast",
        "date",
        "color",
        "team",
    )
}
_RICH_PARTS: dict[str, Rule] = {}
_RICH_PART = typed(_RICH_PARTS, "rich text")
_RICH_LINE = Shape(
    {"elements": array(typed(_RICH_LEAVES, "rich text element"), 1000, 0)},
    {"border": number(0, 1), "language": string(100)},
)
_RICH_PARTS |= {
    "rich_text_section": _RICH_LINE,
    "rich_text_preformatted": _RICH_LINE,
    "rich_text_quote": _RICH_LINE,
    "rich_text_list": Shape(
        {"elements": array(_RICH_PART, 1000), "style": one_of("bullet", "ordered")},
        {"indent": number(0, 8), "offset": number(0), "border": number(0, 1)},
    ),
}
_RICH_TEXT = _block({"elements": array(_RICH_PART, 1000)})
_RICH = typed({"rich_text": _RICH_TEXT}, "rich text entity")

_NUMBER_CELL = Shape({"value": anything}, {"text": string(3000)})
_CELL = typed(
    {
        "raw_text": Shape({"text": string(TABLE_CHARACTERS, 0)}),
        "raw_number": _NUMBER_CELL,
        "rich_text": _RICH_TEXT,
    },
    "table cell",
)
_COLUMN = Shape(optional={"align": one_of("left", "center", "right"), "is_wrapped": boolean})

_SOURCE = typed({"url": Shape({"url": string(3000), "text": string(3000)})}, "source")
_TASK = _block(
    {
        "task_id": string(255),
        "title": string(3000),
        "status": one_of("pending", "in_progress", "complete", "error"),
    },
    {"details": _RICH, "output": _RICH, "sources": array(_SOURCE, 100)},
)
_CARD = _block(
    optional={
        "hero_image": IMAGE,
        "icon": IMAGE,
        "title": any_text(150),
        "subtitle": any_text(150),
        "body": any_text(200),
        "actions": array(IN_CARD, 25),
    },
    whole=_says_something("hero_image", "title", "actions", "body"),
)

BLOCKS: dict[str, Rule] = {}
_INNER = typed(BLOCKS, "block")
BLOCKS |= {
    "section": _block(
        optional={
            "text": any_text(3000),
            "fields": array(any_text(2000), 10),
            "accessory": IN_SECTION,
            "expand": boolean,
        },
        whole=_says_something("text", "fields"),
    ),
    "actions": _block({"elements": array(IN_ACTIONS, 25)}),
    "context": _block({"elements": array(IN_CONTEXT, 10)}),
    "context_actions": _block({"elements": array(IN_CONTEXT_ACTIONS, 5)}),
    "header": _block({"text": plain(150)}),
    "divider": _block(),
    "image": _block(
        {"alt_text": string(2000)},
        {"image_url": string(3000), "slack_file": anything, "title": plain(2000)},
        _picture,
    ),
    "input": _block(
        {"label": plain(2000), "element": IN_INPUT},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "markdown": _block({"text": string(MARKDOWN_CHARACTERS)}),
    "rich_text": _RICH_TEXT,
    "table": _block(
        {"rows": array(array(_CELL, 20), 100)}, {"column_settings": array(_COLUMN, 20, 0)}
    ),
    "task_card": _TASK,
    "plan": _block(
        {"title": string(3000)}, {"tasks": array(typed({"task_card": _TASK}, "task"), 100, 0)}
    ),
    "alert": _block(
        {"text": any_text(3000)},
        {"level": one_of("default", "info", "warning", "error", "success")},
    ),
    "card": _CARD,
    "carousel": _block({"elements": array(typed({"card": _CARD}, "card"), 10)}),
    "container": _block(
        {"child_blocks": array(_INNER, 10)},
        {
            "title": plain(150),
            "rich_text_title": _RICH,
            "subtitle": any_text(150),
            "width": one_of("narrow", "standard", "wide", "full"),
            "icon": IMAGE,
            "is_collapsible": boolean,
            "default_collapsed": boolean,
            "has_header_divider": boolean,
        },
        _says_something("title", "rich_text_title"),
    ),
    "file": _block({"external_id": string(255), "source": one_of("remote")}),
    "video": _block(
        {
            "alt_text": string(2000),
            "title": plain(199),
            "thumbnail_url": string(3000),
            "video_url": string(3000),
        },
        {
            "title_url": string(3000),
            "description": plain(200),
            "provider_icon_url": string(3000),
            "provider_name": string(50),
            "author_name": string(49),
        },
    ),
}

NOT_FOR = {
    "message": {"input", "alert"},
    "modal": {
        *("carousel", "container", "context_actions", "file", "markdown", "plan", "table"),
        "task_card",
    },
    "home": {"alert", "context_actions", "file", "markdown", "plan", "task_card"},
}
"""Blocks that a surface does not take."""
