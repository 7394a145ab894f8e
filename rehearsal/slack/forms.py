"""What a person does with elements: the `actions` entry of a click, the state of a view.

A person can only do what Slack's client lets them: choose an option that is there, fill
every input that is required, stay within the lengths. Anything else raises `LookupError`
or `ValueError`, for it is the test that is wrong then.
"""

from __future__ import annotations

from typing import Any

from rehearsal.slack.messages import Json, View, elements_of

_CHOSEN_KEY = {
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
_INITIAL_KEY = {
    "users_select": "initial_user",
    "conversations_select": "initial_conversation",
    "channels_select": "initial_channel",
    "multi_users_select": "initial_users",
    "multi_conversations_select": "initial_conversations",
    "multi_channels_select": "initial_channels",
    "datepicker": "initial_date",
    "timepicker": "initial_time",
    "datetimepicker": "initial_date_time",
    "plain_text_input": "initial_value",
    "number_input": "initial_value",
    "email_text_input": "initial_value",
    "url_text_input": "initial_value",
    "checkboxes": "initial_options",
    "multi_static_select": "initial_options",
    "multi_external_select": "initial_options",
}
_SEVERAL = {"checkboxes", "multi_static_select", "multi_external_select"}
_ONE_OPTION = {"static_select", "external_select", "radio_buttons", "overflow"}


def find_element(
    blocks: list[Json], action_id: str, value: str | None = None, block_id: str | None = None
) -> tuple[Json, Json]:
    """The block and the element with `action_id` (and, of several, this `value`).

    Raises:
        LookupError: there is none, or there are several that fit; it names what there is.
    """
    everything = [(block, element) for block in _flat(blocks) for element in elements_of(block)]
    found = [
        (block, element)
        for block, element in everything
        if element.get("action_id") == action_id
        and value in (None, element.get("value"))
        and block_id in (None, block.get("block_id"))
    ]
    there = [f"{each.get('action_id')}={each.get('value')}" for _, each in everything]
    if not found:
        raise LookupError(f"no element {action_id!r} (value {value!r}); there are: {there}")
    if len(found) > 1:
        raise LookupError(f"several elements {action_id!r}; say which value: {there}")
    return found[0]


def clicked(block: Json, element: Json, chosen: Any = None) -> Json:
    """The entry of `actions` for a click on `element`, or for what was `chosen` in it."""
    action: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
    }
    if element["type"] == "button":
        kept = {key: element[key] for key in ("text", "value", "style", "url") if key in element}
        return action | kept
    return action | _filled(element, chosen)


def view_state(view: View, given: dict[str, dict[str, Any]]) -> Json:
    """`state.values` of a view submitted with `given` (block_id → action_id → value)."""
    left = {block_id: dict(values) for block_id, values in given.items()}
    values: Json = {}
    for block in view.blocks:
        elements = elements_of(block)
        if block["type"] not in ("input", "actions", "section") or not elements:
            continue
        chosen = left.pop(block["block_id"], {})
        for element in elements:
            if element["type"] == "button":
                continue
            value = chosen.pop(element["action_id"], _initial(element))
            if block["type"] == "input" and not block.get("optional") and value in (None, "", []):
                raise ValueError(f"{block['block_id']!r} must be filled in")
            filled = {"type": element["type"], **_filled(element, value)}
            values.setdefault(block["block_id"], {})[element["action_id"]] = filled
        if chosen:
            raise LookupError(f"block {block['block_id']!r} has no element {sorted(chosen)}")
    if left:
        blocks = [block["block_id"] for block in view.blocks]
        raise LookupError(f"the view has no input block {sorted(left)}; there are: {blocks}")
    return values


def message_state(blocks: list[Json], given: dict[str, dict[str, Any]] | None = None) -> Json:
    """`state.values` at a click: what each field holds by now, or holds at the start."""
    values: Json = {}
    for block in blocks:
        for element in elements_of(block):
            if element["type"] not in ("button", "image", "overflow"):
                held = (given or {}).get(block["block_id"], {})
                value = held.get(element["action_id"], _initial(element))
                filled = {"type": element["type"], **_filled(element, value, whole=False)}
                values.setdefault(block["block_id"], {})[element["action_id"]] = filled
    return values


def _flat(blocks: list[Json]) -> list[Json]:
    inner = [block for each in blocks for block in _flat(each.get("child_blocks", []))]
    cards = [card for each in blocks if each.get("type") == "carousel" for card in each["elements"]]
    return [*blocks, *inner, *cards]


def _filled(element: Json, value: Any, whole: bool = True) -> Json:
    """`whole` False: somebody is still typing, so no text is too short yet."""
    kind = element["type"]
    if kind in _SEVERAL:
        return {"selected_options": [_option(element, each) for each in value or []]}
    if kind in _ONE_OPTION:
        return {"selected_option": None if value is None else _option(element, value)}
    if kind in _CHOSEN_KEY:
        return {_CHOSEN_KEY[kind]: value}
    if kind == "plain_text_input" and whole:
        _check_length(element, value)
    return {"value": None if value in (None, "") else str(value)}


def _option(element: Json, value: Any) -> Json:
    """The option with `value`; from an external menu any option the app offered may come."""
    if isinstance(value, dict):
        return value
    groups = [option for group in element.get("option_groups", []) for option in group["options"]]
    for option in [*element.get("options", []), *groups]:
        if option.get("value") == value:
            return dict(option)
    if element["type"] in ("external_select", "multi_external_select"):
        return {"text": {"type": "plain_text", "text": str(value)}, "value": str(value)}
    raise LookupError(f"{element['action_id']!r} has no option {value!r}")


def _initial(element: Json) -> Any:
    key = _INITIAL_KEY.get(element["type"], "initial_option")
    return element.get(key)


def _check_length(element: Json, value: Any) -> None:
    if value in (None, ""):
        return
    low, high = element.get("min_length", 0), element.get("max_length", 3000)
    if not low <= len(value) <= high:
        raise ValueError(f"{element['action_id']!r} takes {low} to {high} characters")
