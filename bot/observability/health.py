"""Whether the bot can do its work: what `/readyz` says, and `image_bot_ready`.

A probe must not wait for the network. So Slack is asked in the background, at most every few
seconds, and a probe is told what was last found.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor

import sqlalchemy as sa

from bot.errors import StoreUnavailable
from bot.slack.errors import SlackFailure
from bot.slack.socket_mode import Health
from bot.store import anchors
from bot.store.transaction import Store

ASK_SECONDS = 15.0
"""How old the last word of Slack's may be."""


class Readiness:
    """What keeps the bot from its work now.

    Args:
        ask: asks Slack who the bot is; raises SlackFailure.
        engine_works: whether jobs are being run; True where this process runs none.
        socket: the health of Socket Mode; None where it is not used.
        token: what DigitalOcean has against the token; empty: nothing.
        background: where Slack is asked.
    """

    def __init__(
        self,
        store: Store,
        ask: Callable[[], object],
        engine_works: Callable[[], bool],
        socket: Callable[[], Health | None],
        token: Callable[[], str],
        background: Executor,
    ) -> None:
        self._store = store
        self._ask = ask
        self._engine_works = engine_works
        self._socket = socket
        self._token = token
        self._background = background
        self._looked = False
        self._lock = threading.Lock()
        self._asked_at: float | None = None
        self._slack_says = "not asked yet"

    def looked(self) -> None:
        """The first look at Slack and DigitalOcean is over."""
        self.ask_slack()
        self._looked = True

    def __call__(self) -> Mapping[str, str]:
        """What is wrong, by part; empty: nothing."""
        wrong = {}
        try:
            with self._store.read() as connection:
                connection.execute(sa.text("SELECT 1"))
        except StoreUnavailable as error:
            wrong["database"] = error.problem
        if not self._looked:
            wrong["regions"] = "the first look at Slack and DigitalOcean is not over"
            return wrong
        if not self._engine_works():
            wrong["engine"] = "nothing runs the jobs"
        health = self._socket()
        if health is not None and not health.is_open:
            why = f": {health.problem}" if health.problem else ""
            wrong["socket"] = f"Socket Mode is not connected{why}"
        if said := self._token():
            wrong["digitalocean"] = said
        if said := self._last_word():
            wrong["slack"] = said
        return wrong

    def ask_slack(self) -> None:
        """Ask Slack now whether it takes our token."""
        try:
            self._ask()
        except (SlackFailure, StoreUnavailable) as failure:
            self._slack_says = failure.problem
        else:
            self._slack_says = ""
        self._asked_at = time.monotonic()

    def _last_word(self) -> str:
        """What Slack last said; where that is old, it is asked again, for the next probe."""
        with self._lock:
            old = self._asked_at is None or time.monotonic() - self._asked_at > ASK_SECONDS
            if old:
                self._asked_at = time.monotonic()
        if old:
            try:
                self._background.submit(self.ask_slack)
            except RuntimeError:
                return "the bot is stopping"
        return self._slack_says


_NO_HEADS = "it takes no heads of the audit log; the bot's log says why"


def failing_sinks(store: Store, names: Collection[str]) -> Mapping[str, str]:
    """Which places for heads of the audit log take none now, for `/readyz`; empty: all do."""
    if not names:
        return {}
    try:
        with store.read() as connection:
            known = anchors.states(connection)
    except StoreUnavailable:
        return {}  # told already
    failing = (known[name] for name in names if name in known)
    return {f"anchor {sink.name}": _NO_HEADS for sink in failing if sink.failing_since}
