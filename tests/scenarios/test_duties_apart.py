"""Web and worker under roles of their own on PostgreSQL: what each cannot do, and that it works.

Each forbidden thing is tried as the role itself, on a real PostgreSQL: the database refuses it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
import sqlalchemy as sa
from anchor_keys import key_pair
from faults.process import BotProcess
from postgres import fresh_database, shared_server
from world import ANN, BOB, ONE_APPROVAL, SNAPSHOT, World

from bot.__main__ import main
from bot.anchors import heads
from bot.store import audit, roles
from bot.store.database import open_database
from bot.store.roles import Duty
from bot.store.tables import metadata
from rehearsal import Sandbox

_numbers = itertools.count(1)


@contextmanager
def _two_roles() -> Iterator[dict[Duty, str]]:
    """Two roles that may log in, and nothing else; they are dropped at the end."""
    number, server = next(_numbers), shared_server()
    names = {duty: f"{duty}_{os.getpid()}_{number}" for duty in Duty}
    for name in names.values():
        server.run(f'CREATE ROLE "{name}" LOGIN')
    try:
        yield names
    finally:
        for name in names.values():
            server.run(f'DROP ROLE "{name}"')


def _url(url: str, name: str) -> str:
    return sa.make_url(url).set(username=name).render_as_string(hide_password=False)


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """The `DATABASE_URL` of each role, and of the owner, after `migrate --roles`."""
    monkeypatch.chdir(tmp_path)
    with _two_roles() as names, fresh_database() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        assert main(["migrate", "--roles", *names.values()]) == 0
        yield {"owner": url, **{duty: _url(url, name) for duty, name in names.items()}}


CHANGES_THE_LOG = [
    "UPDATE audit SET actor = 'U0BOB'",
    "UPDATE audit SET facts = facts",
    "DELETE FROM audit",
    "TRUNCATE audit",
    "DROP TABLE audit",
    "ALTER TABLE audit DISABLE TRIGGER ALL",
    "ALTER TABLE audit OWNER TO CURRENT_USER",
    "CREATE TRIGGER t BEFORE INSERT ON audit EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE r AS ON INSERT TO audit DO INSTEAD NOTHING",
    "INSERT INTO audit (position, at, event, actor, channel, rule, evidence_digest, facts,"
    " previous, hash) VALUES (1, 0, 'x', 'y', '', '', '', '{}', '', '')"
    " ON CONFLICT (position) DO UPDATE SET actor = 'y'",
    "SELECT * FROM audit FOR UPDATE",
    "LOCK TABLE audit IN ACCESS EXCLUSIVE MODE",
    "CREATE INDEX i ON audit (actor)",
    "CREATE POLICY p ON audit USING (false)",
    "ALTER TABLE audit ENABLE ROW LEVEL SECURITY",
    "COMMENT ON TABLE audit IS 'x'",
    "SET session_replication_role = replica",
    "COPY audit TO PROGRAM 'cat'",
    "CREATE SCHEMA mine",
    "ALTER SCHEMA public RENAME TO mine",
    "SELECT setval(pg_get_serial_sequence('ops_request', 'id'), 1)",
    "SELECT pg_read_file('postgresql.conf')",
    "CREATE TABLE mine (a int)",
    "CREATE FUNCTION hashtext(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "UPDATE alembic_version SET version_num = 'x'",
    "DELETE FROM queue_schema",
]
NOT_FOR_THE_WEB = [
    "DELETE FROM ops_request",
    "DELETE FROM ops_step",
    "TRUNCATE vote",
    "DELETE FROM processed_delivery",
    "UPDATE processed_delivery SET answer = ''",
    "DELETE FROM outbox_message",
    "UPDATE call_budget SET waits_until = 0",
    "UPDATE reconciliation SET until = 9e9",
    "UPDATE anchor_sink SET failing_since = NULL",
    "DELETE FROM account_finding",
    "INSERT INTO account_image VALUES (1)",
    "DELETE FROM schedule",
    "DELETE FROM procrastinate_jobs",
    "UPDATE procrastinate_jobs SET status = 'failed'",
    "INSERT INTO procrastinate_workers DEFAULT VALUES",
]


@pytest.mark.parametrize(
    ("duty", "statement"),
    [
        *((duty, statement) for duty in Duty for statement in CHANGES_THE_LOG),
        *((Duty.WEB, statement) for statement in NOT_FOR_THE_WEB),
    ],
)
def test_what_a_role_must_not_do_the_database_refuses(
    shared_apart: Mapping[str, str], duty: Duty, statement: str
) -> None:
    refused = r"InsufficientPrivilege|must be owner|permission denied"
    engine = open_database(shared_apart[duty])
    try:
        with engine.connect() as connection, pytest.raises(sa.exc.ProgrammingError, match=refused):
            connection.execute(sa.text(statement))
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def shared_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """As `apart`, once for all that is only tried."""
    with pytest.MonkeyPatch.context() as patch, _two_roles() as names, fresh_database() as url:
        patch.chdir(tmp_path_factory.mktemp("apart"))
        patch.setenv("DATABASE_URL", url)
        assert main(["migrate", "--roles", *names.values()]) == 0
        yield {"owner": url, **{duty: _url(url, name) for duty, name in names.items()}}


class _Apart(World):
    """A web process without a token of DigitalOcean's, and a worker, each under its role."""

    urls: Mapping[str, str]
    heads: Path
    key: str

    def start(self) -> None:
        """Start both, and wait until both are ready."""
        self.processes = [self._process(Duty.WEB), self._process(Duty.WORKER)]
        for process in self.processes:
            process.launch()
        for process in self.processes:
            process.wait_until_open()
            process.wait_until_ready()
        if self.socket:
            self.slack.connect_socket(timeout=20)
        else:
            web = f"http://127.0.0.1:{self.processes[0].port}/slack/events"
            self.slack.connect_http(web, web)

    def _process(self, duty: Duty) -> BotProcess:
        settings = {
            **self.settings,
            "DATABASE_URL": self.urls[duty],
            "IMAGE_BOT_WORKER_PORT": "0",
        }
        settings["IMAGE_BOT_ANCHOR"] = str(self.heads)
        if duty is Duty.WEB:
            del settings["DIGITALOCEAN_TOKEN"]
        else:
            settings["IMAGE_BOT_ANCHOR_KEY"] = self.key
        run = ("-m", "bot", "run", "--role", duty)
        return BotProcess(self.policy.parent, settings, str(duty), run)

    def stop(self) -> None:
        """Be sure that nothing is left running."""
        for process in getattr(self, "processes", ()):
            process.end()


