"""`doctor`, what is here: settings, the policy, the schedules, the database."""

from __future__ import annotations

import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from pydantic import SecretStr

from bot.cli.findings import NO_ROTATION, Finding, ok, warning, wrong
from bot.cli.policy_status import in_force
from bot.config import LOOPBACK, LocalSettings, Settings, app_host
from bot.errors import BotError, PolicyError, SchemaMismatch, SettingsError
from bot.policy.file import PolicyFile
from bot.requests import step_ups
from bot.secret_files import secret_paths
from bot.signed_files import file_check
from bot.store import audit, ephemeral_disk, schema
from bot.store.database import is_sqlite, open_database, sqlite_url
from bot.store.sealing import Sealer
from bot.views import step_up as step_up_views
from bot.views.policy_words import warnings

_SHAPES = {
    "SLACK_BOT_TOKEN": ("xoxb-", "OAuth & Permissions → Bot User OAuth Token"),
    "SLACK_APP_TOKEN": ("xapp-", "Basic Information → App-Level Tokens"),
    "DIGITALOCEAN_TOKEN": ("do", "API → Tokens at DigitalOcean"),
}
_ROTATED = "xoxe"
"""How tokens begin that end (`xoxe.xoxb-…`), and those that renew them (`xoxe-…`)."""
_SIGNING_SECRET = re.compile(r"[0-9a-f]{32}")
_ROOM_WRONG, _ROOM_WARNING = 50_000_000, 1_000_000_000
"""Bytes left on the database's disk. A backup of a year's use needs as much as the latter."""


def settings_of(settings: Settings) -> Iterator[Finding]:
    """What the settings say that cannot be meant."""
    given = _tokens(settings)
    bad = [
        (name, shape)
        for name, shape in _SHAPES.items()
        if (token := given[name]) and not token.get_secret_value().startswith((shape[0], _ROTATED))
    ]
    for name, (begin, where) in bad:
        yield wrong("settings", f"{name} does not begin with {begin}", f"Copy it anew: {where}.")
    yield from _rotated(settings)
    yield from _odd_secrets(settings)
    if settings.host not in LOOPBACK:
        yield warning(
            "settings",
            f"HOST={settings.host} can be reached from other machines",
            "Put a TLS proxy before it, or leave HOST out and let the proxy run here.",
        )
    yield from open_to_others("settings", Path(".env"))
    for name, path in secret_paths(Settings).items():
        yield from open_to_others("settings", path, f"{name} names {path}, which")
    if not bad:
        how = "Socket Mode" if settings.slack_app_token else "HTTP"
        yield ok("settings", f"all that {how} needs is set")


def _tokens(settings: Settings) -> dict[str, SecretStr | None]:
    return {
        "SLACK_BOT_TOKEN": settings.slack_bot_token,
        "SLACK_APP_TOKEN": settings.slack_app_token,
        "DIGITALOCEAN_TOKEN": settings.digitalocean_token,
    }


def _rotated(settings: Settings) -> Iterator[Finding]:
    for token in (settings.slack_bot_token, settings.slack_app_token):
        if token and token.get_secret_value().startswith(_ROTATED):
            said = (
                "a Slack token ends after 12 hours, and the bot renews none: token rotation is on"
            )
            yield wrong("settings", said, NO_ROTATION)


def is_sendable(token: SecretStr) -> bool:
    """Whether it can stand in a header: what nobody can send is not asked about outside."""
    return re.fullmatch(r"[!-~]+", token.get_secret_value()) is not None


def _odd_secrets(settings: Settings) -> Iterator[Finding]:
    """What no API tells: only Slack, by its first payload, shows whether the secret is right."""
    for name, token in _tokens(settings).items():
        if token and token.get_secret_value() and not is_sendable(token):
            said = f"{name} holds a space, or something else that no token holds"
            yield wrong("settings", said, "Copy it anew, without quotes or a comment behind it.")
    secret = settings.slack_signing_secret
    if secret and not _SIGNING_SECRET.fullmatch(secret.get_secret_value()):
        yield warning(
            "settings",
            "SLACK_SIGNING_SECRET does not look like one: 32 digits 0-9 a-f",
            "Copy it anew: Basic Information → App Credentials → Signing Secret.",
        )


_READ = stat.S_IRGRP | stat.S_IROTH
_WRITE = stat.S_IWGRP | stat.S_IWOTH


def open_to_others(
    check: str, path: Path, subject: str = "", *, secret: bool = True
) -> Iterator[Finding]:
    """What others on this machine may do with a file that only the bot should write.

    Args:
        secret: whether they should not read it either.
    """
    if not path.exists():
        return
    mode, subject = path.stat().st_mode, subject or str(path)
    keep, around = ("600" if secret else "go-w"), path.absolute().parent
    if mode & _WRITE:
        yield warning(check, f"{subject} can be written by others here", f"chmod {keep} {path}")
    elif secret and mode & _READ:
        yield warning(check, f"{subject} can be read by others here", f"chmod {keep} {path}")
    above = around.stat().st_mode
    if above & _WRITE and not above & stat.S_ISVTX:
        said = f"{subject} can be replaced by others here: they may write to {around}"
        yield warning(check, said, f"chmod go-w {around}")


