"""`doctor` against the stand-ins: all well, and one planted fault at a time."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from bot.__main__ import main
from bot.cli import doctor_digitalocean, doctor_here, doctor_slack, findings
from bot.cli.doctor_digitalocean import digitalocean
from bot.cli.doctor_here import listened_to, manifest
from bot.cli.doctor_slack import slack
from bot.config import given_settings
from bot.domain.scopes import DIGITALOCEAN
from bot.operations.registry import OPERATIONS
from bot.store.database import open_database
from bot.store.schema import migrate
from rehearsal import Sandbox
from rehearsal.slack.manifest import over_http

ROOT = Path(__file__).parents[3]
POLICY = """
[[rule]]
name = "one other person"
approvals = 1
approvers = ["U0ANN", "U0BOB"]
"""


class Patient:
    """A set-up in which all is well, and the doctor for it."""

    def __init__(self, sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sandbox, self.folder, self.env = sandbox, folder, monkeypatch
        self.policy, self.database = folder / "policy.toml", folder / "image-bot.db"
        self.policy.write_text(POLICY, encoding="utf-8")
        engine = open_database(f"sqlite:///{self.database}")
        migrate(engine)
        engine.dispose()
        shutil.copy(ROOT / "manifest.yml", folder)
        monkeypatch.chdir(folder)
        sandbox.digitalocean.limit_scopes(
            "image:read", "image:update", "actions:read", "regions:read"
        )
        self.set(**sandbox.settings(socket=True))
        self.set(DATABASE_URL=f"sqlite:///{self.database}", IMAGE_BOT_POLICY=str(self.policy))

    def set(self, **values: str) -> None:
        """Set settings in the environment."""
        for name, value in values.items():
            self.env.setenv(name, value)

    def schedules(self, text: str) -> Path:
        """Write a schedules file; its path."""
        path = self.folder / "schedules.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def edit_manifest(self, old: str, new: str) -> None:
        """Change the manifest."""
        path = self.folder / "manifest.yml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def use_http(self, without: str = "") -> None:
        """Do as the manifest's first lines say, and leave one address out."""
        path = self.folder / "manifest.yml"
        told = over_http(path.read_text(encoding="utf-8"), "https://bot.example.com")
        told["settings"]["interactivity"].pop(without, None)
        told["features"]["slash_commands"][0].pop(without, None)
        path.write_text(yaml.safe_dump(told), encoding="utf-8")
        self.env.delenv("SLACK_APP_TOKEN")


@pytest.fixture
def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    with Sandbox(lifetime=60) as sandbox:
        yield Patient(sandbox, tmp_path, monkeypatch)


Examined = tuple[int, list[dict[str, str]], str]


@pytest.fixture
def examine(capsys: pytest.CaptureFixture[str]) -> Callable[[], Examined]:
    """Runs `doctor --json`; the exit status, the findings, and all that was printed."""

    def look() -> Examined:
        status = main(["doctor", "--json"])
        printed = capsys.readouterr().out
        return status, json.loads(printed)["findings"], printed

    return look


def test_all_is_well(patient: Patient, examine: Callable[[], Examined]) -> None:
    status, findings, _ = examine()
    assert [f for f in findings if f["verdict"] != "ok"] == []
    assert status == 0
    looked_at = {finding["check"] for finding in findings}
    assert looked_at == {
        "settings",
        "policy",
        "database",
        "audit log",
        "manifest",
        "Slack token",
        "Slack scopes",
        "clock and Slack",
        "Socket Mode",
        "people",
        "DigitalOcean token",
        "DigitalOcean scopes",
        "clock and DigitalOcean",
        "regions",
    }
    assert patient.sandbox.digitalocean.posts == []


def test_all_is_well_over_http(patient: Patient, examine: Callable[[], Examined]) -> None:
    patient.use_http()
    status, findings, _ = examine()
    assert [f for f in findings if f["verdict"] != "ok"] == []
    assert status == 0


SNAPSHOTS = """
[[rule]]
name = "all"
image_actions = ["snapshot"]
approvals = 0
"""


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


OUTSIDE = {
    "SLACK_API_URL": "https://slack.com/api/",
    "DIGITALOCEAN_API_URL": "https://api.digitalocean.com",
}


def _token_of_another_app(patient: Patient) -> None:
    """Slack takes it: it opens connections, and nothing for this bot comes over them."""
    other = "xapp-1-A0OTHER-123-abc"
    tokens = patient.sandbox.slack.api._tokens
    patient.sandbox.slack.api._tokens = replace(tokens, app=other)
    patient.set(SLACK_APP_TOKEN=other)


