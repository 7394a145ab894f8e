"""What is said of sinks for heads of the audit log, when one fails."""

from __future__ import annotations

from collections.abc import Iterable

from bot.store.anchors import SinkState
from bot.views import formats
from bot.views.escape import safe

_NAMES = {
    "file": "the file of IMAGE_BOT_ANCHOR",
    "slack": "the channel of IMAGE_BOT_ANCHOR_CHANNEL",
    "syslog": "syslog",
    "otlp": "the OpenTelemetry collector",
}


def name_of(sink: str) -> str:
    """What a sink is called."""
    return _NAMES.get(sink, sink)


def head(position: int, line: str) -> str:
    """For the channel that keeps heads: what people read, and the line that is read back."""
    return f":lock: The audit log has {position} rows.\n```{line}```"


def nothing_is_sent(sinks: Iterable[str]) -> str:
    """Why a POST waits, where none may go without its head being kept."""
    which = ", ".join(name_of(sink) for sink in sorted(sinks))
    return f"The audit log's head cannot be kept outside: not by {which}."


def failing(state: SinkState, *, required: bool) -> str:
    """For a channel, once one has failed for minutes."""
    last = "It has none yet."
    if state.position is not None and state.kept_at is not None:
        last = f"Its last is of row {state.position}, {formats.moment(state.kept_at)}."
    meanwhile = "Nothing is sent to DigitalOcean meanwhile." if required else "Requests go on."
    return (
        f":warning: *Heads of the audit log do not reach {name_of(state.name)}*:"
        f" {safe(state.problem, 300)} {last} What is written to the log since then can be rewritten"
        f" unseen by whoever holds the database, unless another place has its heads. {meanwhile}"
    )


def kept_again(state: SinkState) -> str:
    """For the same channel, once it takes them again; `state` is how it stood before."""
    since = formats.moment(state.failing_since or 0.0)
    calls = "1 call was" if state.missed == 1 else f"{state.missed} calls were"
    return (
        f":white_check_mark: Heads of the audit log reach {name_of(state.name)} again; they did"
        f" not since {since}. {calls} sent to DigitalOcean meanwhile."
    )
