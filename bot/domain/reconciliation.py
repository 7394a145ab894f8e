"""What happened at DigitalOcean, held against the audit log: what no row of it explains. Pure.

Only the log counts. An action is explained by the row that names its number, a deletion by the row
that was written before the call.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.domain.events import Event
from bot.domain.reply_fields import as_word
from bot.domain.resources import Image, ImageAction

SKEW_SECONDS = 900.0
"""How far DigitalOcean's clock and ours may differ."""
LISTED_SECONDS = 600.0
"""So long after its start an action of ours has to stand in the account's list."""
_CALL = re.compile(r"(?P<method>POST|DELETE) /v2/(?P<kind>image|droplet)s/(?P<number>\d+)(/|$)")
_GONE_TYPES = re.compile(r"destroy|delete")
"""Actions that end an image: the image itself tells, by not being there any more."""


class Verdict(StrEnum):
    """What is made of one thing. The value is stored: never change one."""

    EXPLAINED = "explained"
    UNSETTLED = "unsettled"
    """It may be a call of ours whose answer was lost: people or a later look will tell."""
    EXPIRED = "expired"
    """A backup that is gone: DigitalOcean purges backups, and deletes none when asked to."""
    UNEXPLAINED = "unexplained"


class Kind(StrEnum):
    """What was found. The value is stored: never change one."""

    ACTION = "action"
    DELETION = "deletion"


class Suspicion(StrEnum):
    """Where something unexplained may come from. The value is stored: never change one."""

    ELSEWHERE = "elsewhere"
    """The control panel, another token, or something that went round the bot."""
    RESTORED = "restored"
    """It is of the time that a restored backup has forgotten."""
    GIVEN_UP = "given-up"
    """A call of ours looked like it; its answer was lost, and people gave it up."""


class Lack(StrEnum):
    """Why a look was not whole. The value is stored: never change one.

    Beside each stands what is known of it: of what is unreadable DigitalOcean's error, of an
    incomplete list of actions how many in it cannot be read, of our own actions their ids.
    """

    ACTIONS_UNREADABLE = "actions-unreadable"
    ACTIONS_INCOMPLETE = "actions-incomplete"
    OWN_ACTIONS_MISSING = "own-actions-missing"
    """Actions that we began are not in the account's list: so may others be."""
    IMAGES_UNREADABLE = "images-unreadable"
    IMAGES_INCOMPLETE = "images-incomplete"


@dataclass(frozen=True)
class LogRow:
    """A row of the audit log, as far as it is of use here. `at` is epoch seconds."""

    at: float
    event: str
    ops_request: int | None
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """A call that the log says was to be sent: to an image or a Droplet (`kind`, `number`)."""

    request: int | None
    at: float
    method: str
    kind: str
    number: int
    type: str
    region: str | None
    takes_away: bool
    """Whether its image is not in the account any more, at once or later, where it was taken."""

    def could_be(self, action: ImageAction) -> bool:
        """Whether it may have begun this action; what that does not tell does not speak against."""
        when = action.started_at.timestamp() if action.started_at else self.at
        return (
            action.type in ("", as_word(self.type))
            and action.resource_id in (None, self.number)
            and action.resource_type in ("", self.kind)
            and (self.region is None or action.region_slug in (None, self.region))
            and abs(when - self.at) <= SKEW_SECONDS
        )


@dataclass(frozen=True)
class LogFacts:
    """What the log tells of what was sent.

    Attributes:
        started: the request that each action belongs to, by the action's number.
        accepted: when DigitalOcean's answer named an action, by its number.
        unsettled: calls whose end is not known yet.
        given_up: calls whose end nobody looks for any more.
        deleted: the request that had an image deleted or given away, by the image's id.
        gaps: the times that a restore has forgotten, from and until.
    """

    started: Mapping[int, int | None] = field(default_factory=dict)
    accepted: Mapping[int, float] = field(default_factory=dict)
    unsettled: tuple[Call, ...] = ()
    given_up: tuple[Call, ...] = ()
    deleted: Mapping[int, int | None] = field(default_factory=dict)
    gaps: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class KnownImage:
    """An image as an earlier look saw it. `seen_at` is epoch seconds by our clock."""

    id: int
    name: str
    type: str
    seen_at: float


