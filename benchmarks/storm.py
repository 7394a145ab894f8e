"""A storm: 1,000 commands in 10 s, in thirty channels, each about an image of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks import signed
from benchmarks.bots import FIRST_IMAGE, bot, folder, settings_of, stand_ins
from benchmarks.figures import Row, milliseconds, quantile
from benchmarks.load import Answer, Job, send
from rehearsal import Sandbox

_SECONDS = 10.0
_CHANNELS = [f"C0STORM{number:02d}" for number in range(30)]
_PATIENCE = 90.0
"""Seconds for the cards: 34 to a channel, and Slack takes one a second."""
_P99 = 0.5


def measure(quick: bool) -> Iterator[Row]:
    """Every command acked, every request's card posted, Slack's pace kept."""
    count = 200 if quick else 1000
    with stand_ins(count) as sandbox, folder() as at:
        for channel in _CHANNELS:
            sandbox.slack.add_channel(channel, channel.lower())
        settings = settings_of(sandbox, at)
        with bot(settings) as ours:
            requests = [
                signed.command(
                    f"transfer {FIRST_IMAGE + number} nyc3 because of a storm",
                    secret=settings["SLACK_SIGNING_SECRET"],
                    channel=_CHANNELS[number % len(_CHANNELS)],
                ).decode()
                for number in range(count)
            ]
            answers = send(Job(ours.port, requests, every=_SECONDS / 1000))
            began = time.monotonic()
            cards = _cards(sandbox, count)
            yield _row(sandbox, answers, cards, time.monotonic() - began)


def _cards(sandbox: Sandbox, count: int) -> int:
    """How many requests have come to have their card, once all have or patience ends."""
    end, cards = time.monotonic() + _PATIENCE, 0
    while cards < count and time.monotonic() < end:
        time.sleep(1.0)
        cards = sum(len(sandbox.slack.messages(channel)) for channel in _CHANNELS)
    return cards


def _row(sandbox: Sandbox, answers: list[Answer], cards: int, after: float) -> Row:
    count = len(answers)
    acked = sum(each.status == 200 and "Request" in each.body for each in answers)
    times = sorted(each.seconds for each in answers)
    median, p99 = quantile(times, 0.5), quantile(times, 0.99)
    breaches = [each for each in sandbox.slack.violations if each.kind == "rate"]
    return Row(
        what=f"storm: {count:,} commands in {count * _SECONDS / 1000:.0f} s,"
        f" {len(_CHANNELS)} channels",
        measured=f"{acked:,} acked, median {milliseconds(median)}, p99 {milliseconds(p99)},"
        f" slowest {milliseconds(times[-1])}; {cards:,} cards {after:.0f} s later,"
        f" {len(breaches)} breaches of Slack's pace",
        target=f"all acked, p99 ≤ {_P99 * 1000:.0f} ms, none lost, Slack's pace kept",
        met=acked == cards == count and p99 <= _P99 and not breaches,
        numbers={
            "acked": acked,
            "cards": cards,
            "median_ms": median * 1000,
            "p99_ms": p99 * 1000,
            "slowest_ms": times[-1] * 1000,
            "rate_breaches": len(breaches),
            "cards_after_s": after,
        },
    )
