"""No mix of activity makes the follower exceed the budget or forget an action."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st
from unit.polling.hour import Account, Clock, FakeClient, busiest

from bot.digitalocean import RateLimit
from bot.digitalocean.call_budget import RateLimitBudget
from bot.domain.budget_snapshot import BudgetSnapshot
from bot.domain.resources import ImageAction
from bot.jobs.polling.plan import InFlightAction
from bot.jobs.polling.poller import Poller

POLL = 5.0
PATIENCE = 3 * 3600.0
"""Longer than any wait that DigitalOcean is believed, and the rounds that come after it."""
SHARE, BURST, DO_BURST = 4000, 200, 250
PROBES, ATTEMPTS = 120, 4
SETTLE = 60.0
"""How long an action must be unknown to be given up, as in `bot.jobs.poll`."""


class Died(Exception):
    """The process ends in the middle of a round."""


class Life:
    """A follower, its world, and what happens to them. The in_flight are the database's."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.account = Account(self.clock)
        self.in_flight: dict[int, InFlightAction] = {}
        self.missing: dict[int, float] = {}
        self.saved, self.round_at, self.round_calls = BudgetSnapshot(), 0.0, 0
        self.broken: dict[int, Any] = {}
        self.dies_after = 0
        self.jumps, self.surprises, self.lies = 0, 0, False
        self.uncounted = 0
        """Calls of rounds that a process died in, beyond those that it had written down before."""
        self.start()

    def start(self) -> None:
        """A process begins with what the one before wrote down."""
        calls = RateLimitBudget(self.clock)
        calls.restore(self.saved)
        client: Any = FakeClient(self.account, calls)
        client.broken = self.broken
        self.client, self.calls = client, calls
        self.follower = Poller(client, calls, POLL, self.clock)
        self.follower.take_over(self.round_at, self.round_calls)

    def live(self, seconds: float, *, until_told: bool = False) -> None:
        """As `bot.jobs.poll` does it, for so long by the server's clock."""
        end = self.account.now() + seconds
        while self.account.now() < end and not (until_told and self.all_told()):
            in_flight = [
                replace(f, looked=self.follower.tried(f.action_id, f.since))
                for f in self.in_flight.values()
            ]
            what = self.follower.plan(in_flight)
            if not what.calls:
                pause = min(what.next_at, self.clock() + 60.0) - self.clock()
                self.clock.now += min(max(0.01, pause), end - self.account.now() + 0.01)
                continue
            self.saved = self.calls.saved(planned=what.calls)
            self.round_at, self.round_calls = self.clock(), what.calls
            before = len(self.account.served)
            try:
                self.follower.look(what, in_flight, self._tell)
            except Died:
                self.uncounted += max(0, len(self.account.served) - before - what.calls)
                self.start()

    def all_told(self) -> bool:
        """But for those that answer rubbish."""
        return not self.in_flight.keys() - self.broken.keys()

    def _tell(self, followed: InFlightAction, action: ImageAction | None) -> None:
        if self.dies_after:
            self.dies_after -= 1
            if not self.dies_after:
                raise Died
        number = followed.action_id
        if action is not None:
            self.missing.pop(number, None)
        elif self.account.now() - self.missing.setdefault(number, self.account.now()) < SETTLE:
            return
        if action is None or action.status != "in-progress":
            self.in_flight.pop(number, None)

    # What may happen; each takes what hypothesis drew.

    def begin(self, count: int, lasts: float) -> None:
        for _ in range(count):
            number = self.account.begin(self.account.now() + lasts)
            self.in_flight[number] = InFlightAction(number, number, 1, self.clock())

    def scatter(self, count: int, lasts: float) -> None:
        """Each lies on a page of its own, under what others did."""
        for _ in range(count):
            self.begin(1, lasts)
            self.others_act(199)

    def others_act(self, count: int) -> None:
        for _ in range(count):
            self.account.begin(self.account.now(), ours=False)

    def others_call(self, count: int) -> None:
        self.account.others_call(count)
        self.surprises += 1

    def refuse(self, times: int, retry_after: float | None) -> None:
        self.account.refusals = [retry_after] * times

    def lose(self, replies: int) -> None:
        self.client.lost = replies

    def lose_first(self, tries: int) -> None:
        self.client.flaky = tries

    def fail_pages(self, times: int) -> None:
        self.client.failing = times

    def vanish(self, which: int) -> None:
        if self.in_flight:
            number = sorted(self.in_flight)[which % len(self.in_flight)]
            found = self.account.find(number)
            if found is not None:
                found.gone = True

    def break_answer(self, which: int) -> None:
        """Read alone, it answers rubbish."""
        if self.in_flight:
            number = sorted(self.in_flight)[which % len(self.in_flight)]
            self.broken[number] = {"id": "rubbish"}

    def restart(self) -> None:
        self.start()

    def die(self, after: int) -> None:
        self.dies_after = after

    def step_clock(self, seconds: float) -> None:
        """The bot's clock is set; the server's goes on."""
        self.clock.now += seconds
        self.account.skew += seconds
        self.jumps += seconds > 0

    def lie(self, limit: int, left: int, reset: float) -> None:
        """The headers say this from now on."""
        self.account.lie = lambda true: RateLimit(limit, left, int(self.clock() + reset))
        self.lies = True

    def calm(self) -> None:
        """Nothing happens any more; only what answers rubbish goes on doing so."""
        self.client.lost = self.client.failing = self.client.flaky = 0
        self.account.refusals, self.account.lie = [], lambda true: true
        self.dies_after = 0


