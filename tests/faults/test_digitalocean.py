"""DigitalOcean misbehaves: the bot does not ask twice, and comes to an end that people see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from faults.tally import ended
from world import ANN, ONE_APPROVAL, OPS, SNAPSHOT, World, buttons, shown

from bot.store.requests import newest
from rehearsal.digitalocean.faults import DigitalOceanFaults as Faults

pytestmark = pytest.mark.faults

ACTIONS = f"/v2/images/{SNAPSHOT}/actions"
IMAGE = f"/v2/images/{SNAPSHOT}"
Plan = Callable[[Faults], object]


def _completes(at_work: World) -> None:
    at_work.until(lambda: ended(at_work.sandbox, OPS, SNAPSHOT), "a thread with an end", seconds=45)


TAKEN = {
    "takes the POST and resets": lambda f: f.accept_then_reset(),
    "takes the POST and hangs": lambda f: f.accept_then_hang(),
    "takes the POST and answers 500": lambda f: f.accept_then_status(500),
    "takes the POST and answers 502": lambda f: f.accept_then_status(502),
    "takes the POST and answers 503": lambda f: f.accept_then_status(503),
    "takes the POST and sends broken JSON": lambda f: f.broken_json(method="POST"),
    "answers a POST with an unknown status": lambda f: f.unknown_status(path=ACTIONS),
}


@pytest.mark.parametrize("fault", TAKEN)
def test_what_was_taken_is_found_again(fault: str, start: Callable[..., World], cost: Any) -> None:
    at_work = start()
    TAKEN[fault](at_work.digitalocean.faults)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    _completes(at_work)
    assert len(at_work.digitalocean.faults.taken) == 1, "the fault never came"
    cost(f"DigitalOcean {fault}", at_work.sandbox, lost=0)
    assert len(at_work.digitalocean.posts) == 1


NOT_TAKEN = {
    "resets a POST": lambda f: f.reset(method="POST"),
    "hangs on a POST": lambda f: f.hang(method="POST"),
    "answers a POST 500": lambda f: f.status(500, method="POST"),
    "answers a POST 502": lambda f: f.status(502, method="POST"),
    "answers a POST 503": lambda f: f.status(503, method="POST"),
    "answers a POST with broken JSON": lambda f: f.broken_json(method="POST", after=False),
}


@pytest.mark.parametrize("fault", NOT_TAKEN)
def test_what_is_not_found_is_asked_of_people(
    fault: str, start: Callable[..., World], cost: Any
) -> None:
    at_work = start()
    NOT_TAKEN[fault](at_work.digitalocean.faults)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Needs attention")
    assert at_work.digitalocean.posts == []
    at_work.clicks("post_again", root, by=ANN)
    _completes(at_work)
    cost(f"DigitalOcean {fault}", at_work.sandbox, lost=0)
    assert len(at_work.digitalocean.posts) == 1


PASSING = {
    "answers a POST 429 with Retry-After": lambda f: f.too_many(1, method="POST"),
    "answers a POST 429 without Retry-After": lambda f: f.too_many(method="POST", times=2),
    "answers look-ups 429": lambda f: f.too_many(1, path=IMAGE, times=2),
    "answers look-ups 500": lambda f: f.status(500, path=IMAGE, times=6),
    "answers look-ups 503": lambda f: f.status(503, path=IMAGE, times=6),
    "sends look-ups as broken JSON": lambda f: f.broken_json(path=IMAGE, times=2),
    "resets look-ups": lambda f: f.reset(path=IMAGE, times=6),
    "hangs on look-ups": lambda f: f.hang(path=IMAGE, times=2),
    "answers polls 429": lambda f: f.too_many(1, method="GET", path="/v2/*actions*", times=2),
    "answers polls 502": lambda f: f.status(502, method="GET", path="/v2/*actions*", times=6),
    "sends polls as broken JSON": lambda f: f.broken_json(
        method="GET", path="/v2/*actions*", times=2
    ),
    "resets polls": lambda f: f.reset(method="GET", path="/v2/*actions*", times=6),
    "gives polls an unknown status": lambda f: f.unknown_status(path="/v2/*actions*", times=3),
}


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_waited_for(fault: str, start: Callable[..., World], cost: Any) -> None:
    at_work = start()
    plan = PASSING[fault](at_work.digitalocean.faults)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    if "without Retry-After" in fault:
        at_work.until(lambda: at_work.digitalocean.posts, "the POST")
        at_work.clock.skip(61)  # following waits a whole minute when it is not told how long
    _completes(at_work)
    assert plan in at_work.digitalocean.faults.taken, "the fault never came"
    cost(f"DigitalOcean {fault}", at_work.sandbox, lost=0)
    assert len(at_work.digitalocean.posts) == 1


def test_a_retry_after_of_a_fortnight(start: Callable[..., World], cost: Any) -> None:
    at_work = start()
    fortnight = 14 * 86_400
    at_work.digitalocean.faults.too_many(fortnight, path=IMAGE)
    at_work.digitalocean.faults.too_many(fortnight, method="POST")
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    for tries in (1, 2):
        at_work.until(lambda n=tries: len(at_work.digitalocean.faults.taken) == n, "a 429")
        at_work.until(lambda: _waits(at_work), "the wait to be written down")
        at_work.clock.skip(3601)
    at_work.until(lambda: at_work.digitalocean.posts, "the POST", seconds=30)
    at_work.clock.skip(3601)  # the account's follower waits as well
    _completes(at_work)
    cost("DigitalOcean asks to wait for a fortnight", at_work.sandbox, lost=0)


def _waits(at_work: World) -> bool:
    now = at_work.clock()
    with at_work.bot.store.read() as connection:
        request = newest(connection)[0]
    return any((one.retry_at or 0) > now + 3000 for one in (request, *request.steps))


def test_nothing_listens(start: Callable[..., World], cost: Any) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    with at_work.digitalocean.unreachable():
        at_work.clicks("approve", root)
        at_work.reply("could not be reached", root)
    _completes(at_work)
    cost("DigitalOcean refuses connections", at_work.sandbox, lost=0)
    assert len(at_work.digitalocean.posts) == 1


def test_the_list_cannot_be_read_either(start: Callable[..., World], cost: Any) -> None:
    at_work = start()
    at_work.digitalocean.faults.accept_then_reset()
    none = {"actions": [], "links": {}, "meta": {"total": 0}}
    at_work.digitalocean.faults.status(200, none, method="GET", path=ACTIONS)  # before the POST
    for path in (ACTIONS, "/v2/actions"):
        at_work.digitalocean.faults.status(500, method="GET", path=path, times=None)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Needs attention")
    at_work.clicks("post_again", root, by=ANN)
    at_work.reply("DigitalOcean has a problem", root)
    assert len(at_work.digitalocean.posts) == 1, "it posted without having looked"
    at_work.digitalocean.faults.clear()
    _completes(at_work)
    cost("DigitalOcean takes the POST, and its list fails", at_work.sandbox, lost=0)
    assert len(at_work.digitalocean.posts) == 1


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_off(minutes: int, start: Callable[..., World], cost: Any) -> None:
    at_work = start()
    at_work.digitalocean.skew += minutes * 60.0
    at_work.digitalocean.faults.accept_then_reset()
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    _completes(at_work)
    cost("DigitalOcean's clock is 10 minutes off, and it resets", at_work.sandbox, lost=0)
    assert len(at_work.digitalocean.posts) == 1


def test_an_action_that_never_ends_is_slow_and_not_failed(
    start: Callable[..., World], cost: Any
) -> None:
    at_work = start()
    at_work.digitalocean.next_action(None)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("In progress")
    at_work.clock.skip(2 * 3600 + 60)
    at_work.reply("longer than usual", root)
    at_work.clock.skip(10 * 3600)
    at_work.until(lambda: at_work.digitalocean.calls[-1].method == "GET", "another look")
    told = [m.text for m in at_work.slack.thread(OPS, root.ts)]
    assert sum("longer than usual" in text for text in told) == 1
    assert not any("failed" in text for text in told)
    at_work.digitalocean.end_action(at_work.digitalocean.posts[0].action_id)
    at_work.clock.skip(120)
    _completes(at_work)
    cost("DigitalOcean's action takes half a day", at_work.sandbox, lost=0)


def test_an_image_that_vanishes_under_way(start: Callable[..., World], cost: Any) -> None:
    at_work = start()
    at_work.digitalocean.next_action(None)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.root("In progress")
    at_work.digitalocean.remove_image(SNAPSHOT)
    at_work.digitalocean.end_action(at_work.digitalocean.posts[0].action_id)
    _completes(at_work)
    cost("the image vanishes while it is transferred", at_work.sandbox, lost=0)


def test_an_image_that_vanishes_before_it_is_approved(
    start: Callable[..., World], cost: Any
) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.digitalocean.remove_image(SNAPSHOT)
    at_work.clicks("approve", root)
    assert "void" in at_work.reply("failed", root).text
    assert not {"approve", "deny", "cancel"} & set(buttons(at_work.root("Failed")))
    assert "no image" in shown(at_work.root("Failed"))
    cost("the image vanishes before it is approved", at_work.sandbox, lost=0)
    assert at_work.digitalocean.posts == []
