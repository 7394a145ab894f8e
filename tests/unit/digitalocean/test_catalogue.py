"""Menus are answered from memory, and few threads ever wait for DigitalOcean."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.digitalocean import catalogue
from bot.digitalocean.catalogue import Catalogue, TooSlow


class _Images:
    def __init__(self) -> None:
        self.listed = 0
        self.may_answer = threading.Event()

    def pages(self, **_: Any) -> Iterator[dict[str, Any]]:
        self.listed += 1
        assert self.may_answer.wait(30)
        yield {"images": [{"id": 1, "name": f"listing {self.listed}"}], "meta": {"total": 1}}


class _Client:
    def __init__(self) -> None:
        self.images = _Images()


@pytest.fixture
def client() -> Iterator[_Client]:
    made = _Client()
    yield made
    made.images.may_answer.set()


def test_while_nothing_is_known_few_threads_wait(client: _Client) -> None:
    images = Catalogue(client)  # type: ignore[arg-type]
    with ThreadPoolExecutor(8) as people:
        asked = [people.submit(images.soon, 30) for _ in range(8)]
        refused = 0
        while refused < 6:
            refused = sum(1 for each in asked if each.done())
        assert not client.images.may_answer.is_set()
        client.images.may_answer.set()
        outcomes = [each.exception() for each in asked]
    assert sum(isinstance(each, TooSlow) for each in outcomes) == 6
    assert outcomes.count(None) == 2
    assert client.images.listed == 1
    images.close()


def test_an_older_listing_is_shown_at_once_and_read_anew_behind_it(
    client: _Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = Catalogue(client)  # type: ignore[arg-type]
    client.images.may_answer.set()
    images.fresh()
    client.images.may_answer.clear()
    monkeypatch.setattr(catalogue, "FRESH_SECONDS", 0.0)
    for _ in range(40):
        assert images.soon(30).images[0].name == "listing 1"
    client.images.may_answer.set()
    images.close()
    assert client.images.listed == 2


def test_a_list_is_taken_from_memory_for_some_seconds(client: _Client) -> None:
    images = Catalogue(client)  # type: ignore[arg-type]
    client.images.may_answer.set()
    for _ in range(40):
        images.recent()
    assert client.images.listed == 1
    images.close()
