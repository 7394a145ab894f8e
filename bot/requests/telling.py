"""Answers to one person alone, through the durable queue."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.search import Asker
from bot.requests.commands import BySender
from bot.requests.idempotency import OUTCOME, taken_once
from bot.requests.outcomes import DONE, Outcome
from bot.requests.unit_of_work import UnitOfWork
from bot.store import outbox
from bot.store.transaction import Transaction
from bot.views.message import Message


@dataclass(frozen=True)
class Tell(BySender):
    """An answer to whoever sent a payload.

    Attributes:
        in_its_place: it takes the place of the message whose button was clicked.
    """

    drawn: Message
    in_its_place: bool = False


@taken_once(OUTCOME)
def tell_once(uow: UnitOfWork, command: Tell) -> Outcome:
    """Answer a person alone, where an ack cannot."""
    drawn = command.drawn
    outbox.add_answer(
        uow.tx, None, command.by.asker, drawn.text, drawn.blocks, turning=command.in_its_place
    )
    return DONE


def tell(tx: Transaction, asker: Asker, text: str) -> str:
    """The text, which goes to whoever asked, alone."""
    outbox.add_answer(tx, None, asker, text)
    return text