def _left(*people: str) -> Callable[[Patient], None]:
    def act(patient: Patient) -> None:
        users = patient.sandbox.slack.workspace.users
        users.update({who: replace(users[who], deleted=True) for who in people})

    return act


def _free(left: int) -> Callable[[Path], Any]:
    """No test can fill a disk: this is what is asked of one."""
    return lambda _folder: SimpleNamespace(total=10**12, used=10**12 - left, free=left)


PLANTED: dict[str, tuple[Callable[[Patient], Any], str, str, str]] = {
    "a setting is missing": (
        lambda p: p.env.delenv("DIGITALOCEAN_TOKEN"),
        "settings",
        "DIGITALOCEAN_TOKEN is missing",
        "README",
    ),
    "settling is too short": (
        lambda p: p.set(IMAGE_BOT_SETTLE_SECONDS="5"),
        "settings",
        "IMAGE_BOT_SETTLE_SECONDS",
        "README",
    ),
    "the tokens are swapped": (
        lambda p: p.set(SLACK_BOT_TOKEN="xapp-1", SLACK_APP_TOKEN="xoxb-1"),
        "settings",
        "SLACK_BOT_TOKEN does not begin with xoxb-",
        "OAuth & Permissions",
    ),
    "the policy is broken": (
        lambda p: p.policy.write_text("[[rule]]\napprovals = maybe\n"),
        "policy",
        "",
        "",
    ),
    "there is no policy": (lambda p: p.policy.unlink(), "policy", "", "policy.example.toml"),
    "the policy names a group that is not there": (
        lambda p: p.policy.write_text(POLICY.replace("U0ANN", "S0NOBODY")),
        "user groups",
        "S0NOBODY",
        "id of a group",
    ),
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
    "the audit log was changed": (_tamper, "audit log", "was changed", "audit verify"),
    "Slack's token is revoked": (
        lambda p: p.sandbox.slack.faults.fail("auth.test", "token_revoked"),
        "Slack token",
        "token_revoked",
        "OAuth Token",
    ),
    "Slack is out of reach": (
        lambda p: p.set(SLACK_API_URL="http://127.0.0.1:1/api/"),
        "Slack token",
        "cannot be reached: the connection is refused",
        "SLACK_API_URL is http://127.0.0.1:1/api/",
    ),
    "the name of Slack is not found": (
        lambda p: p.set(SLACK_API_URL="https://slack.invalid/api/"),
        "Slack token",
        "the name slack.invalid is not found",
        "DNS",
    ),
    "the proxy is away": (
        lambda p: p.set(HTTPS_PROXY="http://x:hidden1@127.0.0.1:1", **OUTSIDE),
        "DigitalOcean token",
        "cannot be reached",
        "through the proxy 127.0.0.1 (HTTPS_PROXY)",
    ),
    "a Slack scope is missing": (
        lambda p: p.sandbox.slack.revoke("usergroups:read"),
        "Slack scopes",
        "usergroups:read is missing",
        "reinstall",
    ),
    "the app-level token is bad": (
        lambda p: p.set(SLACK_APP_TOKEN="xapp-nonsense"),
        "Socket Mode",
        "invalid_auth",
        "connections:write",
    ),
    "the app-level token is of another app": (
        _token_of_another_app,
        "Socket Mode",
        "is of app A0OTHER, the bot token of app A0IMAGEBOT",
        "one app",
    ),
    "too few approvers are left": (
        _left("U0ANN", "U0BOB"),
        "people",
        "asks for 1, and 0 of them are left",
        "Name more approvers",
    ),
    "the disk is full": (
        lambda p: p.env.setattr(doctor_here.shutil, "disk_usage", _free(2_000_000)),
        "database",
        "2 MB left",
        "Make room",
    ),
    "a token holds a comment": (
        lambda p: p.set(DIGITALOCEAN_TOKEN="dop_v1_abc # the new one"),
        "settings",
        "a token holds a space",
        "Copy it anew",
    ),
    "a file of a secret is no text": (
        lambda p: (
            (p.folder / "x").write_bytes(b"hidden1\xff"),
            p.env.delenv("SLACK_BOT_TOKEN"),
            p.set(SLACK_BOT_TOKEN_FILE=str(p.folder / "x")),
        ),
        "settings",
        "holds no text",
        "UTF-8",
    ),
    "the manifest lacks a scope": (
        lambda p: p.edit_manifest("      - im:write\n", ""),
        "manifest",
        "im:write is missing",
        "Restore",
    ),
    "the manifest subscribes to nothing": (
        lambda p: p.edit_manifest("      - app_mention\n", ""),
        "manifest",
        "app_mention is missing",
        "Restore",
    ),
    "over HTTP menus have no address": (
        lambda p: p.use_http("message_menu_options_url"),
        "manifest",
        "interactivity.message_menu_options_url is missing",
        "Restore",
    ),
    "over HTTP the command has no address": (
        lambda p: p.use_http("url"),
        "manifest",
        "url of /image is missing",
        "Restore",
    ),
    "over HTTP an address is another": (
        lambda p: (p.use_http(), p.edit_manifest("bot.example.com/slack/events", "bot/slack")),
        "manifest",
        "the bot answers at https://<your host>/slack/events",
        "Restore",
    ),
    "interactivity is off": (
        lambda p: p.edit_manifest("is_enabled: true", "is_enabled: false"),
        "manifest",
        "interactivity",
        "Restore",
    ),
    "DigitalOcean's token is revoked": (
        lambda p: p.set(DIGITALOCEAN_TOKEN="dop_v1_revoked"),
        "DigitalOcean token",
        "401",
        "Make a token",
    ),
    "DigitalOcean is out of reach": (
        lambda p: p.sandbox.digitalocean.close(),
        "DigitalOcean token",
        "cannot be reached",
        "DIGITALOCEAN_API_URL",
    ),
    "the token may not POST": (
        lambda p: p.sandbox.digitalocean.limit_scopes("image:read", "actions:read", "regions:read"),
        "DigitalOcean scopes",
        "image:update is missing",
        "Make a token",
    ),
    "the policy names snapshot and the token cannot see Droplets": (
        lambda p: p.policy.write_text(SNAPSHOTS, encoding="utf-8"),
        "DigitalOcean scopes",
        "droplet:read is missing",
        "droplet:update",
    ),
    "the schedules file is broken": (
        lambda p: p.set(IMAGE_BOT_SCHEDULES=str(p.schedules("[[schedule]]\nname = 1\n"))),
        "schedules",
        "problems",
        "docs/schedules.md",
    ),
    "the token may not list actions": (
        lambda p: p.sandbox.digitalocean.limit_scopes("image:read", "image:update", "regions:read"),
        "DigitalOcean scopes",
        "actions:read is missing",
        "Make a token",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_with_its_mend(
    patient: Patient, examine: Callable[[], Examined], name: str
) -> None:
    plant, check, said, fix = PLANTED[name]
    plant(patient)
    status, findings, printed = examine()
    assert status == 1
    found = [f for f in findings if f["verdict"] == "wrong" and f["check"] == check]
    assert any(said in f["said"] and fix in f["fix"] for f in found), findings
    assert all(f["fix"] for f in findings if f["verdict"] == "wrong")
    assert "hidden1" not in printed


WARNED: dict[str, tuple[Callable[[Patient], Any], str, str]] = {
    "the DigitalOcean token can do more": (
        lambda p: p.sandbox.digitalocean.limit_scopes(),
        "DigitalOcean scopes",
        "account:read",
    ),
    "the Slack token can do more": (
        lambda p: p.sandbox.slack.grant("channels:history"),
        "Slack scopes",
        "channels:history",
    ),
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
    "the policy can be written by others": (
        lambda p: p.policy.chmod(0o666),
        "policy",
        "policy.toml can be written by others",
    ),
    "the policy's folder can be written by others": (
        lambda p: p.folder.chmod(0o777),
        "policy",
        "can be replaced by others",
    ),
    ".env can be written by others": (
        lambda p: ((p.folder / ".env").touch(), (p.folder / ".env").chmod(0o622)),
        "settings",
        ".env can be written by others",
    ),
    "a secret's file can be read by others": (
        lambda p: (
            (p.folder / "x").write_text("127.0.0.1"),
            (p.folder / "x").chmod(0o644),
            p.set(HOST_FILE=str(p.folder / "x")),
        ),
        "settings",
        "which can be read by others",
    ),
    "a setting is misspelt": (
        lambda p: p.set(IMAGE_BOT_POLYCY="x.toml"),
        "settings",
        "IMAGE_BOT_POLYCY is not a setting of the bot",
    ),
    "a setting of the bot that there is not": (
        lambda p: p.set(IMAGE_BOT_COLOUR="blue"),
        "settings",
        "IMAGE_BOT_COLOUR is not a setting of the bot",
    ),
    "a setting is misspelt in .env": (
        lambda p: (
            (p.folder / ".env").write_text("DATABSE_URL=sqlite:///x\n"),
            (p.folder / ".env").chmod(0o600),
            p.env.delenv("DATABASE_URL"),
        ),
        "settings",
        "DATABSE_URL is not a setting of the bot",
    ),
    "it listens to all": (lambda p: p.set(HOST="0.0.0.0"), "settings", "other machines"),  # noqa: S104 - what is warned of
    "a region of the policy takes no images": (
        lambda p: p.policy.write_text(POLICY + 'regions = ["sfo1"]\n'),
        "regions",
        "sfo1",
    ),
    "Socket Mode without a token": (
        lambda p: p.env.delenv("SLACK_APP_TOKEN"),
        "manifest",
        "socket_mode_enabled",
    ),
    "an approver has left": (_left("U0BOB"), "people", "U0BOB, who has left"),
    "the policy names a bot": (
        lambda p: p.policy.write_text(POLICY.replace('"U0ANN"', '"U0ANN", "U0BOT"')),
        "people",
        "U0BOT, who is a bot",
    ),
    "the policy names nobody": (
        lambda p: p.policy.write_text(POLICY.replace('"U0ANN"', '"U0ANN", "U0GONE"')),
        "people",
        "U0GONE, who is nobody in this workspace",
    ),
    "the policy lets anybody do anything": (
        lambda p: p.policy.write_text('[[rule]]\nname = "all"\napprovals = 0\n'),
        "policy",
        "lets anybody in the workspace do anything at once",
    ),
    "the policy lets people approve alone": (
        lambda p: p.policy.write_text(POLICY + "self_approval = true\n"),
        "policy",
        "do it alone",
    ),
    "the signing secret is something else": (
        lambda p: p.set(SLACK_SIGNING_SECRET="A0IMAGEBOT"),
        "settings",
        "SLACK_SIGNING_SECRET does not look like one",
    ),
    "the disk is nearly full": (
        lambda p: p.env.setattr(doctor_here.shutil, "disk_usage", _free(700_000_000)),
        "database",
        "700 MB left",
    ),
    "no manifest": (lambda p: (p.folder / "manifest.yml").unlink(), "manifest", "not here"),
    ".env for all to read": (
        lambda p: (p.folder / ".env").write_text("PORT=0\n"),
        "settings",
        "read by others",
    ),
}


@pytest.mark.parametrize("name", WARNED)
def test_what_should_be_otherwise_is_a_warning(
    patient: Patient, examine: Callable[[], Examined], name: str
) -> None:
    plant, check, said = WARNED[name]
    plant(patient)
    status, findings, _ = examine()
    warned = [f for f in findings if f["verdict"] == "warning"]
    assert any(f["check"] == check and said in f["said"] for f in warned), findings
    assert status == 0


@pytest.mark.parametrize(("off", "verdict"), [(1, "ok"), (-60, "warning"), (900, "wrong")])
def test_clocks_are_compared(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, off: float, verdict: str
) -> None:
    ahead = time.time() + off

    class Fast:
        """What `findings` takes for the time."""

        time = staticmethod(lambda: ahead)

    monkeypatch.setattr(findings, "time", Fast)
    settings = given_settings(patient.sandbox.settings(socket=True))
    for check in (slack, digitalocean):
        found = [f for f in check(settings) if f.check.startswith("clock")]
        assert [f.verdict for f in found] == [verdict], found
    assert formatdate(ahead)


def test_a_network_that_swallows_everything_does_not_hold_it_up(
    patient: Patient, examine: Callable[[], Examined], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        patient.set(SLACK_API_URL=f"{url}/api/", DIGITALOCEAN_API_URL=url)
        patient.policy.write_text(POLICY + 'notify = ["S0OPS", "S0LEADS"]\n')
        monkeypatch.setattr(doctor_slack, "SECONDS", 1)
        monkeypatch.setattr(doctor_digitalocean, "SECONDS", 1)
        began = time.monotonic()
        status, found, _ = examine()
        assert time.monotonic() - began < 8  # one wait at each, not one for each question
    assert status == 1
    assert sum("it does not answer" in finding["said"] for finding in found) == 2


def test_for_people_it_says_the_mend_below(
    patient: Patient, capsys: pytest.CaptureFixture[str]
) -> None:
    patient.sandbox.slack.revoke("im:write")
    assert main(["doctor"]) == 1
    text = capsys.readouterr().out
    assert "WRONG    Slack scopes: im:write is missing: direct messages\n         → " in text
    assert text.splitlines()[-1].endswith("1 wrong")


def test_nothing_is_left_behind(patient: Patient, examine: Callable[[], Examined]) -> None:
    patient.database.unlink()
    assert examine()[0] == 0
    assert not patient.database.exists()


def test_an_empty_file_is_as_good_as_none(
    patient: Patient, examine: Callable[[], Examined]
) -> None:
    patient.database.write_bytes(b"")
    status, found, _ = examine()
    assert status == 0
    assert any("the first start makes its tables" in finding["said"] for finding in found)


def test_the_handlers_are_read_as_they_are() -> None:
    heard = listened_to()
    assert {"approve", "deny", "cancel", "adopt", "post_again", "give_up"} <= heard["action"]
    settings = given_settings(Sandbox().settings(socket=True))
    assert [f.verdict for f in manifest(settings, ROOT / "manifest.yml")] == ["ok"]


def test_a_misspelt_secret_is_named_beside_the_one_that_is_missing(
    patient: Patient, examine: Callable[[], Examined]
) -> None:
    patient.env.delenv("SLACK_BOT_TOKEN")
    patient.set(SLACK_BOT_TOEKN="xoxb-secret", DIGITALOCEAN_ACCESS_TOKEN="dop_v1_x", HOSTNAME="x")
    status, findings, printed = examine()
    assert status == 1
    told = {f["said"]: f["fix"] for f in findings if f["verdict"] == "warning"}
    assert told["SLACK_BOT_TOEKN is not a setting of the bot"] == "Did you mean SLACK_BOT_TOKEN?"
    assert not [said for said in told if "DIGITALOCEAN" in said or "HOSTNAME" in said]
    assert "xoxb-secret" not in printed


def test_the_scopes_of_every_operation_that_the_policy_names_are_asked_for(
    patient: Patient, examine: Callable[[], Examined]
) -> None:
    patient.policy.write_text(SNAPSHOTS.replace("snapshot", "give"), encoding="utf-8")
    patient.sandbox.digitalocean.limit_scopes("image:read", "actions:read", "regions:read")
    _, findings, _ = examine()
    scopes = [f for f in findings if f["check"] == "DigitalOcean scopes"]
    [missing] = [f for f in scopes if "image:update is missing" in f["said"]]
    assert "add image:delete." in missing["fix"]
    assert any("not tried" in f["said"] and "image:delete" in f["said"] for f in scopes)


def test_what_finds_volumes_is_asked_for_and_not_too_much(
    patient: Patient, examine: Callable[[], Examined]
) -> None:
    patient.policy.write_text(SNAPSHOTS.replace("snapshot", "snapshot-volume"), encoding="utf-8")
    reads = ("image:read", "image:update", "actions:read", "regions:read")
    patient.sandbox.digitalocean.limit_scopes(*reads)
    _, findings, _ = examine()
    assert any("block_storage:read is missing" in f["said"] for f in findings)
    patient.sandbox.digitalocean.limit_scopes(*reads, "block_storage:read")
    _, findings, _ = examine()
    scopes = [f for f in findings if f["check"] == "DigitalOcean scopes"]
    assert [f for f in scopes if f["verdict"] != "ok"] == []


def test_every_scope_of_an_operation_has_its_purpose() -> None:
    needed = {scope for operation in OPERATIONS.values() for scope in operation.scopes}
    assert needed <= DIGITALOCEAN.keys()


def test_what_the_policy_names_is_not_too_much(
    patient: Patient, examine: Callable[[], Examined]
) -> None:
    patient.policy.write_text(SNAPSHOTS, encoding="utf-8")
    patient.sandbox.digitalocean.limit_scopes(
        *("image:read", "image:update", "actions:read", "regions:read"),
        *("droplet:read", "droplet:update", "image:create"),
    )
    patient.set(IMAGE_BOT_SCHEDULES=str(patient.schedules("")))
    _, findings, _ = examine()
    tried = [f for f in findings if f["check"] in ("DigitalOcean scopes", "schedules")]
    assert len(tried) > len(("schedules", "scopes"))
    assert [f for f in tried if f["verdict"] != "ok"] == []
    assert patient.sandbox.digitalocean.posts == []
