"""Taking a payload once: Slack brings some twice, and two replicas may get the same one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Generic, Protocol, TypeVar

from sqlalchemy.exc import IntegrityError

from bot.requests.unit_of_work import Dependencies, UnitOfWork
from bot.store import deliveries
from bot.store.database import ACK_SECONDS


class Command(Protocol):
    """What somebody wants. Its delivery key is that of the payload it came in."""

    @property
    def delivery(self) -> str: ...


A = TypeVar("A")
C = TypeVar("C", bound=Command)


@dataclass(frozen=True)
class Kept(Generic[A]):
    """How an answer is kept beside the delivery that it was given to."""

    to_text: Callable[[A], str]
    from_text: Callable[[str], A]


def taken_once_as(
    kept: Kept[A],
) -> Callable[[Callable[[UnitOfWork, C], A]], Callable[[Dependencies, C], A]]:
    """`taken_once`, for an answer that is not a text."""

    def decorate(act: Callable[[UnitOfWork, C], A]) -> Callable[[Dependencies, C], A]:
        @wraps(act)
        def once(deps: Dependencies, command: C) -> A:
            for attempt in (1, 2):
                try:
                    with deps.unit_of_work(ACK_SECONDS) as uow:
                        given = deliveries.answer_to(uow.tx.connection, command.delivery)
                        if given is not None:
                            return kept.from_text(given)
                        answer = act(uow, command)
                        deliveries.take(uow.tx, command.delivery, kept.to_text(answer))
                        return answer
                except IntegrityError:
                    if attempt == 2:
                        raise  # the first time, another replica was faster: now its row is there
            raise AssertionError("unreachable")

        return once

    return decorate


def taken_once(act: Callable[[UnitOfWork, C], str]) -> Callable[[Dependencies, C], str]:
    """Make a use case of what is done in one transaction: its work, its answer, its delivery key.

    A payload that comes twice gets the same answer, and does nothing more. The use case raises
    `bot.errors.StoreUnavailable` where nothing was taken.
    """
    return _as_text(act)


_TEXT = Kept[str](to_text=str, from_text=str)
_as_text = taken_once_as(_TEXT)


@dataclass(frozen=True)
class SaidOnce:
    """An answer that is kept nowhere, such as a link that gives a right.

    Attributes:
        again: what a repeated delivery gets in its place.
    """

    text: str = field(repr=False)
    again: str = ""


def _kept_of(answer: str | SaidOnce) -> str:
    return answer.again if isinstance(answer, SaidOnce) else answer


SAID_ONCE = Kept[str | SaidOnce](_kept_of, str)
