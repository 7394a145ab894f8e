"""Both transports run the same scenarios."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from world import World, world


@pytest.fixture(params=["http", "socket"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def start(transport: str, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Starts a world with a policy, on the transport of this test."""
    with ExitStack() as stack:

        def begin(policy: str, **settings: object) -> World:
            made = world(tmp_path, policy, socket=transport == "socket", **settings)
            return stack.enter_context(made)

        yield begin
