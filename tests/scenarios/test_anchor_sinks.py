"""Heads of the audit log to every kind of sink: what each finds, and what if one fails."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from anchor_keys import key_pair
from collector import Collector, collecting
from syslog_server import SyslogServer, listening
from world import PROD, RUNS_AT_ONCE, SNAPSHOT, World, shown

from bot.__main__ import main
from bot.store import anchors, audit
from bot.store.transaction import Store

CHANNEL = PROD


class Places:
    """All kinds of sinks at once."""

    def __init__(self, folder: Path, syslog: SyslogServer, collector: Collector) -> None:
        self.folder = folder
        self.file = folder / "heads"
        self.syslog = syslog
        self.collector = collector

    @property
    def settings(self) -> dict[str, str]:
        return {
            "IMAGE_BOT_ANCHOR": str(self.file),
            "IMAGE_BOT_ANCHOR_CHANNEL": CHANNEL,
            "IMAGE_BOT_ANCHOR_SYSLOG": f"tcp://127.0.0.1:{self.syslog.port}",
            "IMAGE_BOT_ANCHOR_OTLP": self.collector.url,
        }

    def kept(self) -> dict[str, str]:
        """What `--anchor` names, by the sink; collectors write their files first."""
        syslog, otlp = self.folder / "syslog.log", self.folder / "otlp.json"
        others = "<30>1 2026-11-30T12:00:00Z host cron 7 - - something else"
        syslog.write_text("\n".join([others, *self.syslog.lines, ""]), encoding="utf-8")
        otlp.write_text("".join(line + "\n" for line in self.collector.logs), encoding="utf-8")
        return {
            "file": str(self.file),
            "slack": CHANNEL,
            "syslog": str(syslog),
            "otlp": str(otlp),
        }


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    with listening("tcp") as syslog, collecting() as collector:
        yield Places(tmp_path, syslog, collector)
        assert syslog.wrong == []


@pytest.fixture
def verify(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """`audit verify --anchor …` for a world: its exit status, and what it said."""

    def run(at_work: World, *words: str) -> tuple[int, str]:
        for name in ("DATABASE_URL", "SLACK_BOT_TOKEN", "SLACK_API_URL"):
            monkeypatch.setenv(name, str(at_work.settings[name]))
        capsys.readouterr()
        status = main(["audit", "verify", *words])
        told = capsys.readouterr()
        return status, told.out + told.err

    return run


def transfer(at_work: World, region: str) -> None:
    at_work.types(f"transfer {SNAPSHOT} {region}")
    at_work.reply("completed", at_work.root(region))


def rows_of(at_work: World) -> list[audit.Entry]:
    assert at_work.bot is not None
    with at_work.bot.store.read() as connection:
        return list(audit.entries(connection))


def put(at_work: World, rows: list[audit.Entry]) -> None:
    """Have the log hold these rows, each hashed anew over the one before."""
    assert at_work.bot is not None
    with at_work.bot.store.write() as tx:
        tx.execute(sa.text("DELETE FROM audit"))
        previous = audit.GENESIS
        for row in rows:
            anew = audit.Entry(**vars(row) | {"previous": previous})
            previous = anew.expected_hash()
            tx.execute(sa.insert(audit.audit), vars(anew) | {"hash": previous})


def other_actor(row: audit.Entry) -> audit.Entry:
    actor = "U0DAN" if row.event == "requested" else row.actor
    return audit.Entry(**vars(row) | {"actor": actor})


def newest_of_each(at_work: World, places: Places) -> dict[str, int]:
    """The row that the newest head in each sink is of."""

    def of(text: str) -> int:
        return int(json.JSONDecoder().raw_decode(text, text.index('{"at"'))[0]["position"])

    shown = [m.text for m in at_work.slack.messages(CHANNEL) if '{"at"' in m.text]
    logs = [json.loads(line)["resourceLogs"][0]["scopeLogs"][0] for line in places.collector.logs]
    return {
        "file": of(places.file.read_text(encoding="utf-8").splitlines()[-1]),
        "slack": of(shown[-1]),
        "syslog": of(places.syslog.lines[-1]),
        "otlp": of(logs[-1]["logRecords"][0]["body"]["stringValue"]),
    }


def test_each_attack_on_the_log_is_found_from_each_sink(
    start: Callable[..., World], places: Places, verify: Callable[..., tuple[int, str]]
) -> None:
    at_work = start(RUNS_AT_ONCE, **places.settings)
    at_work.slack.grant("channels:history")
    transfer(at_work, "nyc3")
    early = rows_of(at_work)
    transfer(at_work, "lon1")
    rows = rows_of(at_work)
    sent = max(row.position for row in rows if row.event == "intent")
    at_work.until(
        lambda: set(newest_of_each(at_work, places).values()) == {sent},
        "the head with the intent in every sink",
    )
    attacks = {
        "written anew": [other_actor(row) for row in rows],
        "cut off": rows[: sent - 1],
        "an older database": early,
    }
    for sink, kept in places.kept().items():
        status, said = verify(at_work, "--anchor", kept)
        assert status == 0, (sink, said)
        assert f"the newest of row {sent}" in said
    for found, forged in attacks.items():
        put(at_work, forged)
        for sink, kept in places.kept().items():
            status, said = verify(at_work, "--anchor", kept)
            assert status == 1, (sink, found)
            assert found in said, (sink, said)
        put(at_work, rows)


def test_an_older_database_that_went_on_shows_by_itself(
    start: Callable[..., World], places: Places, verify: Callable[..., tuple[int, str]]
) -> None:
    at_work = start(RUNS_AT_ONCE, **places.settings, IMAGE_BOT_ANCHOR_SECONDS="600")
    at_work.slack.grant("channels:history")
    transfer(at_work, "nyc3")
    rows = rows_of(at_work)
    put(at_work, rows[:2])
    at_work.clock.skip(700)
    at_work.until(
        lambda: set(newest_of_each(at_work, places).values()) == {2}, "heads at their pace"
    )
    for sink, kept in places.kept().items():
        status, said = verify(at_work, "--anchor", kept)
        assert status == 1, sink
        assert "only 2 at" in said, (sink, said)


def test_what_an_app_edited_in_the_channel_and_what_people_write_there(
    start: Callable[..., World], places: Places, verify: Callable[..., tuple[int, str]]
) -> None:
    at_work = start(RUNS_AT_ONCE, IMAGE_BOT_ANCHOR_CHANNEL=CHANNEL)
    status, said = verify(at_work, "--anchor", CHANNEL)
    assert status == 2
    assert "channels:history" in said
    at_work.slack.grant("channels:history")
    transfer(at_work, "nyc3")
    forged = '{"at": 1.0, "time": "1970-01-01T00:00:01+00:00", "position": 99, "hash": "ff"}'
    at_work.slack.say("U0DAN", CHANNEL, forged)
    assert verify(at_work, "--anchor", CHANNEL)[0] == 0, "a person's message is no head"
    head = next(m for m in at_work.slack.messages(CHANNEL) if "The audit log has" in m.text)
    client = at_work.bot._outside.web_client(str(at_work.settings["SLACK_BOT_TOKEN"]))
    client.chat_update(channel=CHANNEL, ts=head.ts, text=head.text)
    status, said = verify(at_work, "--anchor", CHANNEL)
    assert status == 1
    assert "was edited" in said


def _noted(at_work: World) -> dict[str, str]:
    return dict(at_work.bot._problems())


def test_a_sink_that_fails_stops_nothing_and_is_told(
    start: Callable[..., World], places: Places
) -> None:
    at_work = start(RUNS_AT_ONCE, **places.settings)
    at_work.until(lambda: places.collector.logs, "the first head")
    at_work.until(lambda: at_work.slack.messages(CHANNEL), "the first head in Slack")
    places.collector.status = 503
    transfer(at_work, "nyc3")
    assert len(at_work.digitalocean.posts) == 1
    assert set(_noted(at_work)) == {"anchor otlp"}
    assert 'image_bot_anchor_failing{sink="otlp"} 1.0' in at_work.bot._metrics.page().decode()
    assert not [m for m in at_work.slack.messages(CHANNEL) if "do not reach" in m.text]
    at_work.clock.skip(150)
    told = at_work.root("do not reach the OpenTelemetry collector", CHANNEL)
    assert "The collector answered 503." in told.text
    places.collector.status = 200
    before = len(places.collector.logs)
    at_work.clock.skip(60)
    again = at_work.root("reach the OpenTelemetry collector again", CHANNEL)
    assert "1 call was sent to DigitalOcean meanwhile" in again.text
    assert len(places.collector.logs) > before
    assert _noted(at_work) == {}
    events = [row.event for row in rows_of(at_work)]
    assert events.count("anchor-failing") == events.count("anchor-kept") == 1


@pytest.mark.parametrize("sink", ["file", "slack", "syslog", "otlp"])
def test_each_sink_tells_that_it_fails(
    start: Callable[..., World], places: Places, sink: str
) -> None:
    at_work = start(RUNS_AT_ONCE, **places.settings)
    at_work.until(lambda: places.collector.logs, "the first head")
    at_work.until(lambda: at_work.slack.messages(CHANNEL), "the first head in Slack")
    match sink:
        case "file":
            places.file.unlink()
            places.file.mkdir()
        case "slack":
            at_work.slack.archive(CHANNEL)
        case "syslog":
            places.syslog.stop()
        case "otlp":
            places.collector.answer = b'{"partialSuccess": {"rejectedLogRecords": "1"}}'
    transfer(at_work, "nyc3")
    at_work.clock.skip(40)
    at_work.until(lambda: f"anchor {sink}" in _noted(at_work), "the failing sink to be noted")
    assert set(_noted(at_work)) == {f"anchor {sink}"}
    assert len(at_work.digitalocean.posts) == 1


def test_where_heads_are_required_nothing_goes_without(
    start: Callable[..., World], places: Places
) -> None:
    at_work = start(RUNS_AT_ONCE, **places.settings, IMAGE_BOT_ANCHOR_REQUIRED="true")
    at_work.until(lambda: places.collector.logs, "the first head")
    places.collector.status = 500
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("nyc3")
    at_work.reply("not by the OpenTelemetry collector", root)
    assert at_work.digitalocean.posts == []
    places.collector.status = 200
    at_work.clock.skip(60)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


def once_each_is_known(at_work: World, places: Places) -> Store:
    """The database, once it holds a row for each sink."""
    assert at_work.bot is not None
    store = at_work.bot.store

    def known() -> int:
        with store.read() as connection:
            return len(anchors.states(connection))

    at_work.until(lambda: known() == len(places.settings), "what each sink has to be written")
    return store


def test_who_writes_in_the_database_stops_no_heads(
    start: Callable[..., World], places: Places
) -> None:
    at_work = start(RUNS_AT_ONCE, **places.settings)
    store = once_each_is_known(at_work, places)
    never = sa.text("UPDATE anchor_sink SET failing_since = 1, next_at = 9000000000")
    with store.write() as tx:
        tx.execute(never)
    before = places.file.read_text(encoding="utf-8")
    at_work.until(lambda: places.file.read_text(encoding="utf-8") != before, "one at its pace")
    with store.write() as tx:
        tx.execute(never)
    transfer(at_work, "nyc3")
    sent = max(row.position for row in rows_of(at_work) if row.event == "intent")
    assert set(newest_of_each(at_work, places).values()) == {sent}


def test_a_sink_that_fails_in_the_database_alone_has_the_head_before_a_post(
    start: Callable[..., World], places: Places
) -> None:
    """It says that it has to be left alone for a while, as of one that hangs."""
    at_work = start(RUNS_AT_ONCE, **places.settings)
    store = once_each_is_known(at_work, places)
    alone = sa.text("UPDATE anchor_sink SET failing_since = 1, told = true, next_at = :later")
    with store.write() as tx:
        tx.execute(alone, {"later": at_work.clock() + 250})
    transfer(at_work, "nyc3")
    sent = max(row.position for row in rows_of(at_work) if row.event == "intent")
    assert set(newest_of_each(at_work, places).values()) == {sent}


SIGN = """
import sys
from pathlib import Path
from cryptography.hazmat.primitives.serialization import load_pem_private_key
import os, time
away, slow, key = map(Path, sys.argv[1:])
if away.exists():
    sys.exit("the key service is away")
