"""The bot beside a careful Bolt (`benchmarks.careful`): the same commands, by turns, in one run.

Each has stand-ins of its own. Nobody has to approve, as the peer has no approvals. What the bot
does besides (rows on the disk, one POST under every repeat, the log) is within its ratios.
"""

from __future__ import annotations

import itertools
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks import signed
from benchmarks.bots import FIRST_IMAGE, Running, bot, careful, folder, settings_of, stand_ins
from benchmarks.figures import Row, Sample, by_turns, milliseconds, ratio_of_medians
from benchmarks.load import Job, send
from rehearsal import Sandbox
from rehearsal.slack.messages import Message
from rehearsal.slack.rates import Limits

_RUNS_AT_ONCE = '[[rule]]\nname = "everything runs"\napprovals = 0\n'
_UNLIMITED = Limits(post_burst=10**6, posts_per_second=1e6, tier_factor=1e3)
_CHANNELS = [f"C0PEER{number:02d}" for number in range(40)]
_LONE = _CHANNELS[:5]
_ACTION_SECONDS = 1.5
_REST = 0.1


@dataclass
class _Side:
    """The bot or its peer, with its stand-ins."""

    sandbox: Sandbox
    secret: str
    running: Running
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(FIRST_IMAGE))

    def transfers(self, count: int) -> list[str]:
        """The next so many commands, each about an image of its own."""
        return [f"transfer {next(self.numbers)} nyc3" for _ in range(count)]


def measure(quick: bool) -> Iterator[Row]:
    """Acks, looks and lone commands; then one burst in one channel, under Slack's pace."""
    with ExitStack() as stack:
        peer, ours = _sides(stack, _UNLIMITED)
        yield from _transfers(peer, ours, 5 if quick else 20)
        rounds = 2 if quick else 3
        for at_once, goal in ((1, 1.0), (8, 1.3)):
            pair = [_acks(side, at_once, 16 if quick else 32) for side in (peer, ours)]
            yield _times(f"`transfer` ack, {at_once} at a time", *by_turns(*pair, rounds), goal)
        for at_once in (1, 8):
            pair = [_shows(side, at_once, 8 if quick else 24) for side in (peer, ours)]
            yield _times(f"`show` answered, {at_once} at a time", *by_turns(*pair, rounds), 1.5)
    with ExitStack() as stack:
        yield from _burst(*_sides(stack, None), *((10, 40.0) if quick else (50, 135.0)))


def _sides(stack: ExitStack, limits: Limits | None) -> tuple[_Side, _Side]:
    found = []
    for start in (careful, bot):
        at = stack.enter_context(folder())
        sandbox = stack.enter_context(stand_ins(3000, _ACTION_SECONDS, limits))
        for channel in _CHANNELS:
            sandbox.slack.add_channel(channel, channel.lower())
        settings = {**settings_of(sandbox, at), "IMAGE_BOT_POLL_SECONDS": "1"}
        (at / "policy.toml").write_text(_RUNS_AT_ONCE, encoding="utf-8")
        running = stack.enter_context(start(settings))
        sandbox.slack.connect_http(f"http://127.0.0.1:{running.port}/slack/events")
        found.append(_Side(sandbox, settings["SLACK_SIGNING_SECRET"], running))
    return found[0], found[1]


def _acks(side: _Side, at_once: int, count: int) -> Callable[[], Sequence[float]]:
    def measure() -> Sequence[float]:
        requests = [
            signed.command(text, secret=side.secret, channel=channel).decode()
            for text, channel in zip(side.transfers(count), itertools.cycle(_CHANNELS))
        ]
        answers = send(Job(side.running.port, requests, at_once, _REST))
        if any(each.status != 200 for each in answers):
            raise RuntimeError("not acked")
        _until_quiet(side)
        return [each.seconds for each in answers]

    return measure


def _until_quiet(side: _Side) -> None:
    """Wait until what was promised is done, and told."""
    before = -1
    while (now := _slack_calls(side)) != before:
        before = now
        time.sleep(_ACTION_SECONDS + 1.5)


def _shows(side: _Side, at_once: int, count: int) -> Callable[[], Sequence[float]]:
    def one(image: int) -> float:
        began = time.time()
        side.sandbox.slack.command("U0ANN", _CHANNELS[0], f"show {image}")
        answer = side.sandbox.slack.wait_for(
            lambda: _answer(side.sandbox, image, began), seconds=30, what="an answer"
        )
        return answer.versions[0].at - began

    def measure() -> Sequence[float]:
        images = [next(side.numbers) for _ in range(count)]
        with ThreadPoolExecutor(at_once) as people:
            return list(people.map(one, images))

    return measure


def _answer(sandbox: Sandbox, image: int, since: float) -> Message | None:
    """What tells of the image: not the words that it is looked for."""
    told = sandbox.slack.ephemerals("U0ANN")
    return next(
        (m for m in told if f"image-{image}" in m.everything and m.versions[0].at >= since), None
    )


