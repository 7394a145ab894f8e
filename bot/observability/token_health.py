"""Whether DigitalOcean takes the token, by what it answers to the calls that are made anyway."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from http import HTTPStatus

from bot.digitalocean import Call

log = logging.getLogger(__name__)

_ONE_IMAGE = re.compile(r"/v2/images/[^/]+")


BELIEVED_SECONDS = 600.0
"""How long a refusal counts that is not seen again. A scope for writing is tried only by the next
write; a process that was taken out of service for it would never make one."""


class TokenHealth:
    """Looks at each call's status. A 401 is about the token, a 403 about one of its scopes.

    Args:
        monotonic: seconds that never go back.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._problems: dict[str, tuple[str, float]] = {}
        self._worked: set[str] = set()
        """Scopes with which a call was answered well."""
        self._refused: dict[str, set[str]] = {}
        """For each scope the paths that were refused since then."""

    def observe(self, call: Call) -> None:
        """One HTTP attempt, in whichever thread made it."""
        scope = _scope(call)
        if not call.is_of_the_api:
            return  # a page of something on the way tells nothing of the token
        if call.status == HTTPStatus.UNAUTHORIZED:
            self._note(
                "token",
                "DigitalOcean refuses the token (401): set a new one as DIGITALOCEAN_TOKEN",
            )
        elif call.status == HTTPStatus.FORBIDDEN and scope and self._is_of_scope(scope, call.path):
            self._note(
                scope, f"the DigitalOcean token lacks {scope} (403 to {call.method} {call.path})"
            )
        elif call.status is not None and call.status < HTTPStatus.BAD_REQUEST:
            with self._lock:
                self._worked.add(scope)
                self._refused.pop(scope, None)
                for gone in ("token", scope):
                    if self._problems.pop(gone, None):
                        log.warning("DigitalOcean takes the token again (%s)", gone)

    def _is_of_scope(self, scope: str, path: str) -> bool:
        """Whether a 403 tells of a scope: where the scope has worked, one image that is refused
        says something of that image alone; two of them, or a list, say it of the scope."""
        with self._lock:
            refused = self._refused.setdefault(scope, set())
            refused.add(path)
            return scope not in self._worked or not _ONE_IMAGE.match(path) or len(refused) > 1

    def problem(self) -> str:
        """What keeps the token from its work; empty: nothing that is known."""
        with self._lock:
            since = self._monotonic() - BELIEVED_SECONDS
            return "; ".join(said for said, at in self._problems.values() if at >= since)

    def _note(self, what: str, problem: str) -> None:
        with self._lock:
            is_new = what not in self._problems
            self._problems[what] = problem, self._monotonic()
        if is_new:
            log.error("%s", problem)


def _scope(call: Call) -> str:
    """The scope that a call needs; empty where the bot can do without it."""
    if call.path.startswith("/v2/regions"):
        return "regions:read"
    if not call.path.startswith("/v2/images"):
        return ""  # the account's list of actions: single reads take its place
    if call.path.endswith("/account_transfer"):
        return "image:update and image:delete"
    return {"GET": "image:read", "DELETE": "image:delete"}.get(call.method, "image:update")
