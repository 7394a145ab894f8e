"""Cards: what Slack should show, and what it shows.

A card is one message of the bot's: the root of a request, a copy of it, one reply in its
thread, or an answer to one person. Changing a request only raises `desired_version`; the job
`deliver` brings Slack up to date, one queue (a channel) at a time, so edits that pile up
merge and replies keep their order. `bot.store.sending` is what it takes them up by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from bot.domain.events import AMENDS, ON_THE_CARD
from bot.domain.jobs import Job
from bot.domain.search import Asker
from bot.store.tables import outbox_message
from bot.store.transaction import Transaction

ROOT = "root"
_REPLY = "note:"
"""Slack takes about one message a second in a channel (docs.slack.dev, "Rate limits")."""

_WHICH: sa.BindParameter[Any] = sa.bindparam("which")
_ADD = sa.insert(outbox_message)
_THERE = sa.select(outbox_message.c.id).where(
    outbox_message.c.ops_request == sa.bindparam("request"),
    outbox_message.c.place == sa.bindparam("at"),
)
_CARDS_OF = sa.select(
    outbox_message.c.place, outbox_message.c.queue, outbox_message.c.failure
).where(outbox_message.c.ops_request == _WHICH, outbox_message.c.note.is_(None))
_DRAW_AGAIN = (
    sa.update(outbox_message)
    .where(
        outbox_message.c.ops_request == _WHICH,
        outbox_message.c.note.is_(None),
        outbox_message.c.failure == "",
    )
    .values(desired_version=outbox_message.c.desired_version + 1)
)
_PLACE = outbox_message.c.place
_NOT_TO_A_PERSON = sa.not_(sa.or_(_PLACE.startswith("copy:U"), _PLACE.startswith("copy:W")))
_DRAW_IN_CHANNELS_AGAIN = _DRAW_AGAIN.where(_NOT_TO_A_PERSON)
_DRAW_ROOT_AGAIN = _DRAW_AGAIN.where(outbox_message.c.place == ROOT)
_ROOT = sa.select(outbox_message).where(
    outbox_message.c.ops_request == _WHICH, outbox_message.c.place == ROOT
)
_LAST_REPLY = (
    sa.select(outbox_message)
    .where(outbox_message.c.ops_request == _WHICH, outbox_message.c.place.startswith(_REPLY))
    .order_by(outbox_message.c.id.desc())
    .limit(1)
)
_CHANGE = sa.update(outbox_message).where(outbox_message.c.id == _WHICH)


@dataclass(frozen=True)
class OutboxMessage:
    """One message to be sent or edited.

    `maybe_sent`: a send was begun and its end was never seen (a crash), so the message may
    be in Slack already.
    """

    id: int
    ops_request: int | None
    place: str
    queue: str
    channel: str
    note: Mapping[str, Any] | None
    ts: str
    desired_version: int
    delivered_version: int
    maybe_sent: bool
    failure: str


def add_root(tx: Transaction, request_id: int, channel: str, at: float | None = None) -> None:
    """Ask for the request's card in the channel where it was typed, not before `at`."""
    _add(tx, request_id, ROOT, queue_name=channel, channel=channel, at=at)


def add_copy(tx: Transaction, request_id: int, to: str) -> bool:
    """Ask for a copy of the card in another channel, or to a person; False: there is one."""
    place = f"copy:{to}"
    if _is_taken(tx, request_id, place):
        return False
    _add(tx, request_id, place, queue_name=to, channel=to)
    return True


def wake_copies(tx: Transaction, request_id: int) -> None:
    """The card is shown, or never will be: its copies have waited for that."""
    found = tx.execute(_CARDS_OF, {"which": request_id}).all()
    for name in sorted({row.queue for row in found if row.place != ROOT and not row.failure}):
        tx.enqueue(Job.DELIVER, name)


def tell(
    tx: Transaction, request_id: int, channel: str, note: Mapping[str, Any], at: float | None = None
) -> None:
    """Ask for one reply in the request's thread, now or not before `at` (epoch seconds).

    Who approved and what began is one reply: what comes next is told by an edit of it, while it
    is the thread's last. What the card shows already begins no thread.
    """
    last = tx.execute(_LAST_REPLY, {"which": request_id}).one_or_none()
    if last is None and note["event"] in ON_THE_CARD:
        return
    amends = AMENDS.get(note["event"], frozenset())
    if last and not last.failure and (last.note.get("then") or [last.note])[-1]["event"] in amends:
        then = [*last.note.get("then", ()), note]
        amended = {"note": {**last.note, "then": then}, "desired_version": last.desired_version + 1}
        tx.execute(_CHANGE, {"which": last.id, **amended})
        tx.enqueue(Job.DELIVER, last.queue, at)
        return
    place = f"{_REPLY}{uuid4().hex}"
    _add(tx, request_id, place, queue_name=channel, channel=channel, note=note, at=at)


def add_direct(
    tx: Transaction, request_id: int | None, person: str, place: str, note: Mapping[str, Any]
) -> bool:
    """Ask for a direct message to a person; False: this place has had one already."""
    if request_id is not None and _is_taken(tx, request_id, place):
        return False
    _add(tx, request_id, place, queue_name=person, channel=person, note=note)
    return True