def policy(settings: LocalSettings) -> Iterator[Finding]:
    """Whether the policy can be read, and what in it is probably a slip."""
    try:
        signed = file_check(settings.policy_keys)
        found = PolicyFile(settings.policy_path, check=signed).current
    except (PolicyError, SettingsError) as error:
        yield wrong("policy", error.problem, error.help)
        return
    yield from open_to_others("policy", Path(settings.policy_path), secret=False)
    for said in warnings(found):
        yield warning("policy", said, "`python -m bot policy check` shows what it allows.")
    rules = f"{len(found.rule)} rule{'' if len(found.rule) == 1 else 's'}"
    yield ok("policy", f"{settings.policy_path} has {rules}")
    with suppress(SettingsError):  # told by the check of the database
        yield from in_force(settings.database_url, found)


def step_up(settings: Settings) -> Iterator[Finding]:
    """Whether what a rule asks of whoever approves can be shown."""
    key = settings.second_factor_key
    try:
        found = PolicyFile(settings.policy_path).current
        if key is not None:
            Sealer(key.get_secret_value())
    except PolicyError:
        return  # told by the policy's own check
    except SettingsError as error:
        yield wrong("second factors", error.problem, error.help)
        return
    asked = any(each and each.step_up for each in (*found.rule, found.policy))
    if lacks := step_ups.not_followed(found, settings.public_url, has=settings.step_ups):
        said = step_up_views.not_followed(lacks)
        yield wrong("second factors", said, "docs/policy.md, “A second factor”, says how.")
    elif asked:
        yield ok("second factors", f"approvals are confirmed at {settings.public_url}")


def database(settings: LocalSettings) -> Iterator[Finding]:
    """Whether the database can be written, is of this version, and its audit log is whole."""
    try:
        if said := ephemeral_disk.warning_of(settings.database_url, app_host()):
            yield warning("database", said, ephemeral_disk.HELP)
        missing = _missing_file(settings.database_url)
        if missing is not None:
            yield missing
            return
        engine = open_database(settings.database_url)
        try:
            yield from _room(settings.database_url)
            yield from _database_files(settings.database_url)
            yield from _look_at(engine)
        finally:
            engine.dispose()
    except BotError as error:
        yield wrong("database", error.problem, error.help)
    except (sa.exc.SQLAlchemyError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        fix = "Check DATABASE_URL, that the server runs, and this user's rights there."
        yield wrong("database", f"it cannot be used: {cause}".splitlines()[0], fix)


def _missing_file(url: str) -> Finding | None:
    """A SQLite file that is not there is not made by looking for it."""
    path = sqlite_url(url).database if is_sqlite(url) else None
    if not path or path == ":memory:" or Path(path).exists():
        return None
    folder = Path(path).absolute().parent
    if "~" in folder.parts:
        fix = f"Write the whole path: sqlite:///{Path.home()}/{Path(path).name}."
        return wrong("database", "~ stands for no folder in DATABASE_URL", fix)
    if not folder.is_dir():
        fix = f"mkdir -p {folder}, or point DATABASE_URL elsewhere."
        return wrong("database", f"the folder {folder} does not exist", fix)
    return ok("database", f"{path} is not there yet: the first start makes it")


def _database_files(url: str) -> Iterator[Finding]:
    """Whether others may read or write a SQLite file, or the log beside it."""
    path = sqlite_url(url).database if is_sqlite(url) else None
    if path and path != ":memory:":
        for part in (path, f"{path}-wal"):
            yield from open_to_others("database", Path(part))


def _room(url: str) -> Iterator[Finding]:
    """Whether the disk under a SQLite file has room; a server's disk is its own matter."""
    path = sqlite_url(url).database if is_sqlite(url) else None
    if not path or path == ":memory:":
        return
    folder = Path(path).absolute().parent
    left = shutil.disk_usage(folder).free
    said = f"the disk under {folder} has {left / 1e6:,.0f} MB left"
    fix = "Make room there, or move the database: nothing is taken while it cannot be written."
    if left < _ROOM_WRONG:
        yield wrong("database", said, fix)
    elif left < _ROOM_WARNING:
        yield warning("database", said, fix)


def _look_at(engine: sa.Engine) -> Iterator[Finding]:
    with (
        engine.connect().execution_options(write=True, wait=2.0) as connection,
        connection.begin() as trial,
    ):
        if engine.dialect.name == "sqlite":
            connection.execute(sa.text("CREATE TABLE image_bot_doctor (a INTEGER)"))
        else:  # a replica that is read-only has none; the bot's own role may make no table
            connection.execute(sa.text("SELECT txid_current()"))
        trial.rollback()
    if engine.dialect.name == "sqlite" and not sa.inspect(engine).get_table_names():
        yield ok("database", "it is empty: the first start makes its tables")
        return
    try:
        schema.check(engine)
    except SchemaMismatch as error:
        yield wrong("database", error.problem, error.help)
        return
    yield ok("database", f"{engine.dialect.name}, its schema is this version's")
    with engine.connect() as connection:
        problems = audit.verify(audit.entries(connection))
        position, _ = audit.head(connection)
    if problems:
        fix = "`python -m bot audit verify` lists all; compare with your last backup."
        yield wrong("audit log", f"it was changed: {problems[0]}", fix)
    else:
        yield ok("audit log", f"it is whole: {position} rows")
