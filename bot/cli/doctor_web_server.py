"""`doctor`, the web server: whether the bot can listen where the settings say."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from bot.cli.findings import Finding, ok, wrong
from bot.config import Settings

_SECONDS = 2.0


def web_server(settings: Settings) -> Iterator[Finding]:
    """Whether the address is free, or the bot itself is there already."""
    where = f"HOST={settings.host}, PORT={settings.port}"
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and _is_the_bot(settings):
            yield ok("web server", f"the bot listens there already: {where}")
        elif error.errno == errno.EADDRINUSE:
            fix = "End the other program, or choose another PORT."
            yield wrong("web server", f"something else listens there: {where}", fix)
        else:
            fix = "HOST is an address of this machine, and PORT one above 1023; or leave them out."
            yield wrong("web server", f"nothing can listen there: {where}: {error.strerror}", fix)
    else:
        yield ok("web server", f"it can listen there: {where}")


def _is_the_bot(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - where it listens to all
    connection = HTTPConnection(host, settings.port, timeout=_SECONDS)
    try:
        connection.request("GET", urlsplit("/healthz").path)
        answer = connection.getresponse()
        return answer.status in (200, 503) and b"ok" in answer.read(2_000).lower()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
