"""What `promise_machine` plays with: policies, attacks, stand-ins, and what people really did."""

from __future__ import annotations

import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gate_machine import FakeDigitalOcean, FakeSlack

from bot.slack.errors import SlackFailure

PEOPLE = ("U0ANN", "U0BOB", "U0CAT", "U0DAN", "U0EVE")
NAMED = frozenset({"U0ANN", "U0BOB", "U0CAT"})
LEADER = "U0EVE"
ESCALATES_SECONDS = 1800
WAITS_SECONDS = 4 * 3600
GROUP_IS_KNOWN_FOR = 65.0
"""Who left a group within this time still counts; see docs/security.md."""

_RULE = '[[rule]]\nname = "guarded"\nbreak_glass = true\n'
_BY_NUMBER = _RULE + 'approvals = {0}\napprovers = ["U0ANN", "U0BOB", "U0CAT"]\n'
_BY_GROUPS = (
    _RULE
    + 'approvals = [{ from = ["S0SEC"], count = 1 }, { from = ["S0OPS"], count = 1 }]\n'
    + 'escalate = { after = "30m", to = ["U0EVE"] }\n'
)
_FREEZE = (
    '[[freeze]]\nname = "holidays"\ndays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]\n'
    'time_zone = "UTC"\nbreak_glass = true\n'
)
_FOUR_EYES = '[policy]\napprovals = {0}\napprovers = ["U0ANN", "U0BOB"]\nchannel = "C0OPS"\n'


@dataclass(frozen=True)
class Terms:
    """A policy's text, and what it asks for as the machine understands it."""

    text: str
    needed: int
    by_groups: bool = False
    frozen: bool = False
    eyes: int = 0
    """How many have to approve the next policy."""


POLICIES = {
    "two": Terms(_BY_NUMBER.format(2), 2),
    "one": Terms(_BY_NUMBER.format(1), 1),
    "none": Terms(_BY_NUMBER.format(0), 0),
    "frozen": Terms(_BY_NUMBER.format(1) + _FREEZE, 1, frozen=True),
    "groups": Terms(_BY_GROUPS, 2, by_groups=True),
    "two, four eyes": Terms(_BY_NUMBER.format(2) + _FOUR_EYES.format(1), 2, eyes=1),
    "groups, four eyes": Terms(_BY_GROUPS + _FOUR_EYES.format(2), 2, by_groups=True, eyes=2),
}
AS_NEW = (
    "UPDATE ops_request SET state = 'approved', finished_at = NULL WHERE id = :id",
    "UPDATE ops_step SET state = 'approved', finished = false, action_id = NULL, retry_at = NULL,"
    " fence = '', look_first = false WHERE ops_request = :id",
)
ATTACKS = {
    "move on": AS_NEW,
    "out of turn": (
        "UPDATE ops_request SET state = 'in-progress' WHERE id = :id",
        "UPDATE ops_step SET state = 'approved', finished = false WHERE ops_request = :id"
        " AND position = (SELECT max(position) FROM ops_step WHERE ops_request = :id)",
    ),
    "votes": (
        "DELETE FROM vote WHERE ops_request = :id",
        "INSERT INTO vote (ops_request, person, choice, reason, step_up, at)"
        " VALUES (:id, 'U0ANN', 'approve', '', '', 1800000000),"
        " (:id, 'U0BOB', 'approve', '', '', 1800000000),"
        " (:id, 'U0CAT', 'approve', '', '', 1800000000)",
    ),
    "region": (
        """UPDATE ops_step SET params = '{"region": "nyc1"}', params_key = '{"region":"nyc1"}'"""
        " WHERE ops_request = :id AND operation = 'transfer'",
    ),
    "image": ("UPDATE ops_step SET target_id = '62137903' WHERE ops_request = :id",),
    "image that was made": ("UPDATE ops_step SET resolved_id = 62137903 WHERE ops_request = :id",),
    "requester": ("UPDATE ops_request SET requester = 'U0DAN' WHERE id = :id",),
    "rule": ("UPDATE ops_request SET rule = 'free' WHERE id = :id",),
    "emergency": ("UPDATE ops_request SET break_glass = 'now', review = 'open' WHERE id = :id",),
    "review": ("UPDATE ops_request SET review = 'open' WHERE id = :id",),
    "checked again": (
        "UPDATE ops_request SET state = 'checking' WHERE id = :id",
        "DELETE FROM outbox_message WHERE ops_request = :id",
    ),
    "sent at another time": (
        "UPDATE ops_step SET intent_at = intent_at + 9000 WHERE ops_request = :id",
    ),
    "owned by another": (
        "UPDATE ops_step SET action_id = (SELECT max(action_id) + 1 FROM ops_step)"
        " WHERE ops_request = :id",
    ),
    "escalated": ("UPDATE ops_request SET escalated_at = created_at WHERE id = :id",),
    "hastened": ("UPDATE ops_request SET escalate_at = 0 WHERE id = :id",),
    "send again": ("""UPDATE ops_step SET resend_votes = '["U0CAT"]' WHERE ops_request = :id""",),
    "not looked for": ("UPDATE ops_step SET look_first = false WHERE ops_request = :id",),
    "another digest": (
        "UPDATE ops_request SET evidence_digest = (SELECT max(evidence_digest) FROM ops_request)"
        " WHERE id = :id",
    ),
    "joined": ("""UPDATE ops_request SET followers = '["U0DAN", "U0EVE"]' WHERE id = :id""",),
    "more time": ("UPDATE ops_request SET expires_at = expires_at + 1000000 WHERE id = :id",),
    "has time": (
        "UPDATE ops_request SET expires_at = expires_at + 1000000, created_at = created_at + 9000"
        " WHERE id = :id",
        "UPDATE vote SET at = at + 1000000 WHERE ops_request = :id",
    ),
    "seen before": (
        """UPDATE ops_step SET candidates = '[{"id": 1000, "status": "in-progress","""
        """ "started_at": ""}]' WHERE ops_request = :id""",
    ),
    "a delivery": ("DELETE FROM processed_delivery",),
    "a group": ("UPDATE user_group SET members = '[\"U0DAN\"]', seen_at = seen_at + 1000000",),
}
SCHEDULE_ATTACKS = {
    "another's approval": (
        "UPDATE schedule SET approved_as = :id, asked_as = :id, asked_for = 'x'",
    ),
    "due long ago": ("UPDATE schedule SET seen_at = 0", "DELETE FROM schedule_run"),
    "begun again": (
        "UPDATE ops_request SET due_at = NULL, schedule = '' WHERE due_at IS NOT NULL",
        "UPDATE schedule_run SET outcome = 'due', ended_at = NULL",
    ),
    "a run": (
        "DELETE FROM schedule_run",
        "INSERT INTO schedule_run (schedule, due_at, taken_at, outcome, why)"
        " SELECT 'nightly', created_at, created_at, 'due', '' FROM ops_request WHERE id = :id",
    ),
    "still running": ("UPDATE schedule_run SET outcome = 'running', ended_at = NULL",),
    "of a schedule": (
        "UPDATE ops_request SET schedule = 'nightly', due_at = created_at WHERE id = :id",
    ),
    "not seen": ("UPDATE schedule SET tended_at = 0, asked_for = ''",),
    "another order": ("UPDATE ops_step SET after = NULL WHERE ops_request = :id",),
    "another work": (
        "UPDATE ops_step SET operation = 'delete', params = '{}', params_key = ''"
        " WHERE ops_request = :id AND target_kind = 'image'",
    ),
    "another name": (
        """UPDATE ops_step SET params = '{"name": "evil"}' WHERE ops_request = :id"""
        " AND operation = 'rename'",
    ),
    "the last of them": (
        "UPDATE ops_step SET params = '{}' WHERE ops_request = :id AND operation = 'delete'",
    ),
}
"""What is done besides where there are schedules and other kinds of work."""