if slow.exists():
    slow.write_text("asked")
while slow.exists():
    time.sleep(0.05)
assert not {"SLACK_BOT_TOKEN", "DATABASE_URL"} & set(os.environ), "it was given what is ours"
what = sys.stdin.buffer.read()
print(load_pem_private_key(key.read_bytes(), None).sign(what).hex())
"""


class KeyService:
    """A command that signs; it can be away, or slow."""

    def __init__(self, folder: Path) -> None:
        private, self.public = key_pair(folder, "one")
        self.away, self.slow = folder / "away", folder / "slow"
        script, key = folder / "sign.py", folder / "key.pem"
        script.write_text(SIGN, encoding="utf-8")
        key.write_text(private, encoding="utf-8")
        words = (sys.executable, script, self.away, self.slow, key)
        self.settings = {
            "IMAGE_BOT_ANCHOR_COMMAND": shlex.join(map(str, words)),
            "IMAGE_BOT_ANCHOR_PUBLIC_KEY": self.public.read_text(encoding="utf-8"),
        }


def test_a_key_service_signs_by_a_command(
    start: Callable[..., World],
    places: Places,
    verify: Callable[..., tuple[int, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-not-for-it")
    service = KeyService(tmp_path)
    at_work = start(RUNS_AT_ONCE, IMAGE_BOT_ANCHOR=str(places.file), **service.settings)
    transfer(at_work, "nyc3")
    assert verify(at_work, "--anchor", str(places.file), "--key", str(service.public))[0] == 0
    _, other = key_pair(tmp_path, "two")
    status, said = verify(at_work, "--anchor", str(places.file), "--key", str(other))
    assert (status, "another key" in said) == (1, True)
    service.away.touch()
    lines = places.file.read_text(encoding="utf-8")
    transfer(at_work, "lon1")
    assert len(at_work.digitalocean.posts) == 2
    assert places.file.read_text(encoding="utf-8") == lines, "nothing goes out unsigned"
    assert set(_noted(at_work)) == {"anchor file"}
    assert "the key service is away" in caplog.text


def test_what_was_taken_over_while_heads_were_sent_is_not_sent(
    start: Callable[..., World], places: Places, tmp_path: Path
) -> None:
    service = KeyService(tmp_path)
    at_work = start(RUNS_AT_ONCE, IMAGE_BOT_ANCHOR=str(places.file), **service.settings)
    at_work.until(places.file.exists, "the first head")
    service.slow.touch()
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.until(lambda: service.slow.read_text() == "asked", "the key service to be asked")
    assert at_work.bot is not None
    with at_work.bot.store.write() as tx:
        assert tx.changed(sa.text("UPDATE ops_step SET fence = 'of another'"))
    service.slow.unlink()
    at_work.until(lambda: newest_in_file(places) > 2, "the head with the intent")
    at_work.root("nyc3")
    at_work.clock.skip(60)
    at_work.until(lambda: "needs attention" in shown(at_work.root("nyc3")).lower(), "the question")
    assert at_work.digitalocean.posts == []


def newest_in_file(places: Places) -> int:
    return int(json.loads(places.file.read_text(encoding="utf-8").splitlines()[-1])["position"])
