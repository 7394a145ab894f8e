"""What `doctor` finds: one line a finding, each with the fix where there is one."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from urllib.parse import urlsplit
from urllib.request import getproxies


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
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        """For `--json`."""
        return {name: str(value) for name, value in asdict(self).items()}


NO_ROTATION = (
    "Make a new app from manifest.yml, with token_rotation_enabled: false; Slack does not turn the"
    " rotation of an app's tokens off again."
)

Findings = Iterable[Finding]
Check = Callable[[], Findings]


def ok(check: str, said: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Verdict.OK, said)


def warning(check: str, said: str, fix: str) -> Finding:
    """It works, and should be otherwise."""
    return Finding(check, Verdict.WARNING, said, fix)


def wrong(check: str, said: str, fix: str) -> Finding:
    """It does not work."""
    return Finding(check, Verdict.WRONG, said, fix)


SKEW_WARNING, SKEW_WRONG = 30.0, 240.0
"""Seconds between our clock and another. Slack's signatures are good for 300."""


def clock(check: str, date: str | None) -> Finding:
    """How far our clock is from somebody's, by the `date` of their answer; None: it holds none."""
    try:
        skew = time.time() - parsedate_to_datetime(date or "").timestamp()
    except (ValueError, TypeError):
        return warning(check, "the answer holds no date: the clocks were not compared", "")
    said = f"our clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"
    fix = "Set this machine's clock, best by NTP: `timedatectl set-ntp true`."
    if abs(skew) >= SKEW_WRONG:
        return wrong(check, f"{said}: signatures and settling depend on it", fix)
    if abs(skew) >= SKEW_WARNING:
        return warning(check, said, fix)
    return ok(check, "our clock agrees")


def unreachable(check: str, service: str, setting: str, url: str, error: Exception) -> Finding:
    """A service that cannot be reached, with the likeliest reason.

    Args:
        service: its name, as a person knows it.
        setting, url: where its address is set, and what it is.
        error: what the client library raised.
    """
    host = urlsplit(url).hostname or url
    why, fix = _reason(error, host)
    proxy = getproxies().get(urlsplit(url).scheme)
    if proxy:
        shown = urlsplit(proxy).hostname or "a proxy"  # its password stays where it is
        fix = f"It is asked for through the proxy {shown} (HTTPS_PROXY): is that right? {fix}"
    return wrong(check, f"{service} cannot be reached: {why}", f"{fix} {setting} is {url}.")


def _reason(error: Exception, host: str) -> tuple[str, str]:
    causes = list(_causes(error))
    text = " ".join(str(cause) for cause in causes)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"the name {host} is not found", "Check the name servers (DNS) of this machine."
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "its certificate is not trusted", "Something on the way opens TLS, a proxy perhaps."
    if any(isinstance(cause, TimeoutError) for cause in causes) or "timed out" in text:
        return "it does not answer", "Check the network, and firewalls on the way."
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "the connection is refused", "Check firewalls on the way."
    return type(error).__name__, "Check the network, and firewalls on the way."


def _causes(error: object) -> Iterator[BaseException]:
    """An error and all that it wraps: in `reason`, in its arguments, or raised from."""
    seen: list[object] = []
    open_ = [error]
    while open_:
        one = open_.pop()
        if isinstance(one, BaseException) and one not in seen:
            seen.append(one)
            yield one
            open_ += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