class Watched(FakeDigitalOcean):
    """DigitalOcean, and somebody who looks at each POST; `meanwhile` happens before one answer."""

    def __init__(self, clock: Any, look: Callable[[int, Mapping[str, Any]], None]) -> None:
        super().__init__(clock)
        self.look = look
        self.broken: list[str] = []
        self.meanwhile_at = "get"
        self.meanwhile: Callable[[], None] | None = None

    def _pass_time(self, call: str) -> None:
        if call != self.meanwhile_at:
            return
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            happens()

    def get(self, image_id: int, action_id: int | None = None) -> Mapping[str, Any]:
        self._pass_time("get")
        return super().get(image_id, action_id)

    def list(self, _image_id: int = 0, **options: Any) -> Mapping[str, Any]:
        self._pass_time("list")
        return super().list(_image_id, **options)

    def post(self, image_id: int, body: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            self.look(image_id, body)
        except AssertionError as broken:  # a job catches whatever is raised: it is kept for later
            self.broken.append(f"{broken} in {traceback.format_exc()[-600:]}")
        return super().post(image_id, body)


class Groups(FakeSlack):
    """Slack with user groups; `silent`: it does not tell who is in them."""

    def __init__(self) -> None:
        super().__init__()
        self.silent = False
        self.groups = {"S0SEC": frozenset({"U0BOB"}), "S0OPS": frozenset({"U0BOB", "U0CAT"})}

    def group_members(self, group: str) -> frozenset[str]:
        if self.silent:
            raise SlackFailure("fatal_error")
        return self.groups[group]


@dataclass
class Truth:
    """What people did, whatever any table says. A request is known by the hash of its first row,
    which a restore does not change."""

    terms: dict[str, Terms] = field(default_factory=dict)
    """By digest."""
    approved: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    approved_at: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    again: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    allowed_again: Counter[str] = field(default_factory=Counter)
    arrived: Counter[str] = field(default_factory=Counter)
    for_policies: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    members: list[tuple[float, Mapping[str, frozenset[str]]]] = field(default_factory=list)

    def were_in(self, group: str, since: float) -> set[str]:
        """Who was in a group at any time since then."""
        old = [place for place, (at, _) in enumerate(self.members) if at <= since]
        return {p for _, told in self.members[old[-1] if old else 0 :] for p in told[group]}
