"""Planned misbehaviour of the DigitalOcean API, by method and path.

`path` is a shell pattern over the whole path (`/v2/images/*/actions`); `times` None means
until `clear()`. What is planned first is taken first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from rehearsal.planned import Plans

Kind = Literal["answer", "hang", "reset", "raw", "cut", "slow", "unknown_status", "changed"]


@dataclass(frozen=True)
class Fault:
    """One planned fault; `after` says whether the account takes the request first."""

    kind: Kind
    method: str = "*"
    path: str = "*"
    times: int | None = 1
    after: bool = False
    seconds: float | None = None
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def fits(self, method: str, path: str) -> bool:
        return self.method in ("*", method) and fnmatchcase(path, self.path)


class DigitalOceanFaults(Plans[Fault]):
    """Each method plans one kind of fault, for `times` requests that fit."""

    late: float = 0.0
    """Seconds by which every answer is late, whatever else goes wrong, until `clear()`."""

    def clear(self) -> None:
        super().clear()
        self.late = 0.0

    def status(
        self,
        status: int,
        body: Any = None,
        *,
        method: str = "*",
        path: str = "*",
        times: int | None = 1,
        after: bool = False,
        headers: dict[str, str] | None = None,
    ) -> Fault:
        """Answer `status`; `after=True`: the account has taken the request all the same."""
        return self.add(
            Fault(
                "answer",
                method,
                path,
                times,
                after,
                status=status,
                body=body,
                headers=headers or {},
            )
        )

    def too_many(
        self,
        retry_after: int | None = None,
        *,
        method: str = "*",
        path: str = "*",
        times: int | None = 1,
    ) -> Fault:
        """Answer 429, with `retry-after` (the minute's limit) or without (the hour's)."""
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        return self.status(429, method=method, path=path, times=times, headers=headers)

    def hang(
        self,
        seconds: float | None = None,
        *,
        method: str = "*",
        path: str = "*",
        times: int | None = 1,
        after: bool = False,
    ) -> Fault:
        """Say nothing for `seconds` (None: for ever), then cut the connection."""
        return self.add(Fault("hang", method, path, times, after, seconds))

    def reset(
        self, *, method: str = "*", path: str = "*", times: int | None = 1, after: bool = False
    ) -> Fault:
        """Reset the TCP connection; `after=True`: once the account has taken the request."""
        return self.add(Fault("reset", method, path, times, after))

    def broken_json(
        self, *, method: str = "*", path: str = "*", times: int | None = 1, after: bool = True
    ) -> Fault:
        """Answer with the right status and half a JSON document."""
        return self.add(Fault("raw", method, path, times, after, body='{"action": {"id": 24'))

    def raw(
        self,
        body: bytes,
        *,
        headers: dict[str, str] | None = None,
        method: str = "*",
        path: str = "*",
        times: int | None = 1,
        is_cut: bool = False,
    ) -> Fault:
        """Take the request, and answer these bytes with the right status; `is_cut`: half of them,
        and then nothing more."""
        kind: Kind = "cut" if is_cut else "raw"
        return self.add(
            Fault(kind, method, path, times, after=True, body=body, headers=headers or {})
        )

    def unknown_status(
        self, status: str = "paused", *, path: str = "*", times: int | None = 1
    ) -> Fault:
        """Report every action in the answer with a status the API does not document."""
        return self.add(Fault("unknown_status", "*", path, times, after=True, body=status))

    def changed(
        self,
        change: Callable[[Any], Any],
        *,
        method: str = "GET",
        path: str = "*",
        times: int | None = None,
    ) -> Fault:
        """Answer with what `change` makes of the right JSON: no links, a total that lies."""
        return self.add(Fault("changed", method, path, times, after=True, body=change))

    def slow(
        self, seconds: float, *, method: str = "*", path: str = "*", times: int | None = 1
    ) -> Fault:
        """Answer rightly, `seconds` late; the request is taken before the wait."""
        return self.add(Fault("slow", method, path, times, after=True, seconds=seconds))

    def accept_then_reset(self, *, path: str = "*/actions", times: int | None = 1) -> Fault:
        """Take the POST, then reset the connection: the ambiguous case."""
        return self.reset(method="POST", path=path, times=times, after=True)

    def accept_then_hang(
        self, seconds: float | None = None, *, path: str = "*/actions", times: int | None = 1
    ) -> Fault:
        """Take the POST, then say nothing."""
        return self.hang(seconds, method="POST", path=path, times=times, after=True)

    def accept_then_status(
        self, status: int = 500, *, path: str = "*/actions", times: int | None = 1
    ) -> Fault:
        """Take the POST, then answer `status`."""
        return self.status(status, method="POST", path=path, times=times, after=True)
