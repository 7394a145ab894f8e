"""Approvals that are confirmed with a one-time code: no code, no vote."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from phone import STEP_UP, Phone, link_in, secret_in
from scenarios.test_hostile_database import TO_BE_SENT, contradicted, write
from world import ANN, BOB, CAT, SNAPSHOT, World

from bot.__main__ import main
from bot.domain import totp
from bot.store import audit

CONFIRMED = """
[[rule]]
name = "confirmed"
approvals = 1
approvers = ["U0ANN", "U0BOB", "U0CAT"]
step_up = "totp"
"""


@pytest.fixture
def at_work(start: Callable[..., World]) -> World:
    return start(CONFIRMED, **STEP_UP)


@pytest.fixture
def bob(at_work: World) -> Phone:
    phone = Phone(at_work, BOB)
    phone.enrols()
    return phone


def pending(at_work: World) -> Any:
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    return at_work.root("Pending approval")


def rows(at_work: World, event: str) -> list[dict[str, Any]]:
    """The facts of the rows of one event, oldest first."""
    assert at_work.bot is not None
    with at_work.bot.store.read() as connection:
        found = [row for row in audit.entries(connection) if row.event == event]
    return [json.loads(row.facts) | {"actor": row.actor} for row in found]


def refusals(at_work: World) -> list[str]:
    return [row["why"] for row in rows(at_work, "step-up-refused")]


def test_an_approval_counts_once_it_is_confirmed(at_work: World, bob: Phone) -> None:
    root = pending(at_work)
    link = bob.clicks_approve(root)
    assert rows(at_work, "approved") == []
    page = bob.opens(link)
    assert "of image 62137902" in page.text
    assert page.status_code == 200
    page = bob.sends(link, code=bob.next_code())
    assert "Your approval counts" in page.text, page.text
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1
    (approved,) = rows(at_work, "approved")
    told = approved["step_up"]
    assert (told["method"], told["subject"], approved["actor"]) == ("totp", BOB, BOB)
    assert abs(told["at"] - at_work.clock()) < 60
    assert approved["tally"]["step_up"] == "totp"
    (opened,) = rows(at_work, "pending")
    assert opened["step_up"] == "totp"


def test_denying_needs_no_code(at_work: World) -> None:
    root = pending(at_work)
    at_work.denies(root, "not today")
    at_work.root("Denied")


def test_whoever_enrolled_nothing_is_told_how(at_work: World) -> None:
    root = pending(at_work)
    at_work.clicks("approve", root)
    at_work.told("/image second-factor", BOB)
    assert at_work.digitalocean.posts == []
    assert rows(at_work, "approved") == []


def test_a_wrong_code_can_be_put_right(at_work: World, bob: Phone) -> None:
    link = bob.clicks_approve(pending(at_work))
    page = bob.sends(link, code="000000")
    assert page.status_code == 403
    assert "wrong" in page.text
    assert "<form" in page.text
    assert "Your approval counts" in bob.sends(link, code=bob.next_code()).text
    assert refusals(at_work) == ["wrong-code"]


def test_of_two_both_confirm(start: Callable[..., World]) -> None:
    at_work = start(CONFIRMED.replace("approvals = 1", "approvals = 2"), **STEP_UP)
    bob, cat = Phone(at_work, BOB), Phone(at_work, CAT)
    bob.enrols()
    cat.enrols()
    root = pending(at_work)
    assert "It waits for 1 more" in bob.approves(root).text
    cat.approves(root)
    at_work.reply("completed", root)
    (intent,) = rows(at_work, "intent")
    assert sorted(intent["votes"]) == [BOB, CAT]
    assert intent["tally"]["step_up"] == "totp"


def test_a_rule_that_comes_to_ask_for_it_counts_no_vote_without(
    start: Callable[..., World],
) -> None:
    two = CONFIRMED.replace("approvals = 1", "approvals = 2")
    at_work = start(two.replace('step_up = "totp"\n', ""), **STEP_UP)
    bob, cat = Phone(at_work, BOB), Phone(at_work, CAT)
    bob.enrols()
    cat.enrols()
    root = pending(at_work)
    at_work.clicks("approve", root)
    at_work.root("1 of 2 approvals")
    at_work.policy.write_text(two, encoding="utf-8")
    at_work.until(lambda: "one-time code" in at_work.types("policy").text, "the new policy")
    cat.approves(root)
    assert at_work.digitalocean.posts == []
    bob.approves(root)
    at_work.reply("completed", root)


# Attacks


def test_a_stolen_slack_session_without_the_second_factor_cannot_approve(
    at_work: World, bob: Phone
) -> None:
    root = pending(at_work)
    link = bob.clicks_approve(root)  # whoever has the session sees the link as well
    for guess in ("", "000000", "123456"):
        assert bob.sends(link, code=guess).status_code == 403
    assert bob.sends(bob.link_to_enrol(), act="show", old="000000").status_code == 403
    assert bob.sends(bob.link_to_enrol(), act="show").status_code == 403
    assert rows(at_work, "approved") == []
    assert at_work.digitalocean.posts == []
    assert len(rows(at_work, "second-factor-enrolled")) == 1


def test_a_replayed_link_is_refused(at_work: World, bob: Phone) -> None:
    root = pending(at_work)
    link = bob.clicks_approve(root)
    bob.sends(link, code=bob.next_code())
    at_work.reply("completed", root)
    page = bob.sends(link, code=bob.next_code())
    assert page.status_code == 403
    assert "used already" in page.text
    assert bob.opens(link).status_code == 403
    assert len(rows(at_work, "approved")) == 1
    assert refusals(at_work) == ["used-link"]


def test_a_code_is_good_once(at_work: World, bob: Phone) -> None:
    first = pending(at_work)
    at_work.types(f"transfer {SNAPSHOT} sfo3")
    second = at_work.root("sfo3")
    code = bob.next_code()
    bob.sends(bob.clicks_approve(first), code=code)
    page = bob.sends(bob.clicks_approve(second), code=code)
    assert page.status_code == 403
    assert "used before" in page.text
    at_work.reply("completed", first)
    assert len(at_work.digitalocean.posts) == 1


def test_a_link_that_has_expired_is_refused(at_work: World, bob: Phone) -> None:
    link = bob.clicks_approve(pending(at_work))
    at_work.clock.skip(121)
    assert "expired" in bob.opens(link).text
    assert bob.sends(link, code=bob.code()).status_code == 403
    assert refusals(at_work) == ["expired-link"]
    assert rows(at_work, "approved") == []


def test_a_forwarded_link_wants_the_code_of_whom_it_was_made_for(
    at_work: World, bob: Phone
) -> None:
    cat = Phone(at_work, CAT)
    cat.enrols()
    link = bob.clicks_approve(pending(at_work))
    assert cat.sends(link, code=cat.next_code()).status_code == 403
    assert rows(at_work, "approved") == []


def test_a_link_for_another_request_approves_that_one_alone(at_work: World, bob: Phone) -> None:
    pending(at_work)
    at_work.types(f"transfer {SNAPSHOT} sfo3")
    link = bob.clicks_approve(at_work.root("sfo3"))
    assert "Approve request 2" in bob.opens(link).text
    bob.sends(link, code=bob.next_code())
    at_work.reply("completed", at_work.root("sfo3"))
    assert len(at_work.digitalocean.posts) == 1
    write(at_work, "UPDATE step_up_link SET ops_request = 1, ended_as = ''")
    page = bob.sends(link, code=bob.next_code())  # turned towards the first, in the database
    assert page.status_code == 404
    assert len(rows(at_work, "approved")) == 1


def test_a_newer_link_voids_the_one_before_it(at_work: World, bob: Phone) -> None:
    root = pending(at_work)
    first = bob.clicks_approve(root)
    bob.clicks_approve(root)
    assert "newer one" in bob.opens(first).text
    assert bob.sends(first, code=bob.next_code()).status_code == 403


def test_guessing_ends_after_five_and_the_next_link_does_not_help(
    at_work: World, bob: Phone
) -> None:
    root = pending(at_work)
    link = bob.clicks_approve(root)
    for _ in range(5):
        bob.sends(link, code="000000")
    assert "void" in bob.sends(link, code=bob.next_code()).text
    again = bob.clicks_approve(root)
    assert "in a while" in bob.sends(again, code=bob.next_code()).text
    at_work.clock.skip(901)
    assert "Your approval counts" in bob.approves(root).text


def test_a_right_taken_away_between_the_click_and_the_code_is_gone(
    at_work: World, bob: Phone
) -> None:
    link = bob.clicks_approve(pending(at_work))
    at_work.policy.write_text(CONFIRMED.replace('"U0BOB", ', ""), encoding="utf-8")
    at_work.until(lambda: "U0BOB" not in at_work.types("policy").text, "the new policy")
    page = bob.sends(link, code=bob.next_code())
    assert page.status_code == 403
    assert "no longer lists you" in page.text
    assert rows(at_work, "approved") == []
    assert refusals(at_work) == ["not-counted"]


def test_the_requester_cannot_confirm_alone(at_work: World) -> None:
    ann = Phone(at_work, ANN)
    ann.enrols()
    at_work.clicks("approve", pending(at_work), by=ANN)
    at_work.told("You asked for this yourself", ANN)


def test_a_form_of_another_site_is_refused(at_work: World, bob: Phone) -> None:
    link = bob.clicks_approve(pending(at_work))
    code = bob.next_code()
    for headers in (
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://other.example.com"},
        {"Origin": "https://evil.example"},
    ):
        assert bob.sends(link, headers, code=code).status_code == 403
    assert rows(at_work, "approved") == []
    assert "Your approval counts" in bob.sends(link, code=code).text


def test_a_vote_without_a_confirmation_in_the_database_sends_nothing(
    at_work: World, bob: Phone
) -> None:
    pending(at_work)
    write(
        at_work,
        "INSERT INTO vote VALUES (1, 'U0BOB', 'approve', '', 'totp', 0)",
        *TO_BE_SENT,
    )
    contradicted(at_work, "votes")
    assert at_work.digitalocean.posts == []


def test_a_confirmation_added_to_a_vote_in_the_database_sends_nothing(
    start: Callable[..., World],
) -> None:
    """It was approved before the rule asked for a second factor, and not sent yet."""
    at_work = start(CONFIRMED.replace('step_up = "totp"\n', ""), **STEP_UP)
    at_work.digitalocean.faults.too_many(60, method="POST", times=None)
    root = pending(at_work)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("is sent again at", root)
    at_work.policy.write_text(CONFIRMED, encoding="utf-8")
    at_work.until(lambda: "one-time code" in at_work.types("policy").text, "the new policy")
    at_work.digitalocean.faults.clear()
    write(at_work, "UPDATE vote SET step_up = 'totp'", "UPDATE ops_step SET retry_at = NULL")
    contradicted(at_work, "votes")
    assert at_work.digitalocean.posts == []


def test_a_secret_copied_to_another_person_opens_nothing(at_work: World, bob: Phone) -> None:
    cat = Phone(at_work, CAT)
    cat.enrols()
    link = bob.clicks_approve(pending(at_work))
    write(
        at_work,
        "UPDATE second_factor SET used = 0, sealed ="
        " (SELECT sealed FROM second_factor WHERE person = 'U0CAT') WHERE person = 'U0BOB'",
    )
    page = bob.sends(link, code=cat.next_code())
    assert page.status_code == 403
    assert "cannot be read" in page.text
    assert rows(at_work, "approved") == []


def test_a_reader_of_the_database_finds_no_secret_and_no_link(at_work: World, bob: Phone) -> None:
    import sqlalchemy as sa

    link = bob.clicks_approve(pending(at_work))
    token = link.rpartition("/")[2]
    spelt = (token, bob.secret.hex(), bob.code())
    assert at_work.bot is not None
    with at_work.bot.store.read() as connection:
        for table in sa.inspect(connection).get_table_names():
            held = str(connection.execute(sa.text(f'SELECT * FROM "{table}"')).all())  # noqa: S608
            assert not any(secret in held for secret in spelt[:2]), table


def test_looking_at_a_link_does_not_use_it_up(at_work: World, bob: Phone) -> None:
    link = bob.clicks_approve(pending(at_work))
    for _ in range(3):
        assert bob.opens(link).status_code == 200
    assert bob.has_it_looked_at(link) == [200, 200, 405]
    assert "Your approval counts" in bob.sends(link, code=bob.next_code()).text


def test_the_pages_have_strict_headers(at_work: World, bob: Phone) -> None:
    link = bob.clicks_approve(pending(at_work))
    for page in (bob.opens(link), bob.sends(link, code="1"), bob.opens(link[:-1] + "!")):
        told = page.headers
        policy = told["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert "script" not in policy
        assert told["Cache-Control"] == "no-store"
        assert told["Referrer-Policy"] == "no-referrer"
        assert told["X-Frame-Options"] == "DENY"
        assert told["X-Content-Type-Options"] == "nosniff"
        assert "max-age" in told["Strict-Transport-Security"]
        assert "<script" not in page.text


def test_a_flood_of_guesses_is_turned_away_and_slack_is_answered(
    at_work: World, bob: Phone
) -> None:
    link = bob.clicks_approve(pending(at_work))
    guess = link.rpartition("/")[0] + "/" + "A" * 43
    told = [bob.opens(guess).status_code for _ in range(302)]
    assert set(told) == {404, 429}
    assert at_work.types("status").status == 200


def test_one_code_sent_twice_at_once_counts_once(at_work: World, bob: Phone) -> None:
    first = pending(at_work)
    at_work.types(f"transfer {SNAPSHOT} sfo3")
    links = [bob.clicks_approve(first), bob.clicks_approve(at_work.root("sfo3"))] * 3
    code = bob.next_code()
    with ThreadPoolExecutor(6) as at_once:
        pages = list(at_once.map(lambda link: bob.sends(link, code=code), links))
    assert sum(page.status_code == 200 for page in pages) == 1, [p.text for p in pages]
    assert len(rows(at_work, "approved")) == 1


def test_a_click_in_the_home_brings_the_link_directly(at_work: World, bob: Phone) -> None:
    at_work.slack.open_home(BOB)
    pending(at_work)
    at_work.until(lambda: "nyc3" in str(at_work.slack.home(BOB)), "the request in the Home")
    at_work.slack.click(BOB, at_work.slack.home(BOB), "approve")
    link = link_in(at_work.told("/approve/", BOB).text)
    assert "Your approval counts" in bob.sends(link, code=bob.next_code()).text


def test_a_schedule_is_confirmed_once_for_its_runs(
    start: Callable[..., World], tmp_path: Path
) -> None:
    path = tmp_path / "schedules.toml"
    path.write_text(
        '[[schedule]]\nname = "nightly"\nwhen = "daily 03:00"\nchannel = "C0OPS"\nowner = "U0ANN"\n'
        f'command = "transfer {SNAPSHOT} nyc3 because nightly"\napproval_days = 30\n',
        encoding="utf-8",
    )
    at_work = start(CONFIRMED, **STEP_UP, IMAGE_BOT_SCHEDULES=str(path))
    bob = Phone(at_work, BOB)
    bob.enrols()
    bob.approves(at_work.root("Let schedule nightly run"))
    at_work.until(lambda: rows(at_work, "completed"), "the approval of the schedule")
    at_work.clock.skip(86_400)
    at_work.until(lambda: at_work.digitalocean.posts, "the run", seconds=30)
    (standing,) = rows(at_work, "standing-approval")
    assert standing["step_up"] == {BOB: "totp"}
    intent = rows(at_work, "intent")[-1]
    assert (intent["votes"], intent["tally"]["step_up"]) == ([BOB], "totp")


# Enrolling


def test_another_app_is_enrolled_with_a_code_of_the_first(at_work: World, bob: Phone) -> None:
    first = bob.secret
    bob.enrols()
    assert bob.secret != first
    enrolled = rows(at_work, "second-factor-enrolled")
    assert [row["replaces"] for row in enrolled] == [False, True]
    at_work.told("was enrolled for you", BOB)
    assert "Your approval counts" in bob.approves(pending(at_work)).text


def test_a_secret_is_shown_once_and_is_none_before_its_first_code(at_work: World) -> None:
    bob = Phone(at_work, BOB)
    link = bob.link_to_enrol()
    assert "<code>" not in bob.opens(link).text
    assert "<code>" in bob.sends(link, act="show").text
    again = bob.sends(link, act="show")
    assert "shown once" in again.text
    assert "<code>" not in again.text
    at_work.clicks("approve", pending(at_work))
    at_work.told("you have enrolled none", BOB)
    for _ in range(5):
        bob.sends(link, act="enrol", code="000000")
    assert "void" in bob.sends(link, act="enrol", code="000000").text


def test_a_link_that_was_opened_before_its_person_enrolled_takes_nothing_over(
    at_work: World,
) -> None:
    """Whoever had the session first has a secret too, which waits for its first code."""
    bob = Phone(at_work, BOB)
    early = bob.link_to_enrol()
    secret = secret_in(bob.sends(early, act="show", old="").text)
    bob.enrols()
    code = totp.code_of(secret, totp.counter_at(at_work.clock()))
    assert bob.sends(early, act="enrol", code=code).status_code == 403
    assert len(rows(at_work, "second-factor-enrolled")) == 1
    link = bob.clicks_approve(pending(at_work))
    for here, there in (("/approve/", "/second-factor/"), ("/second-factor/", "/approve/")):
        other = (link if here in link else bob.link_to_enrol()).replace(here, there)
        assert bob.opens(other).status_code == 404
        assert bob.sends(other, act="show", code=code, old=code).status_code == 404
    assert bob.sends(link, code=code).status_code == 403
    assert rows(at_work, "approved") == []


def test_a_code_of_another_time_is_refused(at_work: World, bob: Phone) -> None:
    """A phone may be half a minute off, and what somebody wrote down or foresaw does not count."""
    root = pending(at_work)
    for steps in (-3, -2, 2, 3):
        link = bob.clicks_approve(root)
        assert bob.sends(link, code=bob.code(steps)).status_code == 403
    assert rows(at_work, "approved") == []
    assert bob.approves(root).status_code == 200


def test_a_link_to_enrol_is_given_to_a_command_alone(at_work: World) -> None:
    at_work.slack.mention(BOB, "C0OPS", "second-factor")
    at_work.told("Type it as a command", BOB)


def test_what_an_operator_resets_is_enrolled_anew(
    at_work: World, bob: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = bob.clicks_approve(pending(at_work))
    monkeypatch.setenv("DATABASE_URL", str(at_work.settings["DATABASE_URL"]))
    assert main(["second-factor", "reset", BOB, "--reason", "lost his phone"]) == 0
    assert main(["second-factor", "reset", CAT, "--reason", "never had one"]) == 2
    assert bob.sends(link, code=bob.next_code()).status_code == 403
    (row,) = rows(at_work, "second-factor-reset")
    assert (row["actor"], row["person"], row["reason"]) == ("operator", BOB, "lost his phone")
    at_work.told("has reset your second factor", BOB)
    bob.secret = b""
    bob.enrols()
    assert "Your approval counts" in bob.approves(at_work.root("Pending approval")).text


def test_a_bot_that_is_not_set_up_for_it_counts_nothing(start: Callable[..., World]) -> None:
    at_work = start(CONFIRMED)
    at_work.clicks("approve", pending(at_work))
    at_work.told("IMAGE_BOT_PUBLIC_URL", BOB)
    assert "IMAGE_BOT_PUBLIC_URL" in at_work.types("second-factor", by=BOB).text
    assert at_work.bot is not None
    assert "IMAGE_BOT_SECOND_FACTOR_KEY" in at_work.bot.lacks_for_step_up()
    assert rows(at_work, "approved") == []
