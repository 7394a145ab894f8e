"""Requests in every state that a card shows, and the image they are about: for what is drawn."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bot.domain.causes import Cause, CauseKind
from bot.domain.estimates import Estimate, Outlook
from bot.domain.evidence import Evidence, SeenImage
from bot.domain.quorum import Group
from bot.domain.resources import IMAGE_TRANSFER, Image, LiveRegion
from bot.domain.states import State
from bot.domain.step_up import StepUp
from bot.domain.steps import StepSpec, droplet_target, image_target, volume_target
from bot.operations.available import conversion, transfer_to
from bot.operations.base import Handover
from bot.store.rows import Denial, Gate, OpsRequest, Step, Vote

NOW = 1_795_500_000.0
BEGAN = NOW - 95
HOSTILE = ("<!channel> *bold* & _it_ `code` <@U0BOB> 🚀🖼️ \u202e" * 8)[:255]
REGIONS = (
    *("ams1", "ams2", "ams3", "blr1", "fra1", "lon1", "nyc1", "nyc2"),
    *("nyc3", "sfo1", "sfo2", "sfo3", "sgp1", "tor1", "syd1"),
)
LIVE = {
    slug: LiveRegion(slug=slug, name=f"City {slug}", features=(IMAGE_TRANSFER,)) for slug in REGIONS
}
OUTLOOK = Outlook(estimates={0: Estimate(150.0, 240.0, 400.0, 12)})


def transfer(region: str) -> StepSpec:
    return transfer_to(62137902, region)


OFFERED = Handover(62137902, "ops@example.com", 51000, taken=False)
CONVERSION = conversion(62137902)


def step(position: int = 0, **given: Any) -> Step:
    """One image action; by default a transfer to nyc3 that nobody released yet."""
    plain: dict[str, Any] = {
        "id": position + 1,
        "ops_request": 17,
        "position": position,
        "after": None,
        "state": State.PENDING,
        "spec": transfer("nyc3"),
        "finished": False,
        "size_gigabytes": 12.5,
        "source_region": "nyc1",
        "fence": "",
        "intent_at": None,
        "ambiguous": False,
        "look_first": False,
        "candidates": (),
        "action_id": None,
        "started_at": None,
        "completed_at": None,
        "looked_at": None,
        "missing_since": None,
        "stuck_told": False,
        "unfollowed": False,
        "offered": False,
        "resend_votes": (),
        "retry_at": None,
        "refused_for_good": False,
        "not_yet_since": None,
        "attempts": 0,
        "withdrawn": False,
        "resolved_id": None,
        "error_reference": "",
        "cause": None,
    }
    return Step(**plain | given)


def request(state: State, *steps: Step, **given: Any) -> OpsRequest:
    """An ops request; by default Ann's, of one image action, under a rule with one approval."""
    steps = steps or (step(),)
    seen = SeenImage(
        id=62137902,
        name="web-2026-11-20",
        type="snapshot",
        size_gigabytes=12.5,
        regions=("nyc1",),
        created_at=NOW - 3 * 86_400,
    )
    evidence = Evidence(
        images=(seen,),
        steps=tuple(s.spec.as_json() for s in steps),
        requester="U0ANN",
        rule="one other person",
    )
    plain: dict[str, Any] = {
        "id": 17,
        "state": state,
        "requester": "U0ANN",
        "channel": "C0OPS",
        "reason": "the launch",
        "break_glass": "",
        "followers": (),
        "response_url": "",
        "created_at": NOW - 600,
        "expires_at": NOW + 13_800,
        "remind_at": None,
        "escalate_at": None,
        "escalated_at": None,
        "finished_at": None,
        "retry_at": None,
        "attempts": 0,
        "rule": "one other person",
        "gate": Gate(1, ("U0BOB", "S0LEADS"), ("U0BOB", "U0CAT"), ("C0PROD",)),
        "evidence": evidence,
        "evidence_digest": "0" * 64,
        "cause": None,
        "review": "",
        "schedule": "",
        "due_at": None,
        "permalink": "https://example.slack.com/archives/C0OPS/p1",
        "retried_as": None,
        "steps": steps,
        "votes": (),
    }
    return OpsRequest(**plain | given)


