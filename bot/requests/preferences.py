"""What a person settles for themselves: their messages, their App Home."""

from __future__ import annotations

from bot.domain.direct_messages import DirectMessages
from bot.domain.search import Asker
from bot.requests.idempotency import Taking
from bot.store import homes, outbox, preferences
from bot.store.transaction import Transaction
from bot.views import answers
from bot.views.message import Message


class Personal(Taking):
    """What concerns one person alone."""

    def set_notify(self, person: str, choice: DirectMessages, delivery: str) -> str:
        """Choose one's direct messages; the answer.

        Raises:
            bot.errors.StoreUnavailable: nothing was changed.
        """

        def act(tx: Transaction) -> str:
            preferences.choose(tx, person, choice)
            homes.refresh(tx, [person])
            return answers.direct_messages_chosen(choice)

        return self._once(delivery, act)

    def home_opened(self, person: str, delivery: str) -> None:
        """A person looks at their App Home: it is drawn, and kept up to date from now on."""

        def act(tx: Transaction) -> str:
            homes.opened(tx, person)
            return ""

        self._once(delivery, act)

    def tell(
        self, asker: Asker, drawn: Message, delivery: str, *, in_its_place: bool = False
    ) -> None:
        """Answer a person alone, where an ack cannot.

        Args:
            in_its_place: the answer takes the place of the message whose button was clicked.
        """

        def act(tx: Transaction) -> str:
            outbox.add_answer(tx, None, asker, drawn.text, drawn.blocks, turning=in_its_place)
            return ""

        self._once(delivery, act)
