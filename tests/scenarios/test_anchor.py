"""Heads of the audit log kept outside the database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from world import RUNS_AT_ONCE, SNAPSHOT, World

from bot.__main__ import main
from bot.store import audit


def rewrite(at_work: World, actor: str, last: int | None = None) -> None:
    """Write the whole log anew, each row rightly hashed, under another's name; or cut it off."""
    assert at_work.bot is not None
    with at_work.bot.store.write() as tx:
        rows = list(audit.entries(tx.connection))
        tx.execute(sa.text("DELETE FROM audit"))
        previous = audit.GENESIS
        for row in rows[:last]:
            values = vars(row) | {"previous": previous}
            if row.event == "runs-at-once":
                values["actor"] = actor
            anew = audit.Entry(**values)
            previous = anew.expected_hash()
            tx.execute(sa.insert(audit.audit), values | {"hash": previous})


@pytest.mark.parametrize(
    ("actor", "last", "found"), [("U0DAN", None, "written anew"), ("U0ANN", 2, "cut off")]
)
def test_a_log_that_was_written_anew_or_cut_off_shows_against_its_anchor(
    start: Callable[..., World],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    actor: str,
    last: int | None,
    found: str,
) -> None:
    anchor = tmp_path / "heads"
    at_work = start(RUNS_AT_ONCE, IMAGE_BOT_ANCHOR=str(anchor))
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.reply("completed", at_work.root("nyc3"))
    monkeypatch.setenv("DATABASE_URL", at_work.settings["DATABASE_URL"])
    against = ["audit", "verify", "--anchor", str(anchor)]
    assert main(against) == 0
    assert len(anchor.read_text(encoding="utf-8").splitlines()) == 1
    rewrite(at_work, actor, last)
    capsys.readouterr()
    assert main(against) == 1
    assert found in capsys.readouterr().out


def test_nothing_is_sent_while_the_head_cannot_be_kept(
    start: Callable[..., World], tmp_path: Path
) -> None:
    folder = tmp_path / "gone"
    at_work = start(RUNS_AT_ONCE, IMAGE_BOT_ANCHOR=str(folder / "heads"))
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("nyc3")
    at_work.reply("cannot be kept outside", root)
    assert at_work.digitalocean.posts == []
    folder.mkdir()
    at_work.clock.skip(60)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1
