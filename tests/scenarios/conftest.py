"""The same scenarios on both transports and on both databases.

A transport ends where Bolt has parsed a payload, and a database begins below the use cases:
nothing in between sees both. So two runs of every scenario cross all that can differ, for the
time that one database would take: over HTTP with SQLite in `make test`, through the socket with
PostgreSQL in `make slow`. Where a file asks for `EVERYWHERE`, all four are run at once, as they are
in the long form (`IMAGE_BOT_FAULTS=long`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from faults.bounds import is_long
from plans import ASKED
from postgres import fresh_database
from scheduled import NIGHTLY
from world import EVERYWHERE, World, world

_OTHERS = EVERYWHERE[1:] if is_long() else EVERYWHERE[1:2]
CROSSED = [EVERYWHERE[0], *(pytest.param(each, marks=pytest.mark.slow) for each in _OTHERS)]


@pytest.fixture(params=CROSSED, ids="-".join)
def surroundings(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A transport and a kind of database."""
    return request.param


@pytest.fixture
def transport(surroundings: tuple[str, str]) -> str:
    return surroundings[0]


@pytest.fixture
def start(surroundings: tuple[str, str], tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Starts a world with a policy, in the surroundings of this test."""
    transport, kind = surroundings
    with ExitStack() as stack:

        def begin(policy: str, **settings: object) -> World:
            if kind == "postgresql":
                settings["DATABASE_URL"] = stack.enter_context(fresh_database())
            made = world(tmp_path, policy, socket=transport == "socket", **settings)
            return stack.enter_context(made)

        yield begin


@pytest.fixture
def clocked(start: Callable[..., World], tmp_path: Path) -> Callable[..., World]:
    """A world with a schedules file."""

    def begin(
        text: str = NIGHTLY, policy: str = ASKED, before: Callable[[World], Any] | None = None
    ) -> World:
        path = tmp_path / "schedules.toml"
        path.write_text("", encoding="utf-8")
        at_work = start(policy, IMAGE_BOT_SCHEDULES=str(path))
        if before:
            before(at_work)
        path.write_text(text, encoding="utf-8")
        return at_work

    return begin
