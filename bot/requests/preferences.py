"""What a person settles for themselves: their messages, their App Home."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.direct_messages import DirectMessages
from bot.requests.commands import BySender, Sender
from bot.requests.idempotency import OUTCOME, TEXT, taken_once
from bot.requests.outcomes import DONE, Outcome
from bot.requests.unit_of_work import UnitOfWork
from bot.store import homes, preferences
from bot.views import answers


@dataclass(frozen=True)
class SetNotify(BySender):
    """Choose one's direct messages."""

    choice: DirectMessages


@taken_once(TEXT)
def set_notify(uow: UnitOfWork, command: SetNotify) -> str:
    """Choose one's direct messages; the answer."""
    preferences.choose(uow.tx, command.by.person, command.choice)
    homes.refresh(uow.tx, [command.by.person])
    return answers.direct_messages_chosen(command.choice)


@taken_once(OUTCOME)
def home_opened(uow: UnitOfWork, by: Sender) -> Outcome:
    """A person looks at their App Home: it is drawn, and kept up to date from now on."""
    homes.opened(uow.tx, by.person)
    return DONE
