"""The Block Kit check, row by row; Slack's own models must agree with what it takes."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from rehearsal.slack.block_kit import problems_of_message, problems_of_options, problems_of_view


def plain(text="x", **more):
    return {"type": "plain_text", "text": text, **more}


def mrkdwn(text="x", **more):
    return {"type": "mrkdwn", "text": text, **more}


def button(action_id="a", **more):
    return {"type": "button", "text": plain(), "action_id": action_id, **more}


def option(value="v", **more):
    return {"text": plain(), "value": value, **more}


def actions(*elements, **more):
    return {"type": "actions", "elements": list(elements), **more}


def section(text="x", **more):
    return {"type": "section", "text": mrkdwn(text), **more}


def menu(**more):
    return {"type": "static_select", "action_id": "m", "options": [option()], **more}


def form(element, **more):
    return {"type": "input", "label": plain(), "element": element, **more}


def field(**more):
    return {"type": "plain_text_input", "action_id": "t", **more}


def modal(*blocks, **more):
    return {
        "type": "modal",
        "title": plain(),
        "submit": plain(),
        "blocks": list(blocks),
        **more,
    }


def rich(*parts):
    return {"type": "rich_text", "elements": list(parts)}


LINE = {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}
CONFIRM = {"title": plain(), "text": mrkdwn(), "confirm": plain(), "deny": plain()}
CELL = {"type": "raw_text", "text": "x"}
TASK = {"type": "task_card", "task_id": "1", "title": "x", "status": "complete"}
PICTURE = {"image_url": "https://example.com/a.png", "alt_text": "x"}

GOOD_BLOCKS = {
    "section": section("x" * 3000),
    "section with fields": {"type": "section", "fields": [mrkdwn("x" * 2000)] * 10},
    "section with a button": section(accessory=button()),
    "section with an image": section(accessory={"type": "image", **PICTURE}),
    "section with a menu": section(accessory=menu()),
    "actions": actions(*(button(str(number)) for number in range(25))),
    "confirm": actions(button(confirm={**CONFIRM, "style": "danger"}, style="primary")),
    "long value": actions(button(value="x" * 2000)),
    "overflow": actions({"type": "overflow", "action_id": "o", "options": [option()] * 1}),
    "users_select": actions({"type": "users_select", "action_id": "u", "initial_user": "U0ANN"}),
    "conversations_select": actions(
        {"type": "conversations_select", "action_id": "c", "filter": {"include": ["public"]}}
    ),
    "external_select": actions(
        {"type": "external_select", "action_id": "e", "min_query_length": 0}
    ),
    "grouped menu": actions(
        {
            "type": "static_select",
            "action_id": "g",
            "option_groups": [{"label": plain(), "options": [option()]}],
        }
    ),
    "radio_buttons": actions(
        {"type": "radio_buttons", "action_id": "r", "options": [option(), option("w")]}
    ),
    "context": {"type": "context", "elements": [mrkdwn(), {"type": "image", **PICTURE}] * 5},
    "header": {"type": "header", "text": plain("x" * 150, emoji=True)},
    "divider": {"type": "divider", "block_id": "x" * 255},
    "image": {"type": "image", "title": plain(), **PICTURE},
    "rich_text": rich(LINE, {"type": "rich_text_list", "style": "bullet", "elements": [LINE]}),
    "plan": {"type": "plan", "title": "x", "tasks": [{**TASK, "details": rich(LINE)}]},
    "task_card": {**TASK, "sources": [{"type": "url", "url": "https://example.com", "text": "x"}]},
    "table": {
        "type": "table",
        "rows": [[CELL, rich(LINE)]],
        "column_settings": [{"align": "left"}],
    },
    "markdown": {"type": "markdown", "text": "x" * 12_000},
    "card": {"type": "card", "title": mrkdwn(), "actions": [button()]},
    "container": {"type": "container", "title": plain(), "child_blocks": [section()]},
}

BAD_BLOCKS = {
    "no type": ({"text": mrkdwn()}, "unsupported type of block"),
    "unknown type": ({"type": "fancy"}, "unsupported type of block: 'fancy'"),
    "not an object": ("x", "unsupported type of block"),
    "section too long": (section("x" * 3001), "/blocks/0/text/text"),
    "section without text": ({"type": "section"}, "needs one of text, fields"),
    "empty text": (section(""), "must be more than 0 characters"),
    "field too long": ({"type": "section", "fields": [mrkdwn("x" * 2001)]}, "/fields/0"),
    "eleven fields": ({"type": "section", "fields": [mrkdwn()] * 11}, "no more than 10"),
    "unknown key": (section(colour="red"), "invalid additional property: colour"),
    "text as a string": ({"type": "section", "text": "x"}, "must be a text object"),
    "emoji in mrkdwn": ({"type": "section", "text": mrkdwn(emoji=True)}, "emoji"),
    "verbatim in plain": ({"type": "section", "text": plain(verbatim=True)}, "verbatim"),
    "header in mrkdwn": ({"type": "header", "text": mrkdwn()}, "of type plain_text"),
    "header too long": ({"type": "header", "text": plain("x" * 151)}, "151"),
    "no actions": (actions(), "at least 1"),
    "26 actions": (actions(*(button(str(n)) for n in range(26))), "no more than 25"),
    "same action_id": (actions(button(), button()), "action_id 'a' already exists"),
    "label too long": (actions({**button(), "text": plain("x" * 76)}), "76"),
    "label in mrkdwn": (actions({**button(), "text": mrkdwn()}), "of type plain_text"),
    "value too long": (actions(button(value="x" * 2001)), "2001"),
    "empty value": (actions(button(value="")), "more than 0"),
    "action_id too long": (actions(button("x" * 256)), "256"),
    "unknown style": (actions(button(style="warning")), "must be one of primary, danger"),
    "half a confirm": (actions(button(confirm={"title": plain()})), "field: deny"),
    "confirm title": (actions(button(confirm={**CONFIRM, "title": plain("x" * 101)})), "101"),
    "confirm label": (actions(button(confirm={**CONFIRM, "deny": plain("x" * 31)})), "31"),
    "button key": (actions(button(disabled=True)), "additional property: disabled"),
    "text input in actions": (actions(field()), "element in an actions block"),
    "11 in context": ({"type": "context", "elements": [mrkdwn()] * 11}, "no more than 10"),
    "button in context": ({"type": "context", "elements": [button()]}, "in a context block"),
    "context too long": ({"type": "context", "elements": [mrkdwn("x" * 2001)]}, "2001"),
    "no alt_text": ({"type": "image", "image_url": "https://example.com"}, "field: alt_text"),
    "no image": ({"type": "image", "alt_text": "x"}, "either image_url or slack_file"),
    "option text": (actions(menu(options=[{**option(), "text": plain("x" * 76)}])), "76"),
    "option value": (actions(menu(options=[option("x" * 151)])), "151"),
    "option in mrkdwn": (actions(menu(options=[{**option(), "text": mrkdwn()}])), "plain_text"),
    "option url": (actions(menu(options=[option(url="https://example.com")])), "property: url"),
    "no options": (actions(menu(options=[])), "at least 1"),
    "101 options": (actions(menu(options=[option(str(n)) for n in range(101)])), "than 100"),
    "same values": (actions(menu(options=[option(), option()])), "values of their own"),
    "strange initial": (actions(menu(initial_option=option("w"))), "exactly one of the options"),
    "options twice": (actions(menu(option_groups=[])), "either options or option_groups"),
    "six in overflow": (
        actions({"type": "overflow", "options": [option(str(n)) for n in range(6)]}),
        "no more than 5",
    ),
    "eleven radio buttons": (
        actions({"type": "radio_buttons", "options": [option(str(n)) for n in range(11)]}),
        "no more than 10",
    ),
    "min_query_length": (
        actions({"type": "external_select", "min_query_length": "0"}),
        "must be an integer",
    ),
    "user id": (actions({"type": "users_select", "initial_user": "ann"}), "a user id"),
    "placeholder": (actions(menu(placeholder=plain("x" * 151))), "151"),
    "input in a message": (form(field()), "input blocks are not for a message"),
    "alert in a message": ({"type": "alert", "text": mrkdwn()}, "not for a message"),
    "task status": ({**TASK, "status": "completed"}, "must be one of pending"),
    "task without id": ({"type": "task_card", "title": "x", "status": "error"}, "task_id"),
    "plan of sections": ({"type": "plan", "title": "x", "tasks": [section()]}, "type of task"),
    "plan title": ({"type": "plan", "title": plain(), "tasks": []}, "must be a string"),
    "21 cells": ({"type": "table", "rows": [[CELL] * 21]}, "no more than 20"),
    "101 rows": ({"type": "table", "rows": [[CELL]] * 101}, "no more than 100"),
    "strange cell": ({"type": "table", "rows": [[mrkdwn()]]}, "table cell"),
    "big table": ({"type": "table", "rows": [[{**CELL, "text": "x" * 5001}] * 2]}, "10000"),
    "markdown too long": ({"type": "markdown", "text": "x" * 12_001}, "12001"),
    "rich part": (rich({"type": "paragraph", "elements": []}), "type of rich text"),
    "block_id too long": ({"type": "divider", "block_id": "x" * 256}, "256"),
    "empty card": ({"type": "card"}, "needs one of"),
}

GOOD_VIEWS = {
    "a form": modal(
        form(field(max_length=300, multiline=True), block_id="b", optional=True, hint=plain()),
        callback_id="c",
        private_metadata="x" * 3000,
        close=plain("x" * 24),
        notify_on_close=True,
    ),
    "an alert": modal({"type": "alert", "text": mrkdwn(), "level": "warning"}),
    "menus": modal(
        form(menu()),
        form({"type": "external_select", "action_id": "e", "min_query_length": 2}),
        form({"type": "number_input", "action_id": "n", "is_decimal_allowed": False}),
        form({"type": "checkboxes", "action_id": "k", "options": [option()]}),
    ),
    "no submit without inputs": {"type": "modal", "title": plain(), "blocks": [section()]},
    "a home": {"type": "home", "blocks": [section()] * 100, "callback_id": "h"},
}

BAD_VIEWS = {
    "no type": ({"blocks": []}, "must be one of modal, home"),
    "no title": ({"type": "modal", "blocks": []}, "field: title"),
    "no blocks": ({"type": "modal", "title": plain()}, "field: blocks"),
    "title too long": (modal(title=plain("x" * 25)), "25"),
    "submit too long": (modal(submit=plain("x" * 25)), "25"),
    "close too long": (modal(close=plain("x" * 25)), "25"),
    "title in mrkdwn": (modal(title=mrkdwn()), "of type plain_text"),
    "private_metadata": (modal(private_metadata="x" * 3001), "3001"),
    "callback_id": (modal(callback_id="x" * 256), "256"),
    "101 blocks": (modal(*[section()] * 101), "no more than 100"),
    "unknown key": (modal(colour="red"), "invalid additional property: colour"),
    "inputs without submit": (
        {"type": "modal", "title": plain(), "blocks": [form(field())]},
        "must have submit",
    ),
    "a home with a title": ({"type": "home", "title": plain(), "blocks": []}, "title"),
    "button in an input": (modal(form(button())), "element of an input block"),
    "label in mrkdwn": (modal(form(field(), label=mrkdwn())), "of type plain_text"),
    "lengths crossed": (modal(form(field(min_length=5, max_length=4))), "above max_length"),
    "max_length": (modal(form(field(max_length=3001))), "from 1 to 3000"),
    "number_input": (modal(form({"type": "number_input"})), "is_decimal_allowed"),
    "two focused": (
        modal(form(field(focus_on_load=True)), form(field(focus_on_load=True))),
        "focus_on_load",
    ),
    "markdown in a modal": (modal({"type": "markdown", "text": "x"}), "not for a modal"),
    "plan in a home": ({"type": "home", "blocks": [{"type": "plan", "title": "x"}]}, "a home"),
    "same block_id": (
        modal(section(block_id="b"), section(block_id="b")),
        "block_id 'b' already exists",
    ),
}


@pytest.mark.parametrize("block", GOOD_BLOCKS.values(), ids=GOOD_BLOCKS)
def test_taken_in_a_message(block):
    assert problems_of_message({"text": "x", "blocks": [block]}) == []


@pytest.mark.parametrize("block", GOOD_BLOCKS.values(), ids=GOOD_BLOCKS)
def test_slacks_own_models_take_it_too(block):
    parsed = Block.parse(copy.deepcopy(block))
    parsed.validate_json()


@pytest.mark.parametrize(("block", "words"), BAD_BLOCKS.values(), ids=BAD_BLOCKS)
def test_refused_in_a_message(block, words):
    problems = problems_of_message({"text": "x", "blocks": [block]})
    assert any(words in problem for problem in problems), problems


@pytest.mark.parametrize("view", GOOD_VIEWS.values(), ids=GOOD_VIEWS)
def test_views_taken(view):
    assert problems_of_view(view) == []
    View(**copy.deepcopy(view)).validate_json()


@pytest.mark.parametrize(("view", "words"), BAD_VIEWS.values(), ids=BAD_VIEWS)
def test_views_refused(view, words):
    problems = problems_of_view(view)
    assert any(words in problem for problem in problems), problems


def test_the_message_as_a_whole():
    assert problems_of_message({"text": "x" * 40_001})
    assert problems_of_message({"text": 1})
    assert problems_of_message({"blocks": [section()] * 51})
    assert problems_of_message({"blocks": "x"})
    assert problems_of_message({"blocks": [{"type": "markdown", "text": "x" * 7000}] * 2})
    assert problems_of_message({"blocks": [GOOD_BLOCKS["table"]] * 2})
    assert problems_of_message({"blocks": [section(block_id="b"), section(block_id="b")]})
    assert problems_of_message({"blocks": [section()] * 50}) == []


def test_the_same_action_id_may_stand_in_two_blocks():
    assert problems_of_message({"blocks": [actions(button()), actions(button())]}) == []


def test_options_answered():
    assert problems_of_options({"options": []}) == []
    assert problems_of_options({"option_groups": [{"label": plain(), "options": [option()]}]}) == []
    assert problems_of_options({})
    assert problems_of_options({"options": [option()], "option_groups": []})
    assert problems_of_options({"options": [option("x" * 151)]})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "elements", "options", "block_id", "element"]),
            inner | st.sampled_from(["section", "actions", "button", "static_select", "table"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_nonsense_is_a_problem_and_never_an_exception(value):
    problems_of_message({"text": "x", "blocks": [value]})
    problems_of_message({"text": "x", "blocks": value})
    problems_of_view({"type": "modal", "title": plain(), "blocks": [value]})


@given(
    st.sampled_from(sorted(GOOD_BLOCKS)),
    st.sampled_from(["elements", "options", "text", "rows", "accessory", "tasks", "actions"]),
    json_values,
)
def test_a_good_block_with_one_key_spoilt_never_raises(name, key, value):
    block = copy.deepcopy(GOOD_BLOCKS[name])
    block[key] = value
    problems_of_message({"blocks": [block]})
