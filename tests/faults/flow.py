"""Requests that flow: some run at once, some wait for an approval.

People type, type again when the bot did not answer, approve, and choose *Send again* where
they are asked.
"""

from __future__ import annotations

import threading
import time

from faults.tally import TRY_AGAIN, ended
from world import ANN, BOB, World, buttons

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


class Flow:
    """People at work, each in a thread of their own.

    Args:
        requests: how many are typed.
        seconds: over how long, if the bot keeps up.
        channels: how many they are spread over.
        typing: how many people type at once.
    """

    def __init__(
        self, at_work: World, requests: int, seconds: float, channels: int, typing: int = 1
    ) -> None:
        self._at_work = at_work
        self._pace = seconds / requests
        self._channels = [f"C0FLOW{number:03}" for number in range(channels)]
        self._images = [FIRST_IMAGE + number for number in range(requests)]
        for channel in self._channels:
            at_work.slack.add_channel(channel, channel.lower())
        for image_id in self._images:
            at_work.digitalocean.add_image(image_id, f"flow-{image_id}")
        self._over = threading.Event()
        numbered = list(enumerate(self._images))
        self._people = [threading.Thread(target=self._decides, daemon=True)] + [
            threading.Thread(target=self._types, args=(numbered[nth::typing],), daemon=True)
            for nth in range(typing)
        ]

    def begin(self) -> None:
        for person in self._people:
            person.start()

    def end(self) -> None:
        self._over.set()
        for person in self._people:
            person.join(30)

    def lost(self, patience: float) -> list[int]:
        """The images whose requests have no end that people can see.

        A busy machine takes its time: it is waited for as long as anything moves on, and then
        for `patience` seconds.
        """
        open_ones, seen, since = self._images, (0, 0), time.monotonic()
        while open_ones and time.monotonic() < since + patience:
            began = time.monotonic()
            open_ones = [i for i in open_ones if not self._has_ended(i)]
            now = (len(open_ones), len(self._at_work.digitalocean.posts))
            if now != seen:
                seen, since = now, time.monotonic()
            self._rest(began)
        return open_ones

    def _has_ended(self, image_id: int) -> bool:
        return ended(self._at_work.sandbox, self._channel(image_id), image_id)

    def _types(self, numbered: list[tuple[int, int]]) -> None:
        """Every request is typed until it is taken: an ack that was seen is a promise."""
        began = time.monotonic()
        for number, image_id in numbered:
            time.sleep(max(0.0, began + number * self._pace - time.monotonic()))
            region = "ams3" if image_id % 2 else "nyc3"
            while not self._over.is_set():
                text = f"transfer {image_id} {region}"
                ack = self._at_work.slack.command(ANN, self._channel(image_id), text)
                if ack.ok and ("Request" in ack.text or "under way" in ack.text):
                    break
                time.sleep(0.2)

    def _decides(self) -> None:
        """A click that was answered is a promise, unless the answer was to try again."""
        clicked: set[tuple[str, int]] = set()
        refused = 0
        while not self._over.is_set():
            began = time.monotonic()
            before, refused = refused, self._refusals()
            if refused > before:
                clicked.clear()
            for channel in self._channels:
                for root in self._at_work.slack.messages(channel):
                    choice = next((b for b in ("approve", "post_again") if b in buttons(root)), "")
                    version = (root.ts, len(root.versions))
                    by = BOB if choice == "approve" or "ams3" in root.everything else ANN
                    if choice and version not in clicked:
                        ack = self._at_work.slack.click(by, root, choice)
                        if ack.ok:
                            clicked.add(version)
            self._rest(began)

    def _refusals(self) -> int:
        slack = self._at_work.slack
        return sum(TRY_AGAIN in m.text for who in (ANN, BOB) for m in slack.ephemerals(who))

    def _rest(self, began: float) -> None:
        """Looking at everything must not take the machine from the bot."""
        self._over.wait(min(1.0, max(0.1, 2 * (time.monotonic() - began))))

    def _channel(self, image_id: int) -> str:
        return self._channels[image_id % len(self._channels)]
