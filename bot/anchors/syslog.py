"""Heads to syslog: RFC 5424, over UDP, TCP, TLS or a socket of this machine.

Not by `logging.handlers.SysLogHandler`: over TCP it marks no message's end, it writes RFC 3164, and
what goes wrong it only prints.
"""

from __future__ import annotations

import os
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

from bot.anchors.heads import Head
from bot.anchors.sinks import NotKept
from bot.errors import SettingsError

CALL_SECONDS = 5.0
_AUDIT_NOTICE = 13 * 8 + 5
"""Facility "log audit", severity "notice"."""
_PORTS = {"udp": 514, "tcp": 601, "tls": 6514}
_HELP = "Expected udp://host:514, tcp://host:601, tls://host:6514 or unix:///dev/log."


class SyslogSink:
    """One address of a syslog server.

    Args:
        address: `udp://`, `tcp://` or `tls://` with a host, or `unix://` with a path.

    Raises:
        SettingsError: it is none of these.
    """

    name = "syslog"

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        try:
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            port = 0
        is_local = parts.scheme == "unix" and parts.path
        if not is_local and not (parts.scheme in _PORTS and parts.hostname and port):
            raise SettingsError("IMAGE_BOT_ANCHOR_SYSLOG names no syslog server.", _HELP)
        self._scheme, self._path = parts.scheme, parts.path
        self._host, self._port = parts.hostname or "", port

    def send(self, head: Head) -> None:
        """Send it on a connection of its own; syslog has no answer that says it was read."""
        try:
            self._send(_message(head))
        except OSError as error:
            why = error.strerror or str(error)
            raise NotKept(f"The syslog server cannot be reached: {why}.") from error

    def _send(self, told: bytes) -> None:
        if self._scheme == "unix":
            self._send_datagram(socket.AF_UNIX, self._path, told)
        elif self._scheme == "udp":
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)
            family, _, _, _, address = found[0]
            self._send_datagram(family, address, told)
        else:
            with socket.create_connection((self._host, self._port), CALL_SECONDS) as to:
                self._send_stream(to, _counted(told))

    def _send_datagram(self, family: int, address: Any, told: bytes) -> None:
        with socket.socket(family, socket.SOCK_DGRAM) as to:
            to.settimeout(CALL_SECONDS)
            to.connect(address)
            to.send(told)

    def _send_stream(self, to: socket.socket, told: bytes) -> None:
        if self._scheme == "tcp":
            to.sendall(told)
            return
        context = ssl.create_default_context()
        with context.wrap_socket(to, server_hostname=self._host) as sealed:
            sealed.sendall(told)


def _counted(told: bytes) -> bytes:
    """Octet counting (RFC 6587, RFC 5425): a stream does not show where a message ends."""
    return b"%d %s" % (len(told), told)


def _message(head: Head) -> bytes:
    """`<PRI>1 TIME HOST APP PROCID MSGID - MSG`; the message is the line that a file gets."""
    host = socket.gethostname()[:255] or "-"
    begin = f"<{_AUDIT_NOTICE}>1 {head.time} {host} image-bot {os.getpid()} audit-head -"
    return f"{begin} {head.line()}".encode()