@dataclass(frozen=True)
class Finding:
    """One thing that happened at DigitalOcean, and what the log says of it.

    Attributes:
        number: the action's number; of a deletion the image's id.
        at: when it began, in epoch seconds by DigitalOcean's clock; of a deletion, when the image
            was last seen. None: not known.
        what: the action's type; empty of a deletion, or where it is not told.
        target_kind, target: what it was done to: `image` or `droplet`, and its id.
        name: of an image that is gone.
        request: the request that explains it, or that it may belong to.
    """

    kind: Kind
    number: int
    verdict: Verdict
    at: float | None
    what: str = ""
    target_kind: str = "image"
    target: int | None = None
    region: str | None = None
    status: str = ""
    name: str = ""
    request: int | None = None
    suspicion: Suspicion | None = None

    def as_json(self) -> dict[str, Any]:
        """As the audit log and `--json` hold it: what is known of it."""
        return {name: value for name, value in vars(self).items() if value not in (None, "")}


class _Reading:
    """Goes through the log once, oldest row first."""

    def __init__(self) -> None:
        self.started: dict[int, int | None] = {}
        self.accepted: dict[int, float] = {}
        self.deleted: dict[int, int | None] = {}
        self.given_up: list[Call] = []
        self.gaps: list[tuple[float, float]] = []
        self.calls: dict[tuple[int | None, Any], Call] = {}

    def take(self, row: LogRow, before: float) -> None:
        step = (row.ops_request, row.facts.get("position"))
        match row.event:
            case Event.INTENT:
                self._intended(row, step)
            case Event.ACCEPTED | Event.ADOPTED:
                self._begun(row, step)
            case Event.REJECTED | Event.NOT_ARRIVED:
                self._never_arrived(step)
            case Event.COMPLETED | Event.ERRORED:
                self.calls.pop(step, None)
            case Event.GIVEN_UP | Event.POST_AGAIN:
                self._left(step)
            case Event.CLOSED:
                for each in [key for key in self.calls if key[0] == row.ops_request]:
                    self._left(each)
            case Event.RESTORED:
                self.gaps.append((before, row.at))

    def _intended(self, row: LogRow, step: tuple[int | None, Any]) -> None:
        self._left(step)
        if call := call_of(row):
            self.calls[step] = call
            if call.takes_away:
                self.deleted[call.number] = call.request

    def _never_arrived(self, step: tuple[int | None, Any]) -> None:
        call = self.calls.pop(step, None)
        if call and call.takes_away:
            self.deleted.pop(call.number, None)

    def _begun(self, row: LogRow, step: tuple[int | None, Any]) -> None:
        self.calls.pop(step, None)
        action_id = row.facts.get("action_id")
        if isinstance(action_id, int):
            self.started[action_id] = row.ops_request
            if row.event == Event.ACCEPTED:
                self.accepted[action_id] = row.at

    def _left(self, step: tuple[int | None, Any]) -> None:
        if call := self.calls.pop(step, None):
            self.given_up.append(call)


def call_of(row: LogRow) -> Call | None:
    """The call that an intent was written for; None: it is none that begins or deletes anything."""
    path = str(row.facts.get("call", ""))
    found = _CALL.match(path)
    if found is None:
        return None
    body = row.facts.get("body") or {}
    method, kind, number = found["method"], found["kind"], int(found["number"])
    told = str(body.get("type", "")), body.get("region")
    takes_away = method == "DELETE" or path.endswith("/account_transfer")
    return Call(row.ops_request, row.at, method, kind, number, *told, takes_away)


