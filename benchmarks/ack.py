"""Signed slash command to ack, durable, 1 and 8 at a time; HTTP and Socket Mode.

A wave is one command, or eight at the same moment; it is followed by a rest in which what
the acks promised is done, as between the commands of people. Commands without any rest are
measured as well: then the work behind earlier acks shares the core with the next ones.
Each command that was acked must be a request in the bot's database, or the row is not met.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks import signed
from benchmarks.bots import (
    FIRST_IMAGE,
    bot,
    floor,
    floor_on_socket,
    folder,
    kept,
    settings_of,
    stand_ins,
)
from benchmarks.figures import Row, Sample, by_turns, ratio_of_medians
from benchmarks.load import Job, send
from rehearsal import Sandbox

_IMAGES = 20_000
_MEDIAN, _P99 = 1.25, 3.0
_Rest = tuple[float, float]
_REST: dict[int, _Rest] = {1: (0.03, 0.08), 8: (0.1, 0.4)}
"""Seconds after a wave of so many: the floor's, which has promised nothing, and the bot's."""
_ROUND = {1: 70, 8: 64}
"""So many commands in each of the rounds of either."""
_ROUNDS = 3


class Commands:
    """Each about an image of its own: the same twice would join the request under way."""

    def __init__(self) -> None:
        self.typed = 0

    def take(self, count: int) -> list[str]:
        """The next so many."""
        first = FIRST_IMAGE + self.typed
        self.typed += count
        return [f"transfer {n} nyc3 because it is measured" for n in range(first, first + count)]


def over_http(quick: bool) -> Iterator[Row]:
    """Both at HTTP, from a process of its own."""
    rounds = 2 if quick else _ROUNDS
    with stand_ins(_IMAGES) as sandbox, folder() as at:
        settings = settings_of(sandbox, at)
        secret = settings["SLACK_SIGNING_SECRET"]
        to_floor, to_bot = Commands(), Commands()

        def round_of(
            port: int, commands: Commands, at_once: int, rest: float
        ) -> Callable[[], Sequence[float]]:
            def measure() -> Sequence[float]:
                texts = commands.take(40 if quick else _ROUND[at_once])
                requests = [signed.command(text, secret=secret).decode() for text in texts]
                answers = send(Job(port, requests, at_once, rest))
                refused = [each for each in answers if each.status != 200]
                if refused:
                    raise RuntimeError(f"not acked: {refused[0]}")
                return [each.seconds for each in answers]

            return measure

        with floor(settings, at) as bare, bot(settings) as ours:

            def by_turns_at(at_once: int, rest: _Rest) -> tuple[Sample, Sample, int]:
                floor_round = round_of(bare.port, to_floor, at_once, rest[0])
                bot_round = round_of(ours.port, to_bot, at_once, rest[1])
                found = by_turns(floor_round, bot_round, rounds)
                return *found, to_bot.typed - kept(settings)

            for at_once, rest in _REST.items():
                name = f"command → ack, HTTP, {at_once} at a time"
                yield _row(name, *by_turns_at(at_once, rest))
            yield _row("… 1 at a time without a rest", *by_turns_at(1, (0.0, 0.0)), judged=False)


def over_a_socket(quick: bool) -> Iterator[Row]:
    """Both over Socket Mode; the stand-in holds the other end of the WebSocket, and the clock."""
    rounds = 2 if quick else _ROUNDS
    with stand_ins(_IMAGES) as sandbox, stand_ins() as bare, folder() as at:
        to_floor, to_bot = Commands(), Commands()
        settings = settings_of(sandbox, at, socket=True)
        with (
            floor_on_socket(settings_of(bare, at, socket=True), at) as theirs,
            bot(settings) as ours,
        ):
            for each, process in ((bare, theirs), (sandbox, ours.process)):
                process.check()
                each.slack.connect_socket(timeout=20)
            for at_once, rest in _REST.items():
                waves = (40 if quick else _ROUND[at_once]) // at_once
                pair = (
                    _by_socket(bare, to_floor, at_once, waves, rest[0]),
                    _by_socket(sandbox, to_bot, at_once, waves, rest[1]),
                )
                found = *by_turns(*pair, rounds), to_bot.typed - kept(settings)
                yield _row(f"command → ack, Socket Mode, {at_once} at a time", *found, p99=None)


def _by_socket(
    sandbox: Sandbox, commands: Commands, at_once: int, waves: int, rest: float
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
                found += people.map(one, commands.take(at_once))
                time.sleep(rest)
        return found

    return measure


def _row(
    name: str,
    bare: Sample,
    ours: Sample,
    lost: int,
    p99: float | None = _P99,
    *,
    judged: bool = True,
) -> Row:
    """`lost`: how many of the acked commands are not in the database; there may be none."""
    median_ratio, p99_ratio = ratio_of_medians(bare, ours), ours.p99 / bare.p99
    target = f"median ≤ {_MEDIAN} ×" + (f", p99 ≤ {p99:g} ×" if p99 else "")
    met = median_ratio <= _MEDIAN and (p99 is None or p99_ratio <= p99) and not lost
    return Row(
        what=name,
        measured=ours.text() + (f"; {lost} of them NOT kept" if lost else ", all kept"),
        floor=bare.text(),
        ratio=f"{median_ratio:.2f}, p99 {p99_ratio:.2f}",
        target=target if judged else "",
        met=met if judged or lost else None,
        numbers={
            "median_ms": ours.median * 1000,
            "p99_ms": ours.p99 * 1000,
            "floor_median_ms": bare.median * 1000,
            "floor_p99_ms": bare.p99 * 1000,
            "median_ratio": median_ratio,
            "p99_ratio": p99_ratio,
            "not_kept": lost,
        },
    )
