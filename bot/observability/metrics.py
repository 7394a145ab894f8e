"""What Prometheus reads at `/metrics`. One registry of our own; nothing is global.

What has a place in the database is read from there at each scrape, so that it is right after a
restart and the same in every replica; what has none (calls, acks) is counted by this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryHandler, RetryState

from bot import __version__
from bot.digitalocean import Call
from bot.domain.states import State
from bot.errors import StoreUnavailable
from bot.slack.socket_mode import Health
from bot.store.stats import AccountLooks, SinkAge, Stats

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_ACK_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
"""Seconds. Slack gives up after 3."""
_CALL_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """Counts what this process does, and shows it with how things stand.

    Args:
        read_stats: reads the database.
        not_ready: what keeps the bot from its work, by part.
        socket: the health of Socket Mode; None where it is not used.
        policy_problem: why the policy file as it is now is not in force; None while it is.

    Attributes:
        slack_retries: what a Slack client tells of each answer; it never retries.
    """

    def __init__(
        self,
        read_stats: Callable[[], Stats],
        not_ready: Callable[[], Any],
        socket: Callable[[], Health | None] = lambda: None,
        policy_problem: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._registry = own = CollectorRegistry()
        self._commands = Counter(
            "image_bot_commands", "Slash commands taken, by subcommand", ["command"], registry=own
        )
        self._payloads = Counter(
            "image_bot_payloads", "Payloads taken from Slack, by kind", ["kind"], registry=own
        )
        self._too_fast = Counter(
            "image_bot_too_fast", "Commands refused: one person typed too fast", registry=own
        )
        self._acks = Histogram(
            "image_bot_ack_seconds",
            "From a payload's arrival to its ack",
            ["transport"],
            buckets=_ACK_BUCKETS,
            registry=own,
        )
        self._posts = Counter(
            "image_bot_posts", "POSTs of image actions to DigitalOcean", ["outcome"], registry=own
        )
        self._polls = Counter(
            "image_bot_polls", "Looks at image actions at DigitalOcean", ["outcome"], registry=own
        )
        self._looks = Counter(
            "image_bot_lookups", "Other calls to DigitalOcean", ["outcome"], registry=own
        )
        self._call_seconds = Histogram(
            "image_bot_digitalocean_seconds",
            "How long calls to DigitalOcean took",
            ["method"],
            buckets=_CALL_BUCKETS,
            registry=own,
        )
        limited = Counter(
            "image_bot_slack_rate_limited", "Answers of Slack's with status 429", registry=own
        )
        self.slack_retries: RetryHandler = _CountsRateLimits(limited.inc)
        ProcessCollector(registry=own)
        own.register(_Standing(read_stats, not_ready, socket, policy_problem))

    def took(self, what: str, refused: bool) -> None:
        """A payload came in (`button`, `command transfer`); `refused`: its sender is too fast."""
        kind, _, command = what.partition(" ")
        self._payloads.labels(kind).inc()
        if command:
            self._commands.labels(command).inc()
        if refused:
            self._too_fast.inc()

    def acked(self, transport: str, seconds: float) -> None:
        """A payload was answered, over `http` or `socket`."""
        self._acks.labels(transport).observe(seconds)

    def called(self, call: Call) -> None:
        """One HTTP attempt at DigitalOcean ended."""
        kind = self._looks
        if call.method == "POST":
            kind = self._posts
        elif "/actions" in call.path:
            kind = self._polls
        kind.labels(_outcome(call.status)).inc()
        self._call_seconds.labels(call.method).observe(call.seconds)

    def page(self) -> bytes:
        """What `/metrics` answers, in Prometheus' text format."""
        return generate_latest(self._registry)


def _outcome(status: int | None) -> str:
    if status is None:
        return "no answer"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "429"
    return f"{status // 100}xx"


class _CountsRateLimits(RetryHandler):
    """Looks at each answer of Slack's; queues wait in the database, so it asks for no retry."""

    def __init__(self, count: Callable[[], None]) -> None:
        super().__init__(max_retry_count=0)
        self._count = count

    def can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is not None and response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            self._count()
        return False


