"""Traps: one call of the bot's is held, before it is taken or before its answer leaves."""

from __future__ import annotations

from dataclasses import dataclass, field

from rehearsal import Sandbox
from rehearsal.digitalocean.faults import Fault as DigitalOceanFault
from rehearsal.slack.faults import Fault as SlackFault


@dataclass(frozen=True, eq=False)
class _NthSlackCall(SlackFault):
    nth: int = 1
    seen: list[str] = field(default_factory=list)

    def fits(self, method: str, channel: str | None) -> bool:
        if super().fits(method, channel):
            self.seen.append(method)
            return len(self.seen) == self.nth
        return False


@dataclass(frozen=True, eq=False)
class _NthDigitalOceanCall(DigitalOceanFault):
    nth: int = 1
    seen: list[str] = field(default_factory=list)

    def fits(self, method: str, path: str) -> bool:
        if super().fits(method, path):
            self.seen.append(path)
            return len(self.seen) == self.nth
        return False


@dataclass(frozen=True)
class Call:
    """One call of the bot's, by what it asks and how many like it came since the trap was set.

    Attributes:
        to: a Slack method, as `chat.postMessage`, or a DigitalOcean request, as
            `GET /v2/images/*`. The path is a shell pattern.
        channel: of a Slack method.
    """

    to: str
    nth: int = 1
    channel: str | None = None


class Trap:
    """Holds one call for ever, once it is set.

    Args:
        answered: False: the call has arrived, and nothing of it is done. True: it is done,
            and the answer does not leave.
    """

    def __init__(self, sandbox: Sandbox, call: Call, *, answered: bool) -> None:
        self._sandbox = sandbox
        method, _, path = call.to.partition(" ")
        self._plan: _NthSlackCall | _NthDigitalOceanCall
        if path:
            self._plan = _NthDigitalOceanCall("hang", method, path, after=answered, nth=call.nth)
        else:
            self._plan = _NthSlackCall(
                "hang", method, after=answered, channel=call.channel, nth=call.nth
            )

    def set(self) -> None:
        """From now on, wait for the call."""
        if isinstance(self._plan, _NthSlackCall):
            self._sandbox.slack.faults.add(self._plan)
        else:
            self._sandbox.digitalocean.faults.add(self._plan)

    @property
    def holds(self) -> bool:
        """Whether the call is in it."""
        return _has_come(self._sandbox, self._plan)


def _has_come(sandbox: Sandbox, plan: _NthSlackCall | _NthDigitalOceanCall) -> bool:
    def is_taken() -> bool:
        taken = [*sandbox.slack.faults.taken, *sandbox.digitalocean.faults.taken]
        return any(each is plan for each in taken)

    # Looked at on the stand-ins' own thread: between two of its steps, never within one.
    return sandbox.slack._thread.call(is_taken)


class LostAnswer:
    """The connection of one call to DigitalOcean is reset.

    Args:
        taken: what it asks for was done.
    """

    def __init__(self, sandbox: Sandbox, call: Call, *, taken: bool) -> None:
        self._sandbox = sandbox
        method, _, path = call.to.partition(" ")
        self._plan = _NthDigitalOceanCall("reset", method, path, after=taken, nth=call.nth)

    @property
    def has_come(self) -> bool:
        """Whether the call came, and its answer was lost."""
        return _has_come(self._sandbox, self._plan)

    def set(self) -> None:
        """From now on, wait for the call."""
        self._sandbox.digitalocean.faults.add(self._plan)
