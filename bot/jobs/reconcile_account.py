"""reconcile: hold what happened at DigitalOcean against the audit log.

DigitalOcean is read first and the log afterwards: every call of ours is in the log before it is
sent, so what is seen of ours always has its row. Nothing here changes anything at DigitalOcean.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Connection

from bot.digitalocean import Client, DigitalOceanError
from bot.digitalocean.catalogue import Catalogue
from bot.digitalocean.paging import PagesSeen, items
from bot.domain.events import Event
from bot.domain.reconciliation import (
    SKEW_SECONDS,
    Finding,
    Kind,
    KnownImage,
    Lack,
    LogFacts,
    LogRow,
    Verdict,
    concerns_images,
    judge_action,
    judge_gone,
    known_of,
    missing_of_ours,
    read_log,
)
from bot.domain.resources import ImageAction, readable_actions
from bot.observability.log_context import log_event
from bot.store import audit, outbox, reconciliation
from bot.store.reconciliation import Known, Progress
from bot.store.transaction import Store, Transaction
from bot.views import reconciliation as views

log = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0
"""How often the account is looked at."""
_AGAIN_SECONDS = 600.0
"""How soon it is tried again when a look was not whole; after an hour no sooner than others."""
_OVERLAP_SECONDS = 2 * 3600.0
"""So far two looks overlap: DigitalOcean may list an action late, and clocks differ."""
_TELL_SECONDS = 3 * 3600.0
"""After so long without a whole look people are told."""
_MOST_PAGES = 100
"""Pages of 200 actions that one look reads."""
_TRIES = 2
"""What begins while a list is read can keep it from being proved whole."""


@dataclass(frozen=True)
class Look:
    """What one look at the account found.

    Attributes:
        since, until: the time that was looked at, in epoch seconds by our clock.
        findings: what was judged now.
        told_before: what was found unexplained by earlier looks, where a time was asked for; as
            `Finding.as_json`.
        lacks: why the look was not whole, with what DigitalOcean said; empty: it was.
    """

    since: float
    until: float
    findings: tuple[Finding, ...] = ()
    told_before: tuple[Mapping[str, Any], ...] = ()
    lacks: Mapping[Lack, str] = field(default_factory=dict)

    def of(self, verdict: Verdict) -> tuple[Finding, ...]:
        """The findings with this verdict."""
        return tuple(each for each in self.findings if each.verdict is verdict)


@dataclass
class _Seen:
    """What DigitalOcean listed. `images` is None where it could not be read whole."""

    actions: dict[int, ImageAction] = field(default_factory=dict)
    images: list[KnownImage] | None = None
    lacks: dict[Lack, str] = field(default_factory=dict)


class ReconcileAccount:
    """The job `reconcile`; its key means nothing.

    Args:
        channel: where people are told of what is unexplained; empty: nowhere.
    """

    def __init__(self, store: Store, client: Client, channel: str) -> None:
        self._store = store
        self._client = client
        self._channel = channel

    def __call__(self, _key: str) -> None:
        """Look, if it is time; one process does, whatever the replicas."""
        with self._store.write() as tx:
            held = reconciliation.take_hold(tx, only_if_due=True)
        if held is not None:
            self._look(held, None, audit.BOT, {})

    def look(self, since: float | None, account: str) -> Look | None:
        """Look now; None: another process looks at this moment.

        Args:
            since: epoch seconds; None: since the last look.
            account: the operating system's name for whoever asked, as the audit log keeps it.
        """
        with self._store.write() as tx:
            held = reconciliation.take_hold(tx, only_if_due=False)
        if held is None:
            return None
        return self._look(held, since, audit.OPERATOR, {"account": account})

    def _look(
        self, held: Progress, asked: float | None, actor: str, more: Mapping[str, Any]
    ) -> Look | None:
        now = self._store.clock()
        since = self._begin_at(held) if asked is None else asked
        seen = self._seen(since, now)
        with self._store.read() as connection:
            known = reconciliation.known(connection)
            told = _log_facts(connection, since, known)
            before = reconciliation.unexplained(connection, since) if asked is not None else ()
        missing = missing_of_ours(told, seen.actions, since, now)
        if missing and not seen.lacks.keys() & {Lack.ACTIONS_UNREADABLE, Lack.ACTIONS_INCOMPLETE}:
            seen.lacks[Lack.OWN_ACTIONS_MISSING] = ", ".join(map(str, sorted(missing)))
        findings = [*_judged_actions(seen, known, told, since), *self._gone(seen, known, told)]
        look = Look(since, now, tuple(findings), tuple(before), seen.lacks)
        with self._store.write() as tx:
            if not reconciliation.is_held(tx, held):
                return None  # it took so long that another process looked
            reconciliation.remember(tx, look.findings, _actions(seen, known))
            mark = self._write_down(tx, held, look, seen)
            facts = {**_facts(look, seen), **more, "mark": mark}
            audit.append(tx, Event.RECONCILED, actor, facts=facts)
        _note(look)
        return look

    def _begin_at(self, held: Progress) -> float:
        """Where the last look ended, and no later than the log says: the table can be edited."""
        with self._store.read() as connection:
            last = audit.last_of(connection, Event.RECONCILED)
        logged = json.loads(last.facts)["mark"] if last else held.until
        return max(held.began_at, min(held.until, logged) - _OVERLAP_SECONDS)

    def _seen(self, since: float, now: float) -> _Seen:
        seen = _Seen()
        try:
            self._list_actions(seen, since)
        except DigitalOceanError as error:
            seen.lacks[Lack.ACTIONS_UNREADABLE] = error.problem
        try:
            self._list_images(seen, now)
        except DigitalOceanError as error:
            seen.lacks[Lack.IMAGES_UNREADABLE] = error.problem
        return seen

    def _list_actions(self, seen: _Seen, since: float) -> None:
        """Read the account's actions, newest first, until all on a page are older than `since`."""
        for _ in range(_TRIES):
            pages, whole, unreadable = PagesSeen(), False, 0
            for number, page in enumerate(self._client.actions.pages(), start=1):
                pages.add(page)
                listed = list(readable_actions(page.get("actions")))
                unreadable += sum(1 for _ in items(page)) - len(listed)
                seen.actions |= {action.id: action for action in listed}
                times = [a.started_at.timestamp() for a in listed if a.started_at]
                whole = bool(times) and max(times) < since - SKEW_SECONDS
                if whole or number == _MOST_PAGES:
                    break
            if (whole or pages.proves_all) and not unreadable:
                return
        seen.lacks[Lack.ACTIONS_INCOMPLETE] = str(unreadable or "")

    def _list_images(self, seen: _Seen, now: float) -> None:
        catalogue = Catalogue(self._client)
        try:
            for _ in range(_TRIES):
                listing = catalogue.fresh()
                if listing.complete:
                    seen.images = [k for i in listing.images if (k := known_of(i, now))]
                    return
        finally:
            catalogue.close()
        seen.lacks[Lack.IMAGES_INCOMPLETE] = ""

    def _gone(self, seen: _Seen, known: Known, told: LogFacts) -> Iterable[Finding]:
        """The images that earlier looks knew and that DigitalOcean, asked for each, has no more."""
        if seen.images is None:
            return
        listed = {image.id for image in seen.images}
        converted = {a.resource_id for a in seen.actions.values() if a.type == "convert"}
        converted_ids = {each for each in converted if each is not None}
        catalogue = Catalogue(self._client)
        try:
            for image in known.images:
                if image.id in listed or (Kind.DELETION, image.id) in known.verdicts:
                    continue
                finding = judge_gone(image, told, converted_ids)
                if finding.verdict is Verdict.UNEXPLAINED and catalogue.image(image.id):
                    seen.images.append(image)  # a list may be behind the truth
                else:
                    yield finding
        except DigitalOceanError as error:
            seen.lacks[Lack.IMAGES_UNREADABLE] = error.problem
        finally:
            catalogue.close()

    def _write_down(self, tx: Transaction, held: Progress, look: Look, seen: _Seen) -> float:
        """Tell people, and write how far the account was looked at, which is returned."""
        if seen.images is not None and Lack.IMAGES_UNREADABLE not in look.lacks:
            reconciliation.remember_images(tx, seen.images)
        unexplained = look.of(Verdict.UNEXPLAINED)
        if unexplained and self._channel:
            outbox.add_message(tx, self._channel, views.unexplained(unexplained))
        if look.lacks:
            self._not_whole(tx, held, look)
            return held.until
        until = look.until if look.since <= held.until else held.until
        reconciliation.change(
            tx,
            until=until,
            looked_at=tx.now,
            next_at=tx.now + EVERY_SECONDS,
            held_until=0.0,
            failing_since=None,
            failing_told=False,
        )
        return until

    def _not_whole(self, tx: Transaction, held: Progress, look: Look) -> None:
        """The next look begins where this one did. People hear of it once it lasts."""
        since = held.failing_since or tx.now
        tell = tx.now - since >= _TELL_SECONDS and not held.failing_told
        if tell and self._channel:
            last = held.looked_at or held.began_at
            outbox.add_message(tx, self._channel, views.cannot_look(look.lacks, last))
        reconciliation.change(
            tx,
            next_at=tx.now + (_AGAIN_SECONDS if tx.now - since < EVERY_SECONDS else EVERY_SECONDS),
            held_until=0.0,
            failing_since=since,
            failing_told=held.failing_told or tell,
        )


