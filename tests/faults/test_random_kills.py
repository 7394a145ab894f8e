"""Kills at random moments while requests flow (`faults.flow`).

DigitalOcean answers slowly, so that many kills fall between a POST and its answer.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest
from faults.bounds import is_long
from faults.crashing import crashing_world
from faults.flow import POLICY, Flow
from faults.tally import most_repeated

from rehearsal.slack.rates import Limits

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800 if is_long() else 400)]

REQUESTS, KILLS = (200, 100) if is_long() else (30, 12)


def test_random_kills(database: tuple[str, str], tmp_path: Path, cost: Any) -> None:
    _, url = database
    quick = Limits(tier_factor=100.0)  # how fast a workspace lets edits through is another test's
    seed = random.randrange(10**6)
    with crashing_world(tmp_path, POLICY, limits=quick, DATABASE_URL=url) as at_work:
        at_work.digitalocean.faults.slow(0.2, method="POST", times=None)
        flow = Flow(at_work, REQUESTS, KILLS * 1.8, channels=REQUESTS // 3)
        flow.begin()
        moments = random.Random(seed)
        for _ in range(KILLS):
            time.sleep(moments.uniform(0.2, 1.8))
            at_work.crash()
        lost = flow.lost(patience=120)
        flow.end()
        fault = f"kill -9 at random while {REQUESTS} requests flow"
        assert at_work.process.kills == KILLS
        cost(fault, at_work.sandbox, lost=len(lost), times=KILLS)
        assert len(at_work.digitalocean.posts) == REQUESTS, f"seed {seed}"
        assert most_repeated(at_work.sandbox) <= KILLS