def _transfers(peer: _Side, ours: _Side, count: int) -> Iterator[Row]:
    """Lone transfers, one after the other, in channels where there has been one before: to the
    POST, and what one costs from end to end."""
    waits: list[list[float]] = []
    cpu, calls = [], []
    for side in (peer, ours):
        for channel in _LONE:
            _lone(side, channel)
        _until_quiet(side)
        used, said = side.running.process.cpu_seconds(), _slack_calls(side)
        waits.append([_lone(side, _LONE[n % len(_LONE)]) for n in range(count)])
        _until_quiet(side)
        cpu.append((side.running.process.cpu_seconds() - used) / count)
        calls.append((_slack_calls(side) - said) / count)
    middle = [statistics.median(each) for each in waits]
    what = "lone command, no approval → POST"
    yield _row(what, milliseconds(middle[1]), milliseconds(middle[0]), middle[1] / middle[0], 1.5)
    what = "CPU a finished transfer"
    yield _row(what, milliseconds(cpu[1]), milliseconds(cpu[0]), cpu[1] / cpu[0], 1.5)
    yield Row(
        what="Slack calls a finished transfer",
        measured=f"{calls[1]:.1f}",
        floor=f"careful Bolt {calls[0]:.1f}",
        ratio=f"{calls[1] / calls[0]:.2f}",
        target="≤ 3",
        met=calls[1] <= 3,
        numbers={"calls": calls[1], "floor_calls": calls[0]},
    )


def _slack_calls(side: _Side) -> int:
    return sum(Counter(call.method for call in side.sandbox.slack.calls).values())


def _lone(side: _Side, channel: str) -> float:
    """Seconds from the command until its POST; then until the thread was told."""
    (text,) = side.transfers(1)
    image = int(text.split()[1])
    began = time.time()
    side.sandbox.slack.command("U0ANN", channel, text)
    side.sandbox.slack.wait_for(
        lambda: _told(side.sandbox, channel, image), seconds=60, what="the end of a transfer"
    )
    return next(p.at for p in side.sandbox.digitalocean.posts if p.image_id == image) - began


def _told(sandbox: Sandbox, channel: str, image: int) -> bool:
    roots = [m for m in sandbox.slack.messages(channel) if str(image) in m.everything]
    replies = [r for root in roots for r in sandbox.slack.thread(root.channel, root.ts)]
    return any("completed" in reply.text for reply in replies)


def _burst(peer: _Side, ours: _Side, count: int, seconds: float) -> Iterator[Row]:
    """All at once in one channel; both sides at the same time, as Slack's pace is what counts.

    Args:
        seconds: when it is counted who has been told.
    """
    posted: dict[int, list[float]] = {}
    told: dict[int, int] = {}

    def one(index: int, side: _Side) -> None:
        texts = side.transfers(count)
        images = [int(text.split()[1]) for text in texts]
        requests = [signed.command(t, secret=side.secret, channel="C0OPS").decode() for t in texts]
        began = time.time()
        send(Job(side.running.port, requests, at_once=count))
        time.sleep(max(0.0, began + seconds - time.time()))
        told[index] = sum(_told(side.sandbox, "C0OPS", image) for image in images)
        at = {post.image_id: post.at for post in side.sandbox.digitalocean.posts}
        posted[index] = [at[image] - began for image in images if image in at]

    threads = [threading.Thread(target=one, args=each) for each in enumerate((peer, ours))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    theirs, mine = (statistics.median(posted[n] or [seconds]) for n in (0, 1))
    yield Row(
        what=f"{count} commands at once in one channel, Slack's pace: command → POST",
        measured=f"median {mine:.1f} s, {len(posted[1])} of {count}",
        floor=f"careful Bolt {theirs:.2f} s, {len(posted[0])} of {count}",
        target="≤ 2 s",
        met=mine <= 2,
        numbers={"median_s": mine, "floor_median_s": theirs},
    )
    yield Row(
        what=f"… told in the thread by {seconds:.0f} s",
        measured=f"{told[1]} of {count}",
        floor=f"careful Bolt {told[0]} of {count}",
        target=f"{count} of {count}",
        met=told[1] == count,
        numbers={"told": told[1], "floor_told": told[0]},
    )


def _times(what: str, peer: Sample, ours: Sample, goal: float) -> Row:
    ratio = ratio_of_medians(peer, ours)
    return _row(what, ours.text(), peer.text(), ratio, goal)


def _row(what: str, ours: str, peer: str, ratio: float, goal: float) -> Row:
    return Row(
        what=f"beside a careful Bolt: {what}",
        measured=ours,
        floor=peer,
        ratio=f"{ratio:.2f}",
        target=f"≤ {goal:g} ×",
        met=ratio <= goal,
        numbers={"ratio": ratio},
    )
