"""Time travel: what was decided after a backup must not be undone by restoring it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres import fresh_database
from world import (
    BOB,
    CAT,
    ONE_APPROVAL,
    RUNS_AT_ONCE,
    SNAPSHOT,
    TWO_APPROVALS,
    World,
    world,
)

from bot.__main__ import main
from bot.app import Bot
from bot.config import given_settings
from bot.errors import BotError
from bot.store import audit, backup, outbox
from bot.store.tables import outbox_message


@pytest.fixture
def restored(
    surroundings: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[World], Rewind]]:
    """Makes a backup of a world, to be put back into a new database of the same kind."""
    with ExitStack() as stack:

        def new_database() -> str:
            if surroundings[1] == "postgresql":
                return stack.enter_context(fresh_database())
            return f"sqlite:///{tmp_path / 'restored.db'}"

        def rewind(at_work: World) -> Rewind:
            return Rewind(at_work, tmp_path / "backup", new_database, monkeypatch)

        yield rewind


class Rewind:
    """A backup, and the way back to it."""

    def __init__(
        self,
        at_work: World,
        file: Path,
        new_database: Callable[[], str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self._world, self._file, self._new, self._env = at_work, file, new_database, monkeypatch
        at_work.until(self._cards_are_known, "the bot knowing where its cards stand")
        with self._at(at_work.settings["DATABASE_URL"]):
            assert main(["backup", str(file)]) == 0

    def _cards_are_known(self) -> bool:
        with self._world.bot.store.read() as connection:
            unknown = sa.select(outbox_message.c.id).where(
                outbox_message.c.ts == "", outbox_message.c.place == outbox.ROOT
            )
            return connection.execute(unknown).first() is None

    def __call__(self) -> None:
        """Stop, restore into a new database, start."""
        self._world.stop()
        url = self._new()
        with self._at(url):
            assert main(["restore", str(self._file)]) == 0
        self._world.settings["DATABASE_URL"] = url
        self._world.start()

    @contextmanager
    def _at(self, url: str) -> Iterator[None]:
        with self._env.context() as env:
            env.setenv("DATABASE_URL", url)
            yield


TRANSFER = f"transfer {SNAPSHOT} nyc3"
Rewinding = Callable[[World], Rewind]


def test_what_was_cancelled_after_the_backup_is_not_sent_by_itself(
    restored: Rewinding, start: Callable[..., World]
) -> None:
    """Approved and not sent yet when the backup was made: it waits for people again."""
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.too_many(60, method="POST", times=None)
    at_work.types(TRANSFER)
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root)
    at_work.reply("is sent again at", root)
    back = restored(at_work)
    at_work.types("cancel 1")
    at_work.root("ancelled")
    at_work.digitalocean.faults.clear()
    tried = len(at_work.digitalocean.posts)
    back()
    root = at_work.root("Pending approval")
    assert (
        "approvals given before it are void" in at_work.reply("restored from a backup", root).text
    )
    at_work.clock.skip(120)
    time.sleep(1)
    assert len(at_work.digitalocean.posts) == tried
    at_work.clicks("approve", root, by=CAT)
    at_work.reply("completed", root)


def test_one_that_was_pending_at_the_backup_can_be_cancelled(
    restored: Rewinding, start: Callable[..., World]
) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(TRANSFER)
    root = at_work.root("Pending approval")
    back = restored(at_work)
    back()
    at_work.reply("restored from a backup", root)
    assert "is cancelled" in at_work.types("cancel 1").text
    at_work.root("ancelled")
    assert at_work.digitalocean.posts == []


def test_what_was_pending_at_the_backup_can_be_denied_joined_and_approved_anew(
    restored: Rewinding, start: Callable[..., World]
) -> None:
    at_work = start(ONE_APPROVAL)
    regions = ("nyc3", "sfo3", "ams3")
    for region in regions:
        at_work.types(f"transfer {SNAPSHOT} {region}")
    roots = {region: at_work.root(region) for region in regions}
    back = restored(at_work)
    at_work.clicks("approve", roots["ams3"], by=BOB)
    at_work.reply("completed", roots["ams3"])
    back()
    for region in regions:
        at_work.reply("restored from a backup", roots[region])
    at_work.denies(roots["nyc3"], "not after that", by=BOB)
    at_work.reply("not after that", roots["nyc3"])
    at_work.types(f"transfer {SNAPSHOT} sfo3", by=CAT)
    at_work.types("cancel 2")
    at_work.told("cancelled", CAT)  # who joined hears of it
    at_work.clicks("approve", roots["ams3"], by=BOB)  # it was sent after the backup: it is found
    at_work.reply("completed", roots["ams3"])
    assert len(at_work.digitalocean.posts) == 1


def test_a_vote_from_before_a_restore_counts_nothing(
    restored: Rewinding, start: Callable[..., World]
) -> None:
    """Bob approved, the backup was made, cat denied: after the restore cat's yes is one of two."""
    at_work = start(TWO_APPROVALS)
    at_work.types(TRANSFER)
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("1 more approval", root)
    back = restored(at_work)
    back()
    at_work.reply("restored from a backup", root)
    at_work.clicks("approve", root, by=CAT)
    at_work.until(lambda: len(at_work._replies("1 more approval", root)) == 2, "cat's vote")
    assert at_work.digitalocean.posts == []
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)


def test_what_no_rule_asked_anybody_about_is_not_sent_by_itself(
    restored: Rewinding, start: Callable[..., World]
) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.digitalocean.faults.too_many(60, method="POST", times=None)
    at_work.types(TRANSFER)
    root = at_work.root("nyc3")
    at_work.reply("is sent again at", root)
    back = restored(at_work)
    at_work.types("cancel 1")
    at_work.root("ancelled")
    at_work.digitalocean.faults.clear()
    tried = len(at_work.digitalocean.posts)
    back()
    root = at_work.root("Needs attention")
    assert "restored from a backup" in at_work.reply("eeds attention", root).text
    at_work.clock.skip(120)
    time.sleep(1)
    assert len(at_work.digitalocean.posts) == tried


def test_a_restore_stands_in_the_log_with_the_head_before_it(
    restored: Rewinding, start: Callable[..., World]
) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(TRANSFER)
    at_work.root("Pending approval")
    back = restored(at_work)
    with at_work.bot.store.read() as connection:
        position, head = audit.head(connection)
    back()
    with at_work.bot.store.read() as connection:
        rows = list(audit.entries(connection))
        assert audit.verify(iter(rows)) == []
    assert rows[position].event == "restored"
    assert json.loads(rows[position].facts) == {"head": head, "rows": position}


def test_a_bot_does_not_run_on_a_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor on one that somebody has looked at, or brought to this version, in the meantime."""
    live, file = f"sqlite:///{tmp_path / 'the.db'}", tmp_path / "backup"
    with world(tmp_path, ONE_APPROVAL, DATABASE_URL=live) as at_work:
        backup.back_up(live, file)
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{file}")
        for looked in ([], ["audit", "verify"], ["migrate"]):
            assert not looked or main(looked) == 0
            with pytest.raises(BotError, match="is a backup"):
                Bot(given_settings({**at_work.settings, "DATABASE_URL": f"sqlite:///{file}"}))
