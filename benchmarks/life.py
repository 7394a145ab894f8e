"""`python -m benchmarks life`: what one life of a request costs, part by part.

One life: `/image transfer` is typed, its card waits, somebody approves, the POST goes out, the
transfer ends, and Slack shows everything. The bot runs in this process between the stand-ins;
what is counted does not depend on how busy the machine is, but for the CPU time, which is to be
compared within one run.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import postgres, report
from benchmarks.bots import FIRST_IMAGE, folder, settings_of, stand_ins
from benchmarks.parts import OUTSIDE, Parts, ProfiledBot, counted
from bot.config import given_settings
from bot.store.database import open_database
from bot.store.tables import ops_request, outbox_message
from rehearsal import Sandbox
from rehearsal.slack.messages import Message

_LIVES = 5
_ACTION_SECONDS = 3.0
_REST_SECONDS = 6.0
_CHANNEL = "C0OPS"
_COLUMNS = ("runs", "statements", "write transactions", "read transactions", "syncs", "CPU")

BEGIN, END = "<!-- one life, by python -m benchmarks life -->", "<!-- end of one life -->"


def profile(docs: Path | None) -> None:
    """Print the tables; `docs`: the page that holds them as well."""
    told = "\n\n".join([report.machine(), *_tables()])
    sys.stdout.write(f"{told}\n")
    if docs is not None:
        report.put_into(docs, told, BEGIN, END)


def _tables() -> Iterator[str]:
    with folder() as at:
        yield _lived("SQLite", settings={}, at=at)
    missing = postgres.missing()
    if missing:
        yield f"PostgreSQL: not measured, {missing}."
        return
    with folder() as at, postgres.server() as server:
        yield _lived("PostgreSQL", settings={"DATABASE_URL": server.url}, at=at, server=server)


def _lived(
    name: str, settings: Mapping[str, str], at: Path, server: postgres.Server | None = None
) -> str:
    parts = Parts()
    if server:
        server.log_statements()
    with stand_ins(_LIVES + 1, _ACTION_SECONDS) as sandbox, counted(parts):
        own = {**settings_of(sandbox, at), "IMAGE_BOT_POLL_SECONDS": "1", "PORT": "0", **settings}
        bot = ProfiledBot(parts, given_settings(own))
        bot.start()
        try:
            sandbox.slack.connect_http(f"http://127.0.0.1:{bot.port}/slack/events")
            sandbox.slack.wait_for(lambda: not bot.not_ready(), seconds=30, what="the bot")
            looker = open_database(server.unlogged_url if server else own["DATABASE_URL"])
            _live(sandbox, looker, FIRST_IMAGE)  # the first one fills caches, and counts nothing
            rest = _at_rest(sandbox, server)
            before, began = _Outside(sandbox, server), time.monotonic()
            parts.start()
            for number in range(_LIVES):
                _live(sandbox, looker, FIRST_IMAGE + 1 + number)
            parts.stop()
            seconds = (time.monotonic() - began) / _LIVES
            told = _told(name, parts.counts, _Outside(sandbox, server), before)
            rested = f"a second at rest costs {rest * 1000:.1f} ms of CPU"
            return f"{told}\nIt took {seconds:.0f} s; {rested}."
        finally:
            looker.dispose()
            bot.stop()


def _at_rest(sandbox: Sandbox, server: postgres.Server | None) -> float:
    """CPU seconds that a second costs in which nobody wants anything."""
    before = _Outside(sandbox, server)
    time.sleep(_REST_SECONDS)
    return (_Outside(sandbox, server).cpu - before.cpu) / _REST_SECONDS


def _live(sandbox: Sandbox, looker: sa.Engine, image: int) -> None:
    text = f"transfer {image} nyc3 because it is measured"
    if not sandbox.slack.command("U0ANN", _CHANNEL, text).ok:
        raise RuntimeError("the command was not acked")
    card: Any = sandbox.slack.wait_for(
        lambda: next((m for m in _cards(sandbox, image) if "approve" in str(m.blocks)), None),
        seconds=30,
        what="the card",
    )
    sandbox.slack.click("U0BOB", card, "approve")
    sandbox.slack.wait_for(lambda: _is_over(looker), seconds=60, what="the end of a life")


def _cards(sandbox: Sandbox, image: int) -> list[Message]:
    return [m for m in sandbox.slack.messages(_CHANNEL) if str(image) in m.everything]


def _is_over(looker: sa.Engine) -> bool:
    """Whether every request has ended and Slack shows all that it should."""
    behind = outbox_message.c.delivered_version < outbox_message.c.desired_version
    with looker.connect() as connection:
        open_ones = connection.scalar(
            sa.select(sa.func.count()).where(ops_request.c.state != "completed")
        )
        unsent = connection.scalar(sa.select(sa.func.count()).where(behind))
    return not open_ones and not unsent


class _Outside:
    """What the stand-ins, the server and the process have counted until now."""

    def __init__(self, sandbox: Sandbox, server: postgres.Server | None) -> None:
        self.slack = Counter(call.method for call in sandbox.slack.calls)
        self.digitalocean = Counter(
            f"{call.method} {re.sub(r'[0-9]+', '…', call.path)}"
            for call in sandbox.digitalocean.calls
        )
        self.statements = Counter(map(_kind, server.statements())) if server else Counter()
        self.syncs = server.syncs() if server else 0
        self.cpu = time.process_time() - sum(map(_cpu, _threads_of_others()))


def _kind(statement: str) -> str:
    if statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
        return "BEGIN, COMMIT, ROLLBACK"
    return "the queue's" if "procrastinate" in statement else "the store's"


def _threads_of_others() -> list[threading.Thread]:
    """The stand-ins' thread, and this one."""
    return [t for t in threading.enumerate() if t.name in ("sandbox", "MainThread")]


