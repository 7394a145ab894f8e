"""`reconcile`: hold what happened at DigitalOcean against the audit log, now."""

from __future__ import annotations

import argparse
import getpass
import json
import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bot.config import Settings, read_settings
from bot.digitalocean import Client
from bot.domain.reconciliation import Finding, Kind, Suspicion, Verdict
from bot.jobs.reconcile_account import Look, ReconcileAccount
from bot.observability.logs import Redactor
from bot.store import schema
from bot.store.database import existing_database
from bot.store.transaction import Store
from bot.views import reconciliation as views

NOT_WHOLE = 3
"""The exit status where it could not be looked, or not at all of it, and nothing else was found."""
_SPAN = re.compile(r"(\d{1,5})([dh])")
_SECONDS = {"d": 86_400.0, "h": 3600.0}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "reconcile", help="say what happened at DigitalOcean that the audit log does not explain"
    )
    parser.add_argument(
        "--since",
        type=moment,
        help="look at all since then (7d, 12h, 2026-11-24, 2026-11-24T08:00Z), and tell again what"
        " was told before; without it, at what came since the last look",
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(act=run)


def moment(said: str) -> float:
    """A time as people type it, in epoch seconds; without a zone it is UTC.

    Raises:
        argparse.ArgumentTypeError: it is none, or lies ahead.
    """
    if span := _SPAN.fullmatch(said):
        return time.time() - int(span[1]) * _SECONDS[span[2]]
    try:
        read = datetime.fromisoformat(said)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{said!r} is not a time: 7d, 12h, 2026-11-24 or 2026-11-24T08:00Z"
        ) from None
    at = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    if at > time.time():
        raise argparse.ArgumentTypeError(f"{said} lies ahead")
    return at


def run(options: argparse.Namespace) -> int:
    """0: everything is explained; 1: something is not; 3: it could not be looked at whole."""
    settings = read_settings()
    database = existing_database(settings.database_url)
    schema.check(database)
    # A running bot finds the message for the channel by its sweep; nobody is woken from here.
    store = Store(database, lambda *_: None, time.time)
    try:
        with _client(settings) as client:
            reconcile = ReconcileAccount(store, client, settings.reconcile_channel)
            look = reconcile.look(options.since, getpass.getuser())
    finally:
        store.close()
    redact = Redactor(settings.secrets())
    told = json.dumps(_as_json(look), indent=2) if options.json else "\n".join(_lines(look))
    sys.stdout.write(redact(told) + "\n")
    return status_of(look)


def status_of(look: Look | None) -> int:
    """What a look ends with; None: another process was at it, so nothing is known."""
    if look is not None and (look.of(Verdict.UNEXPLAINED) or look.told_before):
        return 1
    return NOT_WHOLE if look is None or look.lacks else 0


def _client(settings: Settings) -> Client:
    return Client(
        settings.digitalocean_token.get_secret_value(),
        endpoint=settings.digitalocean_api_url,
        timeout=settings.http_seconds,
    )


def _lines(look: Look | None) -> Iterator[str]:
    if look is None:
        yield "Another process looks just now: nothing is known yet. Try again in a minute."
        return
    yield f"DigitalOcean from {views.in_utc(look.since)} until {views.in_utc(look.until)}:"
    for each in look.of(Verdict.UNEXPLAINED):
        yield f"UNEXPLAINED  {_sentence(each)}"
    for told in look.told_before:
        yield f"UNEXPLAINED  {_sentence(_finding(told))} (told before)"
    for each in look.of(Verdict.UNSETTLED):
        yield f"unsettled    {_sentence(each)} Request {each.request} waits for its answer."
    for lack, said in look.lacks.items():
        yield f"NOT WHOLE    {views.lacking(lack, said, views.for_terminal)}"
    counts = ", ".join(
        f"{len(look.of(verdict))} {verdict}" for verdict in Verdict if look.of(verdict)
    )
    yield f"{counts or 'nothing new'}{'' if look.lacks else '; all of it was looked at'}."


def _sentence(finding: Finding) -> str:
    return views.sentence(finding, views.in_utc, views.quoted)


def _finding(told: Any) -> Finding:
    kinds: dict[str, Any] = {
        "kind": Kind(told["kind"]),
        "verdict": Verdict(told["verdict"]),
        "suspicion": Suspicion(told["suspicion"]) if "suspicion" in told else None,
    }
    return Finding(**{"at": None} | dict(told) | kinds)


def _as_json(look: Look | None) -> dict[str, Any]:
    if look is None:
        return {"status": NOT_WHOLE, "looked": False}
    return {
        "status": status_of(look),
        "looked": True,
        "whole": not look.lacks,
        "since": look.since,
        "until": look.until,
        "lacks": dict(look.lacks),
        "findings": [each.as_json() for each in look.findings],
        "told_before": [dict(told) for told in look.told_before],
    }
