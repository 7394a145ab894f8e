"""A payload is taken once: its work, its answer and its key are one transaction."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy.exc import IntegrityError

from bot.policy.file import PolicyFile
from bot.requests import Dependencies, UnitOfWork
from bot.requests.idempotency import OUTCOME, TEXT, taken_once
from bot.requests.outcomes import DONE, Done, Outcome, Refused, SaidOnce
from bot.store import audit, deliveries

POLICY = '[[rule]]\nname = "nobody asks"\napprovals = 0\n'


@dataclass(frozen=True)
class Note:
    delivery: str
    outcome: Outcome = DONE


def _write(uow: UnitOfWork) -> None:
    audit.append(uow.tx, audit.Event.POLICY_WITHDRAWN, audit.BOT, facts={})


@taken_once(OUTCOME)
def note(uow: UnitOfWork, command: Note) -> Outcome:
    """Leave a row, and answer as told."""
    _write(uow)
    return command.outcome


@taken_once(TEXT)
def note_after_another(uow: UnitOfWork, command: Note) -> str:
    """Leave a row, after another replica took the same payload while this one worked."""
    _write(uow)
    tried.append(command.delivery)
    if len(tried) == 1 or command.delivery == "again":
        raise IntegrityError("insert", {}, ValueError("taken by another"))
    return "taken at last"


tried: list[str] = []


@pytest.fixture
def deps(bed, tmp_path) -> Dependencies:
    tried.clear()
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    return Dependencies(bed.store, PolicyFile(tmp_path / "policy.toml"))


def _rows(deps: Dependencies) -> int:
    with deps.store.read() as connection:
        return len(list(audit.entries(connection)))


@pytest.mark.parametrize(
    ("outcome", "repeated"),
    [
        (DONE, DONE),
        (Refused("not for you"), Refused("not for you")),
        (SaidOnce("https://bot.example/approve/secret"), DONE),
        (SaidOnce("a link", again="sent before"), Refused("sent before")),
    ],
)
def test_a_repeated_payload_does_nothing_more(deps, outcome: Outcome, repeated: Outcome) -> None:
    assert note(deps, Note("one", outcome)) == outcome
    assert note(deps, Note("one", outcome)) == repeated
    assert _rows(deps) == 1
    assert isinstance(note(deps, Note("two")), Done)
    assert _rows(deps) == 2


def test_what_is_said_once_is_kept_nowhere(deps) -> None:
    said = SaidOnce("https://bot.example/approve/secret")
    note(deps, Note("one", said))
    with deps.store.read() as connection:
        assert deliveries.answer_to(connection, "one") == ""
    assert "secret" not in repr(said)


def test_who_lost_the_race_tries_once_more(deps) -> None:
    assert note_after_another(deps, Note("one")) == "taken at last"
    assert (len(tried), _rows(deps)) == (2, 1)


def test_who_loses_twice_is_told(deps) -> None:
    with pytest.raises(IntegrityError):
        note_after_another(deps, Note("again"))
    assert (len(tried), _rows(deps)) == (2, 0)
