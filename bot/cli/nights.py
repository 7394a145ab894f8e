"""The nightly copy of a Droplet, played with the clock sped up: one approval, then the nights."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.cli.teller import Teller
from bot.schedules.due import next_due
from bot.schedules.load import load
from handlers.commands.scheduled import check_scheduled
from rehearsal import Sandbox
from rehearsal.clock import stamp
from rehearsal.slack.messages import Message

NIGHTLY = """\
[[schedule]]
name = "nightly-web"
when = "daily 03:00"
time_zone = "Europe/Berlin"
command = "snapshot web-1 to fra1 keep 3 because nightly copy"
channel = "C0OPS"
owner = "U0ANN"
approval_days = 30
"""
"""As it stands in the README; a test compares them."""
OWNER, CHANNEL, DROPLET = "U0ANN", "C0OPS", 3_164_444
NIGHTS, FAILS = 4, 3
"""How many nights pass, and which of them goes wrong."""
_KEPT = 3
_REFUSED = ("denied", "cancelled", "expired", "withdrawn")
"""How the card of the approval begins to speak when there is none."""
_FIRST_IMAGE = 189_000_000
_ACTION_SECONDS = 1.5
_NIGHT_SECONDS = 60.0
_READ_SECONDS = 3.0
"""So long a line stands on the page before the next night begins."""


@dataclass(frozen=True)
class Scene:
    """What has happened, in a line.

    Attributes:
        approval: the card that somebody has to approve now.
        told: what the schedule's owner was told directly.
        thread: the card of the night that has ended.
    """

    say: str
    approval: Message | None = None
    told: Message | None = None
    thread: Message | None = None


class Nights:
    """Plays them, once.

    Args:
        file: the bot's schedules file, which is empty before.
        is_at_rest: whether the bot has noted that every run has ended.

    Attributes:
        well: every night ended as it should have.
    """

    def __init__(self, sandbox: Sandbox, file: Path, is_at_rest: Callable[[], bool]) -> None:
        self._sandbox, self._file, self._is_at_rest = sandbox, file, is_at_rest
        self._schedule = load(NIGHTLY, "the nightly copy", check_scheduled)[0]
        self.well = False

    def play(self) -> Iterator[Scene]:
        """One scene after the other; each is yielded when it has come to be.

        Raises:
            TimeoutError: something did not happen in time, or the rehearsal has ended.
        """
        self._add_earlier_copies()
        self._file.write_text(NIGHTLY, encoding="utf-8")
        card = self._until(lambda: self._newest("let schedule nightly-web run"), "the card")
        yield Scene(
            "A schedule was added: each night at 03:00 a snapshot of web-1, a copy of it in fra1,"
            " and three are kept. A card asks once for its approval.",
            approval=card,
        )
        if not self._until(lambda: self._decided(card), "an approval", None):
            yield Scene("Without an approval nothing runs by the clock.")
            return
        yield Scene("Approved for 30 days. Now the nights pass.")
        before, usual = self._sandbox.digitalocean.speed, self._sandbox.digitalocean.action_seconds
        self._sandbox.digitalocean.speed = 1.0
        self._sandbox.digitalocean.action_seconds = _ACTION_SECONDS
        try:
            for number in range(1, NIGHTS + 1):
                yield from self._night(number)
        finally:
            self._sandbox.digitalocean.speed = before
            self._sandbox.digitalocean.action_seconds = usual
        self.well = True
        yield Scene(f"{NIGHTS} nights have passed. “/image schedules” has Run now and Pause.")

    def _night(self, number: int) -> Iterator[Scene]:
        which, fails = f"Night {number} of {NIGHTS}", number == FAILS
        if fails:
            self._sandbox.digitalocean.next_action(_ACTION_SECONDS)
            self._sandbox.digitalocean.next_action(_ACTION_SECONDS, "errored")
        self._until(self._is_at_rest, "the end of the night before")
        cards, told = self._cards(), self._told()
        self._sandbox.skip(max(0.0, self._next_due() - self._sandbox.clock()))
        what = "this time DigitalOcean fails at the copy" if fails else "snapshot, copy, deletion"
        yield Scene(f"{which}: it is 03:00 in Berlin; {what}.")
        self._until(lambda: len(self._cards()) > len(cards), f"the card of night {number}")
        ts = self._cards()[-1].ts
        ending = " failed" if fails else " completed after"
        self._until(lambda: ending in self._card(ts).text, f"the end of night {number}")
        self._until(lambda: self._is_told(ts), f"the last line of night {number}")
        if number not in (FAILS, FAILS + 1):
            yield Scene(f"{which} went well: a line in its thread.", thread=self._card(ts))
            return
        self._until(lambda: len(self._told()) > len(told), "word to the owner")
        said = "failed, and ann is told" if fails else "went well again, and ann is told"
        yield Scene(f"{which} {said}.", told=self._told()[-1], thread=self._card(ts))

    def _is_told(self, ts: str) -> bool:
        """Whether the thread of a card tells its end too: Slack takes a message a second."""
        said = self._sandbox.slack.thread(CHANNEL, ts)
        return bool(said) and f"<@{OWNER}>" in said[-1].text

    def _next_due(self) -> float:
        now = datetime.fromtimestamp(self._sandbox.clock(), UTC)
        return next_due(self._schedule, now).timestamp()

    def _add_earlier_copies(self) -> None:
        """Those of the nights before: what is too many is deleted from the first night on."""
        due = datetime.fromtimestamp(self._next_due(), UTC)
        for number, days in enumerate(range(_KEPT, 0, -1)):
            at = due - timedelta(days=days)
            self._sandbox.digitalocean.add_image(
                _FIRST_IMAGE + number,
                f"web-1-{at:%Y-%m-%d-%H%M}",
                regions=("nyc1", "fra1"),
                size_gigabytes=10.0,
                created_at=stamp(at.timestamp()),
                droplet_id=DROPLET,
            )

    def _decided(self, card: Message) -> bool | None:
        """None: not yet."""
        text = self._card(card.ts).text
        if " completed" in text:
            return True
        return False if any(word in text for word in _REFUSED) else None

    def _card(self, ts: str) -> Message:
        return self._sandbox.slack.message(CHANNEL, ts)

    def _newest(self, holding: str) -> Message | None:
        found = [m for m in self._sandbox.slack.messages(CHANNEL) if holding in m.text]
        return found[-1] if found else None

    def _cards(self) -> list[Message]:
        """Of the runs; that of the approval is none."""
        cards = self._sandbox.slack.messages(CHANNEL)
        return [m for m in cards if "napshot of " in m.text and "“nightly-web”" not in m.text]

    def _told(self) -> list[Message]:
        told = self._sandbox.slack.direct_messages(OWNER)
        return [m for m in told if m.text.startswith(f"Schedule {self._schedule.name}")]

    def _until(
        self, look: Callable[[], Any], what: str, seconds: float | None = _NIGHT_SECONDS
    ) -> Any:
        """What `look` finds; it is asked until that is not None, [] or False in time."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            found = look()
            if found or (seconds is None and found is not None):
                return found
            if not self._sandbox.running or (end is not None and time.monotonic() > end):
                raise TimeoutError(f"{what} did not come")
            time.sleep(0.05)


