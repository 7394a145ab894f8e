"""The rehearsal: the production bot between two stand-ins, on this machine alone."""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.app import Bot
from bot.config import given_settings
from bot.sandbox import Sandbox
from handlers.help import SUBCOMMANDS, USAGE_HINT

POLICY = """\
# The rehearsal's policy: one other person must approve, and #prod hears of it.
[[rule]]
name = "backups and snapshots need one approval"
approvals = 1
approvers = ["U0BOB", "U0CAT"]
notify = ["C0PROD"]
break_glass = true
"""
SHORTCUTS = [
    {
        "name": "Transfer an image",
        "type": "global",
        "callback_id": "open_form",
        "description": "Find a DigitalOcean image and ask for what it needs",
    }
]
"""The shortcuts and the read-only messages of `manifest.yml`; a test compares them."""
READ_ONLY_MESSAGES = True
GUIDE = {"approve": "approve", "decide": "post_again"}
"""The `action_id`s by which the page knows that a card waits for somebody."""
ROLES = {"U0ANN": "requester", "U0BOB": "approver", "U0CAT": "approver", "U0DAN": "outsider"}
_PLAY_SECONDS = 60.0
_LIFETIME_SECONDS = 8 * 3600.0
_ACTION_SECONDS = 4.0
_ACTION_SECONDS_BY_HAND = 30.0
"""Long enough to watch a transfer, and to use the page's clock on it."""


def rehearse(
    *, play_only: bool, policy: Path | None = None, seed: int = 1, socket: bool = False
) -> int:
    """Play one approved transfer in the terminal, then stay up for hands-on use.

    Args:
        play_only: end after the play.
        policy: one's own policy file instead of the rehearsal's; nothing is played then
            unless `play_only` asks for it, for nobody knows what it allows.
        seed: the same seed gives the same ids and names.
        socket: let the bot use Socket Mode instead of HTTP.

    Returns:
        0, or 1 when the thread did not complete.
    """
    with rehearsal(policy, seed, socket) as sandbox:
        done = _play(sandbox) if play_only or policy is None else True
        if not play_only:
            sandbox.digitalocean.action_seconds = _ACTION_SECONDS_BY_HAND
            _stay(sandbox)
    return 0 if done else 1


@contextmanager
def rehearsal(
    policy: Path | None = None, seed: int = 1, socket: bool = False, **settings: str
) -> Iterator[Sandbox]:
    """The stand-ins, their page, and the bot at work between them; all of it ends together.

    Args:
        settings: more of the bot's settings, by name.
    """
    with (
        tempfile.TemporaryDirectory(prefix="image-bot-demo-") as folder,
        Sandbox(action_seconds=_ACTION_SECONDS, seed=seed, lifetime=_LIFETIME_SECONDS) as sandbox,
    ):
        _describe(sandbox, policy, socket)
        bot = _start(sandbox, Path(folder), policy, socket, settings)
        try:
            yield sandbox
        finally:
            bot.stop()


def _describe(sandbox: Sandbox, policy: Path | None, socket: bool) -> None:
    """Tell the page of the app, and bring in whoever one's own policy names."""
    words = [{"name": s.name, "usage": s.usage, "summary": s.summary} for s in SUBCOMMANDS]
    sandbox.page.about |= {
        "usage": USAGE_HINT,
        "words": words,
        "shortcuts": SHORTCUTS,
        "read_only_messages": READ_ONLY_MESSAGES,
        "guide": GUIDE,
        "socket": socket,
    }
    if policy is None:
        sandbox.page.about["roles"] = ROLES
        return
    named = set(re.findall(r'"([UWSC][A-Z0-9]{2,})"', policy.read_text(encoding="utf-8")))
    for id_ in sorted(named - {*sandbox.slack.users, *sandbox.slack.channels}):
        if id_.startswith(("U", "W")):
            sandbox.slack.add_user(id_, id_.lower())
        elif id_.startswith("C"):
            sandbox.slack.add_channel(id_, id_.lower())
        elif id_ not in sandbox.slack.user_groups:
            sandbox.slack.set_user_group(id_, ["U0BOB", "U0CAT"])


