"""`/image give`: offered once, taken or waiting to be accepted, never sent again by itself."""

from __future__ import annotations

import pytest
from world import BOB, ONE_APPROVAL, OPS, SNAPSHOT, World, buttons, shown

from rehearsal.digitalocean.offers import OWN_TEAM

NAMED = ONE_APPROVAL + 'image_actions = ["give"]\n'
OTHER_TEAM = "0d3db13e-a604-4944-9827-7ec2642d32ac"
EMAIL = "ops@example.com"
BACKUP = 62140001


def _offers(at_work: World) -> list[object]:
    return [
        call.body
        for call in at_work.digitalocean.calls
        if call.method == "POST" and call.path.endswith("/account_transfer")
    ]


def _approved(at_work: World, to: str):
    at_work.types(f"give {SNAPSHOT} to {to} because the customer takes over")
    root = at_work.root("Handover of")
    at_work.until(lambda: "approve" in buttons(at_work.root("Handover of")), "a card to approve")
    at_work.clicks("approve", at_work.root("Handover of"), by=BOB)
    return root


def test_a_team_of_ones_own_takes_it_at_once(start):
    at_work = start(NAMED)
    root = _approved(at_work, OWN_TEAM)
    assert "not in this account any more" in at_work.reply("completed", root).text
    assert _offers(at_work) == [{"recipient_uuid": OWN_TEAM}]
    assert SNAPSHOT not in at_work.digitalocean.images
    assert at_work.slack.violations == []


def test_an_email_has_to_accept_it_and_the_thread_says_how_it_is_taken_back(start):
    at_work = start(NAMED)
    root = _approved(at_work, f"<mailto:{EMAIL}|{EMAIL}>")
    said = at_work.reply("completed", root).text
    [offer] = at_work.digitalocean.account.offers.all.values()
    for part in (f"offered to {EMAIL}", "stays here until they accept it", "control panel"):
        assert part in said
    assert f"POST /v2/images/{SNAPSHOT}/account_transfer/cancel with transfer_id {offer.id}" in said
    card = shown(at_work.root("Offered"))
    assert f"offered to {EMAIL}" in card
    assert "Completed" not in card
    assert f"/image show {SNAPSHOT}" in card
    assert _offers(at_work) == [{"recipient_email": EMAIL}]
    assert SNAPSHOT in at_work.digitalocean.images
    at_work.digitalocean.accept_offer(offer.id)
    assert SNAPSHOT not in at_work.digitalocean.images
    assert at_work.slack.violations == []


def test_a_team_without_rights_has_to_accept_it(start):
    at_work = start(NAMED)
    root = _approved(at_work, OTHER_TEAM)
    assert f"offered to {OTHER_TEAM}" in at_work.reply("completed", root).text
    assert SNAPSHOT in at_work.digitalocean.images


def test_the_card_says_what_leaves_and_asks_twice(start):
    at_work = start(NAMED)
    at_work.types(f"give {SNAPSHOT} to {EMAIL}")
    root = at_work.root("Handover of")
    card = shown(root)
    for part in ("moved, not copied", "nyc1", "12.5 GB", "has to accept it", "Nothing here brings"):
        assert part in card
    assert "confirm" in next(
        element
        for block in root.blocks
        for element in block.get("elements", ())
        if element.get("action_id") == "approve"
    )
    assert _offers(at_work) == []


def test_a_lost_answer_is_found_where_the_image_is_gone(start):
    at_work = start(NAMED)
    at_work.digitalocean.faults.reset(method="POST", path="/v2/images/*", after=True)
    root = _approved(at_work, OWN_TEAM)
    assert "not in this account any more" in at_work.reply("completed", root).text
    assert len(_offers(at_work)) == 1


@pytest.mark.parametrize("to", [EMAIL, OTHER_TEAM])
def test_a_lost_answer_is_a_question_while_the_image_is_there(start, to):
    at_work = start(NAMED)
    at_work.digitalocean.faults.reset(method="POST", path="/v2/images/*", after=True)
    root = _approved(at_work, to)
    at_work.settles(root)
    at_work.reply("is still in this account", root)
    assert len(_offers(at_work)) == 1
    [offer] = at_work.digitalocean.account.offers.all.values()
    at_work.digitalocean.accept_offer(offer.id)
    at_work.until(lambda: "adopt" in buttons(at_work.root("Needs attention")), "the question")
    at_work.clicks("adopt", at_work.root("Needs attention"), by=BOB)
    at_work.reply("completed", root)
    assert len(_offers(at_work)) == 1


