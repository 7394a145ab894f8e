"""A second factor for what is approved beside requests: a changed policy, and *Send again*."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browser_of import Browser
from identity_provider import IdentityProvider, Person
from phone import PUBLIC, STEP_UP, Phone
from scenarios.test_hostile_database import contradicted, write
from scenarios.test_policy_changes import GUARDED, WEAKER, edit, needed
from scenarios.test_step_up import CONFIRMED, pending, refusals, rows
from world import BOB, CAT, PROD, World, shown

from rehearsal.clock import SkippingClock

GOVERNED = GUARDED.replace("channel =", 'step_up = "totp"\nchannel =')
NO_STEP_UP = GUARDED
OTHERS = GOVERNED.replace("approvals = 2", "approvals = 1")
"""The same `[policy]`, and a rule that is weaker."""
TWO = CONFIRMED.replace("approvals = 1", "approvals = 2")


def enrolled(at_work: World, *people: str) -> list[Phone]:
    phones = [Phone(at_work, person) for person in people]
    for phone in phones:
        phone.enrols()
    return phones


# A changed policy


@pytest.fixture
def governed(start: Callable[..., World]) -> World:
    at_work = start(GOVERNED, **STEP_UP)
    at_work.until(lambda: rows(at_work, "policy-changed"), "the first policy in the log")
    return at_work


def test_a_changed_policy_is_in_force_once_its_approval_is_confirmed(governed: World) -> None:
    (bob,) = enrolled(governed, BOB)
    card = edit(governed, OTHERS)
    link = bob.clicks_approve(card, "approve_policy")
    page = bob.opens(link)
    assert "Approve the changed policy" in page.text
    assert "then needs 1 approval by U0BOB" in page.text
    assert needed(governed) == 2
    assert rows(governed, "policy-voted") == []
    page = bob.sends(link, code=bob.next_code())
    assert "Your approval counts" in page.text, page.text
    governed.until(lambda: needed(governed) == 1, "the new policy")
    governed.root("In force", channel=PROD)
    (voted,) = rows(governed, "policy-voted")
    assert (voted["step_up"]["method"], voted["step_up"]["subject"]) == ("totp", BOB)
    assert bob.sends(link, code=bob.next_code()).status_code == 404  # nothing waits any more


def test_denying_a_changed_policy_needs_no_code(governed: World) -> None:
    card = edit(governed, OTHERS)
    governed.clicks("deny_policy", card, by=CAT)
    governed.root("Denied by", channel=PROD)


def test_a_stolen_session_approves_no_policy(governed: World) -> None:
    (bob,) = enrolled(governed, BOB)
    card = edit(governed, OTHERS)
    link = bob.clicks_approve(card, "approve_policy")
    assert bob.sends(link, code="000000").status_code == 403
    governed.clicks("approve_policy", card, by=CAT)
    governed.told("/image second-factor", CAT)
    assert needed(governed) == 2
    assert rows(governed, "policy-voted") == []
    assert refusals(governed) == ["wrong-code"]


def test_a_link_for_one_change_of_the_policy_approves_no_other(governed: World) -> None:
    (bob,) = enrolled(governed, BOB)
    link = bob.clicks_approve(edit(governed, OTHERS), "approve_policy")
    edit(governed, OTHERS.replace('"U0CAT", "U0DAN"]', '"U0ANN"]'), "U0ANN")
    page = bob.sends(link, code=bob.next_code())
    assert page.status_code == 404
    assert rows(governed, "policy-voted") == []


def test_taking_the_second_factor_away_is_confirmed_with_it(governed: World) -> None:
    (bob,) = enrolled(governed, BOB)
    card = edit(governed, NO_STEP_UP)
    assert "Changes of the policy then need 1 of" in shown(card)
    governed.clicks("approve_policy", card, by=CAT)
    governed.told("/image second-factor", CAT)
    bob.sends(bob.clicks_approve(card, "approve_policy"), code=bob.next_code())
    governed.root("In force", channel=PROD)
    governed.clicks("approve_policy", edit(governed, WEAKER), by=CAT)
    governed.until(lambda: needed(governed) == 1, "the new policy, by a click")


def test_a_policy_that_asks_for_what_the_bot_has_not_is_told(start: Callable[..., World]) -> None:
    at_work = start(GOVERNED)
    assert at_work.bot is not None
    lacks = at_work.bot.lacks_for_step_up()
    assert "[policy] asks for a second factor" in lacks
    assert "IMAGE_BOT_SECOND_FACTOR_KEY" in lacks


# Send again


def lost(at_work: World, *phones: Phone) -> Any:
    """A request whose POST was lost and never found; its card."""
    at_work.digitalocean.faults.reset(method="POST")
    root = pending(at_work)
    for phone in phones:
        phone.approves(root)
    return at_work.root("Needs attention")


def test_sending_again_is_confirmed_by_as_many_as_had_to_approve(
    start: Callable[..., World],
) -> None:
    at_work = start(TWO, **STEP_UP)
    bob, cat = enrolled(at_work, BOB, CAT)
    card = lost(at_work, bob, cat)
    link = bob.clicks_approve(card, "post_again")
    assert rows(at_work, "post-again-voted") == []
    assert "Send request 1 again" in bob.opens(link).text
    assert "Your choice counts" in bob.sends(link, code=bob.next_code()).text
    assert at_work.digitalocean.posts == []
    link = cat.clicks_approve(at_work.root("Needs attention"), "post_again")
    assert "Your choice counts" in cat.sends(link, code=cat.next_code()).text
    at_work.reply("completed", card)
    assert len(at_work.digitalocean.posts) == 1
    (voted,), (again,) = rows(at_work, "post-again-voted"), rows(at_work, "post-again")
    assert voted["step_up"]["subject"] == BOB
    assert again["step_up"]["subject"] == CAT


def test_a_stolen_session_sends_nothing_again(start: Callable[..., World]) -> None:
    at_work = start(CONFIRMED, **STEP_UP)
    (bob,) = enrolled(at_work, BOB)
    card = lost(at_work, bob)
    link = bob.clicks_approve(card, "post_again")
    for code in ("", "000000"):
        assert bob.sends(link, code=code).status_code == 403
    at_work.clicks("post_again", card, by=CAT)
    at_work.told("/image second-factor", CAT)
    assert rows(at_work, "post-again") == []
    assert at_work.digitalocean.posts == []


def test_a_choice_that_was_settled_meanwhile_does_not_count(start: Callable[..., World]) -> None:
    at_work = start(CONFIRMED, **STEP_UP)
    (bob,) = enrolled(at_work, BOB)
    card = lost(at_work, bob)
    link = bob.clicks_approve(card, "post_again")
    at_work.clicks("give_up", card, by=CAT)
    at_work.until(lambda: rows(at_work, "given-up"), "the end")
    page = bob.sends(link, code=bob.next_code())
    assert page.status_code == 403
    assert "Nothing to decide here any more" in page.text
    assert at_work.digitalocean.posts == []


def test_a_vote_to_send_again_that_the_log_does_not_hold_sends_nothing(
    start: Callable[..., World],
) -> None:
    at_work = start(TWO, **STEP_UP)
    bob, cat = enrolled(at_work, BOB, CAT)
    card = lost(at_work, bob, cat)
    write(at_work, """UPDATE ops_step SET resend_votes = '["U0CAT"]'""")
    bob.sends(bob.clicks_approve(card, "post_again"), code=bob.next_code())
    contradicted(at_work, "votes")
    assert at_work.digitalocean.posts == []


# By signing in


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with IdentityProvider(SkippingClock()) as running:
        running.people = {"bob": Person("sub-bob", "bob's", {"slack_user_id": BOB})}
        yield running


def test_both_are_confirmed_by_signing_in(
    start: Callable[..., World], provider: IdentityProvider
) -> None:
    policy = CONFIRMED.replace("totp", "oidc") + GOVERNED.replace("totp", "oidc")
    at_work = start(policy, **provider.settings(PUBLIC))
    provider.clock = at_work.clock
    bob = Browser(at_work, BOB)
    at_work.digitalocean.faults.reset(method="POST")
    bob.approves(pending(at_work), "bob", "bob's")
    card = at_work.root("Needs attention")
    link = bob.clicks_approve(card, "post_again")
    assert "Sign in and send again" in bob.opens(link).text
    assert "Your choice counts" in bob.confirms(link, "bob", "bob's").text
    at_work.reply("completed", card)
    assert rows(at_work, "post-again")[0]["step_up"]["subject"] == "sub-bob"
    card = edit(at_work, policy.replace("approvals = 2", "approvals = 1"))
    link = bob.clicks_approve(card, "approve_policy")
    assert "Your approval counts" in bob.confirms(link, "bob", "bob's").text
    at_work.root("In force", channel=PROD)
    assert rows(at_work, "policy-voted")[0]["step_up"]["subject"] == "sub-bob"


def test_one_account_with_two_users_of_slack_approves_no_policy_for_two(
    start: Callable[..., World], provider: IdentityProvider
) -> None:
    policy = GOVERNED.replace("totp", "oidc").replace("approvals = 1", "approvals = 2", 1)
    at_work = start(policy, **provider.settings(PUBLIC))
    provider.clock = at_work.clock
    at_work.until(lambda: rows(at_work, "policy-changed"), "the first policy in the log")
    card = edit(at_work, policy.replace('"guarded"\napprovals = 2', '"guarded"\napprovals = 1'))
    bob, cat = Browser(at_work, BOB), Browser(at_work, CAT)
    page = bob.confirms(bob.clicks_approve(card, "approve_policy"), "bob", "bob's")
    assert "Your approval counts" in page.text
    provider.people["bob"] = Person("sub-bob", "bob's", {"slack_user_id": CAT})
    link = cat.clicks_approve(card, "approve_policy")
    page = cat.confirms(link, "bob", "bob's")
    assert "One person counts once" in page.text
    assert len(rows(at_work, "policy-changed")) == 1
    provider.people["cat"] = Person("sub-cat", "cat's", {"slack_user_id": CAT})
    link = cat.clicks_approve(card, "approve_policy")
    assert "Your approval counts" in cat.confirms(link, "cat", "cat's").text
    at_work.root("In force", channel=PROD)
