"""What `doctor` finds: one line a finding, each with the mend where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How one thing stands."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what was found, and what to do about it."""

    check: str
    verdict: Verdict
    said: str
    mend: str = ""

    def as_dict(self) -> dict[str, str]:
        """For `--json`."""
        return {name: str(value) for name, value in asdict(self).items()}


Findings = Iterable[Finding]
Check = Callable[[], Findings]


def ok(check: str, said: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Verdict.OK, said)


def warning(check: str, said: str, mend: str) -> Finding:
    """It works, and should be otherwise."""
    return Finding(check, Verdict.WARNING, said, mend)


def wrong(check: str, said: str, mend: str) -> Finding:
    """It does not work."""
    return Finding(check, Verdict.WRONG, said, mend)


SKEW_WARNING, SKEW_WRONG = 30.0, 240.0
"""Seconds between our clock and another. Slack's signatures are good for 300."""


def clock(check: str, skew: float | None) -> Finding:
    """How far our clock is from somebody's; None: they did not say what time it is."""
    if skew is None:
        return warning(check, "the answer holds no date: the clocks were not compared", "")
    said = f"our clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"
    mend = "Set this machine's clock, best by NTP: `timedatectl set-ntp true`."
    if abs(skew) >= SKEW_WRONG:
        return wrong(check, f"{said}: signatures and settling depend on it", mend)
    if abs(skew) >= SKEW_WARNING:
        return warning(check, said, mend)
    return ok(check, "our clock agrees")
