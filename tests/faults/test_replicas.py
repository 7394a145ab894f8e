"""Two web and two worker replicas behind a load balancer: they die, and nobody notices."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from faults.bounds import is_long
from faults.flow import FIRST_IMAGE, POLICY, Flow
from faults.process import BotProcess
from faults.replicas import WEB, WORKER, Cluster, cluster
from faults.take_over import LIMIT_SECONDS, TakeOvers, check
from faults.tally import ended, most_repeated
from world import BOB, ONE_APPROVAL, OPS, RUNS_AT_ONCE, SNAPSHOT, buttons

from bot.store import call_budget
from bot.store.database import open_database
from bot.store.tables import ops_request
from rehearsal.slack.rates import Limits

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3000 if is_long() else 900)]

REQUESTS, KILLS, CHANNELS, TYPING = (2000, 30, 200, 6) if is_long() else (60, 6, 20, 1)
SECONDS_A_KILL = 10.0 if is_long() else 5.0
"""A replica that is begun again takes some of them."""
AT_ONCE = Limits(tier_factor=1000.0)
"""How fast a workspace lets edits through is another test's."""
FATES = ("another joins", "comes back", "is missed")


@pytest.fixture
def take_overs() -> Iterator[Callable[[Cluster], TakeOvers]]:
    begun: list[TakeOvers] = []

    def begin(at_work: Cluster) -> TakeOvers:
        begun.append(TakeOvers(at_work.settings["DATABASE_URL"]))
        return begun[-1]

    yield begin
    for each in begun:
        each.close()


def test_random_kills(
    tmp_path: Path, cost: Any, take_overs: Any, record_property: Callable[[str, Any], None]
) -> None:
    seed = random.randrange(10**6)
    # Nobody has 2,000 transfers in a few minutes: DigitalOcean's limits, and ours on what one
    # person may type, would make this take hours.
    with cluster(
        tmp_path, POLICY, limits=AT_ONCE, IMAGE_BOT_COMMANDS_PER_MINUTE="100000"
    ) as at_work:
        at_work.digitalocean.limit_calls(hourly=1_000_000, minutely=1_000_000)
        at_work.digitalocean.faults.slow(0.2, method="POST", times=None)
        deaths = _Deaths(at_work, take_overs(at_work), random.Random(seed))
        flow = Flow(at_work, REQUESTS, KILLS * SECONDS_A_KILL, CHANNELS, TYPING)
        flow.begin()
        for number in range(KILLS):
            deaths.one(WORKER if number % 2 else WEB, FATES[number % len(FATES)])
        deaths.one(WEB, "is missed")  # these two for good
        deaths.one(WORKER, "is missed")
        lost = flow.lost(patience=120)
        flow.end()
        what = f"kill -9 of replicas at random while {REQUESTS} requests flow (2 web, 2 worker)"
        cost(what, at_work.sandbox, lost=len(lost), times=deaths.count)
        deaths.seen.wait(60)
        check(record_property, what, deaths.seen.seconds)
        assert len(at_work.digitalocean.posts) == REQUESTS, f"seed {seed}"
        assert most_repeated(at_work.sandbox) <= deaths.count


class _Deaths:
    """Kills replicas, a worker while it is at something, and does what becomes of them."""

    def __init__(self, at_work: Cluster, seen: TakeOvers, moments: random.Random) -> None:
        self.count = 0
        self.seen = seen
        self._at_work = at_work
        self._moments = moments

    def one(self, role: str, fate: str) -> None:
        at_work, began = self._at_work, time.monotonic()
        replicas = at_work.replicas[role]
        if len(replicas) < 2:  # one was missed, and now it is: there is always somebody
            at_work.add(role)
        time.sleep(self._moments.uniform(0.2, 1.8))
        self._kill(role, self._moments.choice(replicas), fate)
        time.sleep(max(0.0, began + SECONDS_A_KILL - time.monotonic()))

    def _kill(self, role: str, victim: BotProcess, fate: str) -> None:
        if role == WORKER:
            self._at_work.kill_at_work(victim, self.seen, 3)
        else:
            self._at_work.kill(victim)
        self.count += 1
        if fate == "comes back":
            self._at_work.begin(victim)
            return
        self._at_work.remove(role, victim)
        if fate == "another joins":
            self._at_work.add(role, wait=False)