def play_in_terminal(sandbox: Sandbox, nights: Nights) -> bool:
    """Play them, with bob for whoever approves; whether all went as it should."""
    teller = Teller(sandbox)
    try:
        for scene in nights.play():
            teller.line(f"\n{scene.say}")
            if scene.approval:
                teller.show(scene.approval)
                teller.say("bob", "#ops", "[ Approve ]")
                sandbox.slack.click("U0BOB", scene.approval, "approve")
            if scene.thread:
                teller.show(scene.thread)
                for reply in sandbox.slack.thread(CHANNEL, scene.thread.ts)[-1:]:
                    teller.show(reply)
            if scene.told:
                teller.say("image-bot", "  to ann alone", scene.told.text)
    except TimeoutError as error:
        teller.line(f"\nIt did not go on: {error}.")
    return nights.well


class NightsOnPage:
    """Plays them for whoever looks at the page, in a thread of its own; they approve themselves."""

    def __init__(self, sandbox: Sandbox, nights: Nights) -> None:
        self._sandbox, self._nights = sandbox, nights
        self._is_played = threading.Lock()
        self._tell("", on=False)
        sandbox.page.offer("nights", self._begin)
        sandbox.page.offer("nights_over", self._over)

    def _begin(self, _given: dict[str, Any]) -> dict[str, Any]:
        if self._is_played.acquire(blocking=False):
            self._tell("A schedule is being added.", on=True)
            threading.Thread(target=self._play, name="nights", daemon=True).start()
        return {}

    def _over(self, _given: dict[str, Any]) -> dict[str, Any]:
        self._sandbox.page.about.pop("play", None)
        return {}

    def _play(self) -> None:
        say = ""
        try:
            for scene in self._nights.play():
                say = scene.say
                self._tell(say, on=True, waits=bool(scene.approval), told=bool(scene.told))
                if not scene.approval:
                    time.sleep(_READ_SECONDS)
        except TimeoutError as error:
            say = f"The play ended: {error}. What is broken behind the scenes can keep it."
        self._tell(say, on=False)

    def _tell(self, say: str, **more: bool) -> None:
        self._sandbox.page.about["play"] = {"say": say, **more}
