"""The metrics: what is counted, how things stand, and that nothing of it is global."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import prometheus_client
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.digitalocean import Call
from bot.domain.states import State
from bot.errors import StoreUnavailable
from bot.observability.metrics import Metrics
from bot.operations.available import transfer_to
from bot.slack.socket_mode import Health
from bot.store import schema, stats, transitions
from bot.store.database import open_database
from bot.store.rows import NewRequest
from bot.store.stats import AccountLooks, Stats
from bot.store.transaction import Store

SOME = Stats(
    requests={"pending": 2, "completed": 7},
    oldest={"pending": 90.0},
    oldest_in_flight=61.5,
    waiting={"submit": 3, "deliver": 1},
    audit_position=41,
    budget_left=4990,
    account=AccountLooks(unexplained=3, unsettled=1, age=60.0),
)


def made(read: Callable[[], Stats] = lambda: SOME, **given: object) -> Metrics:
    return Metrics(read, lambda: {}, **given)  # type: ignore[arg-type]


def samples(metrics: Metrics) -> dict[str, float]:
    """Every sample of a scrape, as `name{label=value}`."""
    found = {}
    for family in text_string_to_metric_families(metrics.page().decode()):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_how_things_stand() -> None:
    shown = samples(made())
    assert shown["image_bot_requests{state=pending}"] == 2
    assert shown["image_bot_requests{state=errored}"] == 0
    assert {f"image_bot_requests{{state={state}}}" for state in State} <= shown.keys()
    assert shown["image_bot_oldest_request_seconds{state=pending}"] == 90
    assert shown["image_bot_oldest_in_flight_seconds"] == 61.5
    assert shown["image_bot_queue_depth"] == 4
    assert shown["image_bot_queue{kind=submit}"] == 3
    assert shown["image_bot_audit_position"] == 41
    assert shown["image_bot_budget_left"] == 4990
    assert shown["image_bot_unexplained"] == 3
    assert shown["image_bot_unsettled_actions"] == 1
    assert shown["image_bot_reconcile_age_seconds"] == 60
    assert shown["image_bot_ready"] == 1
    assert shown["process_open_fds"] > 0


def test_what_is_counted() -> None:
    metrics = made()
    metrics.took("command transfer", refused=False)
    metrics.took("command transfer", refused=True)
    metrics.took("button", refused=False)
    metrics.acked("http", 0.002)
    metrics.acked("socket", 2.5)
    for method, path, status in [
        ("POST", "/v2/images/1/actions", 201),
        ("POST", "/v2/images/1/actions", None),
        ("GET", "/v2/actions", 429),
        ("GET", "/v2/images/1/actions/2", 200),
        ("GET", "/v2/regions", 200),
    ]:
        metrics.called(Call(method, path, status, 0.1, None, None))
    shown = samples(metrics)
    assert shown["image_bot_commands_total{command=transfer}"] == 2
    assert shown["image_bot_payloads_total{kind=button}"] == 1
    assert shown["image_bot_too_fast_total"] == 1
    assert shown["image_bot_ack_seconds_bucket{le=0.0025,transport=http}"] == 1
    assert shown["image_bot_ack_seconds_count{transport=socket}"] == 1
    assert shown["image_bot_posts_total{outcome=2xx}"] == 1
    assert shown["image_bot_posts_total{outcome=no answer}"] == 1
    assert shown["image_bot_polls_total{outcome=429}"] == 1
    assert shown["image_bot_polls_total{outcome=2xx}"] == 1
    assert shown["image_bot_lookups_total{outcome=2xx}"] == 1


def test_who_does_not_look_by_the_clock_is_not_late() -> None:
    nobody = replace(SOME, account=AccountLooks(0, 0, None))
    assert "image_bot_reconcile_age_seconds" not in samples(made(lambda: nobody))
    assert "image_bot_unexplained" not in samples(made(lambda: replace(SOME, account=None)))


def test_a_database_that_is_away_is_said_and_breaks_no_scrape() -> None:
    def away() -> Stats:
        raise StoreUnavailable("away")

    shown = samples(made(away))
    assert shown["image_bot_database_up"] == 0
    assert "image_bot_audit_position" not in shown


def test_socket_mode() -> None:
    shown = samples(made(socket=lambda: Health(is_open=False, pong_age=31.0, built=2)))
    assert shown["image_bot_socket_open"] == 0
    assert shown["image_bot_socket_pong_age_seconds"] == 31
    assert shown["image_bot_socket_built"] == 2
    assert "image_bot_socket_open" not in samples(made())


def test_two_of_them_share_nothing_and_nothing_is_global() -> None:
    one, other = made(), made()
    one.acked("http", 0.1)
    assert "image_bot_ack_seconds_count{transport=http}" not in samples(other)
    page = prometheus_client.generate_latest().decode()
    assert "image_bot" not in page


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    database = open_database(f"sqlite:///{tmp_path / 'it.db'}")
    schema.prepare(database)
    it = Store(database, lambda *_: None, lambda: 1000.0)
    yield it
    it.close()


def test_the_figures_are_read_from_the_database(store: Store) -> None:
    with store.write() as tx:
        for image in (1, 2):
            new = NewRequest("U0ANN", "C0OPS", (transfer_to(image, "nyc3"),))
            transitions.insert(tx, new)
    with store.read() as connection:
        found = stats.read(connection, 1090.0)
    assert found.requests == {"checking": 2}
    assert found.oldest == {"checking": 90.0}
    assert found.waiting == {"check": 2}
    assert found.oldest_in_flight == 0
    assert found.audit_position == 0
    assert found.budget_left is None
