"""A strict check of Block Kit, apart from Slack's own Python library on purpose.

Source: Slack's Block Kit reference (blocks, elements, composition objects, and the
`available-in-surfaces` table of docs.slack.dev/blocks.json). Where it differs:

- `input` blocks in messages are refused. Slack takes them; this product keeps forms to
  views, and a message with one would be a mistake.
- Lengths are counted in code points.
- An `action_id` must be unique within its block, a `block_id` within its message or view.
- `rich_text` is looked at loosely; `data_table`, `data_visualization`, `call` and
  `auth_provider` are refused as unsupported.
"""

from __future__ import annotations

from typing import Any

from rehearsal.slack.block_elements import ID, OPTIONS_RESPONSE
from rehearsal.slack.block_rules import (
    Json,
    Report,
    Rule,
    Shape,
    array,
    boolean,
    plain,
    string,
    typed,
)
from rehearsal.slack.blocks import BLOCKS, MARKDOWN_CHARACTERS, NOT_FOR, TABLE_CHARACTERS
from rehearsal.slack.messages import elements_of

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
MESSAGE_CHARACTERS = 40_000


def problems_of_message(payload: dict[str, Any]) -> list[str]:
    """What Slack would refuse in a message's `text` and `blocks`; empty when nothing."""
    report = Report()
    if payload.get("text") is not None:
        string(MESSAGE_CHARACTERS, 0)(report, "/text", payload["text"])
    blocks = payload.get("blocks")
    if blocks is not None:
        _check_blocks(report, blocks, "message", MESSAGE_BLOCKS)
    return report.problems


def problems_of_view(view: dict[str, Any]) -> list[str]:
    """What Slack would refuse in a modal or an App Home; empty when nothing."""
    report = Report()
    surface = view.get("type")
    if surface not in _VIEWS:
        report.add(f"must be one of modal, home, is {surface!r}", "/type")
        return report.problems
    _VIEWS[surface](report, "", {key: view[key] for key in view if key != "blocks"})
    if view.get("blocks") is None:
        report.add("missing required field: blocks", "")
    else:
        _check_blocks(report, view["blocks"], surface, VIEW_BLOCKS)
    _check_form(report, view)
    return report.problems


def problems_of_options(body: dict[str, Any]) -> list[str]:
    """What Slack would refuse in the answer to a `block_suggestion`."""
    report = Report()
    if ("options" in body) == ("option_groups" in body):
        report.add("needs either options or option_groups", "")
    OPTIONS_RESPONSE(report, "", body)
    return report.problems


_EITHER_VIEW: dict[str, Rule] = {
    "private_metadata": string(3000, 0),
    "callback_id": ID,
    "external_id": string(255, 0),
}
_VIEWS = {
    "home": Shape(optional=_EITHER_VIEW),
    "modal": Shape(
        {"title": plain(24)},
        {
            **_EITHER_VIEW,
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
    ),
}


def _check_blocks(report: Report, blocks: Any, surface: str, most: int) -> None:
    array(typed(BLOCKS, "block"), most, 0)(report, "/blocks", blocks)
    found = [each for each in blocks if isinstance(each, dict)] if isinstance(blocks, list) else []
    for index, block in enumerate(found):
        if str(block.get("type")) in NOT_FOR[surface]:
            report.add(f"{block['type']} blocks are not for a {surface}", f"/blocks/{index}")
        _check_action_ids(report, block, f"/blocks/{index}")
    _check_block_ids(report, found)
    _check_totals(report, found)


def _check_action_ids(report: Report, block: Json, at: str) -> None:
    seen: set[str] = set()
    for element in elements_of(block):
        action_id = element.get("action_id")
        if isinstance(action_id, str) and action_id in seen:
            report.add(f"action_id {action_id!r} already exists in this block", at)
        seen.add(str(action_id))


def _check_block_ids(report: Report, blocks: list[Json]) -> None:
    ids = [block["block_id"] for block in blocks if isinstance(block.get("block_id"), str)]
    for block_id in sorted({each for each in ids if ids.count(each) > 1}):
        report.add(f"block_id {block_id!r} already exists", "/blocks")


def _check_totals(report: Report, blocks: list[Json]) -> None:
    markdown = sum(len(str(each.get("text"))) for each in blocks if each.get("type") == "markdown")
    if markdown > MARKDOWN_CHARACTERS:
        report.add(f"all markdown together is above {MARKDOWN_CHARACTERS} characters", "/blocks")
    tables = [block for block in blocks if block.get("type") == "table"]
    if len(tables) > 1:
        report.add("only one table a message", "/blocks")
    if sum(_characters(table.get("rows")) for table in tables) > TABLE_CHARACTERS:
        report.add(f"all cells together are above {TABLE_CHARACTERS} characters", "/blocks")


def _characters(value: Any) -> int:
    if isinstance(value, list):
        return sum(_characters(item) for item in value)
    if isinstance(value, dict):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(_characters(value[key]) for key in ("elements",) if key in value)
    return 0


def _check_form(report: Report, view: Json) -> None:
    blocks = view.get("blocks") if isinstance(view.get("blocks"), list) else []
    found = [block for block in blocks or [] if isinstance(block, dict)]
    inputs = [block for block in found if block.get("type") == "input"]
    if inputs and view["type"] == "modal" and view.get("submit") is None:
        report.add("a modal with input blocks must have submit", "")
    focused = [
        element for block in found for element in elements_of(block) if element.get("focus_on_load")
    ]
    if len(focused) > 1:
        report.add("only one element can have focus_on_load", "/blocks")
