"""What an ack leaves to be done at once, such as a form: if it fails, the person is told."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

from bot.domain.search import Asker
from bot.errors import BotError, StoreUnavailable
from bot.slack.errors import SlackFailure, SlackRefused
from bot.slack.web_api import Slack
from bot.store import outbox
from bot.store.transaction import Store
from bot.views import answers, form
from bot.views.message import Message

log = logging.getLogger(__name__)

_TOO_LATE = {
    "expired_trigger_id",
    "trigger_expired",
    "exchanged_trigger_id",
    "trigger_exchanged",
    "invalid_trigger_id",
}
_CLOSED = "not_found"
"""What `views.update` answers for a form that its owner has closed: nobody waits for it."""


class AfterAck:
    """Runs work in the background, and tells whoever waits for it when it fails."""

    def __init__(self, store: Store, slack: Slack, background: Executor) -> None:
        self._store = store
        self._slack = slack
        self._background = background

    def run(self, asker: Asker, act: Callable[[], object]) -> None:
        """Do it now, in the background; it is not done again if the process dies.

        Raises:
            RuntimeError: the bot is stopping.
        """
        self._background.submit(self.told, asker, act)

    def told(self, asker: Asker, act: Callable[[], object]) -> None:
        """Do it in this thread; what fails is told to the person and never raised."""
        try:
            act()
        except SlackFailure as failure:
            log.warning("%s is not shown what they wait for: %s", asker.person, failure.error)
            if not (isinstance(failure, SlackRefused) and failure.error == _CLOSED):
                self._queue(asker, form.not_shown(failure.error, late=failure.error in _TOO_LATE))
        except BotError as problem:
            self._queue(asker, answers.error(problem))
        except Exception:
            reference = uuid.uuid4().hex[:8]
            log.exception("work behind an ack failed, reference %s", reference)
            self._queue(asker, answers.unexpected(reference))

    def tell(self, asker: Asker, message: Message) -> None:
        """Say it in the background: at once where there is a `response_url`, else by the queue.

        The first way needs no database, so a person hears too that there is none.
        """
        self._background.submit(self.say, asker, message)

    def whisper(self, asker: Asker, message: Message) -> None:
        """Say in the background what must not be kept, such as a link that works once.

        At once or not at all: what Slack does not show is asked for again.
        """
        self._background.submit(self.told, asker, lambda: self._whispered(asker, message))

    def _whispered(self, asker: Asker, message: Message) -> None:
        if asker.response_url:
            self._slack.answer(asker.response_url, message)
        else:  # a click in the App Home brings none
            self._slack.post(asker.person, message, card_id=0)

    def say(self, asker: Asker, message: Message, *, turning: bool = False) -> None:
        """The same in this thread.

        Args:
            turning: it takes the place of the message whose button was clicked.
        """
        try:
            if asker.response_url:
                self._slack.answer(asker.response_url, message, replace=turning)
                return
        except SlackFailure as failure:
            log.warning("an answer is queued, Slack said %s", failure.error)
        self._queue(asker, message.text, message.blocks, turning=turning)

    def _queue(
        self,
        asker: Asker,
        text: str,
        blocks: Sequence[dict[str, Any]] = (),
        *,
        turning: bool = False,
    ) -> None:
        try:
            with self._store.write() as tx:
                outbox.add_answer(tx, None, asker, text, blocks, turning=turning)
        except StoreUnavailable:
            log.error("%s cannot be told: the database takes no writes", asker.person)
