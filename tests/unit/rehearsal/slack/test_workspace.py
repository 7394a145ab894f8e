"""The workspace's own rules."""

from __future__ import annotations

from rehearsal.slack.workspace import Workspace


def test_time_stamps_never_repeat():
    workspace = Workspace()
    stamps = [workspace.next_ts() for _ in range(1000)]
    assert stamps == sorted(set(stamps))
    assert all(len(stamp.partition(".")[2]) == 6 for stamp in stamps)


def test_a_copy_does_not_change_under_ones_hands():
    workspace = Workspace()
    before = workspace.post("C0OPS", "U0BOT", "one", [{"type": "divider"}])
    workspace.edit(before, "two", [], None)
    assert (before.text, len(before.blocks)) == ("one", 1)
    assert workspace.message("C0OPS", before.ts).text == "two"


def test_what_is_posted_is_copied():
    workspace = Workspace()
    blocks = [{"type": "divider"}]
    message = workspace.post("C0OPS", "U0BOT", "x", blocks)
    assert "block_id" not in blocks[0]
    assert message.blocks[0]["block_id"]


def test_everything_a_message_shows_can_be_searched():
    workspace = Workspace()
    fields = [{"type": "mrkdwn", "text": "in a field"}]
    plan = {"type": "plan", "title": "a plan", "tasks": [{"title": "a task"}]}
    message = workspace.post(
        "C0OPS", "U0BOT", "fallback", [{"type": "section", "fields": fields}, plan]
    )
    for words in ("fallback", "in a field", "a plan", "a task"):
        assert words in message.everything


def test_triggers_differ_between_runs_with_the_same_seed():
    first, second = Workspace(seed=1), Workspace(seed=1)
    assert first.new_trigger("U0ANN") != second.new_trigger("U0ANN")
