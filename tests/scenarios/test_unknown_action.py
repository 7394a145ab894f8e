"""An action that was accepted is a 404 for a while: nobody takes it for another, or sends again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from world import BOB, ONE_APPROVAL, SNAPSHOT, World, buttons

Start = Callable[..., World]

ACTIONS = f"/v2/images/{SNAPSHOT}/actions"
NOT_THERE = {"id": "not_found", "message": "The resource you were accessing could not be found."}


def _none(answer: Any) -> Any:
    return {**answer, "actions": [], "links": {}, "meta": {"total": 0}}


def _asked(at_work: World, *, is_listed: bool) -> Any:
    """A transfer that DigitalOcean began and knows nothing of any more; its card."""
    at_work.digitalocean.next_action(None)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.clicks("approve", at_work.root("Pending approval"), by=BOB)
    root = at_work.root("In progress")
    faults = at_work.digitalocean.faults
    for path in (f"{ACTIONS}/*", "/v2/actions/*"):
        faults.status(404, NOT_THERE, method="GET", path=path, times=None)
    for path in ("/v2/actions", *(() if is_listed else (ACTIONS,))):
        faults.changed(_none, path=path)
    at_work.until(lambda: _is_asked(at_work, root), "a question", seconds=30)
    at_work.reply("does not know action", root)
    return at_work.root("Needs attention")


def _is_asked(at_work: World, root: Any) -> bool:
    at_work.clock.skip(2)
    return "post_again" in buttons(at_work.root("", root.channel))


def _ends(at_work: World) -> None:
    at_work.digitalocean.faults.clear()
    at_work.digitalocean.end_action(at_work.digitalocean.posts[0].action_id)
    at_work.clock.skip(60)
    at_work.root("Completed")
    assert len(at_work.digitalocean.posts) == 1


@pytest.mark.parametrize("is_listed", [True, False], ids=["listed", "shows later"])
def test_sent_again_it_is_found(start: Start, is_listed: bool) -> None:
    at_work = start(ONE_APPROVAL)
    root = _asked(at_work, is_listed=is_listed)
    if not is_listed:
        at_work.digitalocean.faults.clear()
    at_work.clicks("post_again", root, by=BOB)
    at_work.reply("found at DigitalOcean", root)
    _ends(at_work)


def test_chosen_it_is_followed_again_and_not_sent(start: Start) -> None:
    at_work = start(ONE_APPROVAL)
    root = _asked(at_work, is_listed=False)
    at_work.clicks("adopt", root, by=BOB)
    at_work.told("I look at DigitalOcean again", BOB)
    at_work.digitalocean.faults.clear()
    action = at_work.digitalocean.posts[0].action_id
    at_work.clicks("adopt", root, by=BOB)
    at_work.until(lambda: str(action) in str(at_work.root("").blocks), "the action on the card")
    at_work.clicks("adopt", at_work.root(""), by=BOB)
    at_work.reply("found at DigitalOcean", root)
    _ends(at_work)