def named(of: OpsRequest, name: str, **facts: Any) -> OpsRequest:
    """The same with another image."""
    assert of.evidence is not None
    (seen,) = of.evidence.images
    changed = seen.model_copy(update={"name": name, **facts})
    return replace(of, evidence=of.evidence.model_copy(update={"images": (changed,)}))


def _ran(position: int, state: State, region: str = "nyc3", **given: Any) -> Step:
    ended = {"completed_at": NOW - 5, "finished": True}
    times = {"started_at": BEGAN, "looked_at": NOW, "action_id": 4195494800 + position}
    over = ended if state in (State.COMPLETED, State.ERRORED) else {}
    given = {"spec": transfer(region) if region else CONVERSION} | given
    return step(position, state=state, **times | over | given)


BOB_SAID_YES = (Vote("U0BOB", "approve", "", NOW - 300),)


GROUPS = Gate(
    approvals=3,
    approvers=("S0SEC", "S0OPS", "U0BOB"),
    people=("U0BOB", "U0CAT", "U0DAN", "U0EVE"),
    groups=(
        Group(("S0SEC",), 1, frozenset({"U0CAT", "U0EVE"})),
        Group(("S0OPS", "U0BOB"), 2, frozenset({"U0BOB", "U0CAT", "U0DAN"})),
    ),
    escalates_to=("S0LEADS",),
    ticket="OPS-1402",
    ticket_link="https://example.atlassian.net/browse/OPS-1402",
)


def _of_two(state: State, **given: Any) -> OpsRequest:
    two = Gate(2, ("U0BOB", "U0CAT"), ("U0BOB", "U0CAT"), ())
    return request(state, gate=two, votes=BOB_SAID_YES, **given)


def _of_others() -> dict[str, OpsRequest]:
    """What is done to more than images, or takes them away."""
    give = step(spec=StepSpec("give", image_target(62137902), {"recipient": "ops@example.com"}))
    backup = {"image": 62140001, "image_name": "web-1 weekly", "made_at": NOW - 5 * 86_400}
    restore = step(spec=StepSpec("restore", droplet_target(3164444), backup))
    volume = UUID("506f78a4-e098-11e5-ad9f-000f53306ae1")
    snapshot = step(spec=StepSpec("snapshot-volume", volume_target(volume), {"name": "db-data-x"}))
    over = {"state": State.COMPLETED, "finished": True, "started_at": NOW - 2, "completed_at": NOW}
    return {
        "pending-give": request(State.PENDING, give),
        "completed-give": request(
            State.COMPLETED,
            replace(give, **over, offered=True),
            votes=BOB_SAID_YES,
            cause=Cause(CauseKind.HANDED_OVER, {"handover": asdict(OFFERED)}),
        ),
        "pending-restore": named(
            request(State.PENDING, restore), "web-1", id=3164444, type="droplet"
        ),
        "pending-snapshot-volume": named(
            request(State.PENDING, snapshot),
            "db-data",
            id=str(volume),
            type="volume",
            status="detached",
        ),
    }