def within_the_budget(life: Life) -> None:
    """Each time that the clock is set forward, calls seem to have expired: once, for each time.

    A process that dies in mid-round has written down the calls it planned, not those that it made
    in place of what failed: nobody can know of them. They stay below DigitalOcean's own limit.
    """
    allowed = 1 + life.jumps
    at_most = min(BURST * allowed + life.uncounted, DO_BURST * allowed)
    assert busiest(life.account.served, 60) <= at_most
    assert busiest(life.account.served, 3600) <= SHARE * allowed + life.uncounted
    if not life.lies and not life.jumps:
        # The reserve is people's. What others use is seen by the next reply; then the follower
        # goes and sees now and then whether some came back. A reply that is lost tells nothing.
        assert busiest(life.account.from_reserve, 3600) <= PROBES + ATTEMPTS * life.surprises


SECONDS = st.floats(0, 4000)
EVENTS = st.one_of(
    st.tuples(st.just("begin"), st.integers(1, 120), SECONDS),
    st.tuples(st.just("scatter"), st.integers(1, 120), SECONDS),
    st.tuples(st.just("others_act"), st.integers(1, 900)),
    st.tuples(st.just("others_call"), st.integers(1, 5000)),
    st.tuples(st.just("refuse"), st.integers(1, 4), st.none() | st.floats(0, 10**7)),
    st.tuples(st.just("lose"), st.integers(1, 2000)),
    st.tuples(st.just("lose_first"), st.integers(0, 3)),
    st.tuples(st.just("fail_pages"), st.integers(1, 9)),
    st.tuples(st.just("vanish"), st.integers(0, 10**6)),
    st.tuples(st.just("break_answer"), st.integers(0, 10**6)),
    st.tuples(st.just("restart")),
    st.tuples(st.just("die"), st.integers(1, 60)),
    st.tuples(st.just("step_clock"), st.floats(-(10**6), 10**6)),
    st.tuples(
        st.just("lie"),
        st.sampled_from([-1, 0, 1, 5000]),
        st.integers(-5, 5000),
        st.floats(-(10**7), 10**7),
    ),
)
LIVES = st.lists(st.tuples(EVENTS, st.sampled_from([0.0, 1.0, 20.0, 90.0, 600.0])), max_size=12)


MANY = (("scatter", 120, 9000.0), 600.0)


@pytest.mark.timeout(600)
@settings(
    max_examples=25,
    deadline=None,  # thousands of calls: a busy machine takes its time
    suppress_health_check=[HealthCheck.too_slow],
)
@example([MANY, *[(("restart",), 600.0)] * 5])
@example([MANY, *[(("die", 30), 600.0)] * 5])
@example([MANY, (("lose", 5000), 3000.0)])
@example([MANY, (("lose_first", 3), 3600.0)])
@example([MANY, (("others_call", 250), 60.0), (("others_call", 5000), 3600.0)])
@example([MANY, (("lie", 5000, 5000, 1e7), 3600.0)])
@example([(("lie", 1, 0, 1e7), 90.0), (("begin", 3, 60.0), 90.0)])
@example([(("refuse", 1, 1e7), 90.0)])
@example([(("step_clock", -1e6), 90.0), (("restart",), 90.0)])
@example([(("fail_pages", 9), 1.0), (("step_clock", -1e6), 90.0)])
@example([(("scatter", 5, 60.0), 1.0), (("break_answer", 7), 1.0), (("break_answer", 6), 1.0)])
@example([(("scatter", 3, 9000.0), 90.0), (("vanish", 0), 90.0), (("vanish", 4), 90.0)])
@example([(("scatter", 71, 28.0), 0.0), (("die", 39), 0.0), (("lose_first", 1), 20.0)])
@example(
    [
        (("others_act", 321), 600.0),
        (("begin", 101, 282.5), 0.0),
        (("others_act", 3), 600.0),
        (("die", 13), 0.0),
        (("lose", 26), 0.0),
        (("others_act", 1), 0.0),
        (("scatter", 94, 3307.0), 0.0),
        (("scatter", 59, 2.0), 0.0),
        (("restart",), 20.0),
    ]
)
@given(LIVES)
def test_no_mix_exceeds_the_budget_or_forgets_an_action(events: list[Any]) -> None:
    life = Life()
    life.begin(3, 300.0)
    for (name, *arguments), seconds in events:
        getattr(life, name)(*arguments)
        life.live(seconds)
    life.calm()
    life.live(PATIENCE, until_told=True)
    note(f"{len(life.account.served)} calls, {life.account.refused} refused")
    within_the_budget(life)
    assert life.all_told(), "these ended or vanished, and nobody was told"
