"""The bot and the floor as real processes between the stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from benchmarks.processes import Process, free_port, wait_until_ready
from bot.store.database import open_database
from bot.store.tables import ops_request
from rehearsal import Sandbox
from rehearsal.digitalocean.account import Image
from rehearsal.slack.rates import Limits

FIRST_IMAGE = 70_000_000
POLICY = """
[[rule]]
name = "one other person"
approvals = 1
approvers = ["U0ANN", "U0BOB", "U0CAT"]
"""
_LIFETIME = 900.0


@dataclass
class Running:
    """A server under load: its process and its port."""

    process: Process
    port: int
    ready_after: float
    """Seconds from its start until it was ready."""


@contextmanager
def stand_ins(
    images: int = 0, action_seconds: float = 3600.0, limits: Limits | None = None
) -> Iterator[Sandbox]:
    """Slack and DigitalOcean on loopback, with images numbered from `FIRST_IMAGE`.

    DigitalOcean's limits are lifted: a token's 250 calls a minute would be all that is seen.
    """
    with Sandbox(action_seconds=action_seconds, lifetime=_LIFETIME, limits=limits) as sandbox:
        sandbox.digitalocean.limit_calls(hourly=10**9, minutely=10**9)
        held = sandbox.digitalocean.account.images
        for number in range(FIRST_IMAGE, FIRST_IMAGE + images):
            held[number] = Image(number, f"image-{number}")
        yield sandbox


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder; databases lie on the disk that holds it."""
    with TemporaryDirectory(prefix="image-bot-bench-") as name:
        yield Path(name)


def settings_of(sandbox: Sandbox, at: Path, *, socket: bool = False) -> dict[str, str]:
    """A bot's environment."""
    policy = at / "policy.toml"
    policy.write_text(POLICY, encoding="utf-8")
    return {
        **sandbox.settings(socket=socket),
        "DATABASE_URL": f"sqlite:///{at / 'image-bot.db'}",
        "IMAGE_BOT_POLICY": str(policy),
        "IMAGE_BOT_LOG_FORMAT": "json",
        "IMAGE_BOT_COMMANDS_PER_MINUTE": "1000000",  # one person types them all
    }


def kept(settings: dict[str, str]) -> int:
    """How many requests a bot's database holds: those whose acks were durable."""
    database = open_database(settings["DATABASE_URL"])
    try:
        with database.connect() as connection:
            count = connection.scalar(sa.select(sa.func.count()).select_from(ops_request))
    finally:
        database.dispose()
    return int(count or 0)


@contextmanager
def bot(settings: dict[str, str], role: str = "all") -> Iterator[Running]:
    """`python -m bot run`, ready."""
    port = free_port()
    own = {**settings, "PORT": str(port)}
    with Process(["-m", "bot", "run", "--role", role], own) as process:
        yield Running(process, port, wait_until_ready(process, port, "/readyz"))


@contextmanager
def web_and_worker(settings: dict[str, str]) -> Iterator[Running]:
    """Two processes, as `compose.yaml` has them; the one that Slack reaches, ready."""
    with Process(["-m", "bot", "run", "--role", "worker"], settings), bot(settings, "web") as web:
        yield web


@contextmanager
def floor(settings: dict[str, str], at: Path) -> Iterator[Running]:
    """The bare Bolt app over HTTP, ready."""
    port = free_port()
    own = {**settings, "FLOOR_DATABASE": str(at / "floor.db")}
    with Process(["-m", "benchmarks.floor", "http", str(port)], own) as process:
        yield Running(process, port, wait_until_ready(process, port, "/"))


@contextmanager
def careful(settings: dict[str, str]) -> Iterator[Running]:
    """The careful Bolt app over HTTP, ready."""
    port = free_port()
    with Process(["-m", "benchmarks.careful", str(port)], settings) as process:
        yield Running(process, port, wait_until_ready(process, port, "/"))


@contextmanager
def floor_on_socket(settings: dict[str, str], at: Path) -> Iterator[Process]:
    """The bare Bolt app on a Socket Mode connection, being opened."""
    own = {**settings, "FLOOR_DATABASE": str(at / "floor.db")}
    with Process(["-m", "benchmarks.floor", "socket"], own) as process:
        yield process