class _Standing(Collector):
    """How things stand, read when Prometheus asks."""

    def __init__(
        self,
        read_stats: Callable[[], Stats],
        not_ready: Callable[[], Any],
        socket: Callable[[], Health | None],
        policy_problem: Callable[[], str | None],
    ) -> None:
        self._read_stats = read_stats
        self._not_ready = not_ready
        self._socket = socket
        self._policy_problem = policy_problem

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering must not ask the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        version = _gauge("image_bot_info", "The version that runs", "version")
        version.add_metric([__version__], 1)
        yield version
        ready = not self._not_ready()
        yield GaugeMetricFamily("image_bot_ready", "1: as /readyz says", float(ready))
        in_force = "0: the policy file is broken, and the policy before it still holds"
        holds = float(self._policy_problem() is None)
        yield GaugeMetricFamily("image_bot_policy_in_force", in_force, holds)
        yield from _of_socket(self._socket())
        try:
            stats = self._read_stats()
        except StoreUnavailable:
            yield GaugeMetricFamily("image_bot_database_up", "1: it can be read", 0.0)
            return
        yield GaugeMetricFamily("image_bot_database_up", "1: it can be read", 1.0)
        yield from _of_database(stats)


def _of_socket(health: Health | None) -> Iterator[Metric]:
    if health is None:
        return
    opened = float(health.is_open)
    yield GaugeMetricFamily("image_bot_socket_open", "1: Socket Mode is connected", opened)
    built = "Socket Mode connections built since the start; the first is one"
    yield GaugeMetricFamily("image_bot_socket_built", built, health.built)
    if health.pong_age is not None:
        age = "Since Slack's last pong"
        yield GaugeMetricFamily("image_bot_socket_pong_age_seconds", age, health.pong_age)


def _of_database(stats: Stats) -> Iterator[Metric]:
    requests = _gauge("image_bot_requests", "Ops requests by state", "state")
    for state in State:
        requests.add_metric([state], stats.requests.get(state, 0))
    yield requests
    oldest = _gauge("image_bot_oldest_request_seconds", "Age of the oldest, by state", "state")
    for name, age in stats.oldest.items():
        oldest.add_metric([name], age)
    yield oldest
    in_flight_steps = "Age of the oldest image action in flight"
    yield GaugeMetricFamily(
        "image_bot_oldest_in_flight_seconds", in_flight_steps, stats.oldest_in_flight
    )
    waiting = _gauge("image_bot_queue", "What waits for a job now", "kind")
    for job, count in stats.waiting.items():
        waiting.add_metric([job], count)
    yield waiting
    depth = sum(stats.waiting.values())
    yield GaugeMetricFamily("image_bot_queue_depth", "All that waits for a job now", depth)
    head = "Position of the audit log's last row; it only ever grows"
    yield GaugeMetricFamily("image_bot_audit_position", head, stats.audit_position)
    yield from _of_sinks(stats.sinks)
    if stats.account is not None:
        yield from _of_account(stats.account)
    if stats.budget_left is not None:
        left = "DigitalOcean calls left of the hour, as last told"
        yield GaugeMetricFamily("image_bot_budget_left", left, stats.budget_left)


def _of_sinks(sinks: Sequence[SinkAge]) -> Iterator[Metric]:
    if not sinks:
        return
    failing = _gauge("image_bot_anchor_failing", "1: it takes no heads of the audit log", "sink")
    age = _gauge("image_bot_anchor_age_seconds", "Since it took the last one", "sink")
    for sink in sinks:
        failing.add_metric([sink.name], float(sink.failing))
        if sink.age is not None:
            age.add_metric([sink.name], sink.age)
    yield failing
    yield age


def _of_account(looks: AccountLooks) -> Iterator[Metric]:
    found = "Found at DigitalOcean and in no row of the audit log, ever; it only grows"
    yield GaugeMetricFamily("image_bot_unexplained", found, looks.unexplained)
    waiting = "Actions at DigitalOcean that may be calls whose answer was lost"
    yield GaugeMetricFamily("image_bot_unsettled_actions", waiting, looks.unsettled)
    if looks.age is not None:
        age = "Since what happened at DigitalOcean was last held against the audit log, all of it"
        yield GaugeMetricFamily("image_bot_reconcile_age_seconds", age, looks.age)


def _gauge(name: str, text: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=[label])
