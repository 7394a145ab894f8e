"""Sends prepared requests over kept connections and times the answers; a process of its own.

`python -m benchmarks.load` reads one `Job` as JSON from standard input and writes the answers
as JSON to standard output. Being a process of its own, it takes nothing of the bot's time
but a core.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass

from benchmarks.processes import Process, run, until_true

_SECONDS = 30.0


@dataclass(frozen=True)
class Job:
    """Requests to be sent to a port of the loopback interface.

    Attributes:
        requests: whole HTTP requests.
        at_once: how many are sent at the same moment; the next so many follow when all of
            these are answered.
        rest: seconds between an answer to the last of them and the next.
        every: seconds from one request to the next, whether answered or not; 0: see `rest`.
    """

    port: int
    requests: Sequence[str]
    at_once: int = 1
    rest: float = 0.0
    every: float = 0.0


@dataclass(frozen=True)
class Answer:
    """`sent_at` is in epoch seconds; `status` 0: there was no answer."""

    sent_at: float
    seconds: float
    status: int
    body: str


def send(job: Job) -> list[Answer]:
    """Do a job in a process of its own; its answers in the order of the requests."""
    found = json.loads(run(["-m", "benchmarks.load"], json.dumps(asdict(job))))
    return [Answer(*each) for each in found]


def ask_until_acked(port: int, request: bytes, process: Process) -> None:
    """Send a request until it is acked: at first nobody may listen yet."""

    def acked() -> bool:
        try:
            line = _Line(port)
        except OSError:
            return False
        with closing(line):
            return line.ask(request).status == 200

    until_true(acked, "the first ack", process)


class _Line:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self._socket.close()

    def ask(self, request: bytes) -> Answer:
        at, began = time.time(), time.perf_counter()
        try:
            self._socket.sendall(request)
            head, body = self._read()
        except OSError as error:
            return Answer(at, time.perf_counter() - began, 0, str(error))
        took = time.perf_counter() - began
        return Answer(at, took, int(head.split(b" ", 2)[1]), body.decode())

    def _read(self) -> tuple[bytes, bytes]:
        found = b""
        while b"\r\n\r\n" not in found:
            found += self._more()
        head, _, body = found.partition(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        while len(body) < length:
            body += self._more()
        return head, body

    def _more(self) -> bytes:
        more = self._socket.recv(65536)
        if not more:
            raise ConnectionError("the connection was closed")
        return more


def _waves(job: Job) -> Iterator[Answer]:
    lines = [_Line(job.port) for _ in range(job.at_once)]
    requests = [each.encode() for each in job.requests]
    for first in range(0, len(requests), job.at_once):
        yield from _together(lines, requests[first : first + job.at_once])
        time.sleep(job.rest)


def _together(lines: list[_Line], requests: list[bytes]) -> list[Answer]:
    if len(requests) == 1:
        return [lines[0].ask(requests[0])]
    answers: list[Answer | None] = [None] * len(requests)
    start = threading.Barrier(len(requests))

    def one(index: int) -> None:
        start.wait()
        answers[index] = lines[index].ask(requests[index])

    threads = [threading.Thread(target=one, args=(index,)) for index in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]


def _on_time(job: Job) -> list[Answer]:
    """An open load: each request has its moment, however slow the others are."""
    idle: list[_Line] = []
    guard = threading.Lock()
    answers: list[Answer | None] = [None] * len(job.requests)

    def one(index: int, request: bytes) -> None:
        with guard:
            line = idle.pop() if idle else None
        line = line or _Line(job.port)
        answers[index] = line.ask(request)
        with guard:
            idle.append(line)

    began, threads = time.perf_counter(), []
    for index, request in enumerate(job.requests):
        time.sleep(max(0.0, began + index * job.every - time.perf_counter()))
        thread = threading.Thread(target=one, args=(index, request.encode()))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]


def _main() -> None:
    job = Job(**json.load(sys.stdin))
    answers = _on_time(job) if job.every else list(_waves(job))
    json.dump([[a.sent_at, a.seconds, a.status, a.body] for a in answers], sys.stdout)


if __name__ == "__main__":
    _main()
