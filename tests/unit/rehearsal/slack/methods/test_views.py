"""Modals and App Home, and the trigger that opens a modal."""

from __future__ import annotations

import pytest

TITLE = {"type": "plain_text", "text": "Title"}
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "words"}}
MODAL = {"type": "modal", "title": TITLE, "blocks": [SECTION]}
HOME = {"type": "home", "blocks": [SECTION]}


@pytest.fixture
def trigger(sandbox):
    def new():
        return sandbox.slack.workspace.new_trigger("U0ANN")

    return new


def test_a_trigger_opens_one_modal(sandbox, web, trigger, error_of):
    trigger_id = trigger()
    opened = web.views_open(trigger_id=trigger_id, view=MODAL)["view"]
    [view] = sandbox.slack.views("U0ANN")
    assert (view.id, view.title) == (opened["id"], "Title")
    assert "words" in view.everything
    again = {"trigger_id": trigger_id, "view": MODAL}
    assert error_of(web.views_open, **again) == "exchanged_trigger_id"
    assert [each.kind for each in sandbox.slack.violations] == ["trigger"]


def test_a_trigger_lives_three_seconds(sandbox, web, trigger, error_of):
    trigger_id = trigger()
    sandbox.slack.advance(3.1)
    late = {"trigger_id": trigger_id, "view": MODAL}
    assert error_of(web.views_open, **late) == "expired_trigger_id"
    assert error_of(web.views_open, trigger_id="1.2.3", view=MODAL) == "invalid_trigger_id"


def test_a_refused_view_does_not_spend_the_trigger(sandbox, web, trigger, error_of):
    trigger_id = trigger()
    bad = {**MODAL, "title": {"type": "plain_text", "text": "x" * 25}}
    assert error_of(web.views_open, trigger_id=trigger_id, view=bad) == "invalid_arguments"
    assert error_of(web.views_open, trigger_id=trigger_id, view=HOME) == "invalid_arguments"
    assert web.views_open(trigger_id=trigger_id, view=MODAL)["ok"]


def test_update_by_id_and_hash(sandbox, web, trigger, error_of):
    opened = web.views_open(trigger_id=trigger(), view=MODAL)["view"]
    changed = {**MODAL, "title": {"type": "plain_text", "text": "New"}}
    web.views_update(view_id=opened["id"], hash=opened["hash"], view=changed)
    assert sandbox.slack.views("U0ANN")[0].title == "New"
    stale = {"view_id": opened["id"], "hash": opened["hash"], "view": MODAL}
    assert error_of(web.views_update, **stale) == "hash_conflict"
    assert error_of(web.views_update, view_id="V0", view=MODAL) == "not_found"


def test_update_by_external_id(sandbox, web, trigger):
    web.views_open(trigger_id=trigger(), view={**MODAL, "external_id": "mine"})
    web.views_update(external_id="mine", view={**MODAL, "callback_id": "c"})
    assert sandbox.slack.views("U0ANN")[0].callback_id == "c"


def test_at_most_three_lie_on_each_other(sandbox, web, trigger, error_of):
    web.views_open(trigger_id=trigger(), view=MODAL)
    web.views_push(trigger_id=trigger(), view=MODAL)
    pushed = web.views_push(trigger_id=trigger(), view=MODAL)["view"]
    first, second, third = sandbox.slack.views("U0ANN")
    assert (third.previous_view_id, third.root_view_id) == (second.id, first.id)
    assert pushed["root_view_id"] == first.id
    fourth = {"trigger_id": trigger(), "view": MODAL}
    assert error_of(web.views_push, **fourth) == "push_limit_reached"


def test_a_home_is_published_for_one_person(sandbox, web, error_of):
    assert sandbox.slack.home("U0ANN") is None
    first = web.views_publish(user_id="U0ANN", view=HOME)["view"]
    second = web.views_publish(user_id="U0ANN", view=HOME, hash=first["hash"])["view"]
    assert first["id"] == second["id"] == sandbox.slack.home("U0ANN").id
    stale = {"user_id": "U0ANN", "view": HOME, "hash": first["hash"]}
    assert error_of(web.views_publish, **stale) == "hash_conflict"
    assert error_of(web.views_publish, user_id="U0NOBODY", view=HOME) == "user_not_found"
