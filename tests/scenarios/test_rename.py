"""`/image rename`: a PUT that ends at once and may be sent again; only a rule that names it."""

from __future__ import annotations

from world import BOB, ONE_APPROVAL, SNAPSHOT, shown

NAMED = ONE_APPROVAL + 'image_actions = ["rename"]\n'


def _puts(at_work):
    return [call for call in at_work.digitalocean.calls if call.method == "PUT"]


def test_an_approved_rename_is_put_and_ends_at_once(start):
    at_work = start(NAMED)
    at_work.types(f'rename {SNAPSHOT} "web golden" because it is the base')
    root = at_work.root("Renaming of")
    assert "is called *web golden* from then on" in shown(root)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert [call.body for call in _puts(at_work)] == [{"name": "web golden"}]
    assert at_work.digitalocean.images[SNAPSHOT].name == "web golden"
    assert at_work.slack.violations == []


def test_a_lost_answer_is_sent_again_without_asking_anybody(start):
    at_work = start(NAMED)
    at_work.digitalocean.faults.reset(method="PUT", path="/v2/images/*", after=True)
    at_work.types(f"rename {SNAPSHOT} golden")
    root = at_work.root("Renaming of")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert at_work.digitalocean.images[SNAPSHOT].name == "golden"


def test_a_rule_that_does_not_name_it_lets_no_rename_through(start):
    at_work = start(ONE_APPROVAL)
    assert (
        "No rule of the policy allows this: rename."
        in at_work.types(f"rename {SNAPSHOT} golden").text
    )
    assert _puts(at_work) == []
