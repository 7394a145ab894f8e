"""`doctor`: looks at everything the bot needs, and says what is wrong and how to fix it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from functools import partial

from bot.cli import doctor_here as here
from bot.cli import program
from bot.cli.doctor_anchors import anchors
from bot.cli.doctor_digitalocean import digitalocean
from bot.cli.doctor_here import is_sendable
from bot.cli.doctor_manifest import manifest
from bot.cli.doctor_names import misspelt
from bot.cli.doctor_oidc import identity_provider
from bot.cli.doctor_on_call import on_call
from bot.cli.doctor_roles import duties
from bot.cli.doctor_schedules import schedules
from bot.cli.doctor_slack import slack
from bot.cli.doctor_web_server import web_server
from bot.cli.findings import Check, Finding, Verdict, wrong
from bot.config import Settings, read_local_settings, read_settings, read_web_settings
from bot.errors import BotError, SettingsError
from bot.observability.logs import Redactor
from bot.store.roles import Duty

_MARKS = {Verdict.OK: "ok     ", Verdict.WARNING: "warning", Verdict.WRONG: "WRONG  "}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("doctor", help="say what is wrong, and how to fix it")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument(
        "--role",
        type=Duty,
        choices=list(Duty),
        help="look as the process of this role, with its settings and its rights in PostgreSQL",
    )
    parser.set_defaults(act=run)


def run(options: argparse.Namespace) -> int:
    """0: nothing is wrong (there may be warnings); 1: something is."""
    try:
        web = options.role is Duty.WEB
        settings: Settings | None = read_web_settings() if web else read_settings()
    except SettingsError as error:
        settings, problem = None, error
    redact = Redactor(settings.secrets() if settings else ())
    found = list(examine(settings, options.role) if settings else _without(problem))
    failed = any(finding.verdict is Verdict.WRONG for finding in found)
    if options.json:
        told = {"ok": not failed, "findings": [finding.as_dict() for finding in found]}
        said = json.dumps(told, ensure_ascii=False, indent=2)
    else:
        said = "\n".join(_lines(found))
    sys.stdout.write(program.in_its_name(redact(said)) + "\n")
    return 1 if failed else 0


def examine(settings: Settings, role: Duty | None = None) -> Iterator[Finding]:
    """Everything that can be looked at, here first, then outside.

    Args:
        role: the process whose settings these are; None: one that does all.
    """
    checks: list[tuple[str, Check]] = [
        ("settings", partial(here.settings_of, settings)),
        ("settings", misspelt),
        ("policy", partial(here.policy, settings)),
        ("second factors", partial(here.step_up, settings)),
        ("identity provider", partial(identity_provider, settings)),
        ("on call", partial(on_call, settings)),
        ("schedules", partial(schedules, settings)),
        ("database", partial(here.database, settings)),
        ("roles", partial(duties, settings, role)),
        ("audit heads", partial(anchors, settings)),
        ("manifest", partial(manifest, settings)),
        ("web server", partial(web_server, settings)),
    ]
    if is_sendable(settings.slack_bot_token):
        checks.append(("Slack", partial(slack, settings)))
    if is_sendable(settings.digitalocean_token):
        checks.append(("DigitalOcean", partial(digitalocean, settings)))
    for name, check in checks:
        yield from _guarded(name, check)


def _without(problem: SettingsError) -> Iterator[Finding]:
    """What can be looked at while the settings are not whole."""
    for line in problem.problem.splitlines():
        yield wrong("settings", line, problem.help)
    yield from _guarded("settings", misspelt)
    try:
        local = read_local_settings()
    except SettingsError:
        return  # told above
    yield from _guarded("policy", partial(here.policy, local))
    yield from _guarded("schedules", partial(schedules, local))
    yield from _guarded("database", partial(here.database, local))


def _guarded(name: str, check: Check) -> Iterator[Finding]:
    try:
        yield from check()
    except BotError as error:
        yield wrong(name, error.problem, error.help)
    except Exception as error:  # noqa: BLE001 - a check that breaks must not hide the others
        said = f"it could not be looked at: {type(error).__name__}: {error}"
        yield wrong(name, said, "This is a defect of doctor's; please report it.")


def _lines(found: list[Finding]) -> Iterator[str]:
    for finding in found:
        yield f"{_MARKS[finding.verdict]}  {finding.check}: {finding.said}"
        if finding.fix:
            yield f"{'':9}→ {finding.fix}"
    count = {verdict: sum(f.verdict is verdict for f in found) for verdict in Verdict}
    yield ", ".join(f"{number} {verdict}" for verdict, number in count.items())
