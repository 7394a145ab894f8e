"""What people can do with elements, and what Slack's client does not let them."""

from __future__ import annotations

import pytest

from rehearsal.slack.forms import clicked, find_element, message_state, view_state
from rehearsal.slack.messages import View

LABEL = {"type": "plain_text", "text": "x"}
OPTION = {"text": LABEL, "value": "v"}


def button(action_id="a", **more):
    return {"type": "button", "text": LABEL, "action_id": action_id, **more}


def actions(*elements, block_id="b"):
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def view(*elements, **more):
    blocks = [
        {"type": "input", "block_id": f"b{number}", "label": LABEL, "element": element, **more}
        for number, element in enumerate(elements)
    ]
    return View("V1", "U0ANN", {"type": "modal", "blocks": blocks}, "h", "V1")


def field(**more):
    return {"type": "plain_text_input", "action_id": "t", **more}


def test_a_button_is_found_by_its_action_id_and_value():
    blocks = [actions(button(value="1"), button("c", value="2"))]
    block, element = find_element(blocks, "c")
    assert (block["block_id"], element["value"]) == ("b", "2")
    with pytest.raises(LookupError, match=r"no element 'd'.*a=1.*c=2"):
        find_element(blocks, "d")


def test_of_several_the_value_or_the_block_decides():
    blocks = [actions(button(value="1"), block_id="x"), actions(button(value="2"), block_id="y")]
    with pytest.raises(LookupError, match="several"):
        find_element(blocks, "a")
    assert find_element(blocks, "a", value="2")[0]["block_id"] == "y"
    assert find_element(blocks, "a", block_id="x")[1]["value"] == "1"
    with pytest.raises(LookupError):
        find_element(blocks, "a", value="3")


def test_a_click_carries_the_buttons_value():
    action = clicked(actions(), button(value="7", style="danger"))
    assert action == {
        "type": "button",
        "action_id": "a",
        "block_id": "b",
        "text": LABEL,
        "value": "7",
        "style": "danger",
    }


@pytest.mark.parametrize(
    ("element", "value", "filled"),
    [
        (field(), "words", {"value": "words"}),
        ({"type": "number_input"}, 7, {"value": "7"}),
        ({"type": "static_select", "options": [OPTION]}, "v", {"selected_option": OPTION}),
        (
            {"type": "static_select", "option_groups": [{"label": LABEL, "options": [OPTION]}]},
            "v",
            {"selected_option": OPTION},
        ),
        ({"type": "radio_buttons", "options": [OPTION]}, "v", {"selected_option": OPTION}),
        ({"type": "checkboxes", "options": [OPTION]}, ["v"], {"selected_options": [OPTION]}),
        ({"type": "external_select"}, OPTION, {"selected_option": OPTION}),
        ({"type": "users_select"}, "U0BOB", {"selected_user": "U0BOB"}),
        ({"type": "conversations_select"}, "C0OPS", {"selected_conversation": "C0OPS"}),
        ({"type": "multi_users_select"}, ["U0BOB"], {"selected_users": ["U0BOB"]}),
    ],
)
def test_every_kind_of_input(element, value, filled):
    element = {"action_id": "t", **element}
    state = view_state(view(element), {"b0": {"t": value}})
    assert state == {"b0": {"t": {"type": element["type"], **filled}}}


def test_initial_values_stand_where_nothing_was_typed():
    assert view_state(view(field(initial_value="x")), {})["b0"]["t"]["value"] == "x"
    optional = view(field(), optional=True)
    assert view_state(optional, {})["b0"]["t"]["value"] is None


@pytest.mark.parametrize(
    ("element", "given", "error"),
    [
        (field(), {}, ValueError),
        (field(), {"b0": {"t": ""}}, ValueError),
        (field(max_length=3), {"b0": {"t": "long"}}, ValueError),
        (field(min_length=3), {"b0": {"t": "x"}}, ValueError),
        (field(), {"b0": {"t": "x", "u": "y"}}, LookupError),
        (field(), {"b0": {"t": "x"}, "b9": {"t": "y"}}, LookupError),
        (
            {"type": "static_select", "action_id": "t", "options": [OPTION]},
            {"b0": {"t": "w"}},
            LookupError,
        ),
    ],
)
def test_what_slacks_client_holds_back(element, given, error):
    with pytest.raises(error):
        view_state(view(element), given)


def test_the_state_of_a_message_is_what_its_menus_show():
    menu = {"type": "static_select", "action_id": "m", "options": [OPTION]}
    state = message_state([actions(button(), {**menu, "initial_option": OPTION})])
    with_option = {"type": "static_select", "selected_option": OPTION}
    assert state == {"b": {"m": with_option}}