def requests() -> dict[str, OpsRequest]:
    """A request in every state that a card shows, by a name for it."""
    sent, ran = (step(state=State.APPROVED), _ran)
    convert = step(spec=CONVERSION)
    after = step(1, after=0)
    off = replace(after, state=State.CANCELLED, finished=True, withdrawn=True)
    cannot = replace(sent, attempts=3, cause=CONNECTION_REFUSED)
    backup = {"type": "backup"}
    several = [
        _ran(0, State.COMPLETED),
        _ran(1, State.ERRORED, "sfo3"),
        _ran(2, State.IN_PROGRESS, "ams3"),
    ]
    lost = step(state=State.NEEDS_ATTENTION, cause=NOTHING_SEEN)
    seen = {"id": 4195494899, "status": "in-progress", "started_at": "2026-11-24 05:00:00+00:00"}
    two = Cause(CauseKind.SEVERAL_ACTIONS)
    ours = Cause(CauseKind.MAYBE_ANOTHERS, {"action_id": 4195494899})
    denied = (Vote("U0BOB", "deny", "not on a Friday", NOW),)
    return {
        "checking": request(State.CHECKING, evidence=None, rule="", gate=Gate()),
        "pending": request(State.PENDING),
        "pending-denied-before": request(
            State.PENDING,
            gate=Gate(
                1,
                ("U0BOB", "S0LEADS"),
                ("U0BOB", "U0CAT"),
                (),
                (
                    Denial(12, "U0CAT", NOW - 7_200, "not on a Friday"),
                    Denial(9, "U0BOB", NOW - 90_000),
                ),
            ),
        ),
        "pending-one-of-two": _of_two(State.PENDING),
        "pending-groups": request(State.PENDING, gate=GROUPS, escalate_at=NOW + 1800),
        "pending-groups-one": request(State.PENDING, gate=GROUPS, votes=BOB_SAID_YES),
        "pending-escalated": request(
            State.PENDING,
            gate=replace(GROUPS, groups=(), approvals=1, ticket=HOSTILE[:64]),
            escalated_at=NOW - 60,
        ),
        "pending-convert": named(request(State.PENDING, convert), "web-1 weekly", **backup),
        "pending-plan": named(request(State.PENDING, convert, after), "web-1 weekly", **backup),
        "pending-hostile": named(request(State.PENDING, reason=HOSTILE), HOSTILE),
        "pending-fifteen-regions": request(
            State.PENDING, *(step(n, spec=transfer(slug)) for n, slug in enumerate(REGIONS))
        ),
        "approved": request(State.APPROVED, sent, votes=BOB_SAID_YES),
        "submitting": request(State.SUBMITTING, step(state=State.SUBMITTING), votes=BOB_SAID_YES),
        "in-progress": request(State.IN_PROGRESS, ran(0, State.IN_PROGRESS), votes=BOB_SAID_YES),
        "in-progress-several": request(State.IN_PROGRESS, *several, votes=BOB_SAID_YES),
        "in-progress-plan": named(
            request(
                State.IN_PROGRESS,
                ran(0, State.IN_PROGRESS, ""),
                after,
                votes=BOB_SAID_YES,
            ),
            "web-1 weekly",
            **backup,
        ),
        "in-progress-withdrawn": named(
            request(
                State.IN_PROGRESS,
                ran(0, State.IN_PROGRESS, ""),
                off,
                votes=BOB_SAID_YES,
            ),
            "web-1 weekly",
            **backup,
        ),
        "in-progress-cannot-send": request(
            State.IN_PROGRESS,
            ran(0, State.IN_PROGRESS),
            replace(cannot, position=1, spec=transfer("sfo3")),
            replace(cannot, position=2, spec=transfer("ams3")),
            votes=BOB_SAID_YES,
        ),
        "approved-cannot-send": request(State.APPROVED, cannot, votes=BOB_SAID_YES),
        "completed-withdrawn": named(
            request(
                State.COMPLETED,
                ran(0, State.COMPLETED, ""),
                off,
                votes=BOB_SAID_YES,
            ),
            "web-1 weekly",
            **backup,
        ),
        "completed": request(State.COMPLETED, ran(0, State.COMPLETED), votes=BOB_SAID_YES),
        "completed-several": request(
            State.COMPLETED,
            ran(0, State.COMPLETED),
            ran(1, State.COMPLETED, "sfo3"),
            votes=BOB_SAID_YES,
        ),
        "errored": request(State.ERRORED, ran(0, State.ERRORED), votes=BOB_SAID_YES),
        "errored-several": request(
            State.ERRORED,
            ran(0, State.COMPLETED),
            ran(1, State.ERRORED, "sfo3"),
            votes=BOB_SAID_YES,
        ),
        "errored-and-retried": request(
            State.ERRORED, ran(0, State.COMPLETED), ran(1, State.ERRORED, "sfo3"), retried_as=18
        ),
        "denied": request(State.DENIED, votes=denied),
        "cancelled": request(State.CANCELLED),
        "expired": request(State.EXPIRED),
        "refused": request(
            State.REFUSED, cause=Cause(CauseKind.CARD_NOT_POSTED, {"error": "is_archived"})
        ),
        "needs-attention": request(State.NEEDS_ATTENTION, lost, votes=BOB_SAID_YES),
        "needs-attention-seen": request(
            State.NEEDS_ATTENTION,
            replace(lost, cause=two, candidates=(seen, seen | {"id": 4195494900})),
            votes=BOB_SAID_YES,
        ),
        "needs-attention-several": request(
            State.NEEDS_ATTENTION,
            lost,
            replace(lost, id=2, position=1, spec=transfer("sfo3"), cause=ours, candidates=(seen,)),
            ran(2, State.COMPLETED, "ams3"),
        ),
        "break-glass": request(
            State.IN_PROGRESS, ran(0, State.IN_PROGRESS), break_glass="prod is down", review="open"
        ),
        "break-glass-to-review": request(
            State.COMPLETED, ran(0, State.COMPLETED), break_glass="prod is down", review="open"
        ),
        "break-glass-errored": request(
            State.ERRORED, ran(0, State.ERRORED), break_glass="prod is down", review="open"
        ),
        **_of_others(),
        "pending-step-up": request(
            State.PENDING, gate=Gate(1, ("U0BOB",), ("U0BOB",), step_up=StepUp.TOTP)
        ),
    }


