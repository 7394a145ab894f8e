"""Schedules: approved once, run by the clock, each run with a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from plans import ASKED, AT_ONCE, nightly, sent
from scheduled import DAY, NIGHTLY, approved, approved_as, ended, runs
from world import ANN, BOB, CAT, DAN, OPS, PRIVATE, World, buttons, shown

from bot.__main__ import main
from bot.domain.occasions import Occasion, RunOutcome
from bot.domain.pruning import Pruning
from bot.domain.search import Asker, to_json
from bot.store import lookups, schedules


def test_one_approval_then_it_runs_every_night(clocked: Callable[..., World]) -> None:
    at_work = clocked()
    card = shown(at_work.root("Let schedule nightly-web run"))
    assert "03:00 every day" in card
    assert "snapshot web-1 to fra1 keep 3" in card
    assert sent(at_work) == []
    approved(at_work)
    assert sent(at_work) == []
    for night in (1, 2):
        at_work.clock.skip(DAY)
        ended(at_work, RunOutcome.COMPLETED, night)
    assert [word.split()[0] for word in sent(at_work)] == ["snapshot", "transfer"] * 2
    assert at_work.slack.violations == []


def test_without_its_approval_it_does_not_run(clocked: Callable[..., World]) -> None:
    at_work = clocked()
    root = at_work.root("Let schedule nightly-web run")
    at_work.denies(root, "not this one")
    at_work.root("Denied")
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.SKIPPED_UNAPPROVED)
    at_work.told("is not approved", ANN)
    assert sent(at_work) == []


def test_another_command_asks_anew(clocked: Callable[..., World], tmp_path: Path) -> None:
    at_work = clocked()
    approved(at_work)
    (tmp_path / "schedules.toml").write_text(NIGHTLY.replace("keep 3", "keep 1"), encoding="utf-8")
    at_work.root("keep 1")
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.SKIPPED_UNAPPROVED)
    assert sent(at_work) == []


def test_another_rule_or_other_approvers_ask_anew(clocked: Callable[..., World]) -> None:
    at_work = clocked()
    approved(at_work)
    at_work.policy.write_text(ASKED.replace("approvals = 1", "approvals = 2"), encoding="utf-8")
    at_work.root("0 of 2")
    assert "not approved" in at_work.types("schedules").text
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.SKIPPED_UNAPPROVED)
    assert sent(at_work) == []


def test_an_approval_ends_and_the_next_is_asked_for_before(clocked: Callable[..., World]) -> None:
    at_work = clocked()
    first = approved(at_work)
    at_work.clock.skip(24 * DAY)
    ended(at_work, RunOutcome.COMPLETED)
    at_work.until(
        lambda: at_work.root("Let schedule nightly-web run").ts != first.ts,
        "the next card",
    )
    at_work.clock.skip(7 * DAY)
    ended(at_work, RunOutcome.SKIPPED_UNAPPROVED)


def test_a_run_that_fails_is_told_and_so_is_the_next_success(clocked: Callable[..., World]) -> None:
    at_work = clocked()
    approved(at_work)
    at_work.digitalocean.next_action(0.05, "errored")
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.FAILED)
    at_work.told("failed", ANN)
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.COMPLETED)
    at_work.told("went well", ANN)


def test_missed_while_away_it_runs_once_and_says_so(clocked: Callable[..., World]) -> None:
    at_work = clocked()
    approved(at_work)
    at_work.stop()
    at_work.clock.skip(3 * DAY)
    at_work.start()
    ended(at_work, RunOutcome.COMPLETED)
    at_work.told("late", ANN)
    assert len(sent(at_work)) == 2


def test_still_running_when_due_again_it_is_skipped(clocked: Callable[..., World]) -> None:
    at_work = clocked()
    approved(at_work)
    at_work.digitalocean.next_action(None)
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.RUNNING)
    at_work.until(lambda: sent(at_work), "the POST")
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.SKIPPED_RUNNING)
    at_work.told("still running", ANN)
    assert len(sent(at_work)) == 1


def test_run_now_pause_and_resume(clocked: Callable[..., World]) -> None:
    at_work = clocked()
    approved(at_work)
    at_work.types("schedules", by=ANN)
    at_work.clicks("run_schedule", at_work.told("never run yet", ANN), by=ANN)
    ended(at_work, RunOutcome.COMPLETED)
    at_work.clicks("pause_schedule", at_work.told("never run yet", ANN), by=ANN)
    at_work.told("is paused", ANN)
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.SKIPPED_PAUSED)
    at_work.types("schedules", by=ANN)
    at_work.clicks("resume_schedule", at_work.told("paused by", ANN), by=ANN)
    at_work.told("runs again", ANN)
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.COMPLETED, 2)


def test_others_cannot_run_it(clocked: Callable[..., World]) -> None:
    at_work = clocked()
    approved(at_work)
    at_work.types("schedules", by=DAN)
    at_work.clicks("run_schedule", at_work.told("nightly-web", DAN), by=DAN)
    at_work.told("Only", DAN)
    assert sent(at_work) == []


PRUNE = """
[[schedule]]
name = "nightly-web"
when = "daily 03:00"
command = "prune web-1-* keep 4"
channel = "C0OPS"
owner = "U0ANN"
notify = ["C0APPROVALS", "U0DAN"]
"""


def test_a_prune_that_finds_nothing_yet_is_approved_and_goes_well(
    clocked: Callable[..., World],
) -> None:
    at_work = clocked(PRUNE, ASKED, nightly)
    card = shown(at_work.root("Let schedule"))
    assert ":wastebasket:" not in card
    approved(at_work)
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.COMPLETED)
    assert sent(at_work) == []
    at_work.digitalocean.add_image(
        71_000_100, "web-1-2026-11-29-0300", created_at="2026-11-29T03:00:00Z"
    )
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.COMPLETED, 2)
    assert sent(at_work) == ["delete 71000000"]


def test_those_to_be_notified_hear_of_a_failure(clocked: Callable[..., World]) -> None:
    at_work = clocked(NIGHTLY.replace("approval_days", 'notify = ["U0DAN"]\napproval_days'))
    approved(at_work)
    at_work.digitalocean.next_action(0.05, "errored")
    at_work.clock.skip(DAY)
    at_work.told("failed", DAN)


def test_a_schedule_that_a_rule_refuses_is_told_to_its_owner(
    clocked: Callable[..., World],
) -> None:
    at_work = clocked(policy=ASKED.replace('"snapshot", ', ""))
    at_work.told("No rule of the policy allows this", ANN)


def test_who_points_at_another_approval_in_the_database_runs_nothing(
    clocked: Callable[..., World],
) -> None:
    at_work = clocked()
    root = at_work.root("Let schedule")
    at_work.types("snapshot db-1")
    at_work.clicks("approve", at_work.root("Snapshot of"), by=BOB)
    at_work.until(lambda: len(sent(at_work)) == 1, "the other request")
    at_work.root("Completed")
    assert at_work.bot is not None
    with at_work.bot.store.write() as tx:
        schedules.update(tx, "nightly-web", approved_as=2)
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.SKIPPED_UNAPPROVED)
    assert len(sent(at_work)) == 1
    assert root


def test_a_card_that_was_not_answered_in_time_comes_again(clocked: Callable[..., World]) -> None:
    at_work = clocked()
    at_work.root("Let schedule")
    at_work.clock.skip(5 * 3600)
    at_work.root("Expired")
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.SKIPPED_UNAPPROVED)
    at_work.root("Let schedule")


def test_a_card_that_nobody_answered_comes_again_a_day_before_the_week_is_missed(
    clocked: Callable[..., World], tmp_path: Path
) -> None:
    at_work = clocked("")
    now = datetime.fromtimestamp(at_work.clock(), UTC)
    due = (now + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    weekly = NIGHTLY.replace("daily 03:00", f"weekly {due:%a %H:%M}".lower())
    (tmp_path / "schedules.toml").write_text(weekly, encoding="utf-8")
    first = at_work.root("Let schedule")
    at_work.clock.skip(5 * 3600)
    at_work.root("Expired")
    at_work.clock.skip((due - now).total_seconds() - (5 + 25) * 3600)  # 25 hours are left
    at_work.types("schedules")
    assert len(at_work.slack.messages(OPS)) == 1
    at_work.clock.skip(3600 + 60)
    at_work.until(lambda: len(at_work.slack.messages(OPS)) == 2, "the second card")
    at_work.clock.skip(5 * 3600)
    at_work.until(lambda: "xpired" in shown(at_work.slack.messages(OPS)[1]), "its end")
    assert at_work.root("Let schedule").ts != first.ts
    assert len(at_work.slack.messages(OPS)) == 2, "once before each time"
    at_work.clock.skip(20 * 3600)
    ended(at_work, RunOutcome.SKIPPED_UNAPPROVED)


def test_who_runs_one_that_was_denied_has_it_asked_anew(clocked: Callable[..., World]) -> None:
    at_work = clocked()
    at_work.denies(at_work.root("Let schedule"), "not yet")
    at_work.root("Denied")
    at_work.types("schedules", by=ANN)
    at_work.clicks("run_schedule", at_work.told("never run yet", ANN), by=ANN)
    at_work.told("is not approved", ANN)
    at_work.root("Denied before")
    assert sent(at_work) == []


def test_a_look_up_in_the_database_does_nothing_in_a_schedules_name(
    clocked: Callable[..., World],
) -> None:
    at_work = clocked(before=nightly)
    approved(at_work)
    wanted = to_json(Pruning("web-1-*", keep=1))
    assert at_work.bot is not None
    with at_work.bot.store.write() as tx:
        schedules.add_run(tx, "nightly-web", 5.0, RunOutcome.RUNNING)
        lookups.add(tx, Asker(ANN, OPS), Occasion("nightly-web", 5.0).beside(wanted))
    time.sleep(3)
    assert sent(at_work) == []


def test_a_run_that_is_set_back_in_the_database_is_not_begun_again(
    clocked: Callable[..., World],
) -> None:
    at_work = clocked()
    approved(at_work)
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.COMPLETED)
    assert at_work.bot is not None
    with at_work.bot.store.write() as tx:
        schedules.move_run(tx, runs(at_work)[0], RunOutcome.DUE)
    ended(at_work, RunOutcome.COMPLETED)
    assert len(sent(at_work)) == 2


def test_what_is_changed_back_is_asked_anew(clocked: Callable[..., World], tmp_path: Path) -> None:
    at_work = clocked()
    approved(at_work)
    path = tmp_path / "schedules.toml"
    path.write_text(NIGHTLY.replace("keep 3", "keep 1"), encoding="utf-8")
    at_work.root("keep 1")
    path.write_text(NIGHTLY, encoding="utf-8")
    at_work.until(lambda: approved_as(at_work) is None, "the approval to be void")
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.SKIPPED_UNAPPROVED)
    assert sent(at_work) == []


def test_taken_out_and_put_back_it_is_a_new_one(
    clocked: Callable[..., World], tmp_path: Path
) -> None:
    at_work = clocked()
    approved(at_work)
    path = tmp_path / "schedules.toml"
    path.write_text("", encoding="utf-8")
    time.sleep(2)
    at_work.clock.skip(2 * 3600)
    at_work.until(lambda: approved_as(at_work) is None, "it to be forgotten")
    cards = len(at_work.slack.messages(OPS))
    path.write_text(NIGHTLY, encoding="utf-8")
    at_work.until(lambda: len(at_work.slack.messages(OPS)) > cards, "another card")
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.SKIPPED_UNAPPROVED)
    assert sent(at_work) == []


def test_one_that_hangs_keeps_all_that_follow_back(clocked: Callable[..., World]) -> None:
    at_work = clocked()
    approved(at_work)
    at_work.digitalocean.next_action(None)
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.RUNNING)
    at_work.until(lambda: sent(at_work), "the call", seconds=30)  # else it expires as time skips
    for night in (1, 2):
        at_work.clock.skip(DAY)
        ended(at_work, RunOutcome.SKIPPED_RUNNING, night)
    assert len(sent(at_work)) == 1


def test_a_run_that_joins_a_request_ends_as_that_does(clocked: Callable[..., World]) -> None:
    command = "transfer 62137902 fra1"
    begin = NIGHTLY.replace("snapshot web-1 to fra1 keep 3", command)
    at_work = clocked(begin)
    approved(at_work)
    at_work.clock.skip(DAY - 3600)
    at_work.types(command, by=CAT)
    root = at_work.root("Transfer of")
    at_work.clock.skip(3600)
    ended(at_work, RunOutcome.RUNNING)
    at_work.denies(root, "no")
    ended(at_work, RunOutcome.FAILED)
    at_work.told("Schedule nightly-web", ANN)


def test_a_schedule_of_a_private_channel_is_listed_there_alone(
    clocked: Callable[..., World],
) -> None:
    at_work = clocked(NIGHTLY.replace("C0OPS", PRIVATE))
    assert "snapshot" not in at_work.types("schedules", by=DAN, channel=OPS).text
    assert "snapshot" in at_work.types("schedules", by=ANN, channel=OPS).text


def test_more_schedules_than_one_message_holds_have_pages(clocked: Callable[..., World]) -> None:
    many = "".join(NIGHTLY.replace("nightly-web", f"nightly-{n:02}") for n in range(17))
    at_work = clocked(many)
    first = at_work.types("schedules", by=ANN)
    assert "Page 1 of 2" in shown(first)
    at_work.clicks("schedules_on", at_work.told("nightly-00", ANN), by=ANN)
    second = at_work.told("nightly-16", ANN)
    assert "Page 2 of 2" in shown(second)
    assert "nightly-14" not in shown(second)
    at_work.slack.click(ANN, second, "pause_schedule", "nightly-16")
    at_work.told("is paused", ANN)


def test_nothing_runs_in_the_name_of_an_owner_who_has_left(clocked: Callable[..., World]) -> None:
    at_work = clocked()
    approved(at_work)
    at_work.slack.deactivate(ANN)
    at_work.stop()
    at_work.start()  # it asks Slack again who is there
    at_work.until(lambda: "its owner has left" in at_work.types("schedules", by=BOB).text, "that")
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.SKIPPED_OWNERLESS)
    at_work.told("its owner <@U0ANN> has left", BOB)
    listed = [m for m in at_work.slack.ephemerals(BOB) if "run_schedule" in buttons(m)][-1]
    at_work.clicks("run_schedule", listed, by=BOB)
    at_work.until(
        lambda: any("does not run any more" in m.text for m in at_work.slack.ephemerals(BOB)),
        "the same to who clicks",
    )
    assert sent(at_work) == []
    assert len([m for m in at_work.slack.messages(OPS) if "Let the clock" in m.text]) <= 1


def test_the_command_line_tells_that_another_rule_needs_another_approval(
    clocked: Callable[..., World],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    at_work = clocked()
    approved(at_work)
    at_work.stop()
    for name in ("DATABASE_URL", "IMAGE_BOT_POLICY", "IMAGE_BOT_SCHEDULES"):
        monkeypatch.setenv(name, at_work.settings[name])
    assert main(["schedules", "list"]) == 0
    assert "approved until" in capsys.readouterr().out
    at_work.policy.write_text(ASKED.replace("approvals = 1", "approvals = 2"), encoding="utf-8")
    assert main(["schedules", "list"]) == 0
    assert "approved no: it does not run" in capsys.readouterr().out


def test_a_good_night_is_silent(clocked: Callable[..., World]) -> None:
    at_work = clocked()
    approved(at_work)
    before = len(at_work.slack.direct_messages(ANN))
    at_work.clock.skip(DAY)
    ended(at_work, RunOutcome.COMPLETED)
    time.sleep(1)
    late = [m for m in at_work.slack.direct_messages(ANN)[before:] if "late" not in m.text]
    assert late == []


def test_a_channel_to_be_notified_gets_the_card_of_a_run_that_failed(
    clocked: Callable[..., World],
) -> None:
    at_work = clocked(NIGHTLY.replace("approval_days", 'notify = ["C0PROD"]\napproval_days'))
    approved(at_work)
    at_work.digitalocean.next_action(0.05, "errored")
    at_work.clock.skip(DAY)
    at_work.root("Failed", "C0PROD")


TWICE = NIGHTLY.replace(" keep 3", "") + NIGHTLY.replace("nightly-web", "other-web").replace(
    "fra1 keep 3", "ams3"
)


def test_two_schedules_of_one_droplet_at_one_time_both_do_all_they_say(
    clocked: Callable[..., World],
) -> None:
    """The second took the first one's snapshot for its own, and was told well without its copy."""
    at_work = clocked(TWICE, policy=AT_ONCE)
    _both_may_run(at_work)
    at_work.clock.skip(DAY)
    at_work.root("transfer to")
    at_work.until(
        lambda: at_work.clock.skip(40) or len(_ended_well(at_work)) == 2, "both runs", seconds=40
    )
    copied = [word for word in sent(at_work) if word.startswith("transfer")]
    assert sorted(copied) == ["transfer ams3", "transfer fra1"]
    own = [i for i in at_work.digitalocean.images.values() if i.name.startswith("web-1-")]
    assert sorted(place for image in own for place in image.regions if place != "nyc1") == [
        "ams3",
        "fra1",
    ]
    assert at_work.slack.violations == []


def _both_may_run(at_work: World) -> None:
    at_work.until(
        lambda: sum("runs by itself" in shown(m) for m in at_work.slack.messages(OPS)) == 2,
        "both approvals",
    )


def _ended_well(at_work: World) -> list[str]:
    with at_work.bot.store.read() as connection:
        return [
            name
            for name in ("nightly-web", "other-web")
            for run in schedules.runs(connection, name, 9)
            if run.outcome is RunOutcome.COMPLETED
        ]
