"""An image action ends → the reply in its thread arrives; one in flight."""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks.bots import FIRST_IMAGE, bot, folder, settings_of, stand_ins
from benchmarks.figures import Row, milliseconds, quantile
from rehearsal import Sandbox
from rehearsal.digitalocean.account import Action
from rehearsal.slack.messages import Message

_INTERVAL = 1.0
"""The poll interval in force; the default is 5 s, and all that would grow is the waiting."""
_BEYOND = 0.1
_CHANNELS = [f"C0NOTICE{number}" for number in range(4)]
"""By turns: Slack's pace of one channel is not what is measured."""
_RUNS_AT_ONCE = '[[rule]]\nname = "everything runs"\napprovals = 0\n'


def measure(quick: bool) -> Iterator[Row]:
    """Transfers one after the other, each of another length, so that ends fall anywhere."""
    runs = 3 if quick else 15
    chance = random.Random(5)  # noqa: S311 - lengths, not keys
    with folder() as at, stand_ins(runs) as sandbox:
        settings = {**settings_of(sandbox, at), "IMAGE_BOT_POLL_SECONDS": str(_INTERVAL)}
        for channel in _CHANNELS:
            sandbox.slack.add_channel(channel, channel.lower())
        (at / "policy.toml").write_text(_RUNS_AT_ONCE, encoding="utf-8")
        with bot(settings) as running:
            sandbox.slack.connect_http(f"http://127.0.0.1:{running.port}/slack/events")
            delays = sorted(
                _delay(sandbox, number, 1.2 + chance.random()) for number in range(runs)
            )
    median, slowest = quantile(delays, 0.5), delays[-1]
    yield Row(
        what=f"action ends → thread reply arrives, 1 in flight, looked at every {_INTERVAL:g} s",
        measured=f"median {milliseconds(median)}, slowest of {runs} {milliseconds(slowest)}",
        floor=f"the interval, {_INTERVAL * 1000:.0f} ms",
        ratio=f"{slowest / _INTERVAL:.2f}",
        target=f"≤ interval + {_BEYOND * 1000:.0f} ms",
        met=slowest <= _INTERVAL + _BEYOND,
        numbers={
            "median_ms": median * 1000,
            "slowest_ms": slowest * 1000,
            "interval_ms": _INTERVAL * 1000,
        },
    )


def _delay(sandbox: Sandbox, number: int, seconds: float) -> float:
    """Seconds from the end of a transfer until Slack had the reply that tells of it."""
    image, channel = FIRST_IMAGE + number, _CHANNELS[number % len(_CHANNELS)]
    sandbox.digitalocean.next_action(seconds)
    sandbox.slack.command("U0ANN", channel, f"transfer {image} nyc3 because it is measured")
    action = sandbox.slack.wait_for(
        lambda: [a for a in sandbox.digitalocean.actions if a.resource_id == image],
        seconds=30,
        what=f"the image action on {image}",
    )[0]
    reply = sandbox.slack.wait_for(
        lambda: _told(sandbox, channel, image), seconds=30, what="the reply"
    )
    return reply.versions[0].at - _end(action)


def _end(action: Action) -> float:
    assert action.ends_at is not None, "it was planned to end"  # noqa: S101 - for the types
    return action.ends_at


def _told(sandbox: Sandbox, channel: str, image: int) -> Message | None:
    roots = [m for m in sandbox.slack.messages(channel) if str(image) in m.everything]
    replies = [r for root in roots for r in sandbox.slack.thread(root.channel, root.ts)]
    return next((reply for reply in replies if "completed" in reply.text), None)
