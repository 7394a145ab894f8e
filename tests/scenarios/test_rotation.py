"""Secrets replaced while requests are in flight: nothing is lost, and nothing uses an old one."""

from __future__ import annotations

import json
import logging
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from postgres import fresh_database
from world import ANN, BOB, CAT, EVERYWHERE, ONE_APPROVAL, SNAPSHOT, World, world

from bot.config import given_settings
from bot.errors import SettingsError
from bot.observability.logs import set_up_logs
from bot.requests.membership import token_digest
from bot.store.read_cache import own_workspace

NAMES = (
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_SIGNING_SECRET_OLD",
    "DIGITALOCEAN_TOKEN",
)
REGIONS = ("nyc3", "sfo3", "ams3", "lon1", "tor1", "blr1", "sgp1", "syd1")


CROSSED = [EVERYWHERE[0], pytest.param(EVERYWHERE[1], marks=pytest.mark.slow)]


@pytest.fixture(params=CROSSED, ids="-".join)
def start_with_files(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[..., World]]:
    """Starts a world whose secrets are in files named `token` (see leaks.py), one folder each."""
    transport, kind = request.param
    with ExitStack() as stack:

        def begin(policy: str = ONE_APPROVAL, **settings: Any) -> World:
            files = {}
            for name in NAMES:
                (tmp_path / name).mkdir()
                files[f"{name}_FILE"] = tmp_path / name / "token"
            if kind == "postgresql":
                settings["DATABASE_URL"] = stack.enter_context(fresh_database())
            is_socket = transport == "socket"
            made = world(tmp_path, policy, socket=is_socket, secret_files=files, **settings)
            return stack.enter_context(made)

        yield begin


def _put(at_work: World, name: str, value: str) -> None:
    """In one step, as mounted secrets are replaced."""
    path = at_work.secret_files[f"{name}_FILE"]
    new = path.parent / "secret"
    new.write_text(value, encoding="utf-8")
    new.replace(path)


def _said(caplog: pytest.LogCaptureFixture, text: str) -> list[str]:
    return [r.getMessage() for r in caplog.records if text in r.getMessage()]


def _readyz(at_work: World) -> tuple[int, dict[str, str]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{at_work.bot.port}/readyz") as answer:
        return answer.status, json.load(answer)


class _Busy:
    """Somebody asks for one transfer after another, and each is approved, until it is left."""

    def __init__(self, at_work: World) -> None:
        self._world = at_work
        self._over = Event()
        self._errors: list[BaseException] = []
        self.roots: list[Any] = []
        self._thread = Thread(target=self._run)

    def __enter__(self) -> _Busy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)
        assert self._errors == []

    def _run(self) -> None:
        try:
            for region in REGIONS:
                self._world.types(f"transfer {SNAPSHOT} {region}")
                root = self._world.root(region)
                self._world.clicks("approve", root, by=BOB)
                self.roots.append(root)
                if self._over.wait(0.4):
                    return
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            self._errors.append(error)


def test_digitaloceans_token_is_replaced_while_actions_are_in_flight(
    start_with_files, caplog
) -> None:
    at_work = start_with_files()
    new = at_work.digitalocean.new_token()
    with _Busy(at_work) as busy:
        at_work.until(lambda: len(busy.roots) >= 2, "two that are on their way")
        _put(at_work, "DIGITALOCEAN_TOKEN", new)
        at_work.until(lambda: _said(caplog, "DIGITALOCEAN_TOKEN was replaced"), "the switch")
        at_work.digitalocean.revoke_old_tokens()
        since = len(at_work.digitalocean.calls)
    for root in busy.roots:
        at_work.reply("completed", root)
    after = at_work.digitalocean.calls[since:]
    assert after
    assert [call.path for call in after if call.status == 401] == []
    assert len(at_work.digitalocean.posts) == len(busy.roots)


def test_a_bot_token_that_was_revoked_is_replaced_and_nothing_is_lost(
    start_with_files, caplog
) -> None:
    at_work = start_with_files()
    with _Busy(at_work) as busy:
        at_work.until(lambda: len(busy.roots) >= 2, "two that are on their way")
        _put(at_work, "SLACK_BOT_TOKEN", at_work.slack.replace_bot_token())
        at_work.until(lambda: _said(caplog, "SLACK_BOT_TOKEN was replaced"), "the switch")
        since = len(at_work.slack.calls)
        at_work.clock.skip(60)
    for root in busy.roots:
        at_work.reply("completed", root)
    after = at_work.slack.calls[since:]
    assert after
    assert [c.method for c in after if (c.answer or {}).get("error") == "token_revoked"] == []
    assert len(at_work.digitalocean.posts) == len(busy.roots)
    with at_work.bot.store.read() as connection:  # for a restart while Slack is away
        token = token_digest(at_work.secret_files["SLACK_BOT_TOKEN_FILE"].read_text())
        assert own_workspace(connection, token).teams == {"T0SANDBOX"}


def test_both_signing_secrets_are_taken_while_both_are_set(start_with_files, caplog) -> None:
    at_work = start_with_files()
    if at_work.socket:
        return  # nothing is signed there
    old = at_work.settings["SLACK_SIGNING_SECRET"]
    with _Busy(at_work) as busy:
        at_work.until(lambda: len(busy.roots) >= 1, "one that is on its way")
        _put(at_work, "SLACK_SIGNING_SECRET_OLD", old)
        at_work.until(lambda: _said(caplog, "SLACK_SIGNING_SECRET_OLD was replaced"), "the old")
        _put(at_work, "SLACK_SIGNING_SECRET", "5" * 32)  # Slack is to have it a moment later
        at_work.until(lambda: _said(caplog, "SLACK_SIGNING_SECRET was replaced"), "the new")
        at_work.until(lambda: len(busy.roots) >= 3, "more, signed with the old one")
    at_work.types("help")
    at_work.types("help")
    assert len(_said(caplog, "was signed with SLACK_SIGNING_SECRET_OLD")) == 1
    for root in busy.roots:
        at_work.reply("completed", root)


