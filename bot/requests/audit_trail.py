"""What the audit log alone tells of a time: each request whole, and the exceptions. Pure.

A log that was altered is read as far as it goes: nothing here trusts the shape of a row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from bot.domain.events import Event
from bot.requests.counted import BEGIN_TO_WAIT
from bot.store import audit
from bot.store.audit import Entry

ReadLog = Callable[[], Iterable[Entry]]
"""Reads the whole log from its first row on; it is read twice."""


class ExceptionKind(StrEnum):
    """What an auditor looks at first, in this order."""

    UNEXPLAINED = "unexplained"
    TOO_FEW_VOTES = "too-few-votes"
    CONTRADICTED = "contradicted"
    BREAK_GLASS = "break-glass"
    SUPERSEDED = "superseded"
    DRIFTED = "drifted"
    SENT_AGAIN = "sent-again"
    FOLLOWED_BY_HAND = "followed-by-hand"
    GIVEN_UP = "given-up"
    CLOSED = "closed"
    LOST_ANSWER = "lost-answer"
    RESTORED = "restored"
    FACTOR_RESET = "second-factor-reset"
    ANCHOR_FAILING = "anchor-failing"
    KEY_CHANGED = "anchor-key"
    CLOCK_SET_BACK = "clock-set-back"
    POLICY_CHANGED = "policy-changed"
    NOT_LOOKED = "not-looked"
    APPROVAL_EXPIRED = "approval-expired"
    REFUSED = "refused"
    CLICK_REFUSED = "click-refused"


_KINDS: Mapping[str, ExceptionKind] = {
    Event.CONTRADICTED: ExceptionKind.CONTRADICTED,
    Event.BREAK_GLASS_USED: ExceptionKind.BREAK_GLASS,
    Event.SUPERSEDED: ExceptionKind.SUPERSEDED,
    Event.DRIFTED: ExceptionKind.DRIFTED,
    Event.POST_AGAIN: ExceptionKind.SENT_AGAIN,
    Event.GIVEN_UP: ExceptionKind.GIVEN_UP,
    Event.STOPPED_FOLLOWING: ExceptionKind.GIVEN_UP,
    Event.CLOSED: ExceptionKind.CLOSED,
    Event.NEEDS_ATTENTION: ExceptionKind.LOST_ANSWER,
    Event.RESTORED: ExceptionKind.RESTORED,
    Event.SECOND_FACTOR_RESET: ExceptionKind.FACTOR_RESET,
    Event.ANCHOR_FAILING: ExceptionKind.ANCHOR_FAILING,
    Event.ANCHOR_KEY: ExceptionKind.KEY_CHANGED,
    Event.APPROVAL_EXPIRED: ExceptionKind.APPROVAL_EXPIRED,
    Event.REFUSED: ExceptionKind.REFUSED,
    Event.CLICK_REFUSED: ExceptionKind.CLICK_REFUSED,
}
_TOLD = (
    *("reason", "what", "why", "choice", "policy", "account", "head"),
    *("person", "sink", "key"),
)
"""The facts of an exception's row that are shown beside its kind."""
OPENINGS = (
    Event.PENDING,
    Event.RUNS_AT_ONCE,
    Event.STANDING_APPROVAL,
    Event.BREAK_GLASS_USED,
)
"""Events with which a request is judged: their row holds the rule and the evidence."""
VOTES = (
    *(Event.VOTED, Event.VOTE_WITHDRAWN, Event.APPROVED, Event.DENIED),
    *(Event.ESCALATED, Event.ASKED_AGAIN),
)
"""What people said before it was sent, and what made that void or had others say it."""
CHOICES = (Event.POST_AGAIN_VOTED, Event.POST_AGAIN)
"""What people said of sending something again whose answer was lost."""
_SAID = (Event.VOTED, Event.APPROVED)
_BECAME = (
    *(Event.ACCEPTED, Event.ADOPTED, Event.COMPLETED, Event.ERRORED, Event.REJECTED),
    *(Event.NOT_ARRIVED, Event.RESENT, Event.AMBIGUOUS, Event.NEEDS_ATTENTION),
    *(Event.POST_AGAIN, Event.GIVEN_UP, Event.STOPPED_FOLLOWING, Event.STUCK),
)
_ENDS = (
    *(Event.DENIED, Event.CANCELLED, Event.EXPIRED, Event.REFUSED, Event.NOTHING_TO_DO),
    *(Event.CLOSED, Event.SUPERSEDED, Event.ENDED, Event.COMPLETED, Event.ERRORED),
    *(Event.REJECTED, Event.DRIFTED, Event.GIVEN_UP, Event.STOPPED_FOLLOWING),
    *(Event.CONTRADICTED, Event.APPROVAL_EXPIRED),
)


def facts_of(row: Entry) -> dict[str, Any]:
    """The facts of a row; none where they cannot be read."""
    try:
        facts = json.loads(row.facts)
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


@dataclass(frozen=True)
class Found:
    """One exception. `said` is what its row tells beyond its kind; `more` what came of it."""

    kind: ExceptionKind
    row: Entry
    said: str = ""
    more: Entry | None = None