def _cpu(thread: threading.Thread) -> float:
    return time.clock_gettime(time.pthread_getcpuclockid(thread.ident or 0))


def _told(name: str, counts: Mapping[str, Counter[str]], now: _Outside, before: _Outside) -> str:
    parts = sorted(counts, key=lambda part: (part == OUTSIDE, part == "sweep", part))
    total: Counter[str] = Counter()
    for part in parts:
        total.update(counts[part])
    cpu = now.cpu - before.cpu
    rest = Counter({"CPU": cpu - total["CPU"]})
    total["CPU"] = cpu
    lines = [
        f"**{name}**, one life (the mean of {_LIVES})",
        "",
        f"| part | {' | '.join(_COLUMNS[:-1])} | CPU, share |",
        f"|---|{'---:|' * len(_COLUMNS)}",
        *(_line(part, counts[part], cpu) for part in parts),
        _line("web server, engine, logging", rest, cpu),
        _line("**all**", total, cpu),
        "",
        f"CPU: {cpu / _LIVES * 1000:.0f} ms on this machine.",
        _calls("Slack", now.slack - before.slack),
        _calls("DigitalOcean", now.digitalocean - before.digitalocean),
    ]
    if now.statements:
        lines += [_calls("The server saw statements", now.statements - before.statements)]
        lines += [f"Syncs of the server's log: {(now.syncs - before.syncs) / _LIVES:.1f}."]
    return "\n".join(lines)


def _line(part: str, found: Counter[str], cpu: float) -> str:
    cells: Sequence[str] = [
        f"{found[column] / _LIVES:.1f}" if found[column] else "" for column in _COLUMNS[:-1]
    ]
    return f"| {part} | {' | '.join(cells)} | {found['CPU'] / cpu:.0%} |"


def _calls(whose: str, found: Counter[str]) -> str:
    listed = ", ".join(f"{what} {count / _LIVES:.1f}" for what, count in sorted(found.items()))
    return f"{whose}: {sum(found.values()) / _LIVES:.1f} ({listed})."
