"""An approval is for now: what could not be sent for a day is not sent by surprise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from world import ANN, BOB, ONE_APPROVAL, RUNS_AT_ONCE, SNAPSHOT, World, buttons, shown


def _approved_while_digitalocean_is_away(at_work: World) -> Any:
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.digitalocean.faults.status(503, path="/v2/*", times=None)
    at_work.clicks("approve", root, by=BOB)
    at_work.root("not sent yet")
    return root


def test_an_approval_of_yesterday_sends_nothing(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    root = _approved_while_digitalocean_is_away(at_work)
    at_work.clock.skip(25 * 3600)
    told = at_work.reply("approved more than 24 h ago", root).text
    assert "nothing was sent" in told
    assert f"<@{ANN}>" in told
    at_work.digitalocean.faults.clear()
    assert "retry_failed" in buttons(at_work.root("24 h ago"))
    at_work.clicks("retry_failed", at_work.root("24 h ago"), by=ANN)
    at_work.until(lambda: "Request 2" in shown(at_work.root("Pending approval")), "request 2")
    assert at_work.digitalocean.posts == []


def test_within_the_day_it_is_sent_once_it_can_be(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    root = _approved_while_digitalocean_is_away(at_work)
    at_work.clock.skip(20 * 3600)
    at_work.digitalocean.faults.clear()
    at_work.clock.skip(120)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


def test_what_the_policy_lets_run_at_once_has_no_approval_to_expire(
    start: Callable[..., World],
) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.digitalocean.faults.status(503, method="POST", times=None)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("nyc3")
    at_work.clock.skip(25 * 3600)
    at_work.digitalocean.faults.clear()
    at_work.clock.skip(7200)
    at_work.until(lambda: shown(at_work.root("nyc3")), "its card")
    assert "24 h ago" not in shown(at_work.root("nyc3"))
    assert root.ts == at_work.root("nyc3").ts
