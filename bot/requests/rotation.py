"""Secrets that are replaced while the bot runs: their files are read again when they change.

A new value is tried before it is taken: what is empty, broken, refused, or of another workspace
leaves the one before in use, and `problem` says so. All of it runs in a thread of its own, so no
ack waits for it.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from threading import Event, Thread

from bot.config import Settings
from bot.digitalocean import Client, HttpResponseError
from bot.errors import BotError, SettingsError
from bot.file_stamp import Stamp, stamp_at
from bot.observability.logs import hide
from bot.requests.membership import Membership, token_digest
from bot.secret_files import read_secret
from bot.slack.signatures import Signatures
from bot.slack.web_api import Slack

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""Between two looks at the files."""
AGAIN_SECONDS = 30.0
"""A value that was not taken is tried again after this, or once its file changes."""
_NEVER = (0, 0, 0)
"""In place of a file's stamp: it was not looked at yet; None: it is not there."""
_SECRET = re.compile(r"[!-~]+")

Take = Callable[[str], bool]
"""Tries a value and uses it from now on. False: something still uses the one before.

Raises BotError where the one before stays in use."""


@dataclass(frozen=True)
class Taker:
    """What is done with a secret's new value.

    Attributes:
        value: the one in use at the start.
        may_be_empty: an empty file means that there is none.
    """

    value: str
    take: Take
    may_be_empty: bool = False


class _SecretFile:
    """One file: what was last seen of it, and the value in use."""

    def __init__(self, name: str, path: Path, taker: Taker) -> None:
        self._name, self._path, self._taker = name, path, taker
        self._value = taker.value
        self._seen: Stamp | None = _NEVER
        self._again_at = 0.0
        self.problem = ""

    def look(self) -> None:
        """Read the file if it has changed, and take what it holds."""
        stamp = stamp_at(self._path)
        if stamp == self._seen and (not self.problem or time.monotonic() < self._again_at):
            return
        self._seen = stamp
        try:
            if self._path.exists() and not self._path.is_file():
                raise SettingsError("it is no file: a pipe may have no end.")
            self._take(read_secret(self._name, self._path).strip())
        except BotError as error:
            self._complain(error)
        except Exception as error:  # noqa: BLE001 - told with a reference; the others are looked at
            reference = uuid.uuid4().hex[:8]
            log.error("%s_FILE: %s, reference %s", self._name, type(error).__name__, reference)
            self._complain(SettingsError(f"it could not be tried, reference {reference}"))
        else:
            self.problem = ""

    def _take(self, value: str) -> None:
        if value == self._value:
            return
        if not (_SECRET.fullmatch(value) or (self._taker.may_be_empty and not value)):
            raise SettingsError("it is empty, or holds a space, which no secret does.")
        hide(value)
        released = self._taker.take(value)
        self._value = value
        log.warning("%s was replaced: the one from its file is used", self._name)
        if not released:
            log.warning("a call with the %s before it is still under way", self._name)

    def _complain(self, why: BotError) -> None:
        self._again_at = time.monotonic() + AGAIN_SECONDS
        said = SettingsError(
            f"{self._name}_FILE cannot be used; the value before it stays in use: {why.problem}"
        )
        if said.problem != self.problem:
            log.error("%s", said.problem)
        self.problem = said.problem


class Rotation:
    """Looks at the files of secrets until it is stopped.

    Args:
        paths: by the name of the setting that names the file, `NAME_FILE`.
        takers: by the setting's own name; others need a restart.
    """

    def __init__(self, paths: Mapping[str, Path], takers: Mapping[str, Taker]) -> None:
        self._files = [
            _SecretFile(name, paths[f"{name}_FILE"], taker)
            for name, taker in takers.items()
            if f"{name}_FILE" in paths
        ]
        self._stopping = Event()

    def start(self) -> None:
        """Look at them from now on, where there are any."""
        if self._files:
            Thread(target=self._watch, name="secret-files", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def problems(self) -> Mapping[str, str]:
        """For `/readyz`: which new values are not in use, and why; empty: all are."""
        said = "; ".join(file.problem for file in self._files if file.problem)
        return {"secret_files": said} if said else {}

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            for file in self._files:
                file.look()


def takers_of(
    settings: Settings,
    slack: Slack,
    slack_by: Callable[[str], Slack],
    membership: Membership,
    client: Client | None,
    client_by: Callable[[str], Client],
    follow_with: Callable[[str], None],
    signatures: Signatures | None,
) -> Mapping[str, Taker]:
    """What is done with each secret that may change while the bot runs, by its setting.

    Args:
        client: None: this process asks DigitalOcean nothing.
        slack_by, client_by: Slack and DigitalOcean by another token.
        follow_with: told of DigitalOcean's token, once it is used.
        signatures: None: Slack signs nothing.
    """
    takers = {"SLACK_BOT_TOKEN": bot_token(slack.token, slack, membership, slack_by)}
    if client is not None:
        in_use = settings.digitalocean_token.get_secret_value()
        takers["DIGITALOCEAN_TOKEN"] = digitalocean_token(in_use, client, follow_with, client_by)
    if signatures is not None and settings.slack_signing_secret is not None:
        old = settings.slack_signing_secret_old
        present = settings.slack_signing_secret.get_secret_value()
        before = old.get_secret_value() if old else ""
        takers |= signing_secrets(present, before, signatures)
    return takers


def bot_token(
    value: str, slack: Slack, membership: Membership, at: Callable[[str], Slack]
) -> Taker:
    """The bot token, taken where Slack says that it is of the same workspace.

    Args:
        at: Slack by another token.
    """

    def take(token: str) -> bool:
        me = at(token).who_am_i()
        team, enterprise = str(me.get("team_id") or ""), str(me.get("enterprise_id") or "")
        if not membership.is_ours(team, enterprise):
            raise SettingsError(f"it is of another workspace ({team}).")
        released = slack.replace_token(token)
        membership.replace_token(token_digest(token))
        return released

    return Taker(value, take)


def digitalocean_token(
    value: str, client: Client, follow_with: Callable[[str], None], at: Callable[[str], Client]
) -> Taker:
    """DigitalOcean's token, taken where DigitalOcean knows it.

    Args:
        follow_with: told of it, once it is used.
        at: DigitalOcean by another token.
    """

    def take(token: str) -> bool:
        with at(token) as trial:
            try:
                trial.regions.list(per_page=1)
            except HttpResponseError as error:
                if error.status_code != HTTPStatus.FORBIDDEN:  # known, and without this scope
                    raise
        released = client.replace_token(token)
        follow_with(token)
        return released

    return Taker(value, take)


def signing_secrets(present: str, old: str, signatures: Signatures) -> Iterable[tuple[str, Taker]]:
    """Both signing secrets. Only Slack's next request shows whether they are right."""

    def take(secret: str) -> bool:
        signatures.replace(secret)
        return True

    def take_old(secret: str) -> bool:
        signatures.replace_old(secret)
        return True

    yield "SLACK_SIGNING_SECRET", Taker(present, take)
    yield "SLACK_SIGNING_SECRET_OLD", Taker(old, take_old, may_be_empty=True)
