"""Cards: what Slack should show, and what it shows.

A card is one message of the bot's: the root of a request, a copy of it, one reply in its
thread, or an answer to one person. Changing a request only raises `desired_version`; the job
`deliver` brings Slack up to date, one queue (a channel) at a time, so edits that pile up
merge and replies keep their order.
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
from bot.store.requests import lock_request
from bot.store.tables import channel_queue, outbox_message
from bot.store.transaction import Transaction

ROOT = "root"
_REPLY = "note:"
HOLD_SECONDS = 15.0
"""How long a send is held by whoever began it: longer than one Slack call may take."""
POST_PAUSE_SECONDS = 1.0
"""Slack takes about one message a second in a channel (docs.slack.dev, "Rate limits")."""
SHOWN_LATELY_SECONDS = 3600.0
"""So long a channel in which the bot could post is believed to be one in which it still can."""

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
_QUEUE = sa.select(channel_queue).where(channel_queue.c.name == _WHICH)
_SET_LIMITS = sa.update(channel_queue).where(channel_queue.c.name == _WHICH)
_BEHIND = (
    sa.select(outbox_message)
    .where(
        outbox_message.c.queue == _WHICH,
        outbox_message.c.delivered_version < outbox_message.c.desired_version,
        outbox_message.c.failure == "",
    )
    .order_by(outbox_message.c.id)
    .limit(1)
)
_BEHIND_WITHOUT_POSTS = _BEHIND.where(
    sa.or_(outbox_message.c.ts != "", outbox_message.c.sending_until > sa.bindparam("now"))
)


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


@dataclass(frozen=True)
class Wait:
    """Nothing may be sent in this queue before `until` (epoch seconds)."""

    until: float


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
    return _message(row) if row else None


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
        _change(tx, row.id, sending_until=tx.now + HOLD_SECONDS, sent_before=True)
    return _message(row)


def _change(tx: Transaction, card_id: int, **columns: Any) -> None:
    tx.execute(_CHANGE, {"which": card_id, **columns})


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
    _change(tx, done.id, **place, sending_until=None, sent_before=False)
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
    _change(tx, held.id, sending_until=None, sent_before=not certainly_not_sent)
    tries = failures(tx.connection, held.queue)
    _set_limits(tx, held.queue, free_at=tx.now + wait, failures=tries + 1)


def post_anew(tx: Transaction, gone: OutboxMessage) -> None:
    """Somebody deleted the message: it will be posted again."""
    _change(tx, gone.id, ts="", delivered_version=0, sending_until=None, sent_before=False)


def give_up(tx: Transaction, lost: OutboxMessage, why: str) -> None:
    """This message can never be shown (the channel is archived, the bot removed)."""
    _stand_behind(tx, lost)
    _change(tx, lost.id, failure=why, sending_until=None)
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


def _message(row: sa.Row[Any]) -> OutboxMessage:
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
