"""What people would see in Slack, printed in the terminal as it happens."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal import Sandbox

PLAY_SECONDS = 60.0


class Teller:
    """Prints what people would see in Slack."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._began = time.monotonic()

    def say(self, who: str, where: str, text: str) -> None:
        """Print one line: who, where, what."""
        self.line(
            f"{time.monotonic() - self._began:5.1f} s  {who:>9} {where:<14} {self._plain(text)}"
        )

    def show(self, message: Any) -> None:
        """Print a message of the bot's in #ops or its thread."""
        where = "  in the thread" if message.thread_ts else "#ops"
        self.say("image-bot", where, message.text)

    def _plain(self, text: str) -> str:
        slack = self._sandbox.slack
        people = {each.id: f"@{each.name}" for each in slack.users.values()}
        channels = {each.id: f"#{each.name}" for each in slack.channels.values()}
        return _plain(text, {**people, **channels})

    def line(self, text: str) -> None:
        """Print what nobody says."""
        print(text, flush=True)  # noqa: T201 - the terminal is where this belongs
        sys.stdout.flush()

    def wait(self, look: Callable[[], Any], seconds: float = PLAY_SECONDS) -> Any:
        """What `look` finds, once it finds something; None: it did not in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = look()
            if found:
                return found
            time.sleep(0.02)
        return None


def _plain(text: str, names: Mapping[str, str]) -> str:
    text = re.sub(r"<[@#](\w+)>", lambda m: names.get(m[1], m[1]), text)
    text = re.sub(r"<[^|>]+\|([^>]*)>", r"\1", text)
    return (
        re.sub(r"[*_`]", "", text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    )