def read_log(rows: Iterable[LogRow]) -> LogFacts:
    """What these rows tell, oldest first."""
    reading, before = _Reading(), 0.0
    for row in rows:
        reading.take(row, before)
        before = row.at
    unsettled = tuple(call for call in reading.calls.values() if call.method == "POST")
    left = tuple(call for call in reading.given_up if call.method == "POST")
    return LogFacts(
        reading.started,
        reading.accepted,
        unsettled,
        left,
        reading.deleted,
        tuple(reading.gaps),
    )


def concerns_images(action: ImageAction) -> bool:
    """Whether an action of the account is done to an image, or makes one; a doubt counts."""
    if action.type == "snapshot":
        return action.resource_type in ("", "droplet")
    if action.resource_type == "image":
        return not _GONE_TYPES.search(action.type)
    return action.type in ("transfer", "convert", "") and action.resource_type == ""


def judge_action(action: ImageAction, log: LogFacts) -> Finding:
    """What the log says of one action."""
    at = action.started_at.timestamp() if action.started_at else None
    verdict, request, suspicion = _of_action(action, log, at)
    of_droplet = action.resource_type == "droplet" or action.type == "snapshot"
    return Finding(
        Kind.ACTION,
        action.id,
        verdict,
        at,
        what=_plain(action.type),
        target_kind="droplet" if of_droplet else "image",
        target=action.resource_id,
        region=_plain(action.region_slug or "") or None,
        status=_plain(action.status),
        request=request,
        suspicion=suspicion,
    )


def _of_action(
    action: ImageAction, log: LogFacts, at: float | None
) -> tuple[Verdict, int | None, Suspicion | None]:
    if action.id in log.started:
        return Verdict.EXPLAINED, log.started[action.id], None
    for call in log.unsettled:
        if call.could_be(action):
            return Verdict.UNSETTLED, call.request, None
    for call in log.given_up:
        if call.could_be(action):
            return Verdict.UNEXPLAINED, call.request, Suspicion.GIVEN_UP
    forgotten = at is not None and any(
        start - SKEW_SECONDS <= at <= end + SKEW_SECONDS for start, end in log.gaps
    )
    return (
        Verdict.UNEXPLAINED,
        None,
        Suspicion.RESTORED if forgotten else Suspicion.ELSEWHERE,
    )


def judge_gone(image: KnownImage, log: LogFacts, converted: Collection[int]) -> Finding:
    """What the log says of an image that was there and is gone.

    Args:
        converted: ids of backups that were made snapshots since: those are purged by nobody.
    """
    suspicion = request = None
    if image.id in log.deleted:
        verdict, request = Verdict.EXPLAINED, log.deleted[image.id]
    elif image.type == "backup" and image.id not in converted:
        verdict = Verdict.EXPIRED
    else:
        verdict = Verdict.UNEXPLAINED
        forgotten = any(image.seen_at <= end for _, end in log.gaps)
        suspicion = Suspicion.RESTORED if forgotten else Suspicion.ELSEWHERE
    return Finding(
        Kind.DELETION,
        image.id,
        verdict,
        image.seen_at,
        target=image.id,
        name=image.name,
        request=request,
        suspicion=suspicion,
    )


def known_of(image: Image, now: float) -> KnownImage | None:
    """What is kept of an image that was listed; None: it is no whole one, and may go by itself."""
    if image.public or image.status.lower() not in ("available", ""):
        return None
    return KnownImage(image.id, _plain(image.name), _plain(image.type), now)


def _plain(text: str) -> str:
    """What DigitalOcean wrote, without what no log and no database can hold."""
    return "".join(char for char in text if char.isprintable())[:255]


def missing_of_ours(
    log: LogFacts, listed: Collection[int], since: float, until: float
) -> frozenset[int]:
    """Actions that DigitalOcean said it began for us, and that the account's list does not have.

    Args:
        since, until: what was listed, in epoch seconds by our clock.
    """
    last = until - LISTED_SECONDS
    ours = {number for number, at in log.accepted.items() if since <= at <= last}
    return frozenset(ours - set(listed))
