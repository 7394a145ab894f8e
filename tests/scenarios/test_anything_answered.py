"""DigitalOcean answers anything at all: nothing fails for good, and no POST is made twice.

Every answer that the bot reads goes through the whole of it: each operation's commands, looks,
jobs. Then DigitalOcean answers rightly again, and everything must come to an end.
"""

from __future__ import annotations

import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from world import ANN, OPS, PROD, QUIET, SNAPSHOT, World

from bot.digitalocean import Client
from bot.domain.jobs import Job
from bot.domain.states import FINISHED, State
from bot.operations.registry import OPERATIONS
from bot.store import requests
from bot.store.due import due
from rehearsal.digitalocean.odd import BLANK, GONE, Spoiler, doubled, everywhere, keys_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

EVERY_OPERATION = f"""
[[rule]]
name = "everything runs"
image_actions = {json.dumps(sorted(OPERATIONS))}
approvals = 0
"""
REGIONS = ("nyc2", "nyc3", "sfo2", "sfo3", "sgp1", "tor1", "syd1", "blr1", "ams2", "lon1", "fra1")
LOOKS = (
    *("list", "list web", f"show {SNAPSHOT}", "show web-2026-11-20", "show 3164444"),
    *("coverage", "regions", "status", f"history {SNAPSHOT}", "history web-2026-11-20"),
    *("prune * older than 1d --dry-run", "snapshot web-2 --dry-run", "snapshot web-assets"),
    *("restore web-1 from latest --dry-run", "snapshot volume db-data --dry-run"),
    *(f"policy explain transfer {SNAPSHOT} nyc3", "transfer latest web-* nyc3 --dry-run"),
)
ONCE = (
    *("convert 62140001", f"transfer {SNAPSHOT} ams3 atl1", "give 62137904 to ops@example.com"),
    *("snapshot web-1 to nyc2 keep 1", "restore web-1 from latest", "delete 62150001"),
    *("rename 62137905 renamed", "prune db-* keep 1", "transfer latest db-* lon1"),
    *("transfer prod-cache fra1", "snapshot volume web-assets", "snapshot db-1 as golden"),
)


@pytest.fixture
def at_work(start: Callable[..., World]) -> World:
    made = start(EVERY_OPERATION, action_seconds=0.5, IMAGE_BOT_COMMANDS_PER_MINUTE="100000")
    for number in range(3):
        made.digitalocean.add_image(71_000_000 + number, f"db-2026-11-1{number}")
    return made


@pytest.fixture
def failed(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What a job, a command or a look has logged as its failure."""
    return lambda: [f"{r.getMessage()}\n{r.exc_text}" for r in caplog.records if r.exc_info]


@pytest.mark.parametrize("seed", range(4))
def test_some_of_all_that_can_come(
    at_work: World, failed: Callable[[], list[str]], seed: int
) -> None:
    at_work.digitalocean.faults.changed(Spoiler(seed), method="*", times=None)
    typed = [*ONCE, *LOOKS]
    random.Random(seed).shuffle(typed)
    for text in typed:
        at_work.types(text)
    for _ in range(4):
        _let_work(at_work)
        for text in LOOKS:
            at_work.types(text)
        at_work.slack.open_home(ANN)
    _ends_well(at_work, failed)


def test_each_field_blank_wherever_it_stands(
    at_work: World, failed: Callable[[], list[str]]
) -> None:
    changes = list(_changes(at_work))
    assert len(changes) > 150
    commands, channels = _commands(), itertools.cycle((OPS, PROD, QUIET))
    for number, change in enumerate(changes):
        at_work.digitalocean.faults.clear()
        at_work.digitalocean.faults.changed(change, method="*", times=None)
        at_work.types(LOOKS[number % len(LOOKS)])
        if number % 6 == 0:  # a channel takes one message a second
            at_work.types(next(commands), channel=next(channels))
            at_work.bot._engine.enqueue(Job.REFRESH, "all")
            at_work.bot._engine.enqueue(Job.RECONCILE, "all")
        time.sleep(0.1)
    _ends_well(at_work, failed)
    assert len(at_work.digitalocean.posts) > 20, "nearly nothing went its way"


def _changes(at_work: World) -> Iterator[Callable[[Any], Any]]:
    """Each key of each answer, with each blank value and without; every list doubled."""
    keys = {"id", "action"}
    for path in ("images", "images/62137902", "droplets", "volumes", "regions", "account"):
        keys |= keys_of(_read(at_work, path))
    action = at_work.digitalocean.act(71_000_000, {"type": "transfer", "region": "nyc3"})
    keys |= keys_of(at_work.digitalocean.account.json(action)) | {"actions", "snapshots", "total"}
    for key, value in itertools.product(sorted(keys - _NOT_READ), (GONE, *BLANK)):
        yield everywhere(key, value)
    yield doubled


_NOT_READ = frozenset(
    {"memory", "vcpus", "size_slug", "networks", "v4", "v6", "next_backup_window", "sizes"}
    | {"email", "email_verified", "droplet_limit", "floating_ip_limit", "team", "status_message"}
    | {"distribution", "min_disk_size", "filesystem_type", "filesystem_label", "features"}
)


def _read(at_work: World, path: str) -> Any:
    settings = at_work.settings
    with Client(settings["DIGITALOCEAN_TOKEN"], endpoint=settings["DIGITALOCEAN_API_URL"]) as asks:
        return asks.images._transport.read(f"/v2/{path}")


def _commands() -> Iterator[str]:
    """Each other than all before it."""
    for number in itertools.count():
        yield f"snapshot web-{1 + number % 2} as shot-{number}"
        yield f"snapshot volume db-data as shot-{number}"
        yield f"rename 62137905 called-{number}"
        for image in (71_000_000, 71_000_001, SNAPSHOT, 62137903):
            if number < len(REGIONS):
                yield f"transfer {image} {REGIONS[number]}"


def _let_work(at_work: World, seconds: float = 1.5) -> None:
    """Hours of jobs in a moment."""
    at_work.clock.skip(60)
    for job in (Job.REFRESH, Job.RECONCILE):
        at_work.bot._engine.enqueue(job, "all")
    time.sleep(seconds)


def _ends_well(at_work: World, failed: Callable[[], list[str]]) -> None:
    at_work.digitalocean.faults.clear()
    end = time.monotonic() + 120
    while left := _unfinished(at_work):
        assert time.monotonic() < end, left
        _let_work(at_work)
    assert failed() == []
    said = [m.text for m in at_work.slack.ephemerals(ANN)]
    assert [text for text in said if "eference" in text] == []
    sent = Counter((p.image_id, json.dumps(p.body)) for p in at_work.digitalocean.posts)
    assert [post for post, times in sent.items() if times > 1] == []
    assert at_work.slack.messages(OPS)


def _unfinished(at_work: World) -> list[Any]:
    """What has not come to an end by itself, and is no question for people."""
    with at_work.bot.store.read() as connection:
        found = requests.newest(connection, open_only=True, limit=500)
        searched = [key for job, key in due(connection, at_work.clock()) if job == Job.LOOKUP]
    waits = [r for r in found if r.state not in FINISHED | {State.NEEDS_ATTENTION}]
    return [(r.id, r.state, [(s.state, s.cause) for s in r.steps]) for r in waits] + searched
