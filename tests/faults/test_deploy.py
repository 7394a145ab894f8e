"""A rolling deploy: an old and a new version side by side, while requests flow."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faults.bounds import is_long
from faults.flow import POLICY, Flow
from faults.next_version import REDIRECTED, make_next_version
from faults.process import BotProcess
from faults.replicas import WEB, WORKER, Cluster, cluster
from faults.take_over import TakeOvers, check
from faults.tally import most_repeated

from bot.store.database import open_database
from bot.store.schema import migrate
from rehearsal.slack.rates import Limits

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3000 if is_long() else 900)]

REQUESTS = 200 if is_long() else 40


def test_a_rolling_deploy(
    tmp_path: Path, cost: Any, record_property: Callable[[str, Any], None]
) -> None:
    with cluster(tmp_path, POLICY, limits=Limits(tier_factor=1000.0)) as at_work:
        at_work.digitalocean.faults.slow(0.2, method="POST", times=None)
        at_work.digitalocean.action_seconds = 5.0  # work of the old version is under way
        seen = TakeOvers(at_work.settings["DATABASE_URL"])
        flow = Flow(at_work, REQUESTS, 40.0, channels=REQUESTS // 3)
        flow.begin()
        new = make_next_version(tmp_path / "next", _schema_of(at_work))

        released = at_work.command("migrate", version=new)
        assert released.returncode == 0, released.stderr
        old = {role: list(at_work.replicas[role]) for role in (WEB, WORKER)}
        # The new workers first: what the old ones, and the old webs, ask for is theirs to finish.
        at_work.add(WORKER, version=new)
        assert at_work.kill_at_work(old[WORKER][0], seen, 30)
        at_work.remove(WORKER, old[WORKER][0])
        at_work.add(WORKER, version=new)
        _drains(at_work, WORKER, old[WORKER][1])
        at_work.until(lambda: _redirected(at_work), "a wake under the old name", seconds=60)
        for replica in old[WEB]:
            at_work.add(WEB, version=new)
            _drains(at_work, WEB, replica)

        lost = flow.lost(patience=90)
        flow.end()
        cost("a rolling deploy, an old worker killed in it", at_work.sandbox, lost=len(lost))
        seen.wait(60)
        check(record_property, "an old version dies beside a new one", seen.seconds)
        assert len(at_work.digitalocean.posts) == REQUESTS
        assert most_repeated(at_work.sandbox) <= 1
        back = at_work.command("run", "--role", "worker")
        assert back.returncode != 0
        assert "newer than this version knows" in back.stderr + back.stdout
        seen.close()


def _schema_of(at_work: Cluster) -> str:
    database = open_database(at_work.settings["DATABASE_URL"])
    try:
        return migrate(database)
    finally:
        database.dispose()


def _drains(at_work: Cluster, role: str, replica: BotProcess) -> None:
    status, seconds = at_work.drain(role, replica)
    assert status == 0, f"it was cut off after {seconds:.1f} s:\n{replica.log()[-2000:]}"


def _redirected(at_work: Cluster) -> bool:
    time.sleep(0.1)
    return any(REDIRECTED in each.log() for each in at_work.replicas[WORKER])