def _is_taken(tx: Transaction, request_id: int, place: str) -> bool:
    return tx.execute(_THERE, {"request": request_id, "at": place}).first() is not None


def add_answer(
    tx: Transaction,
    request_id: int | None,
    asker: Asker,
    text: str,
    blocks: Sequence[Mapping[str, Any]] = (),
    *,
    turning: bool = False,
) -> None:
    """Ask for an answer that one person alone sees.

    It goes to the `response_url` of what the person did (it works in any channel, five
    times within 30 minutes); where there is none, into the channel for their eyes only; where
    neither can be, to the person directly.

    Args:
        turning: it takes the place of the message whose button was clicked.
    """
    note = {"text": text, "blocks": list(blocks), "turning": turning, **asdict(asker)}
    place = f"answer:{uuid4().hex}"
    _add(tx, request_id, place, queue_name=place, channel=asker.person, note=note)


def add_message(
    tx: Transaction,
    channel: str,
    text: str,
    blocks: Sequence[Mapping[str, Any]] = (),
    place: str = "",
) -> None:
    """Ask for one message in a channel that is about no request.

    Args:
        place: its name, where it is to be drawn again with `redraw_message`.
    """
    place = place or f"direct:{uuid4().hex}"
    note = {"text": text, "blocks": list(blocks)}
    _add(tx, None, place, queue_name=channel, channel=channel, note=note)


def redraw_message(
    tx: Transaction, place: str, channel: str, text: str, blocks: Sequence[Mapping[str, Any]]
) -> None:
    """Such a message, drawn otherwise."""
    c = outbox_message.c
    mine = sa.and_(c.ops_request.is_(None), c.place == place, c.queue == channel)
    values = {
        "note": {"text": text, "blocks": list(blocks)},
        "desired_version": c.desired_version + 1,
    }
    tx.execute(sa.update(outbox_message).where(mine).values(**values))
    tx.enqueue(Job.DELIVER, channel)


def _add(
    tx: Transaction,
    request_id: int | None,
    place: str,
    *,
    queue_name: str,
    channel: str,
    note: Mapping[str, Any] | None = None,
    at: float | None = None,
) -> None:
    row = {"place": place, "queue": queue_name, "channel": channel, "note": note}
    tx.execute(_ADD, {"ops_request": request_id, **row})
    tx.enqueue(Job.DELIVER, queue_name, at)


def refresh(
    tx: Transaction, request_id: int, at: float | None = None, *, people: bool = True
) -> bool:
    """The request changed: its card and every copy must be drawn again.

    Args:
        at: not before this (epoch seconds), if nothing else wakes their queues; None: now.
        people: whether those that were sent to one person are among them.

    Returns:
        whether it has a card, shown or given up.
    """
    tx.execute(_DRAW_AGAIN if people else _DRAW_IN_CHANNELS_AGAIN, {"which": request_id})
    found = tx.execute(_CARDS_OF, {"which": request_id}).all()
    drawn = [row for row in found if people or not row.place.startswith(("copy:U", "copy:W"))]
    for name in sorted({row.queue for row in drawn if not row.failure}):
        tx.enqueue(Job.DELIVER, name, at)
    return any(row.place == ROOT for row in found)


def refresh_root(tx: Transaction, request_id: int) -> None:
    """Time went on: the card alone is drawn again. Its copies do not show how far it is: for each
    of some approvers an edit at every step of every bar is more than Slack takes."""
    tx.execute(_DRAW_ROOT_AGAIN, {"which": request_id})
    root = tx.execute(_ROOT, {"which": request_id}).one_or_none()
    if root is not None and not root.failure:
        tx.enqueue(Job.DELIVER, root.queue)


def request_at(connection: sa.Connection, channel: str, ts: str) -> int | None:
    """The request whose card, or a copy of it, is this message."""
    found = connection.execute(
        sa.select(outbox_message.c.ops_request).where(
            outbox_message.c.channel == channel,
            outbox_message.c.ts == ts,
            outbox_message.c.note.is_(None),
        )
    )
    return found.scalars().first()


def root_of(connection: sa.Connection, request_id: int) -> OutboxMessage | None:
    """The root card of a request."""
    row = connection.execute(_ROOT, {"which": request_id}).one_or_none()
    return message_of(row) if row else None


def change(tx: Transaction, card_id: int, **columns: Any) -> None:
    """Write columns of one message."""
    tx.execute(_CHANGE, {"which": card_id, **columns})


def message_of(row: sa.Row[Any]) -> OutboxMessage:
    """A row as a value."""
    return OutboxMessage(
        id=row.id,
        ops_request=row.ops_request,
        place=row.place,
        queue=row.queue,
        channel=row.channel,
        note=row.note,
        ts=row.ts,
        desired_version=row.desired_version,
        delivered_version=row.delivered_version,
        maybe_sent=bool(row.sent_before) and not row.ts,
        failure=row.failure,
    )
