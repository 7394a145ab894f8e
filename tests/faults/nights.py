"""Nights of a schedule for bots that are processes of their own: a file moves their clock."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faults.crashing import CrashingWorld
from faults.process import BotProcess
from faults.replicas import Cluster
from world import ANN, BOB, ONE_APPROVAL, OPS, World

from bot.schedules.due import next_due
from bot.schedules.load import load
from bot.store import schedules
from bot.store.database import open_database
from bot.store.schedules import Run, ScheduleState
from handlers import check_scheduled

NAME, WEB_1, NEW, OLD = "nightly-web", 3_164_444, 190_000_000, 71_000_000
SCHEDULE = f"""
[[schedule]]
name = "{NAME}"
when = "daily 03:00"
command = "snapshot web-1 to fra1 keep 2 because nightly copy"
channel = "C0OPS"
owner = "U0ANN"
"""
POLICY = ONE_APPROVAL + 'image_actions = ["snapshot", "transfer", "delete"]\n'
_BOT = Path(__file__).parent / "skipping_bot.py"


class Nights(World):
    """What a world does at night; mixed into one whose bots are processes."""

    def lay_out(self) -> None:
        """The file of the clock, the schedule, and copies of nights before."""
        self.skipped = self.policy.parent / "skipped"
        self.skipped.write_text("0", encoding="utf-8")
        path = self.policy.parent / "schedules.toml"
        path.write_text(SCHEDULE, encoding="utf-8")
        self.settings["IMAGE_BOT_SCHEDULES"] = str(path)
        for n in range(2):
            self.digitalocean.add_image(
                OLD + n,
                f"web-1-2026-11-{n + 1:02}-0300",
                created_at=f"2026-11-{n + 1:02}T03:00:00Z",
                droplet_id=WEB_1,
            )

    def gets_approved(self) -> None:
        """bob approves it, once."""
        root = self.root(f"Let schedule {NAME} run")
        self.clicks("approve", root, by=BOB)
        self.until(lambda: (state := self.state()) and state.approved_as, "the approval")

    def to_the_next_night(self) -> None:
        """Skip to the moment at which it is due."""
        schedule = load(SCHEDULE, "here", check_scheduled)[0]
        now = datetime.fromtimestamp(self.sandbox.clock(), UTC)
        self.sandbox.skip(next_due(schedule, now).timestamp() - self.sandbox.clock() + 1)
        fresh = self.skipped.with_suffix(".new")
        fresh.write_text(str(self.sandbox.clock.skipped), encoding="utf-8")
        fresh.replace(self.skipped)

    def runs(self) -> list[Run]:
        """All of them, the newest first."""
        return self._read(lambda connection: schedules.runs(connection, NAME, 50))

    def state(self) -> ScheduleState | None:
        """What is known of the schedule."""
        return self._read(lambda connection: schedules.load(connection, NAME))

    def _read(self, look: Any) -> Any:
        database = open_database(self.settings["DATABASE_URL"])
        try:
            with database.connect() as connection:
                return look(connection)
        finally:
            database.dispose()

    def cards(self) -> list[Any]:
        """Of the runs, the oldest first."""
        return [
            m for m in self.slack.messages(OPS) if "napshot of " in m.text and NAME not in m.text
        ]

    def told_directly(self) -> list[str]:
        """What the owner was told of the schedule."""
        told = self.slack.direct_messages(ANN)
        return [m.text for m in told if m.text.startswith(f"Schedule {NAME}")]

    def sent(self) -> list[str]:
        """What DigitalOcean took, in its order."""
        posts = self.digitalocean.posts
        return [f"{post.body['type']} {post.body.get('region', '')}".strip() for post in posts]


class NightlyWorld(Nights, CrashingWorld):
    """One bot, which crashes when told to."""

    def start(self) -> None:
        if not hasattr(self, "process"):
            self.lay_out()
            run = [str(_BOT), str(self.skipped)]
            self.process = BotProcess(self.policy.parent, self.settings, run=run)
        super().start()


class NightlyCluster(Nights, Cluster):
    """Two of each role."""

    def start(self) -> None:
        self.lay_out()
        super().start()

    def program(self, role: str) -> list[str]:
        return [str(_BOT), str(self.skipped), role]
