"""The rehearsal: the production bot between two stand-ins, on this machine alone."""

from __future__ import annotations

import itertools
import json
import random
import tempfile
import time
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.app import Bot
from bot.cli.nights import Nights, NightsOnPage, play_in_terminal
from bot.cli.teller import Teller
from bot.config import given_settings
from bot.policy.fields import is_group, is_rota
from bot.policy.file import PolicyFile
from bot.policy.schema import Policy
from bot.store import schedules as stored_schedules
from handlers.commands.help import SUBCOMMANDS, USAGE_HINT
from rehearsal import Sandbox
from rehearsal.slack.messages import Message

POLICY = """\
# The rehearsal's policy: one other person must approve, and #prod hears of it.
[[rule]]
name = "backups and snapshots need one approval"
image_actions = [
  "transfer", "convert", "rename", "delete", "snapshot", "give", "restore", "snapshot-volume"
]
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
_CARD_SECONDS = 15.0
_LIFETIME_SECONDS = 8 * 3600.0
_ACTION_SECONDS = 4.0
_ACTION_SECONDS_BY_HAND = 30.0
"""Long enough to watch a transfer, and to use the page's clock on it."""


@dataclass(frozen=True)
class Page:
    """Where the rehearsal's page is, and whether a browser is opened on it."""

    host: str = "127.0.0.1"
    port: int = 0
    open: bool = False


_ON_LOOPBACK = Page()


def rehearse(
    *,
    play_only: bool,
    policy: Path | None = None,
    seed: int = 1,
    socket: bool = False,
    page: Page = _ON_LOOPBACK,
    night: bool = False,
) -> int:
    """Play one approved transfer in the terminal, then stay up for hands-on use.

    Args:
        play_only: end after the play.
        policy: one's own policy file instead of the rehearsal's; nothing is played then
            unless `play_only` asks for it, for nobody knows what it allows.
        seed: the same seed gives the same ids and names.
        socket: let the bot use Socket Mode instead of HTTP.
        page: where the page is.
        night: play some nights of a schedule instead of a transfer.

    Returns:
        0, or 1 when what was played did not end as it should.
    """
    with _stage(policy, seed, socket, page, {}) as (sandbox, nights):
        done = True
        if night:
            done = play_in_terminal(sandbox, nights)
            sandbox.page.about.pop("play", None)
        elif play_only or policy is None:
            done = _play(sandbox)
        if not play_only:
            sandbox.digitalocean.action_seconds = _ACTION_SECONDS_BY_HAND
            if page.open:
                webbrowser.open(sandbox.url)
            _stay(sandbox)
    return 0 if done else 1


@contextmanager
def rehearsal(
    policy: Path | None = None,
    seed: int = 1,
    socket: bool = False,
    page: Page = _ON_LOOPBACK,
    **settings: str,
) -> Iterator[Sandbox]:
    """The stand-ins, their page, and the bot at work between them; all of it ends together.

    Args:
        settings: more of the bot's settings, by name.

    Raises:
        PolicyError: one's own policy is missing or broken; nothing was started.
    """
    with _stage(policy, seed, socket, page, settings) as (sandbox, _nights):
        yield sandbox


@contextmanager
def _stage(
    policy: Path | None, seed: int, socket: bool, page: Page, settings: Mapping[str, str]
) -> Iterator[tuple[Sandbox, Nights]]:
    own = PolicyFile(policy).current if policy else None
    with (
        tempfile.TemporaryDirectory(prefix="image-bot-demo-") as folder,
        Sandbox(
            action_seconds=_ACTION_SECONDS,
            seed=seed,
            lifetime=_LIFETIME_SECONDS,
            first_action_id=_first_action_id(seed),
            page_host=page.host,
            page_port=page.port,
        ) as sandbox,
    ):
        _describe(sandbox, own, socket)
        schedules = Path(folder) / "schedules.toml"
        schedules.write_text("", encoding="utf-8")
        bot = _start(sandbox, Path(folder), policy, schedules, socket, settings)
        nights = Nights(sandbox, schedules, partial(_is_at_rest, bot))
        if own is None:  # nobody knows whether one's own policy allows it
            NightsOnPage(sandbox, nights)
        try:
            yield sandbox, nights
        finally:
            bot.stop()


def _is_at_rest(bot: Bot) -> bool:
    with bot.store.read() as connection:
        return not stored_schedules.open_runs(connection)


def _first_action_id(seed: int) -> int:
    """Above 31 bits, as DigitalOcean's are. The database is new, so ids may come again."""
    return 2**32 + random.Random(seed).randrange(10**9)  # noqa: S311 - an id guards nothing


