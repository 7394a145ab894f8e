"""Sinks on their own: what goes over the wire, and what cannot be a sink."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from syslog_server import MESSAGE, listening

from bot.anchors import heads
from bot.anchors.heads import Head
from bot.anchors.sinks import NotKept
from bot.anchors.syslog import SyslogSink
from bot.errors import BotError, SettingsError

HEAD = Head(1796067245.5363636, "2026-11-30T19:34:05.536+00:00", 4, "d6ea", "k1", "51a9")


@pytest.mark.parametrize("kind", ["udp", "tcp", "unix"])
def test_syslog_gets_one_whole_message(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    with listening(kind, path) as server:
        where = f"unix://{path}" if kind == "unix" else f"{kind}://127.0.0.1:{server.port}"
        sink = SyslogSink(where)
        sink.send(HEAD)
        sink.send(HEAD)
        _wait(lambda: len(server.lines) == 2)
    assert server.wrong == []
    told = MESSAGE.fullmatch(server.lines[0])
    assert told is not None
    assert (told["app"], told["id"]) == ("image-bot", "audit-head")
    assert list(heads.in_text(server.lines[0])) == [HEAD]


def test_a_syslog_server_whose_certificate_nobody_vouches_for_gets_nothing() -> None:
    """The other half, a server that is believed, needs an authority that this machine trusts."""
    with listening("tcp", tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) as server:
        with pytest.raises(NotKept):
            SyslogSink(f"tls://127.0.0.1:{server.port}").send(HEAD)
        assert server.lines == server.wrong == []


def test_a_syslog_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with listening("tcp") as server:
        port = server.port
    for where in (f"tcp://127.0.0.1:{port}", f"unix://{tmp_path / 'nothing'}"):
        with pytest.raises(NotKept, match="cannot be reached"):
            SyslogSink(where).send(HEAD)


@pytest.mark.parametrize("where", ["host:514", "http://host", "udp://", "udp://h:x", "unix://"])
def test_what_is_no_syslog_server(where: str) -> None:
    with pytest.raises(SettingsError, match="IMAGE_BOT_ANCHOR_SYSLOG"):
        SyslogSink(where)


@pytest.mark.parametrize(
    "text", ["", "\n", "nothing of ours\n", '{"at": 1}\n', "{", '{"resourceLogs": [{}]}\n']
)
def test_a_file_without_heads_agrees_with_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "heads").write_text(text, encoding="utf-8")
    with pytest.raises(BotError, match="holds no heads"):
        heads.read(tmp_path / "heads")


def test_heads_that_came_in_another_order_are_no_older_database() -> None:
    def at(seconds: float, position: int) -> Head:
        return Head(seconds, str(seconds), position, "")

    assert heads.went_back([at(10.0, 7), at(10.1, 6), at(11.0, 8)]) == []
    (said,) = heads.went_back([at(10.0, 7), at(4000.0, 6), at(4001.0, 6), at(4002.0, 7)])
    assert "only 6 at 4000.0" in said


def _wait(met: Callable[[], bool]) -> None:
    ends = time.monotonic() + 5
    while not met() and time.monotonic() < ends:
        time.sleep(0.01)
