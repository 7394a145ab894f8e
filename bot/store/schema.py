"""Making the schema."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from bot.store.tables import metadata


def prepare(engine: Engine) -> None:
    """Create what is missing."""
    metadata.create_all(engine)
