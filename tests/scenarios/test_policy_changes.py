"""Four eyes on the policy: a changed file decides nothing until it is approved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from scenarios.test_approver_groups import rows
from world import ANN, BOB, CAT, DAN, PROD, RUNS_AT_ONCE, SNAPSHOT, World, buttons, shown

from bot.__main__ import main
from bot.app import Bot
from bot.config import given_settings
from bot.domain.events import Event
from bot.store import audit

GOVERNED = """
[policy]
approvals = 1
approvers = ["U0BOB", "U0CAT"]
channel = "C0PROD"
"""
GUARDED = (
    GOVERNED
    + """
[[rule]]
name = "guarded"
approvals = 2
approvers = ["U0BOB", "U0CAT", "U0DAN"]
"""
)
WEAKER = GUARDED.replace("approvals = 2", "approvals = 1")
TAKEN_OVER = GUARDED.replace(
    'approvers = ["U0BOB", "U0CAT"]\nchannel', 'approvers = ["U0ANN"]\nchannel'
)


def edit(at_work: World, text: str, holding: str = "file was changed") -> Any:
    """Whoever can write the file does; the card that asks about it."""
    before = len(at_work.slack.messages(PROD))
    at_work.policy.write_text(text, encoding="utf-8")
    at_work.until(lambda: len(at_work.slack.messages(PROD)) > before, "a card about the policy")
    return at_work.root(holding, channel=PROD)


def needed(at_work: World) -> int:
    """How many approvals the rule in force asks for."""
    assert at_work.bot is not None
    return at_work.bot.policy.current.rule[0].needed


def test_a_changed_set_of_regions_stands_on_the_card(start: Callable[..., World]) -> None:
    """A command may name a set that no rule does."""
    sets = '[regions]\neurope = ["ams3", "fra1"]\neast = ["sgp1"]\n'
    at_work = start(sets + GUARDED)
    wider = '[regions]\neurope = ["ams3", "nyc3"]\nwest = ["sfo3"]\n'
    told = shown(edit(at_work, wider + GUARDED))
    assert "Regions changed: “europe”: ams3, nyc3. It was: ams3, fra1." in told
    assert "Regions gone: “east”: sgp1." in told
    assert "Regions new: “west”: sfo3." in told
    assert "Nothing is decided otherwise" not in told


def test_the_history_tells_of_the_policy_in_words(start: Callable[..., World]) -> None:
    at_work = start(GUARDED)
    card = edit(at_work, WEAKER)
    at_work.clicks("approve_policy", card, by=DAN)
    at_work.clicks("approve_policy", card, by=BOB)
    at_work.root("In force", channel=PROD)
    history = at_work.types("history").text
    assert "voted on a change of the policy" in history
    assert "the policy file was changed, and waits for approval" in history
    assert not [event for event in Event if f": {event}" in history and "-" in event]


def test_a_changed_policy_is_in_force_once_it_is_approved(start: Callable[..., World]) -> None:
    at_work = start(GUARDED)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.root("Pending approval")
    card = edit(at_work, WEAKER)
    assert "then needs 1 approval by <@U0BOB>, <@U0CAT>, <@U0DAN> instead of 2" in shown(card)
    assert "1 open request would be decided otherwise" in shown(card)
    assert buttons(card) == ["approve_policy", "deny_policy"]
    assert needed(at_work) == 2
    at_work.clicks("approve_policy", card, by=CAT)
    at_work.until(lambda: needed(at_work) == 1, "the new policy")
    assert buttons(at_work.root("In force", channel=PROD)) == []
    (proposed,) = rows(at_work, "policy-proposed")
    assert proposed["text"] == WEAKER
    assert [each["what"] for each in proposed["changes"]] == ["rule"]
    changed = rows(at_work, "policy-changed")
    assert [row["text"] for row in changed] == [GUARDED, WEAKER]
    assert changed[-1]["approved_by"] == [CAT]
    assert rows(at_work, "policy-voted")[0]["qualified"] == {"by": CAT, "members": [CAT]}


def test_an_edit_by_one_person_with_the_file_changes_nothing(start: Callable[..., World]) -> None:
    """Nor does a restart with the new file, nor a click by somebody whom only it names."""
    at_work = start(GUARDED)
    at_work.until(lambda: rows(at_work, "policy-changed"), "the first policy in the log")
    card = edit(at_work, TAKEN_OVER)
    for person in (ANN, DAN):
        at_work.clicks("approve_policy", card, by=person)
        at_work.told("as the policy in force says", person)
    at_work.stop()
    at_work.start()
    assert needed(at_work) == 2
    at_work.clicks("approve_policy", card, by=ANN)
    at_work.types(f"transfer {SNAPSHOT} nyc3", by=ANN)
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("1 more approval needed", root)
    assert at_work.digitalocean.posts == []
    assert len(rows(at_work, "policy-changed")) == 1
    assert len(rows(at_work, "policy-proposed")) == 1


def test_a_restart_with_another_file_leaves_the_old_policy_in_force(
    start: Callable[..., World],
) -> None:
    at_work = start(GUARDED)
    at_work.until(lambda: rows(at_work, "policy-changed"), "the first policy in the log")
    at_work.stop()
    at_work.policy.write_text(RUNS_AT_ONCE, encoding="utf-8")
    at_work.start()
    card = at_work.root("file was changed", channel=PROD)
    assert "changes the policy alone from then on" in shown(card)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.root("Pending approval")
    assert at_work.digitalocean.posts == []


def test_denied_superseded_and_put_back(start: Callable[..., World]) -> None:
    at_work = start(GUARDED)
    at_work.until(lambda: rows(at_work, "policy-changed"), "the first policy in the log")
    first = edit(at_work, WEAKER)
    second = edit(at_work, TAKEN_OVER, "Changes of the policy then need")
    at_work.root("changed again since", channel=PROD)
    at_work.clicks("approve_policy", first, by=BOB)
    at_work.told("this change of the policy is settled", BOB)
    at_work.clicks("deny_policy", second, by=BOB)
    at_work.root("Denied by", channel=PROD)
    edit(at_work, WEAKER)
    at_work.policy.write_text(GUARDED, encoding="utf-8")
    at_work.root("says again what is in force", channel=PROD)
    assert needed(at_work) == 2
    assert len(rows(at_work, "policy-changed")) == 1


def test_two_have_to_approve_where_two_are_asked(start: Callable[..., World]) -> None:
    at_work = start(GUARDED.replace("approvals = 1", "approvals = 2"))
    at_work.until(lambda: rows(at_work, "policy-changed"), "the first policy in the log")
    card = edit(at_work, WEAKER)
    at_work.clicks("approve_policy", card, by=BOB)
    at_work.root("Needs 1 approval from", channel=PROD)
    at_work.clicks("approve_policy", card, by=BOB)
    at_work.told("approved this change already", BOB)
    assert needed(at_work) == 2
    at_work.clicks("approve_policy", card, by=CAT)
    at_work.until(lambda: needed(at_work) == 1, "the new policy")


@pytest.mark.parametrize("is_chained", [False, True])
def test_a_policy_approved_in_the_database_alone_is_not_in_force(
    start: Callable[..., World], is_chained: bool
) -> None:
    """Not by a vote that follows from nothing, nor by a row that follows and has no votes."""
    at_work = start(GUARDED)
    at_work.until(lambda: rows(at_work, "policy-changed"), "the first policy in the log")
    edit(at_work, WEAKER)
    (proposed,) = rows(at_work, "policy-proposed")
    bot = at_work.bot
    assert bot is not None
    vote = {**proposed, "choice": "approve", "qualified": {"by": BOB, "members": [BOB]}}
    with bot.store.write() as tx:
        before, _ = audit.head(tx.connection)
        if not is_chained:
            audit.append(tx, Event.POLICY_VOTED, BOB, facts=vote)
        audit.append(tx, Event.POLICY_CHANGED, audit.BOT, facts={**proposed, "approved_by": [BOB]})
    if not is_chained:
        with bot.store.write() as tx:
            broken = sa.text("UPDATE audit SET previous = hash WHERE position > :before")
            tx.execute(broken, {"before": before})
    bot.policy.refresh()
    at_work.stop()
    at_work.start()
    assert needed(at_work) == 2


def test_two_instances_agree(start: Callable[..., World], tmp_path: Path) -> None:
    """One has the new file, the other still the old one: the log says what decides for both."""
    at_work = start(GUARDED)
    at_work.until(lambda: rows(at_work, "policy-changed"), "the first policy in the log")
    other_file = tmp_path / "other.toml"
    other_file.write_text(GUARDED, encoding="utf-8")
    card = edit(at_work, WEAKER)
    other = Bot(
        given_settings({**at_work.settings, "IMAGE_BOT_POLICY": str(other_file)}), at_work.clock
    )
    try:
        assert other.policy.current.rule[0].needed == 2
        at_work.clicks("approve_policy", card, by=CAT)
        at_work.until(lambda: needed(at_work) == 1, "the new policy")
        other.policy.refresh()
        assert other.policy.current.rule[0].needed == 1
        other._background._show_policy()
        assert len(rows(at_work, "policy-proposed")) == 1
    finally:
        other.store.close()


def test_check_and_doctor_say_which_text_is_in_force(
    start: Callable[..., World], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    at_work = start(GUARDED)
    at_work.until(lambda: rows(at_work, "policy-changed"), "the first policy in the log")
    for name, value in at_work.settings.items():
        monkeypatch.setenv(name, str(value))
    assert main(["policy", "check"]) == 0
    assert "This is the policy in force" in capsys.readouterr().out
    main(["doctor"])
    assert "This is the policy in force" in capsys.readouterr().out
    edit(at_work, WEAKER)
    assert main(["policy", "check"]) == 0
    assert "waits for the approval of 1 of U0BOB, U0CAT in C0PROD" in capsys.readouterr().out
    main(["doctor"])
    assert "Not in force" in capsys.readouterr().out
