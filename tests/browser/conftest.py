"""A Chromium, and a rehearsal to visit with it. Without a browser these tests are skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import driver
from browser.person import Person

from bot.cli.rehearse import rehearsal
from rehearsal import Sandbox

DESKTOP, PHONE = (1280, 800), (390, 844)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[driver.Chrome]:
    """One browser for all tests of a worker."""
    reason = driver.missing()
    if reason:
        pytest.skip(reason)
    with driver.chromium(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The rehearsal, a little faster than the one people play with."""
    hasty = {"IMAGE_BOT_POLL_SECONDS": "0.2", "IMAGE_BOT_HTTP_SECONDS": "2"}
    with rehearsal(None, 1, False, IMAGE_BOT_SETTLE_SECONDS="3", **hasty) as running:
        running.digitalocean.action_seconds = 1.0
        yield running


@pytest.fixture
def person(chromium: driver.Chrome, sandbox: Sandbox) -> Iterator[Person]:
    """ann in #ops, at a desk; at the end the console must hold no complaint."""
    driver.set_size(chromium, *DESKTOP)
    driver.set_scheme(chromium, "light")
    it = Person(chromium, sandbox.url)
    it.visits()
    it.complaints()
    yield it
    assert it.complaints() == []
    chromium.get("about:blank")


@pytest.fixture
def phone(person: Person, chromium: driver.Chrome) -> Person:
    """The same, on a phone."""
    driver.set_size(chromium, *PHONE)
    person.visits()
    return person
