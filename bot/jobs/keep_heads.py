"""anchor: send the audit log's head to the sinks that are set, at a pace and before each POST.

A sink that fails stops no POST, unless none may go without; it is left alone for a while, told once
it lasts, and has the newest head as soon as it takes one again: that covers all rows before it.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.anchors.heads import Head
from bot.anchors.signing import Signer, SigningFailed
from bot.anchors.sinks import NotKept, Sink
from bot.domain.events import Event
from bot.errors import StoreUnavailable
from bot.store import anchors, audit, outbox
from bot.store.anchors import LONGEST_ALONE, SinkState
from bot.store.audit_export import iso
from bot.store.transaction import Store, Transaction
from bot.views import anchors as views

log = logging.getLogger(__name__)

_AGAIN_SECONDS = 30.0
"""How long a sink that failed is left alone: what hangs must not hold up every POST."""
TELL_SECONDS = 120.0
"""How long one may fail before people hear of it; a busy Slack passes sooner."""


@dataclass(frozen=True)
class Telling:
    """Where people hear that a sink takes no heads.

    Attributes:
        anchor_channel: the channel that gets heads itself; empty: none does.
        other_channel: another one; empty: there is none.
    """

    anchor_channel: str = ""
    other_channel: str = ""

    def about(self, sink: str) -> set[str]:
        """The channels where it can be told of this sink."""
        own = "" if sink == "slack" else self.anchor_channel
        return {own, self.other_channel} - {""}


class KeepHeads:
    """The job `anchor`; its key means nothing.

    Args:
        every: seconds between two heads where nothing is posted.
        required: whether nothing may be posted while a sink lacks the head.
    """

    def __init__(
        self,
        store: Store,
        sinks: Sequence[Sink],
        signer: Signer | None,
        *,
        every: float,
        required: bool = False,
        telling: Telling | None = None,
    ) -> None:
        self._store = store
        self._sinks = sinks
        self._signer = signer
        self._every = every
        self._required = required
        self._telling = telling or Telling()
        self._failed: dict[str, SinkState] = {}
        """The sinks that this process saw fail: what a table says of them anybody may have written
        who wants no heads sent."""

    def __call__(self, _key: str) -> None:
        """Send it to each sink whose time has come."""
        now, known = self._store.clock(), self._known()
        longest = max(self._every, LONGEST_ALONE)
        self._send([s for s in self._sinks if not known[s.name].waits(now, longest)], known)

    def before_post(self) -> set[str]:
        """Send it to each sink that is not left alone just now.

        Returns:
            The sinks that did not take it, where nothing may be posted therefore; empty: it may.
        """
        now, known = self._store.clock(), self._known()
        alone = {s.name for s in self._failed.values() if s.waits(now, LONGEST_ALONE)}
        lacking = alone | self._send([s for s in self._sinks if s.name not in alone], known)
        if not lacking:
            return set()
        if self._required:
            return lacking
        self._count_missed(lacking)
        return set()

    def _known(self) -> dict[str, SinkState]:
        with self._store.read() as connection:
            found = anchors.states(connection)
        return {s.name: found.get(s.name, SinkState(s.name)) for s in self._sinks}

    def _send(self, sinks: Sequence[Sink], known: dict[str, SinkState]) -> set[str]:
        """Send the head as it is now; the names of those that did not take it."""
        if not sinks:
            return set()
        with self._store.read() as connection:
            position, hashed = audit.head(connection)
        try:
            head = self._signed(position, hashed)
        except SigningFailed as failure:
            said = {sink.name: NotKept(str(failure)) for sink in sinks}
        else:
            tried = {sink.name: _try(sink, head) for sink in sinks}
            said = {name: why for name, why in tried.items() if why is not None}
        for sink in sinks:
            self._note(known[sink.name], position, said.get(sink.name))
        return set(said)

    def _signed(self, position: int, hashed: str) -> Head:
        at = self._store.clock()
        head = Head(at, iso(at), position, hashed)
        if self._signer is None:
            return head
        signature = self._signer.sign(at, position, hashed)
        return replace(head, key=self._signer.key, signature=signature)

    def _note(self, before: SinkState, position: int, failure: NotKept | None) -> None:
        """Write how a sink stands now. What cannot be written must not become a lost POST."""
        if failure is not None:
            log.error("the audit log's head was not kept by %s: %s", before.name, failure)
        try:
            with self._store.write() as tx:
                if failure is None:
                    self._note_kept(tx, before, position)
                else:
                    self._note_failing(tx, before, failure)
        except StoreUnavailable as error:
            log.warning("how %s stands was not written: %s", before.name, error.problem)

    def _note_kept(self, tx: Transaction, before: SinkState, position: int) -> None:
        self._failed.pop(before.name, None)
        next_at = tx.now + self._every
        anchors.save(tx, SinkState(before.name, position, tx.now, next_at))
        if not before.told or before.failing_since is None:
            return
        since = before.failing_since
        facts = {"sink": before.name, "since": since, "missed": before.missed}
        audit.append(tx, Event.ANCHOR_KEPT, audit.BOT, facts=facts)
        for channel in self._telling.about(before.name):
            outbox.add_message(tx, channel, views.kept_again(before))

    def _note_failing(self, tx: Transaction, before: SinkState, failure: NotKept) -> None:
        since = before.failing_since or tx.now
        tell = tx.now - since >= TELL_SECONDS and not before.told
        now = replace(
            before,
            failing_since=since,
            problem=str(failure),
            next_at=tx.now + min(max(_AGAIN_SECONDS, failure.wait or 0.0), LONGEST_ALONE),
            told=before.told or tell,
        )
        self._failed[now.name] = now
        anchors.save(tx, now)
        if not tell:
            return
        facts = {"sink": now.name, "since": since, "why": now.problem, "position": now.position}
        audit.append(tx, Event.ANCHOR_FAILING, audit.BOT, facts=facts)
        for channel in self._telling.about(now.name):
            outbox.add_message(tx, channel, views.failing(now, required=self._required))

    def _count_missed(self, names: set[str]) -> None:
        try:
            with self._store.write() as tx:
                for name in names:
                    anchors.count_missed(tx, name)
        except StoreUnavailable as error:
            log.warning("a POST without its head was not counted: %s", error.problem)


def _try(sink: Sink, head: Head) -> NotKept | None:
    """Send a head; why it was not kept, or None."""
    try:
        sink.send(head)
    except NotKept as failure:
        return failure
    except Exception:  # a defect here must not become a POST of which nobody knows
        reference = uuid.uuid4().hex[:8]
        log.exception("sending a head to %s failed, reference %s", sink.name, reference)
        return NotKept(f"An error of mine, reference {reference}.")
    return None