@contextmanager
def _at_work(folder: Path, urls: Mapping[str, str], *, socket: bool) -> Iterator[_Apart]:
    with Sandbox(action_seconds=0.5, seed=1, lifetime=300) as sandbox:
        at_work = _Apart(sandbox, folder, socket=socket)
        at_work.urls, at_work.heads = urls, folder / "heads"
        at_work.key, _ = key_pair(folder, "heads")
        at_work.policy.write_text(ONE_APPROVAL, encoding="utf-8")
        try:
            at_work.start()
            yield at_work
        finally:
            at_work.stop()


@pytest.mark.slow  # a process for each role
@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
def test_a_whole_transfer_works_under_these_roles(
    apart: Mapping[str, str], tmp_path: Path, socket: bool
) -> None:
    with _at_work(tmp_path, apart, socket=socket) as at_work:
        at_work.types(f"transfer {SNAPSHOT} nyc3 because of a test")
        root = at_work.root("Pending approval")
        at_work.clicks("approve", root, by=BOB)
        at_work.reply("completed", root)
        assert len(at_work.digitalocean.posts) == 1
        at_work.types(f"transfer {SNAPSHOT} sfo3")
        denied = at_work.root("sfo3")
        at_work.denies(denied, "not now")
        at_work.reply("not now", denied)
        at_work.types(f"transfer {SNAPSHOT} ams3")
        at_work.root("ams3")
        at_work.types("cancel 3")
        at_work.root("Cancelled")
        at_work.types("notify all")
        at_work.types("list")  # looked up by the worker: the web has no token
        at_work.told("web-")
        at_work.types("history")
        at_work.slack.open_home(ANN)
        said = "".join(process.log() for process in at_work.processes)
        assert "InsufficientPrivilege" not in said, said[-3000:]
        assert "Traceback" not in said, said[-3000:]
        web = f"http://127.0.0.1:{at_work.processes[0].port}/metrics"
        with urlopen(web, timeout=30) as answer:
            assert 'image_bot_anchor_failing{sink="file"} 0.0' in answer.read().decode()
    (folder_key,) = {head.key for head in heads.read(tmp_path / "heads")}
    assert folder_key, "the worker alone sends heads, and signs them"
    engine = open_database(apart["owner"])
    with engine.connect() as connection:
        assert audit.verify(audit.entries(connection)) == []
    engine.dispose()


