"""Taking a payload once: Slack brings some twice, and two replicas may get the same one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Generic, Protocol, TypeVar

from sqlalchemy.exc import IntegrityError

from bot.requests.outcomes import DONE, Done, Outcome, Refused, SaidOnce
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


def _told(outcome: Outcome) -> str:
    match outcome:
        case Done():
            return ""
        case Refused(text) | SaidOnce(again=text):
            return text


TEXT = Kept[str](to_text=str, from_text=str)
"""A text is kept as it is."""
OUTCOME = Kept[Outcome](_told, lambda told: Refused(told) if told else DONE)
"""Of an outcome it is kept what a repeated delivery is told."""


def taken_once(
    kept: Kept[A],
) -> Callable[[Callable[[UnitOfWork, C], A]], Callable[[Dependencies, C], A]]:
    """Make a use case of what is done in one transaction: its work, its answer, its delivery key.

    A payload that comes twice gets the same answer, and does nothing more. The use case raises
    `bot.errors.StoreUnavailable` where nothing was taken.

    Args:
        kept: how the answer is kept for the second time.
    """

    def use_case(act: Callable[[UnitOfWork, C], A]) -> Callable[[Dependencies, C], A]:
        @wraps(act)
        def once(deps: Dependencies, command: C) -> A:
            try:
                return _take(deps, command, act, kept)
            except IntegrityError:  # another replica was faster: now its row is there
                return _take(deps, command, act, kept)

        return once

    return use_case


def _take(deps: Dependencies, command: C, act: Callable[[UnitOfWork, C], A], kept: Kept[A]) -> A:
    with deps.unit_of_work(ACK_SECONDS) as uow:
        given = deliveries.answer_to(uow.tx.connection, command.delivery)
        if given is not None:
            return kept.from_text(given)
        answer = act(uow, command)
        deliveries.take(uow.tx, command.delivery, kept.to_text(answer))
        return answer
