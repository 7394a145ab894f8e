"""The audit log: what stands in it, and that tampering shows."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from world import ANN, BOB, DAN, ONE_APPROVAL, SNAPSHOT, TWO_APPROVALS, World

from bot.__main__ import main
from bot.domain.jobs import Job
from bot.requests.proof import all_contradictions
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
    assert f"for <@{ANN}> completed in" in history.replace(" has", "").replace(" is", "")
    assert f"approved by <@{BOB}>" in history
    assert DAN not in history
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
    assert ("requested", ANN) in events[:2]
    assert ("click-refused", DAN) in events
    assert ("approved", BOB) in events
    assert (
        len({row["evidence_digest"] for row in rows if row["event"] in ("approved", "intent")}) == 1
    )
    told = [row for row in rows if row["event"] not in ("requested", "policy-changed")]
    assert all(row["rule"] == "one other person" for row in told)


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


def _exported(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["audit", "export"]) == 0
    return capsys.readouterr().out


def test_a_rule_that_is_weakened_used_and_put_back_shows(
    start: Callable[..., World], monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    at_work = start(TWO_APPROVALS)
    policy = at_work.policy
    strict = policy.read_text(encoding="utf-8")
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.root("Pending approval")
    policy.write_text(strict.replace("approvals = 2", "approvals = 1"), encoding="utf-8")
    at_work.bot.policy.refresh()
    at_work.types(f"transfer {SNAPSHOT} sfo3")
    at_work.clicks("approve", at_work.root("sfo3"), by=BOB)
    at_work.reply("completed", at_work.root("sfo3"))
    policy.write_text(strict, encoding="utf-8")
    at_work.bot.policy.refresh()
    at_work.types(f"transfer {SNAPSHOT} ams3")
    at_work.root("ams3")
    at_work.stop()
    monkeypatch.setenv("DATABASE_URL", at_work.settings["DATABASE_URL"])
    rows = [json.loads(line) for line in _exported(capsys).splitlines()]
    texts = [row["facts"]["text"] for row in rows if row["event"] == "policy-changed"]
    assert ["approvals = 1" in text for text in texts] == [False, True, False]
    (sent,) = [row["facts"] for row in rows if row["event"] == "intent"]
    (weak,) = [
        row["facts"]["digest"]
        for row in rows
        if row["event"] == "policy-changed" and "approvals = 1" in row["facts"]["text"]
    ]
    assert (sent["policy_digest"], sent["needed"], sent["votes"]) == (weak, 1, [BOB])


def test_how_a_voter_qualified_stands_in_the_row(
    start: Callable[..., World], monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    at_work = start(ONE_APPROVAL.replace('["U0ANN", "U0BOB", "U0CAT"]', '["S0LEADS"]'))
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.clicks("approve", at_work.root("Pending approval"), by=BOB)
    at_work.root("Completed")
    at_work.stop()
    monkeypatch.setenv("DATABASE_URL", at_work.settings["DATABASE_URL"])
    rows = {r["event"]: r["facts"] for r in map(json.loads, _exported(capsys).splitlines())}
    assert rows["approved"]["qualified"] == {"by": "S0LEADS", "members": ["U0BOB", "U0CAT"]}
    assert rows["pending"]["approvers"] == ["S0LEADS"]
    assert rows["pending"]["evidence"]["images"][0]["id"] == SNAPSHOT


def _run(finished: World, *statements: str) -> None:
    database = open_database(finished.settings["DATABASE_URL"])
    with database.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    database.dispose()


TAMPERED = [
    ("INSERT INTO vote VALUES (1, 'U0BOB', 'approve', '', '', 0)", "votes"),
    ("UPDATE ops_step SET params = '{\"region\": \"ams3\"}', params_key = 'region=ams3'", "steps"),
    ("UPDATE ops_step SET target_id = '6918990'", "steps"),
    ("UPDATE ops_request SET requester = 'U0DAN'", "requester"),
    ("UPDATE ops_request SET evidence_digest = 'abc'", "evidence"),
]


@pytest.mark.alike
@pytest.mark.parametrize(("tamper", "what"), TAMPERED)
def test_what_somebody_wrote_into_the_tables_is_not_sent(
    start: Callable[..., World], caplog, tamper: str, what: str
) -> None:
    """A vote, a region, an image, a requester, changed in the database by hand."""
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    with at_work.bot.store.write() as tx:
        tx.execute(sa.text(tamper))
    if what not in ("votes", "evidence"):
        at_work.clicks("approve", root, by=BOB)
        at_work.told("contradict", BOB)
    with at_work.bot.store.write() as tx:  # and moved on, as if it had been approved
        tx.execute(sa.text("UPDATE ops_request SET state = 'approved'"))
        tx.execute(sa.text("UPDATE ops_step SET state = 'approved'"))
        tx.enqueue(Job.SUBMIT, 1)
    at_work.reply("contradict", root)
    assert at_work.digitalocean.posts == []
    with at_work.bot.store.read() as connection:
        ((number, found),) = list(all_contradictions(connection))
    assert number == 1
    assert what in found
