"""The schema's version, ours and the queue's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from postgres import KINDS, either_database, fresh_database

from bot.errors import SchemaMismatch
from bot.store import schema
from bot.store.database import open_database
from bot.store.schema import check, migrate, revisions
from bot.store.tables import metadata


@pytest.fixture(params=KINDS)
def database(request, tmp_path):
    with either_database(request.param, tmp_path) as url:
        engine = open_database(url)
        yield engine
        engine.dispose()


def _run(database: sa.Engine, statement: str) -> None:
    with database.begin() as connection:
        connection.execute(sa.text(statement))


def test_migrating_again_changes_nothing(database) -> None:
    before = migrate(database)
    assert migrate(database) == before
    check(database)


def test_the_migrations_make_the_tables_that_the_code_speaks_of(database) -> None:
    def of_ours(_object, name, kind, *_) -> bool:
        return kind != "table" or name in metadata.tables  # the queue brings its own

    with database.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": of_ours, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize(
    ("table", "index"),
    [("ops_step", "uq_step_unfinished"), ("outbox_message", "ix_outbox_behind")],
)
def test_an_index_of_what_is_unfinished_leaves_the_rest_out(database, table, index) -> None:
    found = {each["name"]: each for each in sa.inspect(database).get_indexes(table)}
    assert found[index]["dialect_options"][f"{database.dialect.name}_where"] is not None


def test_a_newer_schema_stops_the_bot(database) -> None:
    _run(database, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaMismatch, match="newer"):
        check(database)


def test_a_database_without_a_schema_stops_the_bot() -> None:
    with fresh_database(migrated=False) as url:
        engine = open_database(url)
        with pytest.raises(SchemaMismatch, match="bot migrate"):
            check(engine)
        engine.dispose()


@pytest.fixture
def on_postgresql():
    with fresh_database() as url:
        engine = open_database(url)
        yield engine
        engine.dispose()


def test_a_newer_queue_stops_the_bot(on_postgresql) -> None:
    _run(on_postgresql, "INSERT INTO queue_schema VALUES ('99.00.00_01_pre_something.sql')")
    with pytest.raises(SchemaMismatch, match=r"queue.*newer"):
        check(on_postgresql)


def test_an_older_queue_stops_the_bot_until_it_is_migrated(on_postgresql) -> None:
    _run(on_postgresql, "DELETE FROM queue_schema WHERE name LIKE '03.04.00_50_post_%'")
    with pytest.raises(SchemaMismatch, match=r"queue.*older"):
        check(on_postgresql)
    migrate(on_postgresql)
    check(on_postgresql)


def test_somebody_elses_queue_is_left_alone(on_postgresql) -> None:
    _run(on_postgresql, "DROP TABLE queue_schema")
    with pytest.raises(SchemaMismatch, match="did not make"):
        migrate(on_postgresql)


def test_the_versions_are_alembics_own() -> None:
    scripts = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))
    assert revisions() == [each.revision for each in scripts.walk_revisions()][::-1]


def test_a_bot_on_sqlite_loads_nothing_that_it_does_not_need() -> None:
    unused = {"alembic", "psycopg", "sqlalchemy.dialects.postgresql"}
    code = f"import sys, bot.app, bot.cli.run; print(*{unused} & sys.modules.keys())"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.split() == []
