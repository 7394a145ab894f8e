"""A store on each database, and rows to begin with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from postgres import KINDS, either_database

from bot.domain.events import Event
from bot.domain.evidence import Evidence, SeenImage
from bot.domain.states import State
from bot.operations.available import transfer_to
from bot.store import events, requests, transitions
from bot.store.database import open_database
from bot.store.rows import NewRequest
from bot.store.transaction import Store, Transaction

IMAGE = 62137902


class Wakes:
    """An engine that only writes down what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, float | None]] = []

    def enqueue_in(self, tx: Transaction, job: str, key: str, at: float | None) -> None:
        tx.after_commit.append(lambda: self.asked.append((job, key, at)))


class Bed:
    """A store to test, with people in a hurry."""

    def __init__(self, store: Store, wakes: Wakes) -> None:
        self.store = store
        self.wakes = wakes

    def opened(self, state: State = State.PENDING, image_id: int = IMAGE, *regions: str) -> int:
        """A request in this state; its id."""
        steps = tuple(transfer_to(image_id, region) for region in regions or ("nyc3",))
        with self.store.write() as tx:
            request_id = transitions.insert(tx, NewRequest("U0ANN", "C0OPS", steps))
            told = {"steps": [step.as_json() for step in steps]}
            events.record(tx, request_id, Event.REQUESTED, "U0ANN", told)
            if state is not State.CHECKING:
                found = requests.load(tx.connection, request_id)
                seen = SeenImage(
                    id=image_id, name="web", type="snapshot", size_gigabytes=2, regions=("nyc1",)
                )
                evidence = Evidence(
                    images=(seen,),
                    steps=tuple(step.as_json() for step in steps),
                    requester="U0ANN",
                    rule="two of all",
                )
                transitions.move(
                    tx,
                    found,
                    state,
                    rule="two of all",
                    evidence=evidence.model_dump(mode="json"),
                    evidence_digest=evidence.digest,
                    expires_at=tx.now + 3600,
                )
                told = {"expires_after": 3600}
                events.record(tx, request_id, Event.PENDING, "U0ANN", told)
        return request_id

    def load(self, request_id: int) -> Any:
        with self.store.read() as connection:
            return requests.load(connection, request_id)

    def at_once(self, act: Callable[..., Any], arguments: Sequence[Any]) -> list[Any]:
        """Call `act` for each argument, all at the same moment; results or errors in order."""

        def one(argument: Any) -> Any:
            try:
                return act(argument)
            except Exception as error:  # noqa: BLE001 - a result, for the test to judge
                return error

        with ThreadPoolExecutor(max_workers=len(arguments)) as people:
            return list(people.map(one, arguments))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bed(kind: str, tmp_path: Path) -> Iterator[Bed]:
    with either_database(kind, tmp_path) as url:
        database, wakes = open_database(url), Wakes()
        yield Bed(Store(database, wakes.enqueue_in, time.time), wakes)
        database.dispose()
