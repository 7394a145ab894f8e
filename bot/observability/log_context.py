"""What a log line is about: the ops request, the person, the image; carried by each line.

Facts are written behind the sentence as `name=value`, in JSON also as keys of their own. So
`grep -w ops_request=17` follows one request from its command to its end, in either format.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_now: ContextVar[Mapping[str, object]] = ContextVar("log_context", default={})  # noqa: B039 - never changed


@contextmanager
def log_context(**facts: object) -> Iterator[None]:
    """Every line logged within carries these facts; those that are None or empty are left out."""
    mark = _now.set({**_now.get(), **_told(facts)})
    try:
        yield
    finally:
        _now.reset(mark)


def log_event(
    log: logging.Logger, sentence: str, *, level: int = logging.INFO, **facts: object
) -> None:
    """Log one thing that happened, with its facts."""
    log.log(level, "%s", sentence, extra={"facts": _told(facts)})


def facts_of(record: logging.LogRecord) -> Mapping[str, object]:
    """What a record is about: its own facts, and those of where it was logged."""
    return {**_now.get(), **getattr(record, "facts", {})}


def _told(facts: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in facts.items() if value not in (None, "")}
