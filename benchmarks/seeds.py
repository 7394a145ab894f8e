"""A database with thousands of requests that wait for approval, copied from one real one.

The one comes to be by a command and the bot's own work. The copies differ from it in their
image and in where their card lies; some cards are put into the stand-in of Slack as well, so
that they can be clicked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from benchmarks import signed
from benchmarks.bots import FIRST_IMAGE, bot
from benchmarks.load import Job, send
from bot.domain.canonical import canonical
from bot.domain.evidence import Evidence
from bot.store import audit
from bot.store.audit import Entry
from bot.store.database import open_database
from bot.store.tables import audit as audit_table
from bot.store.tables import ops_request, ops_step, outbox_message
from rehearsal import Sandbox
from rehearsal.slack.messages import Message
from rehearsal.slack.people import BOT_USER

Clickable = dict[int, Message]
"""Messages by the id of the image that they are about."""

CHANNEL = "C0OPS"
_BATCH = 1000


def waiting(sandbox: Sandbox, settings: dict[str, str], count: int, clickable: int) -> Clickable:
    """Fill a bot's database; the messages that can be clicked, by the id of their image.

    Args:
        settings: of a bot that is not running; its database may be new.
        count: how many requests wait in all.
        clickable: how many of them, the newest, have a message.
    """
    template = _one_real_request(sandbox, settings)
    database = open_database(settings["DATABASE_URL"])
    try:
        with database.connect() as connection:
            rows = {
                table.name: dict(connection.execute(sa.select(table)).mappings().first() or {})
                for table in (ops_request, ops_step)
            }
            root = connection.execute(
                sa.select(outbox_message).where(outbox_message.c.place == "root")
            )
            rows["card"] = dict(root.mappings().one())
            chain = audit.head(connection)
        messages: Clickable = {}
        for first in range(1, count, _BATCH):
            numbers = range(first, min(first + _BATCH, count))
            with database.connect().execution_options(write=True, wait=30.0) as connection:
                with connection.begin():
                    for number in numbers:
                        if number >= count - clickable:
                            image = FIRST_IMAGE + number
                            messages[image] = _message(sandbox, template, 1 + number)
                    _copy(connection, rows, numbers, messages)
                    chain = _log(connection, rows, numbers, chain)
        if database.dialect.name == "postgresql":
            _numbers_go_on(database)
    finally:
        database.dispose()
    return messages


def _one_real_request(sandbox: Sandbox, settings: dict[str, str]) -> Message:
    text = f"transfer {FIRST_IMAGE} nyc3 because it waits"
    request = signed.command(text, secret=settings["SLACK_SIGNING_SECRET"], channel=CHANNEL)
    with bot(settings) as running:
        (answer,) = send(Job(running.port, [request.decode()]))
        if answer.status != 200:
            raise RuntimeError(f"not acked: {answer}")
        found: list[Message] = sandbox.slack.wait_for(
            lambda: [m for m in sandbox.slack.messages(CHANNEL) if "approve" in str(m.blocks)],
            what="the card of a request that waits",
            seconds=20,
        )
    return found[0]


def _message(sandbox: Sandbox, template: Message, request_id: int) -> Message:
    """A card like the template's, whose buttons mean another request."""
    blocks = json.dumps(template.blocks).replace('"value": "1"', f'"value": "{request_id}"')

    def post() -> Message:
        return sandbox.slack.workspace.post(
            CHANNEL, BOT_USER, template.text, json.loads(blocks), None, template.metadata
        )

    return sandbox.slack._thread.call(post)


def _copy(
    connection: Connection,
    rows: Mapping[str, dict[str, Any]],
    numbers: Sequence[int],
    messages: Clickable,
) -> None:
    request, step, root = rows["ops_request"], rows["ops_step"], rows["card"]
    seen = Evidence.model_validate(request["evidence"])
    requests, steps, cards = [], [], []
    for number in numbers:
        image, request_id = FIRST_IMAGE + number, request["id"] + number
        (one,) = seen.images
        renamed = one.model_copy(update={"id": image, "name": f"image-{image}"})
        own_step = {**seen.steps[0], "target": {"kind": "image", "id": str(image)}}
        named = seen.model_copy(update={"images": (renamed,), "steps": (own_step,)})
        evidence = {"evidence": named.model_dump(mode="json"), "evidence_digest": named.digest}
        own = {"ops_request": request_id}
        requests.append(_but(request, id=request_id, **evidence))
        steps.append(_but(step, id=step["id"] + number, target_id=str(image), **own))
        ts = messages[image].ts if image in messages else f"1700000000.{number:06d}"
        shown = {
            "ts": ts,
            "desired_version": 1,
            "delivered_version": 1,
            "sending_until": None,
            "sent_before": False,
        }
        cards.append(_but(root, id=root["id"] + 10 + number, **own, **shown))
    for table, values in ((ops_request, requests), (ops_step, steps), (outbox_message, cards)):
        connection.execute(sa.insert(table), values)


def _log(
    connection: Connection,
    rows: Mapping[str, dict[str, Any]],
    numbers: Sequence[int],
    chain: tuple[int, str],
) -> tuple[int, str]:
    """Rows of the audit log for the copies, without which nothing would be sent of them."""
    position, previous = chain
    request = rows["ops_request"]
    entries = []
    for number in numbers:
        request_id = request["id"] + number
        found = connection.execute(
            sa.select(ops_request.c.evidence, ops_request.c.evidence_digest).where(
                ops_request.c.id == request_id
            )
        ).one()
        for event, digest in (("requested", ""), ("pending", found.evidence_digest)):
            position += 1
            facts = {"steps": found.evidence["steps"]} if event == "requested" else {}
            entry = Entry(
                position=position,
                at=request["created_at"],
                event=event,
                actor=request["requester"],
                ops_request=request_id,
                image_id=FIRST_IMAGE + number,
                channel=CHANNEL,
                rule="",
                evidence_digest=digest,
                facts=canonical(facts),
                previous=previous,
                hash="",
            )
            previous = entry.expected_hash()
            entries.append(vars(entry) | {"hash": previous})
    connection.execute(sa.insert(audit_table), entries)
    return position, previous


def _but(row: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    return {**row, **changed}


def _numbers_go_on(database: sa.Engine) -> None:
    """Let the next ids of PostgreSQL come after those that were copied in."""
    with database.connect().execution_options(write=True, wait=30.0) as connection:
        with connection.begin():
            for table in (ops_request, ops_step, outbox_message):
                last = sa.select(sa.func.max(table.c.id)).scalar_subquery()
                sequence = sa.func.pg_get_serial_sequence(table.name, "id")
                connection.execute(sa.select(sa.func.setval(sequence, last)))