def _describe(sandbox: Sandbox, own: Policy | None, socket: bool) -> None:
    """Tell the page of the app, and who may do what."""
    words = [{"name": s.name, "usage": s.usage, "summary": s.summary} for s in SUBCOMMANDS]
    sandbox.page.about |= {
        "usage": USAGE_HINT,
        "words": words,
        "shortcuts": SHORTCUTS,
        "read_only_messages": READ_ONLY_MESSAGES,
        "guide": GUIDE,
        "socket": socket,
        "roles": ROLES if own is None else _bring_in(sandbox, own),
    }


def _bring_in(sandbox: Sandbox, own: Policy) -> dict[str, str]:
    """Let whoever one's own policy names exist; returns its approvers' roles.

    People come first, for a new channel holds everybody. A user group of one's own has the
    rehearsal's two approvers in it.
    """
    slack = sandbox.slack
    approvers = {id_ for rule in own.rule for id_ in rule.who_decides if not is_rota(id_)}
    lists = ((*rule.requesters, *rule.channels, *rule.notify) for rule in own.rule)
    named = approvers.union(*lists)
    people = {id_ for id_ in named if id_.startswith(("U", "W"))}
    groups = {id_ for id_ in named if is_group(id_)}
    for id_ in sorted(people - set(slack.users)):
        slack.add_user(id_, id_.lower())
    for id_ in sorted(groups - set(slack.user_groups)):
        slack.set_user_group(id_, ["U0BOB", "U0CAT"])
    for id_ in sorted(named - people - groups - set(slack.channels)):
        slack.add_channel(id_, id_.lower(), is_private=id_.startswith("G"))
    members = (slack.user_groups[id_].users if is_group(id_) else [id_] for id_ in approvers)
    return dict.fromkeys(itertools.chain.from_iterable(members), "approver")


def _start(
    sandbox: Sandbox,
    folder: Path,
    policy: Path | None,
    schedules: Path,
    socket: bool,
    more: Mapping[str, str],
) -> Bot:
    path = policy or folder / "policy.toml"
    if policy is None:
        path.write_text(POLICY, encoding="utf-8")
    settings = {
        **sandbox.settings(socket=socket),
        "DATABASE_URL": f"sqlite:///{folder / 'image-bot.db'}",
        "IMAGE_BOT_POLICY": str(path),
        "IMAGE_BOT_SCHEDULES": str(schedules),
        "IMAGE_BOT_POLL_SECONDS": "1",
        # Shorter than in earnest: who breaks DigitalOcean on the page wants to see the end of it.
        "IMAGE_BOT_HTTP_SECONDS": "5",
        "IMAGE_BOT_SETTLE_SECONDS": "10",
        "PORT": "0",
        **more,
    }
    bot = Bot(given_settings(settings), sandbox.clock)
    bot.start()
    if socket:
        sandbox.slack.connect_socket(timeout=10)
    else:
        url = f"http://127.0.0.1:{bot.port}/slack/events"
        sandbox.slack.connect_http(url, menus_url=url)
    sandbox.slack.wait_for(lambda: not bot.not_ready(), seconds=10, what="the bot to be ready")
    return bot


def _play(sandbox: Sandbox) -> bool:
    """ann asks, bob approves, the thread completes; shown as it happens."""
    teller = Teller(sandbox)
    teller.say("ann", "#ops", "/image transfer 62137902 nyc3")
    ack = sandbox.slack.command("U0ANN", "C0OPS", "transfer 62137902 nyc3")
    teller.say("image-bot", "only ann sees", ack.text)
    root = teller.wait(lambda: next(iter(sandbox.slack.messages("C0OPS")), None), _CARD_SECONDS)
    if root is None:
        teller.line("\nNo card came: this policy does not let ann ask for that in #ops.")
        return False
    teller.show(root)
    _approve(sandbox, teller, root)
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


def _approve(sandbox: Sandbox, teller: Teller, root: Message) -> None:
    """Everybody who may, until the card asks for nobody's approval any more."""
    for id_, role in sorted(sandbox.page.about["roles"].items()):
        card = sandbox.slack.message(root.channel, root.ts)
        if role == "approver" and id_ != "U0ANN" and '"approve"' in json.dumps(card.blocks):
            teller.say(sandbox.slack.users[id_].name, "#ops", "[ Approve ]")
            sandbox.slack.click(id_, root, "approve")
            sandbox.slack.wait_for(partial(_redrawn, sandbox, card), 10, "the card drawn anew")


def _redrawn(sandbox: Sandbox, card: Message) -> bool:
    return sandbox.slack.message(card.channel, card.ts).blocks != card.blocks


def _stay(sandbox: Sandbox) -> None:
    print(f"\nThe rehearsal is yours: {sandbox.url}   (Ctrl-C ends it)")  # noqa: T201 - the terminal
    try:
        while sandbox.running:
            time.sleep(0.5)
    except KeyboardInterrupt:
        print()  # noqa: T201 - leaves the prompt on a line of its own
