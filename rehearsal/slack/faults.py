"""Planned misbehaviour of Slack: by Web API method, and in what it delivers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from rehearsal.planned import Plans

Kind = Literal["fail", "hang", "drop", "changed"]


@dataclass(frozen=True)
class Fault:
    """One planned fault; `after` says whether Slack does the work first."""

    kind: Kind
    method: str
    times: int | None = 1
    after: bool = False
    error: str | None = None
    status: int = 200
    retry_after: int | None = None
    seconds: float | None = None
    channel: str | None = None
    change: Callable[[Any], Any] | None = None

    def fits(self, method: str, channel: str | None) -> bool:
        return fnmatchcase(method, self.method) and self.channel in (None, channel)


@dataclass(frozen=True)
class Repeat:
    """Deliver payloads of a kind (`*`: any) once more."""

    kind: str
    times: int | None = 1


class SlackFaults(Plans[Fault]):
    """`method` may be a pattern (`chat.*`); `times` None means until `clear()`."""

    def __init__(self) -> None:
        super().__init__()
        self.repeats: Plans[Repeat] = Plans()

    def fail(
        self,
        method: str,
        error: str | None = None,
        status: int | None = None,
        retry_after: int | None = None,
        times: int | None = 1,
        channel: str | None = None,
        after: bool = False,
    ) -> Fault:
        """Answer `error`, or a bare `status`; with `retry_after` the header of that name.

        `status` is 429 for `ratelimited` and 200 otherwise, unless it is given.
        `after=True`: Slack has done the work all the same.
        """
        implied = 429 if error == "ratelimited" else 200
        status = implied if status is None else status
        return self.add(
            Fault("fail", method, times, after, error, status, retry_after, None, channel)
        )

    def hang(
        self,
        method: str,
        seconds: float | None = None,
        times: int | None = 1,
        channel: str | None = None,
        after: bool = False,
    ) -> Fault:
        """Say nothing for `seconds` (None: for ever), then cut the connection."""
        return self.add(Fault("hang", method, times, after, seconds=seconds, channel=channel))

    def drop(
        self,
        method: str,
        times: int | None = 1,
        channel: str | None = None,
        after: bool = False,
    ) -> Fault:
        """Reset the connection; `after=True`: once Slack has done the work."""
        return self.add(Fault("drop", method, times, after, channel=channel))

    def changed(
        self,
        method: str,
        change: Callable[[Any], Any],
        times: int | None = None,
        channel: str | None = None,
    ) -> Fault:
        """Do the work, and answer what `change` makes of the right JSON."""
        return self.add(Fault("changed", method, times, after=True, channel=channel, change=change))

    def deliver_twice(self, times: int | None = 1, kind: str = "*") -> Repeat:
        """Deliver the next payloads twice: the very same one, with the same ids.

        `kind` is `command`, `interactive`, `event` or `*`.
        """
        return self.repeats.add(Repeat(kind, times))

    def clear(self) -> None:
        super().clear()
        self.repeats.clear()