def test_one_worker_follows_and_its_death_is_noticed(
    tmp_path: Path, cost: Any, record_property: Callable[[str, Any], None]
) -> None:
    with cluster(tmp_path, RUNS_AT_ONCE, IMAGE_BOT_POLL_SECONDS="0.5") as at_work:
        at_work.digitalocean.next_action(None)
        at_work.types(f"transfer {SNAPSHOT} nyc3")
        at_work.root("In progress")
        first = _follower(at_work)
        before = _polls(at_work)
        time.sleep(5)
        assert [name for name, n in _polls(at_work).items() if n > before[name]] == [first.name]
        at_work.kill(first)
        died = time.time()
        at_work.remove(WORKER, first)
        at_work.until(lambda: _looks(at_work, died), "another follower", seconds=LIMIT_SECONDS)
        check(record_property, "the follower dies", [_looks(at_work, died)[0] - died])

        # What one was told to wait, its heir waits as well: the budget is the token's.
        at_work.add(WORKER)
        second = _follower(at_work)
        said = time.time()
        at_work.digitalocean.faults.too_many(25, method="GET", path="/v2/*actions*")
        at_work.until(lambda: at_work.digitalocean.faults.taken, "a 429")
        at_work.until(lambda: _told_to_wait(at_work), "the wait to be written down")
        told = time.time()
        at_work.kill(second)
        at_work.digitalocean.end_action(at_work.digitalocean.posts[0].action_id)
        at_work.until(lambda: ended(at_work.sandbox, OPS, SNAPSHOT), "an end", seconds=60)
        assert not [at for at in _looks(at_work, told) if at < said + 24.0]
        cost("kill -9 of the worker that follows", at_work.sandbox, lost=0, times=2)


def _polls(at_work: Cluster) -> dict[str, float]:
    """How often each worker has asked how image actions stand."""
    return {each.name: each.metric("image_bot_polls_total") for each in at_work.replicas[WORKER]}


def _follower(at_work: Cluster) -> BotProcess:
    before = _polls(at_work)

    def found() -> list[BotProcess]:
        now = _polls(at_work)
        return [r for r in at_work.replicas[WORKER] if now[r.name] > before[r.name]]

    at_work.until(found, "a worker that follows", seconds=40)
    return found()[0]


def _looks(at_work: Cluster, since: float) -> list[float]:
    """When anybody asked how image actions stand."""
    calls = at_work.digitalocean.calls
    return [c.at for c in calls if c.method == "GET" and "actions" in c.path and c.at > since]


def _told_to_wait(at_work: Cluster) -> bool:
    with _reading(at_work) as connection:
        return bool(call_budget.shown(connection, time.time()).waits_until)


def _requests(at_work: Cluster) -> int:
    with _reading(at_work) as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(ops_request)).scalar())


@contextmanager
def _reading(at_work: Cluster) -> Iterator[sa.Connection]:
    database = open_database(at_work.settings["DATABASE_URL"])
    try:
        with database.connect() as connection:
            yield connection
    finally:
        database.dispose()


def test_sockets_of_several_replicas(tmp_path: Path, cost: Any) -> None:
    with cluster(tmp_path, ONE_APPROVAL, socket=True, limits=AT_ONCE) as at_work:
        at_work.until(lambda: at_work.slack.socket_count == 2, "two sockets", seconds=30)
        at_work.slack.faults.deliver_twice(times=None)  # each over one socket, and the other
        images = [FIRST_IMAGE + n for n in range(12)]
        for image_id in images:
            at_work.digitalocean.add_image(image_id, f"socket-{image_id}")
        for image_id in images[:6]:
            assert "Request" in at_work.types(f"transfer {image_id} nyc3").text
        name = 'image_bot_ack_seconds_count{transport="socket"}'

        # The second of two deliveries is acked by itself, and counted once it has been.
        def acks() -> list[float]:
            return [each.metric(name) for each in at_work.replicas[WEB]]

        at_work.until(lambda: sum(acks()) == 12, "every ack", seconds=30)
        assert min(acks()) > 0, "one replica had no payload"
        at_work.kill(at_work.replicas[WEB][0])
        for image_id in images[6:]:
            at_work.types(f"transfer {image_id} nyc3")
        for image_id in images:
            root = at_work.root(str(image_id))
            at_work.until(lambda i=image_id: "approve" in buttons(at_work.root(str(i))), "a card")
            at_work.clicks("approve", root)
        at_work.until(
            lambda: all(ended(at_work.sandbox, OPS, i) for i in images), "every end", seconds=120
        )
        cost("Socket Mode with two replicas, everything twice, one killed", at_work.sandbox, lost=0)
        assert len(at_work.digitalocean.posts) == len(images)
        assert _requests(at_work) == len(images)
        assert at_work.slack.ephemerals(BOB) == [], "a click was taken for two"