def _actions(seen: _Seen, known: Known) -> dict[int, ImageAction]:
    """What was listed, and what an earlier look could not settle."""
    return {action.id: action for action in known.unsettled} | seen.actions


def _log_facts(connection: Connection, since: float, known: Known) -> LogFacts:
    """What the log tells from then on; a row that was changed explains nothing."""
    oldest = [a.started_at.timestamp() for a in known.unsettled if a.started_at]
    first = min([since, *oldest, *(image.seen_at for image in known.images)]) - 2 * SKEW_SECONDS
    rows = audit.entries_since(connection, first)
    return read_log(
        LogRow(row.at, row.event, row.ops_request, json.loads(row.facts))
        for row in rows
        if row.hash == row.expected_hash()
    )


def _judged_actions(seen: _Seen, known: Known, told: LogFacts, since: float) -> Iterable[Finding]:
    """What is new among the actions of that time, and what an earlier look could not settle.

    What was explained before has to be so still: a table can be edited, the log cannot.
    """
    first = math.floor(since)  # DigitalOcean tells whole seconds
    for action in _actions(seen, known).values():
        verdict = known.verdicts.get((Kind.ACTION, action.id))
        old = action.started_at is not None and action.started_at.timestamp() < first
        if verdict is Verdict.UNEXPLAINED or (
            verdict is not Verdict.UNSETTLED and (old or not concerns_images(action))
        ):
            continue
        finding = judge_action(action, told)
        if finding.verdict is not Verdict.EXPLAINED or verdict is not Verdict.EXPLAINED:
            yield finding


def _facts(look: Look, seen: _Seen) -> dict[str, Any]:
    """What the audit log keeps of a look."""
    return {
        "since": look.since,
        "until": look.until,
        "whole": not look.lacks,
        "lacks": dict(look.lacks),
        "actions": len(seen.actions),
        "images": None if seen.images is None else len(seen.images),
        "explained": len(look.of(Verdict.EXPLAINED)),
        "expired": len(look.of(Verdict.EXPIRED)),
        "unsettled": [each.number for each in look.of(Verdict.UNSETTLED)],
        "unexplained": [each.as_json() for each in look.of(Verdict.UNEXPLAINED)],
    }


def _note(look: Look) -> None:
    for each in look.of(Verdict.UNEXPLAINED):
        log_event(
            log,
            "unexplained",
            level=logging.WARNING,
            kind=each.kind,
            number=each.number,
            suspicion=each.suspicion,
        )
    for lack, said in look.lacks.items():
        log.warning("the account was not looked at whole (%s): %s", lack, said)
