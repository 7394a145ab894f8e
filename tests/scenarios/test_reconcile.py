"""What happened at DigitalOcean, held against the audit log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from world import BOB, ONE_APPROVAL, PROD, RUNS_AT_ONCE, SNAPSHOT, World, shown

from bot.__main__ import main
from bot.domain.jobs import Job
from bot.store import audit, reconciliation

HOUR = 3600.0
BACKUP = 62140001
CHANNEL = {"IMAGE_BOT_RECONCILE_CHANNEL": PROD}


def looks(at_work: World) -> list[dict]:
    """The facts of every look's row."""
    with at_work.bot.store.read() as connection:
        rows = list(audit.entries(connection))
    return [json.loads(row.facts) for row in rows if row.event == "reconciled"]


def next_look(at_work: World) -> dict:
    """Let the hour pass, and wait for the look that comes of it."""
    before = len(looks(at_work))
    at_work.clock.skip(HOUR)
    at_work.digitalocean.skew += HOUR
    at_work.until(lambda: len(looks(at_work)) > before, "a look at the account")
    return looks(at_work)[-1]


def warnings(at_work: World) -> list[str]:
    """What the channel was told, once nothing waits any more."""
    at_work.until(lambda: at_work.bot._figures().waiting == {}, "nothing to be sent")
    return [shown(m) for m in at_work.slack.messages(PROD) if "DigitalOcean" in shown(m)]


@pytest.fixture
def watching(start: Callable[..., World]) -> Callable[[str], World]:
    """Starts a bot that looks, and waits for its first look."""

    def begin(policy: str) -> World:
        at_work = start(policy, **CHANNEL)
        at_work.until(lambda: looks(at_work), "the first look")
        return at_work

    return begin


def test_an_honest_day_finds_nothing(watching: Callable[[str], World]) -> None:
    at_work = watching(RUNS_AT_ONCE)
    at_work.types(f"transfer {SNAPSHOT} nyc3 sfo3")
    at_work.reply("completed", at_work.root("nyc3"))
    at_work.digitalocean.add_activity(450)
    found = next_look(at_work)
    assert found["whole"], found
    assert (found["explained"], found["unexplained"], found["unsettled"]) == (2, [], [])
    assert next_look(at_work)["explained"] == 0, "what was explained is not counted twice"
    assert warnings(at_work) == []


def test_what_somebody_does_in_the_control_panel_is_told_once(
    watching: Callable[[str], World],
) -> None:
    at_work = watching(RUNS_AT_ONCE)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.reply("completed", at_work.root("nyc3"))
    sfo = at_work.digitalocean.act(SNAPSHOT, {"type": "transfer", "region": "sfo3"})
    convert = at_work.digitalocean.act(BACKUP, {"type": "convert"})
    found = next_look(at_work)
    assert {each["number"] for each in found["unexplained"]} == {sfo.id, convert.id}
    assert found["explained"] == 1
    (told,) = warnings(at_work)
    assert "2 things happened" in told
    assert f"Transfer of image {SNAPSHOT} to sfo3" in told
    assert f"action {convert.id}" in told
    assert next_look(at_work)["unexplained"] == []
    assert len(warnings(at_work)) == 1
    with at_work.bot.store.read() as connection:
        assert audit.verify(audit.entries(connection)) == []