@pytest.mark.slow  # a process for each role
def test_a_web_without_the_token_says_to_type_the_command(
    apart: Mapping[str, str], tmp_path: Path
) -> None:
    with _at_work(tmp_path, apart, socket=False) as at_work:
        at_work.slack.shortcut(ANN, "open_form")
        at_work.until(lambda: at_work.slack.views(ANN), "the form")
        view = at_work.slack.views(ANN)[-1]
        shown = str(at_work.slack.options(ANN, view, "image", "web").options)
        assert "Type the command instead" in shown
        assert all(call.status != 401 for call in at_work.digitalocean.calls)


def test_every_table_is_named_for_each_role() -> None:
    for duty in Duty:
        assert metadata.tables.keys() <= roles.privileges(duty).keys(), duty


def test_doctor_tells_of_a_role_that_can_change_the_log(
    apart: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    with Sandbox(seed=1, lifetime=60) as sandbox:
        settings = sandbox.settings() | {"IMAGE_BOT_POLICY": str(tmp_path / "policy.toml")}
        (tmp_path / "policy.toml").write_text(ONE_APPROVAL, encoding="utf-8")
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        main(["doctor"])  # as the owner
        assert "can update, delete, truncate rows of the audit log" in capsys.readouterr().out
        monkeypatch.delenv("DIGITALOCEAN_TOKEN")
        monkeypatch.setenv("DATABASE_URL", apart[Duty.WEB])
        main(["doctor", "--role", "web"])
        said = capsys.readouterr().out
        assert "can add to the audit log, and change nothing in it" in said
        assert "DIGITALOCEAN_TOKEN is missing" not in said
        assert "database: it cannot be used" not in said
        main(["doctor", "--role", "worker"])
        capsys.readouterr()
        monkeypatch.setenv("DIGITALOCEAN_TOKEN", settings["DIGITALOCEAN_TOKEN"])
        main(["doctor", "--role", "worker"])
        assert "cannot do all that worker needs" in capsys.readouterr().out


def test_doctor_says_nothing_of_roles_where_none_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    with Sandbox(seed=1, lifetime=60) as sandbox, fresh_database() as url:
        for name, value in (sandbox.settings() | {"DATABASE_URL": url}).items():
            monkeypatch.setenv(name, value)
        main(["doctor"])
        assert "roles:" not in capsys.readouterr().out


def test_a_role_that_no_grant_binds_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    with _two_roles() as names, fresh_database() as url:
        web, worker = names.values()
        monkeypatch.setenv("DATABASE_URL", url)
        for given, said in (
            (["postgres", worker], "no grant binds it"),
            (["nobody_known", worker], "knows no role nobody_known"),
            ([web, web], "Two names of roles"),
            (['x"; DROP TABLE audit; --', worker], "Two names of roles"),
        ):
            assert main(["migrate", "--roles", *given]) != 0
            assert said in capsys.readouterr().err
        shared_server().run(f'GRANT pg_write_all_data TO "{web}"')
        with suppress(SystemExit):
            assert main(["migrate", "--roles", web, worker]) != 0
        assert "can still update, delete" in capsys.readouterr().err
        shared_server().run(f'REVOKE pg_write_all_data FROM "{web}"')


def test_what_is_printed_is_what_is_done(capsys) -> None:
    assert main(["migrate", "--roles", "web_x", "worker_x", "--print"]) == 0
    printed = capsys.readouterr().out
    assert 'GRANT SELECT, INSERT ON "audit" TO "web_x";' in printed
    assert 'GRANT SELECT, INSERT ON "audit" TO "worker_x";' in printed
    of_the_log = [line for line in printed.splitlines() if '"audit"' in line]
    assert not any("UPDATE" in line or "DELETE" in line for line in of_the_log)
