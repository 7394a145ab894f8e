"""The audit log: what stands in it, and that tampering shows."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from world import ANN, BOB, DAN, ONE_APPROVAL, SNAPSHOT, World

from bot.__main__ import main
from bot.store.database import open_database


@pytest.fixture
def finished(start: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> World:
    """One approved transfer, with a refused click on the way; the bot is stopped again."""
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=DAN)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    history = at_work.types("history").text
    for event in ("requested", "click-refused", "approved", "intent", "accepted", "completed"):
        assert event in history
    at_work.stop()
    monkeypatch.setenv("DATABASE_URL", at_work.settings["DATABASE_URL"])
    return at_work


def test_it_is_whole_and_exports_what_happened(
    finished: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "verify"]) == 0
    assert "is whole" in capsys.readouterr().out
    assert main(["audit", "export"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    events = [(row["event"], row["actor"]) for row in rows]
    assert events[0] == ("requested", ANN)
    assert ("click-refused", DAN) in events
    assert ("approved", BOB) in events
    assert (
        len({row["evidence_digest"] for row in rows if row["event"] in ("approved", "intent")}) == 1
    )
    assert all(row["rule"] == "one other person" for row in rows[1:])


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        ("UPDATE audit SET actor = 'U0DAN' WHERE event = 'approved'", "was changed"),
        ("UPDATE audit SET facts = '{}' WHERE event = 'intent'", "was changed"),
        ("DELETE FROM audit WHERE event = 'click-refused'", "is missing"),
        (
            "UPDATE audit SET position = CASE position WHEN 2 THEN -3 WHEN 3 THEN 2 END"
            " WHERE position IN (2, 3)",
            "does not follow",
        ),
    ],
)
def test_tampering_shows(
    finished: World, tamper: str, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _run(finished, tamper, "UPDATE audit SET position = 3 WHERE position = -3")
    assert main(["audit", "verify"]) == 1
    assert found in capsys.readouterr().out


def _run(finished: World, *statements: str) -> None:
    database = open_database(finished.settings["DATABASE_URL"])
    with database.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    database.dispose()
