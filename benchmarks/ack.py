"""Signed slash command to ack, durable, 1 and 8 at a time; HTTP and Socket Mode.

A wave is one command, or eight at the same moment; it is followed by a rest in which what
the acks promised is done, as between the commands of people. Commands without any rest are
measured as well: then the work behind earlier acks shares the core with the next ones.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks import signed
from benchmarks.bots import FIRST_IMAGE, bot, floor, floor_on_socket, folder, settings_of, stand_ins
from benchmarks.figures import Row, Sample, by_turns, ratio_of_medians
from benchmarks.load import Job, send
from bot.sandbox import Sandbox

_IMAGES = 20_000
_MEDIAN, _P99 = 1.25, 3.0
_REST = {1: 0.04, 8: 0.25}
"""Seconds after a wave of so many."""


def over_http(quick: bool) -> Iterator[Row]:
    """Both at HTTP, from a process of its own."""
    rounds = 2 if quick else 5
    with stand_ins(_IMAGES) as sandbox, folder() as at:
        settings = settings_of(sandbox, at)
        secret = settings["SLACK_SIGNING_SECRET"]
        commands = _commands()

        def round_of(port: int, at_once: int, rest: float) -> Callable[[], Sequence[float]]:
            def measure() -> Sequence[float]:
                texts = itertools.islice(commands, 40 if quick else 80 * (1 + (at_once > 1)))
                requests = [signed.command(text, secret=secret).decode() for text in texts]
                answers = send(Job(port, requests, at_once, rest))
                refused = [each for each in answers if each.status != 200]
                if refused:
                    raise RuntimeError(f"not acked: {refused[0]}")
                return [each.seconds for each in answers]

            return measure

        with floor(settings, at) as bare, bot(settings) as ours:
            for at_once, rest in _REST.items():
                pair = round_of(bare.port, at_once, rest), round_of(ours.port, at_once, rest)
                yield _row(f"command → ack, HTTP, {at_once} at a time", *by_turns(*pair, rounds))
            pair = round_of(bare.port, 1, 0.0), round_of(ours.port, 1, 0.0)
            yield _row("… 1 at a time without a rest", *by_turns(*pair, rounds), judged=False)


def over_a_socket(quick: bool) -> Iterator[Row]:
    """Both over Socket Mode; the stand-in holds the other end of the WebSocket, and the clock."""
    rounds = 2 if quick else 5
    with stand_ins(_IMAGES) as sandbox, stand_ins() as bare, folder() as at:
        commands = _commands()
        with (
            floor_on_socket(settings_of(bare, at, socket=True), at) as theirs,
            bot(settings_of(sandbox, at, socket=True)) as ours,
        ):
            for each, process in ((bare, theirs), (sandbox, ours.process)):
                process.check()
                each.slack.connect_socket(timeout=20)
            for at_once, rest in _REST.items():
                waves = (40 if quick else 80 * (1 + (at_once > 1))) // at_once
                pair = (
                    _by_socket(bare, commands, at_once, waves, rest),
                    _by_socket(sandbox, commands, at_once, waves, rest),
                )
                name = f"command → ack, Socket Mode, {at_once} at a time"
                yield _row(name, *by_turns(*pair, rounds), p99=None)


def _by_socket(
    sandbox: Sandbox, commands: Iterator[str], at_once: int, waves: int, rest: float
) -> Callable[[], Sequence[float]]:
    def one(text: str) -> float:
        ack = sandbox.slack.command("U0ANN", "C0OPS", text)
        if not ack.ok:
            raise RuntimeError(f"not acked: {ack.error}")
        return ack.seconds

    def measure() -> Sequence[float]:
        found: list[float] = []
        with ThreadPoolExecutor(at_once) as people:
            for _ in range(waves):
                found += people.map(one, list(itertools.islice(commands, at_once)))
                time.sleep(rest)
        return found

    return measure


def _commands() -> Iterator[str]:
    """Each about an image of its own: the same twice would join the request under way."""
    for number in itertools.count(FIRST_IMAGE):
        yield f"transfer {number} nyc3 because it is measured"


def _row(
    name: str, bare: Sample, ours: Sample, p99: float | None = _P99, *, judged: bool = True
) -> Row:
    median_ratio, p99_ratio = ratio_of_medians(bare, ours), ours.p99 / bare.p99
    target = f"median ≤ {_MEDIAN} ×" + (f", p99 ≤ {p99:g} ×" if p99 else "")
    met = median_ratio <= _MEDIAN and (p99 is None or p99_ratio <= p99)
    return Row(
        what=name,
        measured=ours.text(),
        floor=bare.text(),
        ratio=f"{median_ratio:.2f}, p99 {p99_ratio:.2f}",
        target=target if judged else "",
        met=met if judged else None,
        numbers={
            "median_ms": ours.median * 1000,
            "p99_ms": ours.p99 * 1000,
            "floor_median_ms": bare.median * 1000,
            "floor_p99_ms": bare.p99 * 1000,
            "median_ratio": median_ratio,
            "p99_ratio": p99_ratio,
        },
    )
