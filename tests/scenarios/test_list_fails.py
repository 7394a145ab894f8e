"""The list of an image's own actions fails, for hours or for weeks, while all else works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from world import BOB, ONE_APPROVAL, SNAPSHOT, World, buttons

Start = Callable[..., World]

OWN_LIST = {"method": "GET", "path": f"/v2/images/{SNAPSHOT}/actions"}
FAILS: dict[str, Callable[[Any], Any]] = {
    "500": lambda faults: faults.status(500, times=None, **OWN_LIST),
    "403": lambda faults: faults.status(403, times=None, **OWN_LIST),
    "hangs": lambda faults: faults.hang(times=None, **OWN_LIST),
    "no JSON": lambda faults: faults.broken_json(times=None, **OWN_LIST),
}


def _approved(at_work: World, region: str) -> Any:
    at_work.types(f"transfer {SNAPSHOT} {region}")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    return root


_SLOW = {"403": pytest.mark.slow, "no JSON": pytest.mark.slow}


@pytest.mark.parametrize(
    "fails", [pytest.param(f, id=name, marks=_SLOW.get(name, ())) for name, f in FAILS.items()]
)
def test_the_accounts_list_takes_its_place(start: Start, fails: Callable[[Any], Any]) -> None:
    at_work = start(ONE_APPROVAL)
    fails(at_work.digitalocean.faults)
    at_work.reply("completed", _approved(at_work, "nyc3"))
    at_work.digitalocean.action_seconds = 30
    other = at_work.digitalocean.act(SNAPSHOT, {"type": "transfer", "region": "sfo3"})
    root = _approved(at_work, "sfo3")
    at_work.reply(f"action {other.id}", root)  # what is in flight is followed
    at_work.digitalocean.end_action(other.id)
    at_work.reply("completed", root)
    assert [post.body["region"] for post in at_work.digitalocean.posts] == ["nyc3"]


def test_a_lost_answer_is_found_there_too(start: Start) -> None:
    at_work = start(ONE_APPROVAL)
    FAILS["500"](at_work.digitalocean.faults)
    at_work.digitalocean.faults.accept_then_reset()
    root = _approved(at_work, "nyc3")
    at_work.reply("found at DigitalOcean", root)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


def test_what_it_does_not_show_may_have_arrived_all_the_same(start: Start) -> None:
    """Actions of images have been missing there: only the own list proves that there is none."""
    at_work = start(ONE_APPROVAL)
    FAILS["500"](at_work.digitalocean.faults)
    at_work.digitalocean.faults.accept_then_reset()
    at_work.digitalocean.faults.changed(lambda a: {**a, "actions": []}, path="/v2/actions")
    root = _approved(at_work, "nyc3")
    at_work.settles(root)
    asked = at_work.root("Needs attention")
    assert "post_again" in buttons(asked)
    at_work.clicks("post_again", asked, by=BOB)
    at_work.reply("chose to send it again", root)
    at_work.reply("has a problem", root)  # it is looked for before it is sent
    at_work.digitalocean.faults.clear()
    at_work.clock.skip(60)
    at_work.reply("found at DigitalOcean", root)
    at_work.root("Completed")
    assert len(at_work.digitalocean.posts) == 1
