"""Opening a database, its limits, and what stands between transactions."""

from __future__ import annotations

import threading
import time

import pytest
import sqlalchemy as sa

from bot.errors import SettingsError, StoreUnavailable
from bot.store import requests, transitions
from bot.store.database import open_database, postgresql_url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_that_hosts_give_gets_our_driver(scheme: str) -> None:
    url = postgresql_url(f"{scheme}://bot:p%40ss@db.example.com:25060/bot?sslmode=require")
    assert url.drivername == "postgresql+psycopg"
    assert (url.password, url.query["sslmode"]) == ("p@ss", "require")


@pytest.mark.parametrize("url", ["mysql://db/bot", "postgresql+psycopg2://db/bot", "bot.db", ""])
def test_any_other_url_is_refused_with_help(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL") as refused:
        open_database(url)
    assert "sqlite:///" in str(refused.value)


def test_a_database_that_is_out_of_reach_is_said_so_at_once(bed) -> None:
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    begun = time.monotonic()
    away = type(bed.store)(open_database(url), bed.wakes.enqueue_in, time.time)
    with pytest.raises(StoreUnavailable), away.write():
        pass
    with pytest.raises(StoreUnavailable), away.read():
        pass
    assert time.monotonic() - begun < 3


def test_a_writer_that_must_wait_too_long_is_told_so(bed) -> None:
    holding, done = threading.Event(), threading.Event()
    request_id = bed.opened()

    def hold() -> None:
        with bed.store.write() as tx:
            transitions.update(tx, request_id, reason="x")
            holding.set()
            done.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait(30)
    begun = time.monotonic()
    with pytest.raises(StoreUnavailable), bed.store.write(wait=0.5) as tx:
        transitions.update(tx, request_id, reason="y")
    assert time.monotonic() - begun < 2
    done.set()
    holder.join()


def test_one_moment_is_read(bed) -> None:
    request_id = bed.opened()
    with bed.store.read() as connection:
        assert requests.load(connection, request_id).reason == ""
        with bed.store.write() as tx:
            transitions.update(tx, request_id, reason="changed")
        assert requests.load(connection, request_id).reason == ""
    assert bed.load(request_id).reason == "changed"


def test_nobody_goes_beyond_the_line_at_the_same_time(bed) -> None:
    inside, most = [], []

    def act(n: int) -> None:
        with bed.store.write() as tx:
            tx.advisory_lock("the line")
            inside.append(n)
            most.append(len(inside))
            time.sleep(0.01)
            inside.remove(n)

    assert bed.at_once(act, range(10)) == [None] * 10
    assert max(most) == 1


def test_what_prepares_a_commit_is_part_of_it(bed) -> None:
    def fail() -> None:
        raise LookupError

    def act() -> None:
        with bed.store.write() as tx:
            transitions.update(tx, request_id, reason="changed")
            tx.before_commit.append(fail)

    request_id = bed.opened()
    with pytest.raises(LookupError):
        act()
    assert bed.load(request_id).reason == ""


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_frozen_transaction_is_ended_by_the_server(bed) -> None:
    with bed.store.read() as connection:
        limit = sa.text("SHOW idle_in_transaction_session_timeout")
        assert connection.execute(limit).scalar_one() == "10s"

    def freeze() -> None:
        with bed.store.write() as tx:
            tx.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = '200ms'"))
            time.sleep(0.6)
            tx.execute(sa.text("SELECT 1"))

    with pytest.raises(StoreUnavailable):
        freeze()
    bed.opened()  # the next transaction gets a connection that works
