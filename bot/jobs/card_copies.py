"""Where copies of a card go."""

from __future__ import annotations

from bot.domain.direct_messages import DirectMessages
from bot.policy.decide import Decision
from bot.policy.fields import is_group
from bot.store import preferences, read_cache
from bot.store.rows import OpsRequest
from bot.store.transaction import Transaction

_MOST_TOLD = 50
"""People of one user group who get a copy of the card."""


def places(tx: Transaction, request: OpsRequest, decision: Decision, *, asked: bool) -> list[str]:
    """Where copies of the card go: channels and people; of a user group, each of its members.

    Those who are `asked` to approve are among them where few are, where they chose so, and where
    it was asked for in a direct message with the bot.
    """
    directory = read_cache.StoredDirectory(tx.connection, tx.now)
    found: dict[str, None] = {}
    for entry in decision.notify:
        members = directory.members(entry) if is_group(entry) else {entry}
        found |= dict.fromkeys(sorted(members or ())[:_MOST_TOLD])
    if asked:
        choices = preferences.chosen(tx.connection, decision.approvers - {request.requester})
        found |= dict.fromkeys(p for p, choice in choices.items() if choice.asks(len(choices)))
        if request.channel.startswith("D"):  # nobody else sees the card there
            awake = [p for p, choice in choices.items() if choice is not DirectMessages.NONE]
            found |= dict.fromkeys(awake[:_MOST_TOLD])
    return list(found)
