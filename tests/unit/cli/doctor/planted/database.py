"""`doctor`, the database and the audit log: planted faults."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from unit.cli.doctor.patient import (
    Patient,
    Planted,
    Warned,
)

from bot.cli import doctor_here


def _tamper(patient: Patient) -> None:
    with sqlite3.connect(patient.database) as database:
        database.execute(
            "INSERT INTO audit VALUES (1, 0, 'approved', 'U0EVE', NULL, NULL, '', '', '', '{}',"
            " 'x', 'y')"
        )


def _run_sql(statement: str) -> Callable[[Patient], None]:
    def act(patient: Patient) -> None:
        with sqlite3.connect(patient.database) as database:
            database.execute(statement)

    return act


def _free(left: int) -> Callable[[Path], Any]:
    """No test can fill a disk: this is what is asked of one."""
    return lambda _folder: SimpleNamespace(total=10**12, used=10**12 - left, free=left)


PLANTED: dict[str, Planted] = {
    "the schema is missing": (
        _run_sql("DROP TABLE alembic_version"),
        "database",
        "no schema",
        "migrate",
    ),
    "the schema is newer": (
        _run_sql("UPDATE alembic_version SET version_num = '9999'"),
        "database",
        "newer",
        "newer version",
    ),
    "the database's folder is missing": (
        lambda p: p.set(DATABASE_URL=f"sqlite:///{p.folder}/gone/x.db"),
        "database",
        "does not exist",
        "mkdir",
    ),
    "the database is no database": (
        lambda p: p.database.write_bytes(b"no database" * 1000),
        "database",
        "cannot be used",
        "DATABASE_URL",
    ),
    "the database's server is away": (
        lambda p: p.set(DATABASE_URL="postgresql://bot:hidden1@127.0.0.1:1/bot"),
        "database",
        "",
        "",
    ),
    "the database's address begins at home": (
        lambda p: p.set(DATABASE_URL="sqlite:///~/image-bot.db"),
        "database",
        "~ stands for no folder",
        "Write the whole path",
    ),
    "the database's address is a path alone": (
        lambda p: p.set(DATABASE_URL="image-bot.db"),
        "database",
        "neither sqlite",
        "four slashes",
    ),
    "the database is of another kind": (
        lambda p: p.set(DATABASE_URL="mysql://bot:hidden1@db/bot"),
        "database",
        "neither sqlite",
        "four slashes",
    ),
    "the database's address names no file": (
        lambda p: p.set(DATABASE_URL="sqlite:///"),
        "database",
        "names no file",
        "four slashes",
    ),
    "the database's address is none": (
        lambda p: p.set(DATABASE_URL="postgresql://bot:hidden1@[/bot"),
        "settings",
        "DATABASE_URL: expected an address",
        "README",
    ),
    "the audit log was changed": (_tamper, "audit log", "was changed", "audit verify"),
    "the disk is full": (
        lambda p: p.env.setattr(doctor_here.shutil, "disk_usage", _free(2_000_000)),
        "database",
        "2 MB left",
        "Make room",
    ),
}


WARNED: dict[str, Warned] = {
    "the database can be read by others": (
        lambda p: p.database.chmod(0o644),
        "database",
        "image-bot.db can be read by others",
    ),
    "the database can be written by a group": (
        lambda p: p.database.chmod(0o620),
        "database",
        "image-bot.db can be written by others",
    ),
    "the disk is nearly full": (
        lambda p: p.env.setattr(doctor_here.shutil, "disk_usage", _free(700_000_000)),
        "database",
        "700 MB left",
    ),
}
