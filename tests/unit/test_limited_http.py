"""Servers that drip, and that never stop: whoever asks them has an end of it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from bot.anchors.heads import Head
from bot.anchors.otlp import OtlpSink
from bot.anchors.sinks import NotKept
from bot.errors import BotError
from bot.limited_http import FAILURES, ask
from bot.oidc.client import OidcClient
from bot.oidc.discovery import ProviderTrouble
from bot.on_call import OnCall, OnCallUnknown
from bot.store.audit_export import iso

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def dripping() -> Iterator[bytes]:
    yield OK + b"\r\n"
    while True:
        time.sleep(0.05)
        yield b" "


def dripping_headers() -> Iterator[bytes]:
    yield OK
    while True:
        time.sleep(0.05)
        yield b"X: y\r\n"


def endless() -> Iterator[bytes]:
    yield OK + b"\r\n"
    while True:
        yield b" " * 100_000


@contextmanager
def server(answer: Callable[[], Iterator[bytes]]) -> Iterator[str]:
    """A server that answers anything so; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection, suppress(OSError):
                        connection.recv(65536)
                        for part in answer():
                            connection.sendall(part)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize("answer", [dripping, dripping_headers])
def test_a_server_that_drips_has_its_time_and_no_more(
    answer: Callable[[], Iterator[bytes]],
) -> None:
    with server(answer) as address:
        began = time.monotonic()
        with pytest.raises(FAILURES):
            ask("GET", address, seconds=0.5)
        assert time.monotonic() - began < 3


def who_is_on_call(address: str) -> None:
    OnCall(address).read()


def a_head(address: str) -> None:
    OtlpSink(address).send(Head(1.0, iso(1.0), 1, "0" * 64))


def a_provider(address: str) -> None:
    OidcClient(address, "bot", "secret", f"{address}/signed-in", "slack").provider()


@pytest.mark.parametrize(
    ("asked", "told"),
    [(who_is_on_call, OnCallUnknown), (a_head, NotKept), (a_provider, ProviderTrouble)],
)
def test_an_answer_without_an_end_is_none(
    asked: Callable[[str], None], told: type[BotError]
) -> None:
    with server(endless) as address:
        began = time.monotonic()
        with pytest.raises(told):
            asked(address)
        assert time.monotonic() - began < 3
