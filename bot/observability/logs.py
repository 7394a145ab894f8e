"""Logs: JSON lines in production, readable lines on a terminal, never a secret in either."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Iterable
from datetime import UTC, datetime

from bot.observability.log_context import facts_of

_REDACTED = "[redacted]"
_FEWEST_CHARACTERS = 6
"""A shorter secret would be found in innocent words; settings as short are no tokens."""
_LOOKS_SECRET = re.compile(
    r"xox[a-z]-[\w-]{8,}"  # Slack's tokens
    r"|xapp-[\w-]{8,}"
    r"|do[a-z]_v1_[0-9a-f]{16,}"  # DigitalOcean's
    r"|(?<=ticket=)[\w.~%-]+"  # what opens a Socket Mode connection
    r"|(?<=hooks\.slack\.com/)[\w/-]+"  # a response_url: whoever has it can answer for the bot
    r"|(?<=://)[^\s:/@]+:[^\s/@]+(?=@)"  # a password in a database's address
)


class Redactor:
    """Takes secrets out of a text: those it is told of, and what looks like one.

    A last line of defence: nothing is meant to be logged that needs it.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._told: re.Pattern[str] | None = None
        self.tell(secrets)

    def tell(self, secrets: Iterable[str]) -> None:
        """Take these out as well from now on."""
        told = {s for s in secrets if len(s) >= _FEWEST_CHARACTERS}
        self._secrets |= told | {json.dumps(s)[1:-1] for s in told}
        longest_first = sorted(self._secrets, key=len, reverse=True)
        if longest_first:
            self._told = re.compile("|".join(map(re.escape, longest_first)))

    def __call__(self, text: str) -> str:
        """The text without them."""
        if self._told is not None:
            text = self._told.sub(_REDACTED, text)
        return _LOOKS_SECRET.sub(_REDACTED, text)


class _Lines(logging.Formatter):
    """One event, one line, redacted once it is whole: exceptions and facts included."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self._redact = redact

    def tell(self, secrets: Iterable[str]) -> None:
        """Take these out as well from now on."""
        self._redact.tell(secrets)

    def format(self, record: logging.LogRecord) -> str:
        return self._redact(self.line(record))

    def line(self, record: logging.LogRecord) -> str:
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        record.message = _sentence(record)
        return super().formatMessage(record)


class _JsonLines(_Lines):
    def line(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _sentence(record),
            **{
                name: value if isinstance(value, int | float) else _one_line(value)
                for name, value in facts_of(record).items()
            },
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _sentence(record: logging.LogRecord) -> str:
    """The message with its facts behind it, on one line: what people wrote forges no other."""
    facts = " ".join(f"{name}={value}" for name, value in facts_of(record).items())
    return _one_line(f"{record.getMessage()} {facts}")


def _one_line(value: object) -> str:
    return " ".join(str(value).split())


def set_up_logs(
    log_format: str = "auto", level: int = logging.INFO, secrets: Iterable[str] = ()
) -> None:
    """Log to standard error.

    Args:
        log_format: `json`, `text`, or `auto` (text on a terminal, JSON elsewhere).
        secrets: what must never be shown, whoever logs it.
    """
    handler = logging.StreamHandler(sys.stderr)
    as_text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    redact = Redactor(secrets)
    handler.setFormatter(_Lines(redact) if as_text else _JsonLines(redact))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    threading.excepthook = _log_unhandled
    logging.getLogger("slack_bolt").setLevel(logging.WARNING)
    logging.getLogger("slack_bolt.App").addFilter(_worth_it)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def hide(secret: str) -> None:
    """Show this nowhere in the log from now on: a secret that was read after the start."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Lines):
            handler.formatter.tell([secret])


def _worth_it(record: logging.LogRecord) -> bool:
    """What Bolt says at each start is no news; a connection that broke is fixed by our watch."""
    text = record.getMessage()
    if text.startswith("on_error invoked"):
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return not text.startswith("As you gave `client`")


def _log_unhandled(raised: threading.ExceptHookArgs) -> None:
    """What a thread did not catch: through the log, where it is redacted."""
    if raised.exc_value is not None and not isinstance(raised.exc_value, SystemExit):
        name = raised.thread.name if raised.thread else "?"
        log = logging.getLogger(__name__)
        error = (raised.exc_type, raised.exc_value, raised.exc_traceback)
        log.critical("the thread %s ended", name, exc_info=error)
