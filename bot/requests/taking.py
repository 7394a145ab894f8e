"""The base of the use cases that are not functions yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.step_up import Refusal
from bot.policy.decide import Decision
from bot.policy.file import PolicyFile
from bot.requests import clicks
from bot.requests.commands import Click
from bot.requests.idempotency import taken_once
from bot.requests.second_factors import SecondFactors
from bot.requests.unit_of_work import Dependencies, ReadCommand, UnitOfWork
from bot.schedules.file import SchedulesFile
from bot.store import audit
from bot.store.rows import OpsRequest
from bot.store.second_factors import Link
from bot.store.transaction import Store, Transaction


@dataclass(frozen=True)
class _Act:
    delivery: str
    act: Callable[[Transaction], str]


@taken_once
def _take(uow: UnitOfWork, command: _Act) -> str:
    return command.act(uow.tx)


class Taking:
    """The base of the use cases."""

    def __init__(
        self,
        store: Store,
        policy: PolicyFile,
        schedules: SchedulesFile | None = None,
        read_command: ReadCommand | None = None,
        second_factors: SecondFactors | None = None,
    ) -> None:
        self.deps = Dependencies(
            store,
            policy,
            schedules or SchedulesFile(None, lambda _: None),
            read_command,
            second_factors,
        )
        self._store = store
        self._policy = policy
        self._second_factors = second_factors
        self._refused = self.deps.refused

    def _once(self, delivery: str, act: Callable[[Transaction], str]) -> str:
        return _take(self.deps, _Act(delivery, act))

    def _decision_now(self, tx: Transaction, request: OpsRequest) -> Decision:
        return clicks.decision_now(UnitOfWork(tx, self.deps), request)

    def _clicked(
        self, connection: Connection, click: Click, *, for_update: bool = False
    ) -> OpsRequest | None:
        return clicks.clicked(connection, click, for_update=for_update)

    def _note_no_step_up(self, tx: Transaction, link: Link, why: Refusal, **facts: str) -> None:
        """That nothing came of a link to show a second factor stands in the audit log."""
        if not self._refused.wait(link.person):  # of a flood the log holds enough
            told = {"why": why, "link": link.name, "purpose": link.purpose, **facts}
            request = link.ops_request
            audit.append(tx, Event.STEP_UP_REFUSED, link.person, ops_request=request, facts=told)

    def _refuse_click(
        self,
        tx: Transaction,
        click: Click,
        request: OpsRequest,
        text: str,
        facts: Mapping[str, object],
    ) -> str:
        return clicks.refuse_click(UnitOfWork(tx, self.deps), click, request, text, facts)