@dataclass(frozen=True)
class Sent:
    """One call that was written before it was sent, and the rows that say what became of it."""

    row: Entry
    became: tuple[Entry, ...]


@dataclass(frozen=True)
class Trail:
    """All rows about one request, oldest first."""

    number: int
    rows: tuple[Entry, ...]

    def first(self, *events: Event) -> Entry | None:
        """The first row of one of these events."""
        return next((row for row in self.rows if row.event in events), None)

    def of(self, *events: Event) -> tuple[Entry, ...]:
        """The rows of these events."""
        return tuple(row for row in self.rows if row.event in events)

    @cached_property
    def sent(self) -> tuple[Sent, ...]:
        """The calls, in the order in which they were sent."""
        found: list[tuple[Entry, list[Entry]]] = []
        for row in self.rows:
            if row.event == Event.INTENT:
                found.append((row, []))
            elif row.event in _BECAME:
                place = facts_of(row).get("position")
                mine = [s for s in found if facts_of(s[0]).get("position") == place]
                if mine:
                    mine[-1][1].append(row)
        return tuple(Sent(row, tuple(became)) for row, became in found)

    @property
    def end(self) -> Entry | None:
        """The row with which it ended; None: it is open, as far as these rows tell."""
        ends = self.of(*_ENDS)
        return ends[-1] if ends else None


@dataclass(frozen=True)
class PolicyText:
    """A policy as the log holds it: `rules` by name, and `digest` as rows name it."""

    row: Entry
    digest: str
    text: str
    rules: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class HeadsKept:
    """Heads of the log that were kept elsewhere: how many, and of which row and time the newest."""

    count: int
    position: int
    time: str


@dataclass
class Report:
    """What the log tells of the time from `since` until `until` (epoch seconds).

    Attributes:
        problems: why the log is not whole; empty: it is.
        rows, head: how many rows it has, and the hash of the last one.
        trails: each request that has a row of that time, with all its rows.
        policies: by digest, those that these requests were decided by.
        others: the rows of that time that are about no request, but for policies.
        heads: those that the log was compared with; None: with none.
    """

    since: float
    until: float
    problems: list[str]
    rows: int
    head: str
    exceptions: list[Found] = field(default_factory=list)
    trails: list[Trail] = field(default_factory=list)
    policies: dict[str, PolicyText] = field(default_factory=dict)
    others: list[Entry] = field(default_factory=list)
    heads: HeadsKept | None = None


@dataclass
class _FirstPass:
    rows: int = 0
    head: str = audit.GENESIS
    first_key: int = 0
    latest: float = 0.0
    set_back: list[Entry] = field(default_factory=list)
    numbers: set[int] = field(default_factory=set)


def report(read: ReadLog, since: float, until: float) -> Report:
    """Check the whole log, and collect what it tells of a time."""
    seen = _FirstPass()
    problems = audit.verify(_watched(read(), seen, since, until))
    told = Report(since, until, problems, seen.rows, seen.head)
    by_number: dict[int, list[Entry]] = {number: [] for number in sorted(seen.numbers)}
    alone: list[Entry] = []
    policies: dict[str, PolicyText] = {}
    named: set[str] = set()
    for row in read():
        if row.event == Event.POLICY_CHANGED:
            policy = _policy_of(row)
            if _within(row, since, until):
                named.add(policy.digest)
                if policies:  # the first is no change
                    told.exceptions.append(Found(ExceptionKind.POLICY_CHANGED, row, policy.digest))
            policies[policy.digest] = policy
        elif row.ops_request in by_number:
            by_number[row.ops_request].append(row)
        elif _within(row, since, until):
            alone.append(row)
    told.trails = [Trail(number, tuple(rows)) for number, rows in by_number.items()]
    told.others = alone
    in_time = [row for t in told.trails for row in t.rows if _within(row, since, until)]
    by_trail = {trail.number: trail for trail in told.trails}
    for row in (*alone, *in_time):
        if row.position == seen.first_key:
            continue  # the first is no change
        trail = by_trail.get(row.ops_request) if row.ops_request is not None else None
        told.exceptions += _exceptions(row, trail)
    told.exceptions += [Found(ExceptionKind.CLOCK_SET_BACK, row) for row in seen.set_back]
    order = list(ExceptionKind)
    told.exceptions.sort(key=lambda each: (order.index(each.kind), each.row.position))
    named |= {digest for trail in told.trails for row in trail.rows for digest in _digests(row)}
    told.policies = {digest: found for digest, found in policies.items() if digest in named}
    return told


def _watched(
    rows: Iterable[Entry], seen: _FirstPass, since: float, until: float
) -> Iterator[Entry]:
    for row in rows:
        seen.rows, seen.head = seen.rows + 1, row.hash
        if row.event == Event.ANCHOR_KEY:
            seen.first_key = seen.first_key or row.position
        is_back = row.at < seen.latest - audit.OUT_OF_ORDER_SECONDS
        if is_back and _within(row, since, until):
            seen.set_back.append(row)
        seen.latest = row.at if is_back else max(row.at, seen.latest)
        if row.ops_request is not None and _within(row, since, until):
            seen.numbers.add(row.ops_request)
        yield row


