"""Sending what waits in the outbox: one message of a queue at a time, at Slack's pace.

A queue is a channel or a person. Whoever sends holds the message for a while; where that process
dies, another takes it up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bot.store.outbox import ROOT, OutboxMessage, change, message_of
from bot.store.requests import lock_request
from bot.store.tables import channel_queue, outbox_message
from bot.store.transaction import Transaction

HOLD_SECONDS = 15.0
"""How long a send is held by whoever began it: longer than one Slack call may take."""
POST_PAUSE_SECONDS = 1.0
SHOWN_LATELY_SECONDS = 3600.0
"""So long a channel in which the bot could post is believed to be one in which it still can."""
_ROOT = outbox_message.alias()
_WAITS_FOR_ITS_CARD = sa.and_(
    outbox_message.c.place.startswith("copy:"),
    outbox_message.c.ts == "",
    sa.exists().where(
        _ROOT.c.ops_request == outbox_message.c.ops_request,
        _ROOT.c.place == ROOT,
        _ROOT.c.ts == "",
        _ROOT.c.failure == "",
    ),
)
"""A copy of a card that its channel does not show yet: nobody is asked for what may not come."""
_WHICH: sa.BindParameter[Any] = sa.bindparam("which")
_QUEUE = sa.select(channel_queue).where(channel_queue.c.name == _WHICH)
_SET_LIMITS = sa.update(channel_queue).where(channel_queue.c.name == _WHICH)
_BEHIND = (
    sa.select(outbox_message)
    .where(
        outbox_message.c.queue == _WHICH,
        outbox_message.c.delivered_version < outbox_message.c.desired_version,
        outbox_message.c.failure == "",
        sa.not_(_WAITS_FOR_ITS_CARD),
    )
    .order_by(outbox_message.c.id)
    .limit(1)
)
_BEHIND_WITHOUT_POSTS = _BEHIND.where(
    sa.or_(outbox_message.c.ts != "", outbox_message.c.sending_until > sa.bindparam("now"))
)


@dataclass(frozen=True)
class Wait:
    """Nothing may be sent in this queue before `until` (epoch seconds)."""

    until: float


def claim(tx: Transaction, queue_name: str) -> OutboxMessage | Wait | None:
    """Take hold of the next thing to send in a queue.

    Returns:
        the card, held for `HOLD_SECONDS`; or how long the queue must wait; or None when the
        queue shows all it should.
    """
    tx.advisory_lock(queue_name)
    limits = tx.execute(_QUEUE, {"which": queue_name}).one_or_none()
    if limits and limits.free_at > tx.now:
        return Wait(limits.free_at)
    row = tx.execute(_BEHIND, {"which": queue_name}).one_or_none()
    if row and not row.ts and limits and limits.post_at > tx.now:  # no post yet; edits may go
        row = tx.execute(_BEHIND_WITHOUT_POSTS, {"which": queue_name, "now": tx.now}).one_or_none()
        if row is None:
            return Wait(limits.post_at)
    if row is None:
        return None
    if row.sending_until is not None and row.sending_until > tx.now:
        return Wait(row.sending_until)  # one at a time, or replies would overtake
    if not (row.ts and tx.is_alone):  # an edit may come twice: only others must know of it
        change(tx, row.id, sending_until=tx.now + HOLD_SECONDS, sent_before=True)
    return message_of(row)


def sent(
    tx: Transaction,
    done: OutboxMessage,
    channel: str,
    ts: str,
    pause: float = POST_PAUSE_SECONDS,
) -> None:
    """Slack shows the version that `done` was sent for; the queue goes on after Slack's pause."""
    _stand_behind(tx, done)
    place = {"channel": channel, "ts": ts, "delivered_version": done.desired_version}
    change(tx, done.id, **place, sending_until=None, sent_before=False)
    # An edit leaves the pause after a post as it is: Slack counts posts alone.
    paused = {} if done.ts else {"post_at": tx.now + pause}
    _set_limits(tx, done.queue, failures=0, **paused)


def _stand_behind(tx: Transaction, of: OutboxMessage) -> None:
    """In the order of locks: the ops request, then the queue."""
    if of.ops_request is not None and not tx.is_alone:
        lock_request(tx, of.ops_request)
    tx.advisory_lock(of.queue)


def answered(tx: Transaction, done: OutboxMessage) -> None:
    """An answer is delivered: its response_url is forgotten with it."""
    tx.execute(sa.delete(outbox_message).where(outbox_message.c.id == done.id))


def put_back(
    tx: Transaction, held: OutboxMessage, wait: float, *, certainly_not_sent: bool
) -> None:
    """Nothing was shown: the queue waits `wait` seconds and tries again."""
    tx.advisory_lock(held.queue)
    change(tx, held.id, sending_until=None, sent_before=not certainly_not_sent)
    tries = failures(tx.connection, held.queue)
    _set_limits(tx, held.queue, free_at=tx.now + wait, failures=tries + 1)


def post_anew(tx: Transaction, gone: OutboxMessage) -> None:
    """Somebody deleted the message: it will be posted again."""
    change(tx, gone.id, ts="", delivered_version=0, sending_until=None, sent_before=False)


def give_up(tx: Transaction, lost: OutboxMessage, why: str) -> None:
    """This message can never be shown (the channel is archived, the bot removed)."""
    _stand_behind(tx, lost)
    change(tx, lost.id, failure=why, sending_until=None)
    # What comes after it has not failed yet, nor is it known that it can be shown.
    _set_limits(tx, lost.queue, failures=0, post_at=0.0)


def has_shown_lately(connection: sa.Connection, queue_name: str, now: float) -> bool:
    """Whether a message of the bot's was posted in this queue within `SHOWN_LATELY_SECONDS`, and
    nothing has failed there since."""
    limits = connection.execute(_QUEUE, {"which": queue_name}).one_or_none()
    if limits is None or limits.failures:
        return False
    posted_at: float = limits.post_at - POST_PAUSE_SECONDS
    return now - posted_at <= SHOWN_LATELY_SECONDS


def failures(connection: sa.Connection, queue_name: str) -> int:
    """How often in a row sending in this queue has failed."""
    found = connection.execute(
        sa.select(channel_queue.c.failures).where(channel_queue.c.name == queue_name)
    ).scalar_one_or_none()
    return found or 0


def release(connection: sa.Connection, queue_name: str | None = None) -> None:
    """Whoever held a send is dead: it can be taken up at once, in one queue or (None) in all."""
    held = outbox_message.c.sending_until.is_not(None)
    which = held if queue_name is None else sa.and_(held, outbox_message.c.queue == queue_name)
    connection.execute(sa.update(outbox_message).where(which).values(sending_until=None))


def _set_limits(tx: Transaction, name: str, **values: Any) -> None:
    if not tx.changed(_SET_LIMITS, {"which": name, **values}):
        tx.execute(sa.insert(channel_queue), {"name": name, **values})
