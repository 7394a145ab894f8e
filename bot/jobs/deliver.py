"""deliver: bring Slack up to date in one queue (a channel, a person), one message at a time."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.backoff import backoff, wait_asked
from bot.domain.causes import Cause, CauseKind
from bot.domain.events import Event
from bot.domain.jobs import Job
from bot.domain.search import Asker
from bot.domain.states import FINISHED, State
from bot.errors import StoreUnavailable
from bot.observability.log_context import log_context, log_event
from bot.policy.file import PolicyFile
from bot.requests.home import look
from bot.requests.query import joined_under, may_read, reader_of
from bot.slack.errors import (
    ChannelLost,
    InvalidBlocks,
    MessageFixed,
    MessageGone,
    SlackFailure,
    SlackRefused,
    SlackUnavailable,
)
from bot.slack.web_api import Posted, Slack
from bot.store import audit, durations, events, homes, outbox, sending
from bot.store.outbox import OutboxMessage
from bot.store.requests import approved_in, load
from bot.store.rows import OpsRequest
from bot.store.sending import Wait
from bot.store.transaction import Store, Transaction
from bot.store.transitions import move, update
from bot.views import answers, card, direct_messages, home, thread_replies
from bot.views.message import Message

log = logging.getLogger(__name__)

_AT_ONCE = 20
"""Messages of one queue sent before others get their turn."""
_SLOWEST = 60.0
"""The longest pause, in seconds, between tries while Slack does not answer."""
_LONGEST_WAIT = 900.0
"""What Slack asks to wait is believed up to this long: a queue holds everything in a channel."""
_TRIES = 6
"""So often in a row a message that fails for a reason of its own is tried: it holds up others."""
_TOO_LATE, _REDIRECTED = "too-late", "redirected"
"""Why a message was given up, beside Slack's own words for it."""
_GOES_ON = frozenset({State.APPROVED, State.SUBMITTING, State.IN_PROGRESS})
_CAME_TO_NOTHING = frozenset({State.REFUSED, State.DENIED, State.CANCELLED, State.EXPIRED})
"""Whoever was not asked before it ended so needs not hear of it."""


@dataclass(frozen=True)
class _Turn:
    """A message in hand, the request that it is about, and how many more the run may send."""

    held: OutboxMessage
    request: OpsRequest | None
    left: int


