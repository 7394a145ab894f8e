"""Which engine a database gets."""

from __future__ import annotations

import sqlalchemy as sa

from bot.queue import SWEEP_SECONDS, Engine
from bot.queue.in_process import LocalEngine
from bot.store.transaction import Clock


def choose_engine(
    database: sa.Engine, clock: Clock, sweep_seconds: float = SWEEP_SECONDS
) -> Engine:
    """The engine for a database that `bot.store.database.open_database` opened.

    Args:
        sweep_seconds: how often the database is asked for what waits.
    """
    if database.dialect.name == "sqlite":
        return LocalEngine(clock, sweep_seconds=sweep_seconds)
    from bot.queue.procrastinate_queue import (
        ClusterEngine,  # Procrastinate is there only where it is needed
    )

    return ClusterEngine(database, clock, sweep_seconds=sweep_seconds)
