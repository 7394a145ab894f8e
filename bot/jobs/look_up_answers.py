"""What comes of a look-up: an answer for whoever asked, or the run of a schedule."""

from __future__ import annotations

from bot.digitalocean.catalogue import Catalogue
from bot.domain.occasions import occasion_of
from bot.domain.steps import TargetKind
from bot.requests import Opened
from bot.requests.look_up_log import finish
from bot.requests.schedule_runs import note_opened
from bot.requests.unit_of_work import Dependencies, UnitOfWork
from bot.store import outbox
from bot.store.lookups import LookUp
from bot.views import mistaken
from bot.views.blocks import paragraphs, section
from bot.views.message import Message, message


class Answers:
    """Tells what was found."""

    def __init__(self, deps: Dependencies, catalogue: Catalogue) -> None:
        self._store = deps.store
        self._catalogue = catalogue

    def answer(self, asked: LookUp, drawn: Message) -> None:
        """End a look-up that only shows something."""
        turning = bool(asked.wanted.get("turning"))
        with self._store.write() as tx:
            if finish(tx, asked, keep=False):
                outbox.add_answer(tx, None, asked.asker, drawn.text, drawn.blocks, turning=turning)

    def say(self, uow: UnitOfWork, asked: LookUp, drawn: Message, opened: Opened) -> None:
        """To whoever asked; a schedule's owner hears only what went wrong."""
        occasion = occasion_of(asked.wanted)
        if occasion:
            note_opened(uow, occasion, opened)
        else:
            outbox.add_answer(uow.tx, None, asked.asker, drawn.text, drawn.blocks)

    def refuse(self, uow: UnitOfWork, asked: LookUp, text: str) -> None:
        """Nothing is asked, since what is meant is not there, or cannot be told."""
        self.say(uow, asked, in_paragraphs(text), Opened(text, refused=True))

    def instead(self, typed: str, besides: TargetKind) -> str:
        """What of another kind is called so, in words."""
        return mistaken.in_words(self._catalogue.mistaken(typed, besides) if typed else None)


def in_paragraphs(text: str) -> Message:
    """A text whose paragraphs are lines, cut where Slack needs it."""
    return message(text, [section(part) for part in paragraphs(text.split("\n"))])
