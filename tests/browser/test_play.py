"""The rehearsal played in a browser, as people would."""

from __future__ import annotations

from browser.person import ANN, BOB, CHANNEL, DAN, DIALOG, THREAD, Person
from selenium.webdriver.common.keys import Keys

from rehearsal import Sandbox

TRANSFER = "/image transfer 62137902 nyc3"
APPROVE, DENY = "[data-action=approve]", "[data-action=deny]"


def _ask(person: Person) -> None:
    person.types(TRANSFER)
    person.sees("Only visible to you")
    person.sees("Pending approval")


def _approve(person: Person) -> None:
    person.becomes(BOB)
    person.clicks(APPROVE, CHANNEL)


def test_asked_for_approved_and_completed_in_the_thread(person: Person, sandbox: Sandbox) -> None:
    _ask(person)
    _approve(person)
    person.clicks(".replies", CHANNEL)
    person.sees("Approved by @bob", THREAD)
    person.sees("completed", THREAD)
    person.sees("Completed in", CHANNEL)
    person.sees_no_more(APPROVE)
    assert len(sandbox.digitalocean.posts) == 1
    assert sandbox.slack.violations == []


def test_what_only_ann_sees_bob_does_not(person: Person) -> None:
    _ask(person)
    person.becomes(BOB)
    person.sees("Pending approval")
    assert "Only visible to you" not in person.text(CHANNEL)


def test_denied_with_a_reason_through_the_modal(person: Person, sandbox: Sandbox) -> None:
    _ask(person)
    person.becomes(BOB)
    person.clicks(DENY, CHANNEL)
    person.sees("Why?", DIALOG)
    person.clicks("button[type=submit]", DIALOG)
    person.sees("Please fill this in", DIALOG)
    assert person.focus() == person.find(f"{DIALOG} textarea").get_attribute("id")
    person.presses("not on a Friday")
    person.clicks("button[type=submit]", DIALOG)
    person.sees_no_more(DIALOG)
    person.sees("Denied")
    person.clicks(".replies", CHANNEL)
    person.sees("not on a Friday", THREAD)
    assert sandbox.digitalocean.posts == []


def test_a_modal_closed_changes_nothing(person: Person, sandbox: Sandbox) -> None:
    _ask(person)
    person.becomes(BOB)
    person.clicks(DENY, CHANNEL)
    person.sees("Why?", DIALOG)
    person.button("Back", DIALOG)
    person.sees_no_more(DIALOG)
    assert "Pending approval" in person.text(CHANNEL)
    assert sandbox.slack.views(BOB) == []


def test_the_outsider_is_told_and_nothing_happens(person: Person, sandbox: Sandbox) -> None:
    _ask(person)
    person.becomes(DAN)
    person.clicks(APPROVE, CHANNEL)
    person.sees("Only visible to you")
    assert sandbox.digitalocean.posts == []


def test_an_answer_never_given_needs_attention(person: Person, sandbox: Sandbox) -> None:
    _ask(person)
    person.clicks("[data-switch=cut_before]")
    _approve(person)
    person.sees("Needs attention", seconds=30)
    assert sandbox.digitalocean.posts == []
    person.clicks("[data-switch=cut_before]")
    person.clicks("[data-action=post_again]", CHANNEL)
    person.sees("it will run twice", DIALOG)
    person.button("Send again", DIALOG)
    person.sees("Completed in", seconds=30)
    assert len(sandbox.digitalocean.posts) == 1


def test_an_answer_cut_after_accepting_is_found_and_posted_once(
    person: Person, sandbox: Sandbox
) -> None:
    _ask(person)
    person.clicks("[data-switch=cut_after]")
    _approve(person)
    person.clicks(".replies", CHANNEL)
    person.sees("found at DigitalOcean", THREAD)
    person.sees("completed", THREAD)
    assert len(sandbox.digitalocean.posts) == 1


def test_cut_after_accepting_with_the_list_unreadable_needs_attention(
    person: Person, sandbox: Sandbox
) -> None:
    _ask(person)
    sandbox.digitalocean.faults.accept_then_reset()
    none = {"actions": [], "links": {}, "meta": {"total": 0}}
    listed = "*/images/*/actions"
    sandbox.digitalocean.faults.status(200, none, method="GET", path=listed)  # before the POST
    sandbox.digitalocean.faults.status(500, method="GET", path="*/actions", times=None)
    _approve(person)
    person.sees("Needs attention", seconds=30)
    assert len(sandbox.digitalocean.posts) == 1
    sandbox.digitalocean.faults.clear()
    person.clicks("[data-action=adopt]", CHANNEL)
    person.sees("I look at DigitalOcean again now")
    person.sees("Seen at DigitalOcean")
    person.clicks("[data-action=adopt]", CHANNEL)
    person.sees("Completed in", seconds=30)
    assert len(sandbox.digitalocean.posts) == 1


def test_delivered_twice_it_runs_once(person: Person, sandbox: Sandbox) -> None:
    person.clicks("[data-switch=twice]")
    _ask(person)
    _approve(person)
    person.sees("Completed in")
    assert len(sandbox.digitalocean.posts) == 1


def test_the_clock_speeds_a_transfer_up(person: Person, sandbox: Sandbox) -> None:
    sandbox.digitalocean.action_seconds = 600
    _ask(person)
    _approve(person)
    person.sees("In progress")
    person.sees("Complete now", "#controls")
    person.driver.execute_script("document.querySelector('[data-focus=\"speed-100\"]').click()")
    person.sees("Completed in", seconds=30)


def test_a_nightly_copy_with_the_clock_sped_up(person: Person, sandbox: Sandbox) -> None:
    person.button("Play a nightly copy")
    person.sees("Let schedule nightly-web run")
    person.button("Become bob")
    person.clicks(APPROVE, CHANNEL)
    person.sees("Nothing brings back what it deletes", DIALOG)
    person.button("Approve", DIALOG)
    person.sees("Night 1 of 4 went well", seconds=30)
    person.sees("Night 3 of 4 failed", seconds=60)
    person.button("Show what ann was told")
    person.sees("failed (request")
    person.button("Back to #ops")
    person.sees("4 nights have passed", seconds=60)
    person.button("Type /image schedules")
    person.presses(Keys.ENTER)
    person.sees("Pause")
    posts = [each.body["type"] for each in sandbox.digitalocean.posts]
    assert posts == ["snapshot", "transfer"] * 4
    assert sandbox.slack.violations == []


def test_a_day_can_be_skipped(person: Person) -> None:
    person.types("/image status")
    person.sees("Only visible to you")
    person.button("Skip a day", "#controls")
    person.types("@image-bot status")
    person.until(lambda: person.find(f"{CHANNEL} .day"), "a line between the days")
    person.until(lambda: person.text(CHANNEL).count("Nothing is open") == 2, "an answer")


def test_an_image_action_failed_by_hand(person: Person, sandbox: Sandbox) -> None:
    sandbox.digitalocean.action_seconds = 600
    _ask(person)
    _approve(person)
    person.button("Fail now", "#controls")
    person.sees("Failed")


def test_the_bot_is_invited_where_it_is_missing(person: Person) -> None:
    person.visits(ANN, "G0PRIVATE")
    person.sees("image-bot is not in this channel")
    person.types("/invite @image-bot")
    person.sees("added @image-bot to the channel")
    person.types(TRANSFER)
    person.sees("Pending approval")
