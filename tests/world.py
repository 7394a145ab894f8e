"""A world for scenarios: the production bot between the two stand-ins, over the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beginning import until_it_begins
from leaks import search
from sqlite import migrated_file

from bot.app import Bot
from bot.config import given_settings
from rehearsal import Sandbox
from rehearsal.clock import SkippingClock
from rehearsal.slack.manifest import over_http

MANIFEST = (Path(__file__).parents[1] / "manifest.yml").read_text(encoding="utf-8")

ANN, BOB, CAT, DAN = "U0ANN", "U0BOB", "U0CAT", "U0DAN"
OPS, PROD, QUIET, PRIVATE = "C0OPS", "C0PROD", "C0QUIET", "G0PRIVATE"
SNAPSHOT = 62137902

EVERYWHERE = [
    ("http", "sqlite"),
    ("socket", "postgresql"),
    ("http", "postgresql"),
    ("socket", "sqlite"),
]
"""Every transport with every kind of database; the first two cross both."""

RUNS_AT_ONCE = """
[[rule]]
name = "everything runs"
approvals = 0
"""

ONE_APPROVAL = """
[[rule]]
name = "one other person"
approvals = 1
approvers = ["U0ANN", "U0BOB", "U0CAT"]
"""

TWO_APPROVALS = """
[[rule]]
name = "two other people"
approvals = 2
approvers = ["U0BOB", "U0CAT"]
notify = ["C0PROD"]
"""


POST_PAUSE = 0.1
"""Seconds between posts in one channel: ten times Slack's pace, for the bot and the stand-in."""
SWEEP_SECONDS = 0.5