def test_sent_again_by_a_person_once_it_is_gone_sends_nothing(start):
    at_work = start(NAMED)
    at_work.digitalocean.faults.reset(method="POST", path="/v2/images/*", after=True)
    root = _approved(at_work, EMAIL)
    at_work.settles(root)
    at_work.until(lambda: "post_again" in buttons(at_work.root("Handover of")), "the question")
    [offer] = at_work.digitalocean.account.offers.all.values()
    at_work.digitalocean.accept_offer(offer.id)
    at_work.clicks("post_again", at_work.root("Handover of"), by=BOB)
    at_work.reply("completed", root)
    assert len(_offers(at_work)) == 1


def test_one_that_is_gone_before_it_was_sent_was_not_given(start):
    at_work = start(NAMED)
    at_work.types(f"give {SNAPSHOT} to {EMAIL}")
    root = at_work.root("Handover of")
    at_work.digitalocean.remove_image(SNAPSHOT)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("failed", root)
    assert _offers(at_work) == []


def test_a_backup_is_told_to_be_converted_first(start):
    at_work = start(NAMED)
    at_work.types(f"give {BACKUP} to {EMAIL}")
    assert f"/image convert {BACKUP}" in shown(at_work.told("only snapshots can be given"))


def test_what_is_no_recipient_is_refused_at_once(start):
    at_work = start(NAMED)
    for to in ("the customer", "customer", "ops@localhost", "9cc10173-e9ea"):
        assert "/image give" in at_work.types(f'give {SNAPSHOT} to "{to}"').text
    assert _offers(at_work) == []


def test_a_rule_that_does_not_name_it_lets_it_not_through(start):
    at_work = start(ONE_APPROVAL)
    said = at_work.types(f"give {SNAPSHOT} to {EMAIL}").text
    assert "No rule of the policy allows this: give." in said
    assert _offers(at_work) == []


LIMITED = NAMED + 'to = ["*@example.com", "{OWN_TEAM}"]\n'.replace("{OWN_TEAM}", OWN_TEAM)


@pytest.mark.parametrize("to", [OTHER_TEAM, "ops@example.org", "ops@example.com.example.org"])
def test_a_rule_says_who_may_get_images(start, to):
    at_work = start(LIMITED)
    said = at_work.types(f"give {SNAPSHOT} to {to}").text
    assert f"Not to {to}: the policy lets images go to *@" in said
    assert f"example.com or {OWN_TEAM} alone" in said
    assert at_work.slack.messages(OPS) == []


@pytest.mark.parametrize("to", [OWN_TEAM, OWN_TEAM.upper(), EMAIL, "Ops@Example.com"])
def test_those_that_a_rule_names_get_it(start, to):
    at_work = start(LIMITED)
    _approved(at_work, to)
    at_work.until(lambda: _offers(at_work), "the offer")


def test_who_may_get_it_is_asked_again_at_the_click(start):
    at_work = start(NAMED)
    at_work.types(f"give {SNAPSHOT} to {OTHER_TEAM}")
    root = at_work.root("Handover of")
    at_work.until(lambda: "approve" in buttons(at_work.root("Handover of")), "a card to approve")
    at_work.policy.write_text(LIMITED, encoding="utf-8")
    at_work.until(lambda: at_work.bot.policy.current.rule[0].to, "the reload")
    at_work.clicks("approve", root, by=BOB)
    at_work.told(f"Not to {OTHER_TEAM}", BOB)
    assert _offers(at_work) == []


def test_what_is_refused_is_never_taken_for_done(start):
    at_work = start(NAMED)
    body = {"id": "unprocessable_entity", "message": "The image already belongs to somebody"}
    at_work.digitalocean.faults.status(422, method="POST", path="/v2/images/*", body=body)
    root = _approved(at_work, EMAIL)
    assert "already belongs" in at_work.reply("failed", root).text
    assert SNAPSHOT in at_work.digitalocean.images
    assert at_work.digitalocean.posts == []


def test_an_answer_that_makes_no_sense_is_looked_into_and_not_sent_again(start):
    at_work = start(NAMED)
    at_work.digitalocean.faults.broken_json(method="POST", path="/v2/images/*")
    root = _approved(at_work, OWN_TEAM)
    at_work.reply("completed", root)
    assert len(_offers(at_work)) == 1


def test_what_is_offered_already_is_refused_in_one_sentence(start):
    at_work = start(NAMED)
    at_work.types(f"give {SNAPSHOT} to {EMAIL}")
    at_work.clicks("approve", at_work.root(EMAIL), by=BOB)
    at_work.root("Offered")
    at_work.types(f"give {SNAPSHOT} to it@example.com")
    root = at_work.root("it@example.com")
    at_work.clicks("approve", root, by=BOB)
    said = at_work.reply("refused", root).text
    assert "The image already has a transfer" in said
    assert said.count("DigitalOcean") == 1
    assert len(at_work.digitalocean.posts) == 1
