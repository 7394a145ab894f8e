"""What can be confirmed on a link: found by it, and counted once it is confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy.engine import Connection

from bot.domain.step_up import Confirmed
from bot.requests.counted import account_of, signed_in_as
from bot.requests.unit_of_work import UnitOfWork
from bot.store import audit, requests
from bot.store.rows import OpsRequest
from bot.store.second_factors import Link
from bot.store.transaction import Transaction
from bot.views.pages.step_up import Subject


@dataclass(frozen=True)
class NotCounted:
    """Why it does not count after all, in a sentence for whoever confirmed it."""

    said: str


S = TypeVar("S", bound=Subject)


class Confirmable(Protocol[S]):
    """One kind of thing that is confirmed."""

    def lock(self, tx: Transaction, link: Link) -> None:
        """Let nobody else touch what the link is for until this transaction ends."""

    def find(self, connection: Connection, link: Link) -> S | None:
        """What the link is for, as it is now; None: that is gone, or is another one."""

    def count(
        self, uow: UnitOfWork, subject: S, person: str, confirmed: Confirmed
    ) -> S | NotCounted:
        """Do what was confirmed, as the policy in force now has it.

        Returns:
            what it is about, as it is after that.
        """


def request_of(connection: Connection, link: Link) -> OpsRequest | None:
    """The request that was clicked on; None: it is another one under its number."""
    if link.ops_request is None:
        return None
    request = requests.load(connection, link.ops_request)
    is_same = request is not None and link.evidence_digest == request.evidence_digest
    return request if is_same else None


def lock_request(tx: Transaction, link: Link) -> None:
    """Let nobody else touch the request until this transaction ends."""
    if link.ops_request is not None:
        requests.load(tx.connection, link.ops_request, for_update=True)


def is_anothers_account(
    connection: Connection, request_id: int, person: str, confirmed: Confirmed
) -> bool:
    """Whether another user of Slack confirmed the same with this account of the identity provider:
    then it is one person with two users."""
    rows = audit.entries(connection, ops_request=request_id)
    others = {account for other, account in signed_in_as(rows).items() if other != person}
    account = account_of(confirmed.facts())
    return account is not None and account in others
