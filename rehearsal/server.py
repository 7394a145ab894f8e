"""The sandbox: both stand-ins, started together, bounded in time."""

from __future__ import annotations

import asyncio
import contextlib
import random
from types import TracebackType
from typing import Any, Self

from rehearsal.clock import SkippingClock
from rehearsal.digitalocean.facade import DigitalOcean
from rehearsal.log import EventLog
from rehearsal.page_site import PageSite
from rehearsal.site import HOST
from rehearsal.slack.facade import Slack
from rehearsal.slack.people import APP_ID
from rehearsal.slack.rates import Limits
from rehearsal.slack.web_api import Tokens
from rehearsal.thread import LoopThread

MOST_SKIPPED = 31 * 86_400.0


class Sandbox:
    """Slack and DigitalOcean on loopback, in one background thread.

    Args:
        action_seconds: how long an image action takes.
        seed: the same seed makes up the same tokens, block ids, view hashes and request ids.
        first_action_id: DigitalOcean's first; None: counted from the time, so that a bot which
            keeps its database across runs sees new ones.
        lifetime: seconds after which it stops by itself.
        slack_port, digitalocean_port, page_port: fixed ports; 0 takes free ones.
        page_host: where the page listens; the stand-ins stay on loopback.
        limits: Slack's rate limits.

    Attributes:
        clock: the time by which a bot can live that is to skip time together with both.
    """

    def __init__(
        self,
        action_seconds: float = 2.0,
        seed: int = 1,
        lifetime: float = 3600.0,
        slack_port: int = 0,
        digitalocean_port: int = 0,
        limits: Limits | None = None,
        page_port: int = 0,
        page_host: str = HOST,
        first_action_id: int | None = None,
    ) -> None:
        made_up = random.Random(seed)  # noqa: S311 - the tokens open nothing but the sandbox
        self._bot_token = f"xoxb-sandbox-{made_up.randrange(10**12)}"
        self._app_token = f"xapp-1-{APP_ID}-{made_up.randrange(10**12)}"
        self._signing_secret = f"{made_up.randrange(16**32):032x}"
        self._digitalocean_token = f"dop_v1_{made_up.randrange(16**64):064x}"
        self._lifetime = lifetime
        self._thread = LoopThread("sandbox")
        self.log = EventLog(
            [self._bot_token, self._app_token, self._signing_secret, self._digitalocean_token]
        )
        tokens = Tokens(self._bot_token, self._app_token)
        self.slack = Slack(
            self._thread, self.log, tokens, self._signing_secret, seed, limits, slack_port
        )
        self.digitalocean = DigitalOcean(
            self._thread,
            self.log,
            self._digitalocean_token,
            action_seconds,
            digitalocean_port,
            seed,
            first_action_id,
        )
        self.clock = SkippingClock()
        self.page = PageSite(self.slack, self.digitalocean, self.log, page_port, page_host)
        self.page.offer("skip", self._skip)

    def start(self) -> Self:
        """Open both; they stop by themselves after the lifetime."""
        self._thread.start()
        try:
            self._thread.run(self._open())
        except BaseException:
            self._thread.stop()
            raise
        return self

    def stop(self) -> None:
        """Close both, hanging connections included; what they knew stays readable."""
        if self._thread.running:
            with contextlib.suppress(RuntimeError, TimeoutError):
                self._thread.run(self._close(), 10.0)
        self._thread.stop()

    def skip(self, seconds: float) -> None:
        """Let time pass for both, and for whoever lives by `clock`; what runs meanwhile ends."""
        self.digitalocean.skip(seconds)
        self.slack.advance(seconds)
        self.clock.skip(seconds)
        self.page.about["skipped"] = self.clock.skipped

    def _skip(self, given: dict[str, Any]) -> dict[str, Any]:
        seconds = float(given["seconds"])
        if not 0 < seconds <= MOST_SKIPPED:
            raise ValueError("between a moment and a month can be skipped at once")
        self.skip(seconds)
        return {}

    @property
    def running(self) -> bool:
        return self._thread.running

    @property
    def url(self) -> str:
        """Where the stand-ins can be visited with a browser: the rehearsal page."""
        return self.page.url

    def settings(self, socket: bool = False) -> dict[str, str]:
        """The environment that points a bot at the stand-ins."""
        env = {
            "SLACK_BOT_TOKEN": self._bot_token,
            "SLACK_SIGNING_SECRET": self._signing_secret,
            "SLACK_API_URL": f"{self.slack.site.url}/api/",
            "DIGITALOCEAN_TOKEN": self._digitalocean_token,
            "DIGITALOCEAN_API_URL": self.digitalocean.url,
        }
        return {**env, "SLACK_APP_TOKEN": self._app_token} if socket else env

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    async def _open(self) -> None:
        await self.slack.open()
        await self.digitalocean.open()
        await self.page.site.open()
        loop = asyncio.get_running_loop()
        loop.call_later(self._lifetime, lambda: loop.create_task(self._expire()))

    async def _close(self) -> None:
        await self.slack.close()
        await self.digitalocean.site.close()
        await self.page.site.close()

    async def _expire(self) -> None:
        self.log.note("note", f"the sandbox stops after {self._lifetime:.0f} s")
        try:
            await self._close()
        finally:
            self._thread.stop()