class World:
    """The stand-ins, the bot, and words for what people do and see."""

    def __init__(self, sandbox: Sandbox, folder: Path, *, socket: bool, **settings: Any) -> None:
        self.sandbox = sandbox
        self.slack = sandbox.slack
        self.digitalocean = sandbox.digitalocean
        self.socket = socket
        self.policy = folder / "policy.toml"
        self.database = folder / "image-bot.db"
        self.settings = {
            **sandbox.settings(socket=socket),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "IMAGE_BOT_POLICY": str(self.policy),
            "PORT": "0",
            "IMAGE_BOT_POLL_SECONDS": "0.1",
            "IMAGE_BOT_HTTP_SECONDS": "2",
            "IMAGE_BOT_SETTLE_SECONDS": "4",
            **settings,
        }
        self.slash_command = str(settings.get("IMAGE_BOT_COMMAND", "/image"))
        self.clock = SkippingClock()
        self.secret_files: dict[str, Path] = {}
        self.bot: Bot | None = None

    def start(self) -> None:
        """Start the bot, and wait until it answers."""
        settings = given_settings(self.settings)
        self.slack.rates.limits.posts_per_second = 1 / POST_PAUSE
        self.bot = Bot(
            settings,
            self.clock,
            secret_files=self.secret_files,
            sweep_seconds=SWEEP_SECONDS,
            post_pause=POST_PAUSE,
        )
        self.bot.start()
        if self.socket:
            self.slack.connect_socket(timeout=30)
            self.slack.command_name = self.slash_command
        else:
            manifest = MANIFEST.replace("command: /image", f"command: {self.slash_command}")
            self.slack.install(over_http(manifest, f"http://127.0.0.1:{self.bot.port}"))
        bot = self.bot
        self.slack.wait_for(lambda: not bot.not_ready(), seconds=30, what="the bot to be ready")

    def stop(self) -> None:
        """Stop the bot as SIGTERM does."""
        if self.bot is not None:
            search(self.bot._metrics.page().decode(), "/metrics")
            search(repr(self.bot._settings), "the settings' repr")
            assert self.bot.stop(), "the bot did not stop in time"
            self.bot = None

    def skip(self, seconds: float) -> None:
        """Let time pass for the bot and for both stand-ins."""
        self.sandbox.skip(seconds)
        self.clock.skip(seconds)

    def types(self, text: str, by: str = ANN, channel: str = OPS) -> Any:
        """Type `/image …`; the ack, which only the sender sees."""
        ack = self.slack.command(by, channel, text)
        assert ack.status == 200, ack
        return ack

    def clicks(self, action_id: str, message: Any, by: str = BOB) -> Any:
        """Click a button of a message."""
        ack = self.slack.click(by, message, action_id)
        assert ack.status == 200, ack
        return ack

    def denies(self, message: Any, reason: str, by: str = BOB) -> None:
        """Click *Deny* and fill in why."""
        self.clicks("deny", message, by=by)
        self.until(lambda: self.slack.views(by), "the form")
        view = self.slack.views(by)[-1]
        self.slack.submit_view(by, view, {"reason": {"reason": reason}})

    def settles(self, root: Any) -> None:
        """An answer was lost, and the time in which its effect may still show goes by at once."""
        self.reply("answer was lost", root)
        self.clock.skip(float(self.settings["IMAGE_BOT_SETTLE_SECONDS"]))

    def until(self, condition: Callable[[], Any], what: str, seconds: float = 30) -> None:
        """Wait for something to become true."""
        self.slack.wait_for(condition, seconds=seconds, what=what)

    def root(self, holding: str = "", channel: str = OPS) -> Any:
        """The newest root message in a channel, once one holds this text."""
        self._held(
            lambda: self._roots(holding, channel),
            f"a root holding {holding!r}",
            lambda: self._roots("", channel),
        )
        return self._roots(holding, channel)[-1]

    def _roots(self, holding: str, channel: str) -> list[Any]:
        return [m for m in self.slack.messages(channel) if holding in shown(m)]

    def reply(self, holding: str, root: Any) -> Any:
        """The reply in a thread that holds this text, once it is there."""
        self._held(
            lambda: self._replies(holding, root),
            f"a reply holding {holding!r}",
            lambda: self._replies("", root),
        )
        return self._replies(holding, root)[-1]

    def _replies(self, holding: str, root: Any) -> list[Any]:
        return [m for m in self.slack.thread(root.channel, root.ts) if holding in m.text]

    def told(self, holding: str, person: str = ANN) -> Any:
        """What only this person saw, once something holds this text."""
        self._held(
            lambda: self._told(holding, person),
            f"{person} being told {holding!r}",
            lambda: self._told("", person),
        )
        return self._told(holding, person)[-1]

    def _held(
        self, found: Callable[[], list[Any]], what: str, there: Callable[[], list[Any]]
    ) -> None:
        """Wait for a message; a failure shows those that are there instead."""
        try:
            self.until(found, what)
        except AssertionError as missing:
            texts = [f"  {message.text[:200]!r}" for message in there()[-8:]]
            raise AssertionError("\n".join([str(missing), "what is there:", *texts])) from None

    def _told(self, holding: str, person: str) -> list[Any]:
        seen = [*self.slack.ephemerals(person), *self.slack.direct_messages(person)]
        return [m for m in seen if holding in m.text]


def shown(message: Any) -> str:
    """All that a message shows: its fallback text and every text in its blocks."""
    return " ".join([message.text, *_texts(message.blocks)])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def buttons(message: Any) -> list[str]:
    """The action_id of every button that a message shows."""
    return [
        element["action_id"]
        for block in message.blocks or []
        if block["type"] == "actions"
        for element in block["elements"]
    ]


@contextmanager
def world(
    folder: Path,
    policy: str,
    *,
    socket: bool = False,
    action_seconds: float = 0.2,
    secret_files: Mapping[str, Path] | None = None,
    **settings: Any,
) -> Iterator[World]:
    """Both stand-ins and a started bot; all of it stops at the end.

    Args:
        secret_files: the files that secrets are in, by `NAME_FILE`; written with what they are.
    """
    with Sandbox(action_seconds=action_seconds, seed=1, lifetime=300) as sandbox:
        it = World(sandbox, folder, socket=socket, **settings)
        if "IMAGE_BOT_SCHEDULES" in settings:
            it.skip(until_it_begins())
        it.policy.write_text(policy, encoding="utf-8")
        if "DATABASE_URL" not in settings:
            migrated_file(it.database)
        it.secret_files.update(secret_files or {})
        for name, path in it.secret_files.items():
            path.write_text(it.settings.get(name.removesuffix("_FILE"), ""), encoding="utf-8")
        it.start()
        try:
            yield it
        finally:
            it.stop()
