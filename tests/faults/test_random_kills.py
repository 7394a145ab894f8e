"""Kills at random moments while requests flow: some run at once, some wait for an approval.

People type, type again when the bot did not answer, approve, and choose *Post again* where
they are asked. DigitalOcean answers slowly, so that many kills fall between a POST and its
answer.
"""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from faults.bounds import is_long
from faults.crashing import CrashingWorld, crashing_world
from faults.tally import ended, most_repeated
from world import ANN, BOB, buttons

from bot.sandbox.slack.rates import Limits

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800 if is_long() else 400)]

REQUESTS, KILLS = (200, 100) if is_long() else (30, 12)
CHANNELS = [f"C0FLOW{number:02}" for number in range(REQUESTS // 3)]
FIRST_IMAGE = 70_000_000

POLICY = """
[[rule]]
name = "asked"
regions = ["ams3"]
approvals = 1
approvers = ["U0BOB"]

[[rule]]
name = "at once"
approvals = 0
"""


def test_random_kills(database: tuple[str, str], tmp_path: Path, cost: Any) -> None:
    kind, url = database
    quick = Limits(tier_factor=100.0)  # how fast a workspace lets edits through is another test's
    seed = random.randrange(10**6)
    with crashing_world(tmp_path, POLICY, limits=quick, DATABASE_URL=url) as at_work:
        at_work.digitalocean.faults.slow(0.2, method="POST", times=None)
        for channel in CHANNELS:
            at_work.slack.add_channel(channel, channel.lower())
        flow = _Flow(at_work)
        flow.begin()
        moments = random.Random(seed)
        for _ in range(KILLS):
            time.sleep(moments.uniform(0.2, 1.8))
            at_work.crash()
        lost = flow.lost(seconds=120 + REQUESTS)
        flow.end()
        fault = f"kill -9 at random while {REQUESTS} requests flow ({kind})"
        assert at_work.process.kills == KILLS
        cost(fault, at_work.sandbox, lost=len(lost), times=KILLS)
        assert len(at_work.digitalocean.posts) == REQUESTS, f"seed {seed}"
        assert most_repeated(at_work.sandbox) <= KILLS


class _Flow:
    """People at work, each in a thread of their own."""

    def __init__(self, at_work: CrashingWorld) -> None:
        self._at_work = at_work
        self._images = [FIRST_IMAGE + number for number in range(REQUESTS)]
        for image_id in self._images:
            at_work.digitalocean.add_image(image_id, f"flow-{image_id}")
        self._over = threading.Event()
        self._people = [
            threading.Thread(target=self._types, daemon=True),
            threading.Thread(target=self._decides, daemon=True),
        ]

    def begin(self) -> None:
        for person in self._people:
            person.start()

    def end(self) -> None:
        self._over.set()
        for person in self._people:
            person.join(30)

    def lost(self, seconds: float) -> list[int]:
        """The images whose requests have no end that people can see, once time is over."""
        sandbox = self._at_work.sandbox
        open_ones, deadline = self._images, time.monotonic() + seconds
        while open_ones and time.monotonic() < deadline:
            open_ones = [i for i in open_ones if not ended(sandbox, _channel(i), i)]
            time.sleep(0.2)
        return open_ones

    def _types(self) -> None:
        """Every request is typed until it is taken: an ack that was seen is a promise."""
        pace = KILLS * 1.8 / REQUESTS
        for image_id in self._images:
            region = "ams3" if image_id % 2 else "nyc3"
            while not self._over.is_set():
                text = f"transfer {image_id} {region}"
                ack = self._at_work.slack.command(ANN, _channel(image_id), text)
                if ack.ok and ("Request" in ack.text or "under way" in ack.text):
                    break
                time.sleep(0.2)
            time.sleep(pace)

    def _decides(self) -> None:
        clicked: set[tuple[str, int]] = set()
        while not self._over.wait(0.1):
            for channel in CHANNELS:
                for root in self._at_work.slack.messages(channel):
                    choice = next((b for b in ("approve", "post_again") if b in buttons(root)), "")
                    version = (root.ts, len(root.versions))
                    by = BOB if choice == "approve" or "ams3" in root.everything else ANN
                    if choice and version not in clicked:
                        ack = self._at_work.slack.click(by, root, choice)
                        if ack.ok:
                            clicked.add(version)


def _channel(image_id: int) -> str:
    return CHANNELS[image_id % len(CHANNELS)]