def _within(row: Entry, since: float, until: float) -> bool:
    """Whether a row is of the time; one whose time is no time is shown rather than left out."""
    return not (row.at < since or row.at > until)


def _digests(row: Entry) -> Iterator[str]:
    digest = facts_of(row).get("policy_digest")
    if isinstance(digest, str):
        yield digest


def _policy_of(row: Entry) -> PolicyText:
    facts = facts_of(row)
    policy = facts.get("policy")
    listed = policy.get("rule") if isinstance(policy, dict) else None
    rules = [
        rule for rule in (listed if isinstance(listed, list) else ()) if isinstance(rule, dict)
    ]
    by_name = {str(rule.get("name", "")): rule for rule in rules}
    return PolicyText(row, str(facts.get("digest", "")), str(facts.get("text", "")), by_name)


def _exceptions(row: Entry, trail: Trail | None) -> Iterator[Found]:
    facts = facts_of(row)
    if row.event == Event.RECONCILED:
        yield from _of_look(row, facts)
    elif row.event == Event.ADOPTED and row.actor != audit.BOT:
        yield Found(ExceptionKind.FOLLOWED_BY_HAND, row, _told(facts, "action_id"))
    elif row.event == Event.INTENT:
        if _has_too_few(row, facts, trail):
            yield Found(ExceptionKind.TOO_FEW_VOTES, row, _told(facts, "votes", "needed"))
    elif kind := _KINDS.get(row.event):
        more = _reviewed(row, trail) if kind is ExceptionKind.BREAK_GLASS else None
        said = _told(facts, *_TOLD)
        yield Found(kind, row, said, more)


def _reviewed(row: Entry, trail: Trail | None) -> Entry | None:
    closed = trail.of(Event.REVIEW_CLOSED) if trail else ()
    return next((each for each in closed if each.position > row.position), None)


def _has_too_few(row: Entry, facts: Mapping[str, Any], trail: Trail | None) -> bool:
    """Whether something was sent with fewer votes than were needed, or with one that did not stand
    any more: no bot of ours does."""
    votes, needed = facts.get("votes"), facts.get("needed")
    if not isinstance(votes, list) or not isinstance(needed, int):
        return True
    glass = trail is not None and trail.first(Event.BREAK_GLASS_USED) is not None
    back = _taken_back(trail, row) if trail else set()
    if glass:
        return False
    return len({str(vote) for vote in votes} - back) < needed or _lacks_a_group(facts, back)


def _lacks_a_group(facts: Mapping[str, Any], back: set[str]) -> bool:
    """Whether too few of one of the groups that had to approve are counted for it."""
    tally = facts.get("tally")
    if not isinstance(tally, dict):
        return False
    groups, counted = tally.get("groups"), tally.get("counted")
    if not isinstance(groups, list) or not isinstance(counted, dict):
        return True
    places = [place for person, place in counted.items() if person not in back]
    wanted = [group.get("count") if isinstance(group, dict) else None for group in groups]
    return any(
        not isinstance(count, int) or places.count(number) < count
        for number, count in enumerate(wanted)
    )


def _taken_back(trail: Trail, before: Entry) -> set[str]:
    """Whose approval did not stand any more when a row was written: it was taken back, void after a
    restore, or came too late."""
    void: set[str] = set()
    over = float("inf")
    for row in (row for row in trail.rows if row.position < before.position):
        if row.event in BEGIN_TO_WAIT:
            void |= {each.actor for each in trail.of(*_SAID) if each.position < row.position}
            seconds = facts_of(row).get("expires_after")
            over = row.at + seconds if isinstance(seconds, int | float) else float("inf")
        elif row.event in _SAID and row.at < over:
            void.discard(row.actor)
        elif row.event in (*_SAID, Event.VOTE_WITHDRAWN, Event.DENIED):
            void.add(row.actor)
    return void


def _of_look(row: Entry, facts: Mapping[str, Any]) -> Iterator[Found]:
    listed = facts.get("unexplained")
    for each in listed if isinstance(listed, list) else ():
        yield Found(ExceptionKind.UNEXPLAINED, row, _json(each))
    if facts.get("whole") is not True:
        yield Found(ExceptionKind.NOT_LOOKED, row, _json(facts.get("lacks")))


def _told(facts: Mapping[str, Any], *names: str) -> str:
    """What a row says under these names, in words or as JSON."""
    values = [facts[name] for name in names if facts.get(name) not in (None, "", [], {})]
    return "; ".join(v if isinstance(v, str) else _json(v) for v in values)


def steps_of(rows: Sequence[Entry]) -> list[dict[str, Any]]:
    """What was asked for, as the first row of a request holds it."""
    listed = facts_of(rows[0]).get("steps") if rows else None
    return [s for s in (listed if isinstance(listed, list) else ()) if isinstance(s, dict)]


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
