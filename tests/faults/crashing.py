"""A world whose bot is a process of its own, which crashes when told to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from faults.process import BotProcess
from world import World

from bot.store.database import open_database
from bot.store.due import due
from bot.store.tables import workspace
from rehearsal import Sandbox
from rehearsal.slack.rates import Limits

HTTP_SECONDS, SETTLE_SECONDS = "1.5", "3"


class CrashingWorld(World):
    """Like `World`; the bot runs from `python -m bot run`, and its clock is the real one."""

    process: BotProcess

    def start(self) -> None:
        """Start the process; it may not be ready yet, as after any restart."""
        if not hasattr(self, "process"):
            self.process = BotProcess(self.policy.parent, self.settings)
        self.process.start()
        if self.socket:
            self.slack.connect_socket(timeout=20)
        else:
            self.slack.connect_http(f"http://127.0.0.1:{self.process.port}/slack/events")

    def crash(self) -> None:
        """`kill -9`, and start again."""
        self.process.kill()
        self.start()

    def stop(self) -> None:
        """Be sure that nothing is left running."""
        self.process.end()

    def knows_workspace(self) -> bool:
        """Whether Slack has told which workspace it is: before that everybody is turned away."""
        database = open_database(self.settings["DATABASE_URL"])
        try:
            with database.connect() as connection:
                return connection.execute(sa.select(workspace.c.team)).first() is not None
        except sa.exc.OperationalError:
            return False
        finally:
            database.dispose()

    def nothing_waits(self) -> bool:
        """Whether the bot has told people everything: no row asks for a job."""
        database = open_database(self.settings["DATABASE_URL"])
        try:
            with database.connect() as connection:
                return not list(due(connection, time.time() + 3600))
        except sa.exc.OperationalError:
            return False
        finally:
            database.dispose()


Kind = TypeVar("Kind", bound=CrashingWorld)


@contextmanager
def crashing_world(
    folder: Path,
    policy: str,
    *,
    socket: bool = False,
    action_seconds: float = 0.3,
    limits: Limits | None = None,
    started: bool = True,
    kind: type[Kind] = CrashingWorld,  # type: ignore[assignment]  # what it is where none is given
    **settings: Any,
) -> Iterator[Kind]:
    """Both stand-ins, and the bot's process unless it is to be started later."""
    with Sandbox(action_seconds=action_seconds, seed=1, lifetime=900, limits=limits) as sandbox:
        quick = {
            "IMAGE_BOT_HTTP_SECONDS": HTTP_SECONDS,
            "IMAGE_BOT_SETTLE_SECONDS": SETTLE_SECONDS,
        }
        it = kind(sandbox, folder, socket=socket, **(quick | settings))
        it.policy.write_text(policy, encoding="utf-8")
        try:
            if started:
                it.start()
                it.process.wait_until_ready()
            yield it
        finally:
            if hasattr(it, "process"):
                it.stop()
