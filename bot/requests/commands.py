"""What handlers hand to the use cases: who wants something, and the command itself.

Each command is frozen and carries the delivery key of its payload (`bot.requests.idempotency`).
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.occasions import Occasion
from bot.domain.search import Asker
from bot.domain.steps import StepSpec


@dataclass(frozen=True)
class RequestDraft:
    """What a person typed, validated."""

    requester: str
    channel: str
    steps: tuple[StepSpec, ...]
    reason: str = ""
    break_glass: str = ""
    occasion: Occasion | None = None
    """The schedule that asks; None: a person does."""
    in_turn: bool = False
    """Its steps run one after the other, also where they alone would not tell."""


@dataclass(frozen=True)
class Opened:
    """What became of a draft: the answer, and the new request, where there is one.

    `refused`: by the policy, at once. `joined`: the numbers of others' requests for the same.
    `left_out`: a part of it was neither asked for nor joined.
    """

    text: str
    request_id: int | None = None
    refused: bool = False
    joined: tuple[int, ...] = ()
    left_out: bool = False


@dataclass(frozen=True)
class Sender:
    """Who sent a payload, and how to answer them; `delivery` identifies the payload."""

    delivery: str
    asker: Asker

    @property
    def person(self) -> str:
        """The Slack user id."""
        return self.asker.person


@dataclass(frozen=True)
class Click:
    """One click, or one submitted form: who, about which request, and how to answer.

    `delivery` identifies the payload; `position` names one image action of several.

    Attributes:
        digest: the beginning of the evidence digest that the button was drawn with, empty where
            it carried none; None: this was typed, not clicked.
        message_ts: the message that holds the button, in `channel`.
    """

    delivery: str
    person: str
    request_id: int
    position: int = 0
    channel: str = ""
    response_url: str = ""
    digest: str | None = None
    message_ts: str = ""

    @property
    def asker(self) -> Asker:
        """Whoever clicked, as one to be answered."""
        return Asker(self.person, self.channel, "", self.response_url)


@dataclass(frozen=True)
class BySender:
    """The base of the commands that are about no request."""

    by: Sender

    @property
    def delivery(self) -> str:
        """What identifies the payload."""
        return self.by.delivery


@dataclass(frozen=True)
class ByClick:
    """The base of the commands that say more than a click on a card."""

    click: Click

    @property
    def delivery(self) -> str:
        """What identifies the payload."""
        return self.click.delivery
