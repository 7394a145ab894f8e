"""A syslog server on loopback, as strict as RFC 5424 and RFC 6587: UDP, TCP, or a socket here."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MESSAGE = re.compile(
    r"<[1-9]\d{0,2}>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)"
    r" (?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) (?P<process>[!-~]{1,128}) (?P<id>[!-~]{1,32})"
    r" - (?P<text>[^\n]+)"
)


class SyslogServer:
    """Keeps what it was sent: `lines`, each a message as it came."""

    def __init__(self, listening: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        self.lines: list[str] = []
        self.wrong: list[str] = []
        self._socket = listening
        self._tls = tls
        stream = listening.type == socket.SOCK_STREAM
        threading.Thread(target=self._accept if stream else self._receive, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def stop(self) -> None:
        """Take nothing more."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _receive(self) -> None:
        with suppress(OSError):
            while told := self._socket.recv(65536):
                self._take(told)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self._read(self._tls.wrap_socket(connection, True) if self._tls else connection)

    def _read(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            told = stream.read()
        while told:
            count, _, told = told.partition(b" ")
            if not count.isdigit() or len(told) < int(count):
                self.wrong.append("not framed")
                return
            self._take(told[: int(count)])
            told = told[int(count) :]

    def _take(self, told: bytes) -> None:
        text = told.decode("utf-8")
        if MESSAGE.fullmatch(text):
            self.lines.append(text)
        else:
            self.wrong.append(text)


@contextmanager
def listening(
    kind: str, path: Path | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[SyslogServer]:
    """A server of one kind: `udp`, `tcp`, `tls` or `unix`, the last at `path`."""
    family = socket.AF_UNIX if kind == "unix" else socket.AF_INET
    datagrams = kind in ("udp", "unix")
    taken = socket.socket(family, socket.SOCK_DGRAM if datagrams else socket.SOCK_STREAM)
    taken.bind(str(path) if kind == "unix" else ("127.0.0.1", 0))
    if not datagrams:
        taken.listen()
    server = SyslogServer(taken, tls)
    try:
        yield server
    finally:
        server.stop()