def test_the_old_signing_secret_is_worth_nothing_once_it_is_unset(start_with_files, caplog) -> None:
    at_work = start_with_files()
    if at_work.socket:
        return
    old = at_work.settings["SLACK_SIGNING_SECRET"]
    signed_before = at_work.slack.sign(BODY)
    _put(at_work, "SLACK_SIGNING_SECRET_OLD", old)
    _put(at_work, "SLACK_SIGNING_SECRET", at_work.slack.replace_signing_secret())
    at_work.until(lambda: _said(caplog, "SLACK_SIGNING_SECRET was replaced"), "the new")
    at_work.until(lambda: _said(caplog, "SLACK_SIGNING_SECRET_OLD was replaced"), "the old")
    at_work.types("help")
    headers = {"Content-Type": "application/x-www-form-urlencoded", **signed_before}
    assert at_work.slack.post_raw(BODY, headers).status == 200
    _put(at_work, "SLACK_SIGNING_SECRET_OLD", "")
    at_work.until(
        lambda: len(_said(caplog, "SLACK_SIGNING_SECRET_OLD was replaced")) == 2, "none is old"
    )
    assert at_work.slack.post_raw(BODY, headers).status == 401
    at_work.types("help")


BODY = (
    b"command=%2Fimage&text=help&user_id=U0ANN&channel_id=C0OPS&team_id=T0SANDBOX"
    b"&api_app_id=A0SANDBOX&trigger_id=1.2.3&response_url="
)


@pytest.mark.alike
@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("SLACK_BOT_TOKEN", "", "empty"),
        ("SLACK_BOT_TOKEN", "xoxb-no-token-of-anybodys", "invalid_auth"),
        ("DIGITALOCEAN_TOKEN", "two words", "empty, or holds a space"),
        ("DIGITALOCEAN_TOKEN", "dop_v1_unknown", "authenticate"),
        ("SLACK_SIGNING_SECRET", "", "empty"),
    ],
)
def test_what_cannot_be_used_leaves_the_value_before(
    tmp_path: Path, caplog, name: str, value: str, why: str
) -> None:
    path = tmp_path / "token"
    with world(tmp_path, ONE_APPROVAL, secret_files={f"{name}_FILE": path}) as at_work:
        good = at_work.settings[name]
        assert _readyz(at_work) == (200, {"status": "ready"})
        _put(at_work, name, value)
        at_work.until(lambda: "secret_files" in _readyz(at_work)[1], "it to be told")
        status, told = _readyz(at_work)
        assert status == 200  # it works: nobody is to take it out of service
        assert f"{name}_FILE cannot be used" in told["secret_files"]
        assert why in told["secret_files"]
        assert len(_said(caplog, f"{name}_FILE cannot be used")) == 1
        at_work.types(f"transfer {SNAPSHOT} nyc3")
        at_work.clicks("approve", at_work.root("Pending approval"), by=BOB)
        at_work.root("Completed")
        _put(at_work, name, good)
        at_work.until(lambda: _readyz(at_work)[1] == {"status": "ready"}, "it to be over")


def test_a_file_that_is_gone_leaves_the_value_before(tmp_path: Path, caplog) -> None:
    path = tmp_path / "token"
    with world(tmp_path, ONE_APPROVAL, secret_files={"DIGITALOCEAN_TOKEN_FILE": path}) as at_work:
        path.unlink()
        at_work.until(lambda: _said(caplog, "cannot be read"), "it to be told")
        at_work.types(f"transfer {SNAPSHOT} nyc3")
        at_work.clicks("approve", at_work.root("Pending approval"), by=CAT)
        at_work.root("Completed")


def test_a_bot_token_of_another_workspace_is_refused(tmp_path: Path, caplog) -> None:
    path = tmp_path / "token"
    with world(tmp_path, ONE_APPROVAL, secret_files={"SLACK_BOT_TOKEN_FILE": path}) as at_work:
        _put(at_work, "SLACK_BOT_TOKEN", at_work.slack.token_elsewhere("T0OTHER"))
        at_work.until(lambda: _said(caplog, "of another workspace (T0OTHER)"), "it to be told")
        at_work.types("regions", by=ANN)
        assert at_work.bot._membership.workspaces == {"T0SANDBOX"}


def test_a_value_read_later_is_shown_in_no_log(tmp_path: Path, capsys) -> None:
    path = tmp_path / "token"
    with world(tmp_path, ONE_APPROVAL, secret_files={"SLACK_SIGNING_SECRET_FILE": path}) as at_work:
        set_up_logs("text", secrets=[])
        _put(at_work, "SLACK_SIGNING_SECRET", "fedcba9876543210" * 2)
        said = ""

        def told() -> bool:
            nonlocal said
            said += capsys.readouterr().err
            return "SLACK_SIGNING_SECRET was replaced" in said

        at_work.until(told, "the switch")
        logging.getLogger("bot").warning("it is %s", "fedcba9876543210" * 2)
        assert "it is [redacted]" in capsys.readouterr().err


def test_an_old_secret_alone_makes_no_sense() -> None:
    given = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "DIGITALOCEAN_TOKEN": "dop"}
    with pytest.raises(SettingsError, match="goes with SLACK_SIGNING_SECRET"):
        given_settings({**given, "SLACK_SIGNING_SECRET_OLD": "s"})
