"""Sinks on their own: what goes over the wire, and what cannot be a sink."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from certificates import write_certificate
from syslog_server import MESSAGE, listening

from bot.anchors import heads
from bot.anchors.heads import Head
from bot.anchors.sinks import NotKept
from bot.anchors.syslog import SyslogSink
from bot.errors import BotError, SettingsError

HEAD = Head(1796067245.5363636, "2026-11-30T19:34:05.536+00:00", 4, "d6ea", "b1", "51a9")


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


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server has whose authority this machine trusts."""
    certificate = write_certificate(tmp_path / "both.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_syslog_server_that_is_trusted_gets_each_head_whole(
    trusted: ssl.SSLContext, version: ssl.TLSVersion
) -> None:
    trusted.minimum_version = trusted.maximum_version = version
    with listening("tcp", tls=trusted) as server:
        sink = SyslogSink(f"tls://127.0.0.1:{server.port}")
        for _ in range(20):
            sink.send(HEAD)
        _wait(lambda: len(server.lines) == 20)
    assert (len(server.lines), server.wrong) == (20, [])


def test_a_syslog_server_with_the_certificate_of_another_gets_nothing(
    trusted: ssl.SSLContext,
) -> None:
    with listening("tcp", tls=trusted) as server:
        with pytest.raises(NotKept):
            SyslogSink(f"tls://localhost:{server.port}").send(HEAD)
        assert server.lines == server.wrong == []


def test_a_syslog_server_whose_certificate_nobody_vouches_for_gets_nothing() -> None:
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


@pytest.mark.parametrize(
    "lie",
    [
        {"time": "\x1b[3A\x1b[JThe audit log is whole"},
        {"time": "2026-11-30T19:34:05.536+00:00\n"},
        {"key": "\x1b[2K"},
        {"hash": "\u202e"},
        {"at": 0.0},
    ],
)
def test_a_head_writes_over_nothing_in_the_terminal(tmp_path: Path, lie: dict[str, Any]) -> None:
    """Whoever can write to the place could hide there what is wrong."""
    lines = [HEAD.line(), json.dumps(json.loads(HEAD.line()) | lie)]
    (tmp_path / "heads").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(BotError, match="holds no heads") as refused:
        heads.read(tmp_path / "heads")
    assert "\x1b" not in str(refused.value)


def test_heads_that_came_in_another_order_are_no_older_database() -> None:
    def at(seconds: float, position: int) -> Head:
        return Head(seconds, str(seconds), position, "")

    assert heads.went_back([at(10.0, 7), at(10.1, 6), at(11.0, 8)]) == []
    (said,) = heads.went_back([at(10.0, 7), at(4000.0, 6), at(4001.0, 6), at(4002.0, 7)])
    assert "only 6 at 4000.0" in said


def _wait(met: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not met() and time.monotonic() < ends:
        time.sleep(0.01)
