"""What wakes the stages. State is the truth: an engine only says when to look at it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from bot.store.transaction import Transaction

Stage = Callable[[str], None]
"""One kind of work: looks at the row that its key names, does what its state still needs,
and moves it. Idempotent: woken twice, or for nothing, it does no harm."""

Stages = Mapping[str, Stage]


class Engine(Protocol):
    """Two exist with the same stages: `local` (in process) and one on PostgreSQL."""

    def later(self, tx: Transaction, stage: str, key: str, at: float | None) -> None:
        """Ask for a stage within a transaction (see `bot.store.transaction.Later`)."""

    def start(self, stages: Stages) -> None:
        """Begin working; what a dead process left is taken up first."""

    def stop(self, seconds: float) -> bool:
        """Take no new work; wait for what is under way. False: some was left unfinished."""
