"""`/image delete`: what goes is on the card, each image is looked at again, gone is done."""

from __future__ import annotations

import pytest
from world import BOB, ONE_APPROVAL, SNAPSHOT, shown

NAMED = ONE_APPROVAL + 'image_actions = ["delete"]\n'
OTHER = 70_000_001


def _deletes(at_work):
    return [call.path for call in at_work.digitalocean.calls if call.method == "DELETE"]


def _asked(start, *images: int):
    at_work = start(NAMED)
    at_work.digitalocean.add_image(OTHER, "old-one", regions=("nyc1", "fra1"), size_gigabytes=10.0)
    at_work.types(f"delete {' '.join(map(str, images))} because newer ones are there")
    return at_work, at_work.root("Deletion of")


def test_what_goes_is_shown_approved_and_gone(start):
    at_work, root = _asked(start, SNAPSHOT, OTHER)
    for part in ("old-one", "10 GB", "fra1 and nyc1", "$0.60 a month", "Nothing brings them back"):
        assert part in shown(root)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert sorted(_deletes(at_work)) == [f"/v2/images/{SNAPSHOT}", f"/v2/images/{OTHER}"]
    assert not {SNAPSHOT, OTHER} & set(at_work.digitalocean.images)
    assert at_work.slack.violations == []


def test_one_that_changed_since_stays_and_the_other_goes(start):
    at_work, root = _asked(start, SNAPSHOT, OTHER)
    at_work.digitalocean.change_image(OTHER, name="precious")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("precious", root)
    at_work.until(lambda: SNAPSHOT not in at_work.digitalocean.images, "the other to go")
    assert _deletes(at_work) == [f"/v2/images/{SNAPSHOT}"]
    assert OTHER in at_work.digitalocean.images


def test_one_that_is_gone_by_then_is_done(start):
    at_work, root = _asked(start, OTHER)
    at_work.digitalocean.remove_image(OTHER)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert _deletes(at_work) == []


def test_a_lost_answer_is_no_second_question(start):
    at_work, root = _asked(start, OTHER)
    at_work.digitalocean.faults.reset(method="DELETE", path="/v2/images/*", after=True)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert OTHER not in at_work.digitalocean.images


def test_a_number_that_nobody_has_is_refused_and_not_called_done(start):
    at_work = start(NAMED)
    at_work.types("delete 99999999")
    at_work.told("There is no image 99999999")
    assert _deletes(at_work) == []


def test_a_rule_that_does_not_name_it_lets_no_delete_through(start):
    at_work = start(ONE_APPROVAL)
    assert "No rule of the policy allows this: delete." in at_work.types(f"delete {SNAPSHOT}").text
    assert _deletes(at_work) == []


@pytest.mark.alike
@pytest.mark.parametrize("typed", ['"old-one" "2026"', "“old-one”, ‘2026’", "`old-one` `2026`"])
def test_several_are_given_by_their_names(start, typed):
    at_work = start(NAMED)
    at_work.digitalocean.add_image(OTHER, "old-one", regions=("nyc1",))
    at_work.digitalocean.add_image(2026, "another", regions=("nyc1",))
    at_work.digitalocean.add_image(OTHER + 1, "2026", regions=("nyc1",))
    at_work.types(f"delete {typed} because newer ones are there")
    root = at_work.root("Deletion of")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert sorted(_deletes(at_work)) == [f"/v2/images/{OTHER}", f"/v2/images/{OTHER + 1}"]
    assert 2026 in at_work.digitalocean.images  # digits in quotes are a name


def test_of_several_names_each_must_be_one_image(start):
    at_work = start(NAMED)
    at_work.digitalocean.add_image(OTHER, "old-one", regions=("nyc1",))
    for twice in (1, 2):
        at_work.digitalocean.add_image(OTHER + twice, "same", regions=("nyc1",))
    at_work.types('delete "old-one" "same"')
    told = at_work.told("2 images are named “same”").text
    assert f"`{OTHER + 1}`" in told
    assert f"`{OTHER + 2}`" in told
    at_work.types('delete "old-one" "nowhere"')
    at_work.told("No image of yours is named `nowhere`")
    at_work.types(f'delete {OTHER} "old"')
    at_work.told("No image is named exactly “old”")
    at_work.types('delete "old-one" "same" --dry-run')
    at_work.until(
        lambda: len([m for m in at_work.slack.ephemerals("U0ANN") if "“same”" in m.text]) == 2,
        "the same of a dry run",
    )
    assert at_work.types("status").text.startswith("Nothing is open")
    assert _deletes(at_work) == []