def image(**given: Any) -> Image:
    """An image as DigitalOcean describes it."""
    plain: dict[str, Any] = {
        "id": 62137902,
        "type": "snapshot",
        "status": "available",
        "name": "web-2026-11-20",
        "regions": ("nyc1",),
        "size_gigabytes": 12.5,
        "created_at": datetime(2026, 11, 20, 11, 5, tzinfo=UTC),
        "tags": ("web",),
    }
    return Image(**plain | given)


CONNECTION_REFUSED = Cause(CauseKind.ANSWERED, {"said": "DigitalOcean: Connection refused"})
NOTHING_SEEN = Cause(CauseKind.NOT_SEEN, {"trace": "action"})
BACKUP = image(id=62140001, name="web-1 weekly", type="backup", tags=())
EVENT_FACTS: dict[str, Any] = {
    "actor": "U0BOB",
    "at": NOW,
    "position": 0,
    "missing": 1,
    "reason": "not on a Friday",
    "cause": {
        "kind": "answered",
        "said": "DigitalOcean answered 500 server_error, request 7f3a",
        "answer": "500 server_error, request 7f3a",
    },
    "stopped": [1],
    "goes_on": [0],
    "done": [],
    "retry_at": NOW + 4,
    "action_id": 4195494800,
    "seconds": 95.0,
    "as": 18,
    "by": 18,
    "reference": "7f3a91c2",
    "to": ["S0LEADS", "U0CAT"],
    "waited": 1800.0,
}
OWN_FACTS: dict[str, dict[str, Any]] = {
    "cancelled": {"actor": "U0ANN"},
    "contradicted": {"actor": "image-bot", "what": ["votes", "steps"]},
    "delayed": {
        "trouble": "token",
        "cause": {
            "kind": "answered",
            "said": "DigitalOcean answered 401: Unable to authenticate you.",
        },
    },
    "withdrawn": {"actor": "U0ANN"},
    "drifted": {
        "cause": {
            "kind": "drifted",
            "changes": [{"kind": "changed", "what": "name", "before": "web", "now": "db"}],
        }
    },
    "approval-expired": {"cause": {"kind": "approval-old", "hours": 24}},
    "needs-attention": {"cause": {"kind": "not-seen", "trace": "action"}},
    "completed": {"cause": None},
    "errored": {"cause": {"kind": "no-reason", "action_id": 4195494800}},
    "rejected": {
        "cause": {
            "kind": "answered",
            "said": "DigitalOcean answered 422: The image is a backup.",
            "answer": "422 unprocessable_entity: The image is a backup (request 7f3a)",
        }
    },
    "card-lost": {"cause": {"kind": "card-not-posted", "error": "is_archived"}},
    "asked-again": {"actor": "image-bot", "void": []},
    "escalated": {"actor": "image-bot"},
}
"""What an event has that differs from `EVENT_FACTS`."""