def _start(
    sandbox: Sandbox, folder: Path, policy: Path | None, socket: bool, more: dict[str, str]
) -> Bot:
    path = policy or folder / "policy.toml"
    if policy is None:
        path.write_text(POLICY, encoding="utf-8")
    settings = {
        **sandbox.settings(socket=socket),
        "DATABASE_URL": f"sqlite:///{folder / 'image-bot.db'}",
        "IMAGE_BOT_POLICY": str(path),
        "IMAGE_BOT_POLL_SECONDS": "1",
        # Shorter than in earnest: who breaks DigitalOcean on the page wants to see the end of it.
        "IMAGE_BOT_HTTP_SECONDS": "5",
        "IMAGE_BOT_SETTLE_SECONDS": "10",
        "PORT": "0",
        **more,
    }
    bot = Bot(given_settings(settings))
    bot.start()
    if socket:
        sandbox.slack.connect_socket(timeout=10)
    else:
        sandbox.slack.connect_http(f"http://127.0.0.1:{bot.port}/slack/events")
    sandbox.slack.wait_for(lambda: not bot.not_ready(), seconds=10, what="the bot to be ready")
    return bot


def _play(sandbox: Sandbox) -> bool:
    """ann asks, bob approves, the thread completes; shown as it happens."""
    teller = _Teller(sandbox)
    teller.say("ann", "#ops", "/image transfer 62137902 nyc3")
    ack = sandbox.slack.command("U0ANN", "C0OPS", "transfer 62137902 nyc3")
    teller.say("image-bot", "only ann sees", ack.text)
    root = teller.wait(lambda: next(iter(sandbox.slack.messages("C0OPS")), None))
    if root is None:
        return False
    teller.show(root)
    if any("approve" in str(block) for block in root.blocks or []):
        teller.say("bob", "#ops", "[ Approve ]")
        sandbox.slack.click("U0BOB", root, "approve")
    shown = 0

    def ended() -> bool:
        nonlocal shown
        replies = sandbox.slack.thread(root.channel, root.ts)
        for reply in replies[shown:]:
            teller.show(reply)
        shown = len(replies)
        return any(" completed" in reply.text for reply in replies)

    done = bool(teller.wait(ended))
    posts = len(sandbox.digitalocean.posts)
    teller.line(f"\nDigitalOcean was asked {posts} time{'s' if posts != 1 else ''}.")
    return done and posts == 1


def _stay(sandbox: Sandbox) -> None:
    print(f"\nThe rehearsal is yours: {sandbox.url}   (Ctrl-C ends it)")  # noqa: T201 - the terminal
    try:
        while sandbox.running:
            time.sleep(0.5)
    except KeyboardInterrupt:
        print()  # noqa: T201 - leaves the prompt on a line of its own


class _Teller:
    """Prints what people would see in Slack."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._began = time.monotonic()

    def say(self, who: str, where: str, text: str) -> None:
        self.line(f"{time.monotonic() - self._began:5.1f} s  {who:>9} {where:<14} {_plain(text)}")

    def show(self, message: Any) -> None:
        where = "  in the thread" if message.thread_ts else "#ops"
        self.say("image-bot", where, message.text)

    def line(self, text: str) -> None:
        print(text, flush=True)  # noqa: T201 - the terminal is where this belongs
        sys.stdout.flush()

    def wait(self, look: Callable[[], Any]) -> Any:
        end = time.monotonic() + _PLAY_SECONDS
        while time.monotonic() < end:
            found = look()
            if found:
                return found
            time.sleep(0.02)
        return None


_NAMES = {
    "U0ANN": "@ann",
    "U0BOB": "@bob",
    "U0CAT": "@cat",
    "U0DAN": "@dan",
    "C0OPS": "#ops",
}


def _plain(text: str) -> str:
    text = re.sub(r"<[@#](\w+)>", lambda m: _NAMES.get(m[1], m[1]), text)
    text = re.sub(r"<[^|>]+\|([^>]*)>", r"\1", text)
    return (
        re.sub(r"[*_`]", "", text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    )