class Deliver:
    """The job `deliver`; its key is a queue.

    The transaction that writes down where a message is takes the next one in hand.

    Args:
        pause: seconds between two posts in one channel.
    """

    def __init__(
        self,
        store: Store,
        slack: Slack,
        policy: PolicyFile,
        pause: float = sending.POST_PAUSE_SECONDS,
    ) -> None:
        self._store = store
        self._slack = slack
        self._policy = policy
        self._pause = pause

    def __call__(self, queue: str) -> None:
        """Send what the queue has to show, until it is up to date or must wait."""
        turn = self._first(queue, _AT_ONCE)
        while turn is not None:
            with log_context(ops_request=turn.held.ops_request):
                turn = self._show(turn)

    def _first(self, queue: str, left: int) -> _Turn | None:
        with self._store.write() as tx:
            return self._next(tx, queue, left)

    def _next(self, tx: Transaction, queue: str, left: int) -> _Turn | None:
        """Take the next message of the queue in hand; None: not now, or there is none."""
        if not left:
            tx.enqueue(Job.DELIVER, queue)  # the others get their turn
            return None
        held = sending.claim(tx, queue)
        if isinstance(held, Wait):
            tx.enqueue(Job.DELIVER, queue, held.until)
            return None
        if held is None:
            return None
        request = load(tx.connection, held.ops_request) if held.ops_request else None
        return _Turn(held, request, left - 1)

    def _show(self, turn: _Turn) -> _Turn | None:
        """Send one message, or deal with what stands in its way; the next one."""
        held, request = turn.held, turn.request
        try:
            return self._send(turn)
        except StoreUnavailable:
            raise  # it may have been sent: that is looked into once the database is back
        except SlackUnavailable as failure:
            self._wait(held, failure)
        except MessageGone:
            self._again(held)
        except MessageFixed as failure:
            log.warning("card %s (%s) cannot be edited: %s", held.id, held.place, failure.error)
            self._stale(held, request)
        except ChannelLost as failure:
            log.warning("Slack: cannot post in %s: %s", held.channel, failure.error)
            self._lost(held, request, _refused(failure), _advice(held.channel, failure))
        except InvalidBlocks as failure:
            log.error("card %s (%s) was refused by Slack: %s", held.id, held.place, failure.error)
            self._lost(held, request, _refused(failure))
        except SlackRefused as failure:
            log.error("card %s (%s) was refused by Slack: %s", held.id, held.place, failure.error)
            self._wait_or_lose(held, request, _refused(failure))
        except Exception:
            reference = uuid.uuid4().hex[:8]
            log.exception("card %s (%s), reference %s", held.id, held.place, reference)
            defect = Cause(CauseKind.CARD_NOT_POSTED, {"reference": reference})
            self._wait_or_lose(held, request, defect)
        return self._first(held.queue, turn.left)

    def _drawn(self, held: OutboxMessage, request: OpsRequest | None) -> Message:
        if request is None:
            return _written(held.note or {})
        if held.note is None:
            now = self._store.clock()
            outlook = None
            if held.place == outbox.ROOT or request.state is State.PENDING:
                with self._store.read() as connection:
                    outlook = durations.outlook(connection, request, now)
            return card.draw(request, now, outlook, reader=held.queue)
        if held.place.startswith("end:"):
            return self._end(held, request)
        return direct_messages.of_note(held.note, request)

    def _end(self, held: OutboxMessage, request: OpsRequest) -> Message:
        person, only = held.queue, None  # Slack names the channel anew once it was sent
        with self._store.read() as connection:
            if not may_read(reader_of(connection, Asker(person, "")), request):
                joined = joined_under(connection, request, person)
                only = joined[1] if joined else None
        return direct_messages.of_end(held.note or {}, request, person, only)

    def _send(self, turn: _Turn) -> _Turn | None:
        held, request = turn.held, turn.request
        if held.place == homes.PLACE:
            return self._home(turn)
        if held.note and "response_url" in held.note:
            self._answer(held)
            return None
        if request is not None and held.place.startswith("note:"):
            return self._reply(turn, request)
        if request is not None and _is_late(held, request) and not self._is_there(held):
            self._give_up(held, _TOO_LATE)
            return self._first(held.queue, turn.left)
        return self._place(turn, self._drawn(held, request))

    def _is_there(self, held: OutboxMessage) -> bool:
        """Whether a message whose sending was cut off has reached Slack all the same."""
        return held.maybe_sent and self._slack.find(held.channel, None, held.id) is not None

    def _answer(self, held: OutboxMessage) -> None:
        """An answer is the only message of its queue."""
        note = held.note or {}
        try:
            self._say_alone(note, _written(note))
        except (ChannelLost, MessageGone):
            with self._store.write() as tx:
                sending.answered(tx, held)
                direct = {"text": note["text"], "blocks": note.get("blocks", [])}
                outbox.add_direct(tx, None, note["person"], f"direct:{held.place}", direct)
            return
        with self._store.write() as tx:
            sending.answered(tx, held)

    def _say_alone(self, note: Mapping[str, Any], drawn: Message) -> None:
        """By the `response_url`, or in the channel for one pair of eyes."""
        if note["response_url"]:
            replace = bool(note.get("turning"))
            self._slack.answer(note["response_url"], drawn, replace=replace)
        elif note.get("channel") and not note["channel"].startswith("D"):
            thread_ts = note.get("thread_ts") or None
            self._slack.whisper(note["channel"], note["person"], drawn, thread_ts)
        else:
            raise ChannelLost("no_way_there")

    def _home(self, turn: _Turn) -> _Turn | None:
        """Draw a person's App Home as things stand now."""
        held = turn.held
        with self._store.read() as connection:
            policy = self._policy.current
            seen = look(connection, held.channel, policy)
            view = home.draw(seen, self._store.clock())
        self._slack.publish_home(held.channel, view)
        with self._store.write() as tx:
            sending.sent(tx, held, held.channel, "", self._pause)
            homes.drawn(tx, held.id, policy.digest)
            return self._next(tx, held.queue, turn.left)

    def _reply(self, turn: _Turn, request: OpsRequest) -> _Turn | None:
        held = turn.held
        with self._store.read() as connection:
            root = outbox.root_of(connection, request.id)
        if root is None or root.failure:
            self._redirect(held, request)
            return self._first(held.queue, turn.left)
        drawn = thread_replies.draw(held.note or {}, request)
        return self._place(turn, drawn, thread_ts=root.ts or None)

    def _place(self, turn: _Turn, drawn: Message, thread_ts: str | None = None) -> _Turn | None:
        """Post or edit, then write down where it is."""
        held, request = turn.held, turn.request
        posted = self._post_or_edit(held, drawn, thread_ts)
        log_event(log, "shown", place=held.place, channel=posted.channel, ts=posted.ts)
        first = held.place == outbox.ROOT and not held.ts
        link = self._slack.permalink(posted.channel, posted.ts) if first else ""
        with self._store.write() as tx:
            if first and not sending.has_shown_lately(tx.connection, held.queue, tx.now):
                for step_id in approved_in(tx.connection, held.channel):
                    tx.enqueue(Job.SUBMIT, step_id)
            sending.sent(tx, held, posted.channel, posted.ts, self._pause)
            if first and request is not None:
                self._card_is_up(tx, request, link)
            return self._next(tx, held.queue, turn.left)

    def _post_or_edit(self, held: OutboxMessage, drawn: Message, thread_ts: str | None) -> Posted:
        if held.ts:
            return self._slack.edit(held.channel, held.ts, drawn)
        if held.maybe_sent:
            found = self._slack.find(held.channel, thread_ts, held.id)
            if found:
                return self._slack.edit(held.channel, found, drawn)
        return self._slack.post(held.channel, drawn, card_id=held.id, thread_ts=thread_ts)

    def _card_is_up(self, tx: Transaction, request: OpsRequest, link: str) -> None:
        """Everybody can see it now: what was approved may be sent."""
        update(tx, request.id, permalink=link, response_url="")
        outbox.wake_copies(tx, request.id)
        for step in request.steps:
            if step.state is State.APPROVED:
                tx.enqueue(Job.SUBMIT, step.id)

    def _wait(self, held: OutboxMessage, failure: SlackUnavailable) -> None:
        with self._store.write() as tx:
            tries = sending.failures(tx.connection, held.queue)
            asked = wait_asked(failure.wait, _LONGEST_WAIT)
            wait = backoff(tries, _SLOWEST) if asked is None else asked
            log.warning("Slack: %s; queue %s waits %.1f s", failure.error, held.queue, wait)
            sending.put_back(tx, held, wait, certainly_not_sent=not failure.arrived)
            tx.enqueue(Job.DELIVER, held.queue, tx.now + wait)

    def _again(self, held: OutboxMessage) -> None:
        """The message, or the root of the thread that it was to go to: post it anew."""
        with self._store.write() as tx:
            gone = held
            if held.note is not None and held.ops_request is not None and not held.ts:
                sending.put_back(tx, held, 0.0, certainly_not_sent=True)
                gone = outbox.root_of(tx.connection, held.ops_request) or held
            sending.post_anew(tx, gone)
            tx.enqueue(Job.DELIVER, held.queue)

    def _stale(self, held: OutboxMessage, request: OpsRequest | None) -> None:
        """The message cannot be edited: it is posted anew where people are to act or to know.

        While the request goes on by itself its thread tells enough, or each minute would bring
        another card.
        """
        if request is None or held.note is not None or request.state not in _GOES_ON:
            self._again(held)
            return
        with self._store.write() as tx:
            sending.sent(tx, held, held.channel, held.ts, self._pause)

    def _wait_or_lose(self, held: OutboxMessage, request: OpsRequest | None, why: Cause) -> None:
        """Nobody knows whether it will pass: a few tries, or it would hold up others for ever."""
        with self._store.read() as connection:
            tries = sending.failures(connection, held.queue)
        if tries < _TRIES:
            self._wait(held, SlackUnavailable(_word(why)))
        elif held.ts:
            self._stale(held, request)
        else:
            self._lost(held, request, why)

    def _lost(
        self, held: OutboxMessage, request: OpsRequest | None, why: Cause, advice: str = ""
    ) -> None:
        """It can never be shown there: whoever must know is told in another way."""
        if request is not None and held.place.startswith("note:"):
            self._redirect(held, request)
        elif request is not None and held.place == outbox.ROOT:
            self._card_lost(held, request.id, why, advice)
        else:
            self._give_up(held, _word(why))

    def _card_lost(self, held: OutboxMessage, request_id: int, why: Cause, advice: str) -> None:
        with self._store.write() as tx:
            sending.give_up(tx, held, _word(why))
            outbox.wake_copies(tx, request_id)
            request = load(tx.connection, request_id, for_update=True)
            if request is None:
                return
            if not held.ts and request.state in (State.PENDING, State.APPROVED):
                self._refuse(tx, request, why, advice)
            elif request.state not in FINISHED:
                note = {"event": Event.CARD_LOST, "actor": audit.BOT, "cause": why.as_json()}
                outbox.add_direct(tx, request.id, request.requester, "direct:card-lost", note)
                _ask_directly(tx, request)

    def _refuse(self, tx: Transaction, request: OpsRequest, why: Cause, advice: str) -> None:
        """The card cannot be shown: nothing is sent that nobody can see."""
        facts = {"cause": why.as_json()}
        if move(tx, request, State.REFUSED, **facts):
            events.record(tx, request.id, Event.REFUSED, facts=facts)
            text = advice or answers.card_not_posted(request, why)
            outbox.add_answer(tx, request.id, request.asker, text)

    def _redirect(self, held: OutboxMessage, request: OpsRequest) -> None:
        """A reply whose thread cannot be reached goes to the requester directly."""
        with self._store.write() as tx:
            sending.give_up(tx, held, _REDIRECTED)
            outbox.add_direct(
                tx, request.id, request.requester, f"direct:{held.place}", held.note or {}
            )
            if (held.note or {}).get("event") == Event.NEEDS_ATTENTION:
                _ask_directly(tx, request)

    def _give_up(self, held: OutboxMessage, why: str) -> None:
        with self._store.write() as tx:
            sending.give_up(tx, held, why)


def _refused(failure: SlackFailure) -> Cause:
    return Cause(CauseKind.CARD_NOT_POSTED, {"error": failure.error})


def _word(why: Cause) -> str:
    """The same in a word, for the row of a message that is given up."""
    return str(why.facts.get("error") or why.facts["reference"])


def _advice(channel: str, failure: ChannelLost) -> str:
    if failure.archived:
        return answers.archived()
    return answers.cannot_post(channel, "" if failure.invitable else failure.why)


def _is_late(held: OutboxMessage, request: OpsRequest) -> bool:
    """Whether a copy would be the first that somebody sees of what came to nothing."""
    is_copy = held.place.startswith("copy:") and held.note is None
    return is_copy and not held.ts and request.state in _CAME_TO_NOTHING


def _ask_directly(tx: Transaction, request: OpsRequest) -> None:
    """People must decide and their card is lost: it goes to each of them, buttons and all."""
    if request.state in (State.PENDING, State.NEEDS_ATTENTION):
        for person in sorted({request.requester, *request.gate.people}):
            outbox.add_copy(tx, request.id, person)


def _written(note: Mapping[str, Any]) -> Message:
    """A message that was drawn when it was asked for."""
    return Message(str(note.get("text", "")), list(note.get("blocks") or ()))
