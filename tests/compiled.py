"""Statements are compiled once in a test process: each world has an engine, and so a cache, anew.

Compiling them was as much work as all else that a short scenario does.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine


class _Shared(dict[Any, Any]):
    """By the kind of the dialect and the statement, where SQLAlchemy asks by the dialect itself."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_a_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_of_a_kind(key), compiled)


def _of_a_kind(key: Any) -> Any:
    dialect, *statement = key
    return type(dialect), getattr(dialect, "server_version_info", None), *statement


_COMPILED = _Shared()


def share_compiled() -> None:
    """From now on, every engine of this process keeps what it compiles for the others."""
    sa.event.listen(Engine, "engine_connect", _share)


def _share(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_COMPILED)
