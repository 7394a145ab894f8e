"""Who may use the page: only a browser that asked for its address, from the page itself.

The page drives the bot, so another site open in the same browser must not reach it. Four
things hold it off: the Host must be ours (a foreign name can resolve to loopback), the
browser must not call the request cross-site, a POST must name our origin, and all but the
page itself takes a token that is new in each run.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

TOKEN_HEADER = "X-Rehearsal-Token"  # noqa: S105 - the header's name
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""On every answer: nothing from elsewhere, no inline script, in nobody's frame."""


class Guard:
    """Decides from a request's head alone."""

    def __init__(self, token: str, host: str = "127.0.0.1") -> None:
        self._token = token.encode()
        self._hosts = {"127.0.0.1", "localhost", host}

    def refusal(
        self, method: str, path: str, headers: Mapping[str, str], port: int, token: str = ""
    ) -> str | None:
        """Why the request is refused; None: it may pass.

        Args:
            token: the one in the address, for the stream, which can send no header.
        """
        hosts = tuple(f"{host}:{port}" for host in self._hosts)
        if headers.get("Host") not in hosts:
            return "this page answers to its own address only"
        if path.startswith("/api/"):
            return self._not_from_the_page(method, headers, hosts, token)
        return None if method == "GET" else "there is nothing to post to here"

    def _not_from_the_page(
        self, method: str, headers: Mapping[str, str], hosts: tuple[str, ...], token: str
    ) -> str | None:
        if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return "requests from other sites are refused"
        given = headers.get(TOKEN_HEADER) or token
        if not hmac.compare_digest(given.encode(), self._token):
            return "the token of this run is missing; load the page again"
        if method == "GET":
            return None
        if method != "POST":
            return "only GET and POST are known"
        if headers.get("Origin") not in [f"http://{host}" for host in hosts]:
            return "requests from other sites are refused"
        if headers.get("Content-Type", "").partition(";")[0] != "application/json":
            return "a gesture is sent as JSON"
        return None
