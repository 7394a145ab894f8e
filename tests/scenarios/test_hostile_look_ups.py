"""Somebody who can write the database has something asked for in the name of another: by a look-up
that waits, or by what is asked for again with a click."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from world import ANN, BOB, OPS, RUNS_AT_ONCE, SNAPSHOT, World, world

from bot.__main__ import main
from bot.domain.jobs import Job
from bot.domain.search import Asker, Named, to_json
from bot.domain.snapshotting import Snapshotting
from bot.store import audit, backup, lookups
from bot.store.database import open_database
from bot.store.tables import look_up, ops_step

TRANSFER = f"transfer {SNAPSHOT} nyc3"
BY_NAME = 'transfer "web-2026-11-20" nyc3'
NAMES = RUNS_AT_ONCE + 'image_actions = ["transfer", "snapshot"]\n'


def rows(at_work: World, event: str) -> list[dict[str, Any]]:
    with at_work.bot.store.read() as connection:
        found = [row for row in audit.entries(connection) if row.event == event]
    return [json.loads(row.facts) | {"actor": row.actor} for row in found]


def gone(at_work: World) -> None:
    """No look-up waits any more, and what came of them was sent."""

    def waiting() -> list[Any]:
        with at_work.bot.store.read() as connection:
            return lookups.unanswered(connection)

    at_work.until(lambda: not waiting(), "the look-ups to be over")
    at_work.types("list")  # whatever was begun has its turn
    at_work.told("*Images 1")


@pytest.mark.parametrize(
    "wanted",
    [
        Named("web-2026-11-20", "open", "transfer", ({"region": "nyc3"},)),
        Snapshotting("web-1"),
    ],
    ids=lambda wanted: type(wanted).__name__,
)
def test_a_look_up_written_into_the_database_asks_for_nothing_in_anybodys_name(
    start: Callable[..., World], wanted: Any
) -> None:
    at_work = start(NAMES)
    with at_work.bot.store.write() as tx:
        lookups.add(tx, Asker(ANN, OPS), to_json(wanted))
    gone(at_work)
    assert rows(at_work, "requested") == []


def waits(at_work: World) -> None:
    """A command that waits for DigitalOcean."""
    at_work.digitalocean.faults.status(503, method="GET", path="/v2/images", times=None)
    at_work.types(BY_NAME)
    at_work.told("I go on looking for")


@pytest.mark.alike
@pytest.mark.parametrize(
    "edit",
    [
        {"wanted": to_json(Named("web-2026-11-20", "open", "transfer", ({"region": "ams3"},)))},
        {"person": BOB},
        {"channel": "C0PROD"},
    ],
    ids=lambda edit: next(iter(edit)),
)
def test_a_look_up_that_the_database_makes_another_asks_for_nothing(
    start: Callable[..., World], edit: dict[str, Any]
) -> None:
    at_work = start(NAMES)
    waits(at_work)
    at_work.stop()
    engine = open_database(at_work.settings["DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(sa.update(look_up).values(**edit, retry_at=None))
    engine.dispose()
    at_work.digitalocean.faults.clear()
    at_work.start()
    gone(at_work)
    assert rows(at_work, "requested") == []


def answered(at_work: World) -> dict[str, Any]:
    """The row of a look-up that waited, as it stood before it was answered and its request done."""
    waits(at_work)
    with at_work.bot.store.read() as connection:
        row = dict(connection.execute(sa.select(look_up)).one()._mapping)
    at_work.digitalocean.faults.clear()
    at_work.clock.skip(60)
    at_work.reply("completed", at_work.root("nyc3"))
    at_work.digitalocean.change_image(SNAPSHOT, regions=("nyc1",))
    return row


def test_a_look_up_that_was_answered_is_not_answered_again_because_the_database_has_it(
    start: Callable[..., World],
) -> None:
    at_work = start(NAMES)
    row = answered(at_work)
    with at_work.bot.store.write() as tx:
        tx.execute(sa.insert(look_up).values(**row | {"retry_at": None}))
        tx.enqueue(Job.LOOKUP, row["id"])
    gone(at_work)
    assert len(rows(at_work, "requested")) == 1


def test_a_row_taken_out_of_the_log_answers_no_look_up_again(start: Callable[..., World]) -> None:
    at_work = start(NAMES)
    row = answered(at_work)
    with at_work.bot.store.write() as tx:
        tx.execute(sa.text("DELETE FROM audit WHERE event = 'look-up-taken'"))
        tx.execute(sa.insert(look_up).values(**row | {"retry_at": None}))
        tx.enqueue(Job.LOOKUP, row["id"])
    gone(at_work)
    assert len(rows(at_work, "requested")) == 1


def test_a_look_up_of_before_a_backup_is_not_done_once_more_after_the_restore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, restored = tmp_path / "backup", f"sqlite:///{tmp_path / 'restored.db'}"
    with world(tmp_path, NAMES) as at_work:
        waits(at_work)
        backup.back_up(at_work.settings["DATABASE_URL"], file)
        at_work.digitalocean.faults.clear()
        at_work.clock.skip(60)
        at_work.reply("completed", at_work.root("nyc3"))
        at_work.digitalocean.change_image(SNAPSHOT, regions=("nyc1",))
        at_work.stop()
        monkeypatch.setenv("DATABASE_URL", restored)
        assert main(["restore", str(file)]) == 0
        at_work.settings["DATABASE_URL"] = restored
        at_work.start()
        at_work.told("type it again if it is still needed")
        gone(at_work)
        assert len(at_work.digitalocean.posts) == 1


def test_a_choice_among_images_goes_on_with_what_was_typed_alone(
    start: Callable[..., World],
) -> None:
    at_work = start(NAMES)
    at_work.digitalocean.add_image(70001001, "web-2026-11-20", regions=["nyc1"])
    at_work.types(BY_NAME)
    said = at_work.told("70001001")
    with at_work.bot.store.write() as tx:
        kept = tx.execute(sa.select(look_up.c.wanted)).scalar_one()
        edited = kept | {"params": [{"region": "ams3"}]}
        tx.execute(sa.update(look_up).values(wanted=edited))
    at_work.slack.click(ANN, said, "pick", f"1:{SNAPSHOT}")
    at_work.told("type the command again")
    assert rows(at_work, "requested") == []


def test_what_the_database_says_failed_is_not_asked_for_again(start: Callable[..., World]) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.digitalocean.next_action(0.2, "errored")
    at_work.types(TRANSFER)
    root = at_work.root("Failed")
    with at_work.bot.store.write() as tx:
        other = {"params": {"region": "ams3"}, "params_key": "x"}
        tx.execute(sa.update(ops_step).values(**other))
    at_work.clicks("retry_failed", root, by=ANN)
    at_work.told("contradict each other")
    assert len(at_work.digitalocean.posts) == 1
