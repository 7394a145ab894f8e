"""Requests for plans and by the clock, and what is answered about them: for what is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from asked import BOB_SAID_YES, HOSTILE, NOW, image, request, step

from bot.domain.blockers import Blocker, BlockReason, Kind
from bot.domain.causes import Cause, CauseKind
from bot.domain.evidence import gather
from bot.domain.occasions import Occasion, RunOutcome, RunProblem
from bot.domain.pruning import Pruning, select
from bot.domain.resources import Droplet, Image
from bot.domain.restoring import Restoring
from bot.domain.snapshotting import Snapshotting, plan, steps_of
from bot.domain.states import State
from bot.domain.steps import StepSpec, image_target
from bot.operations.standing import standing_step
from bot.schedules.schema import Schedule
from bot.store.rows import OpsRequest
from bot.store.schedules import Run
from bot.views import pruning, restoring, schedules, snapshots, trials
from bot.views.message import Message
from bot.views.schedules import Listed

TODAY = datetime.fromtimestamp(NOW, UTC)
WEB_1 = Droplet(
    id=3164444,
    name="web-1",
    disk=25.0,
    status="active",
    region="nyc1",
    snapshot_ids=tuple(range(71000000, 71000030)),
)
OLD = [
    image(
        id=71000000 + n,
        name=f"web-1-{TODAY - timedelta(days=30 - n):%Y-%m-%d}-0300",
        created_at=TODAY - timedelta(days=30 - n),
        size_gigabytes=10.0 + n / 10,
    )
    for n in range(30)
]
NIGHTLY = Schedule(
    name="nightly-web",
    when="daily 03:00",
    time_zone="Europe/Berlin",
    command="snapshot web-1 to fra1 keep 3 because nightly copy",
    channel="C0OPS",
    owner="U0ANN",
    approval_days=30,
)
KEEP = Snapshotting("web-1", regions=("fra1", "ams3"), keep=3)
PLAN = plan(KEEP, WEB_1, OLD[26:], NOW)
TERMS = {
    "command": NIGHTLY.command,
    "in_words": "03:00 every day",
    "time_zone": NIGHTLY.time_zone,
    "owner": NIGHTLY.owner,
    "approval_days": NIGHTLY.approval_days,
}


def _of(
    state: State,
    specs: Sequence[StepSpec],
    images: Sequence[Image],
    each: dict[int, Any],
    **given: Any,
) -> OpsRequest:
    """A request for `specs`; `each`: what a step has, by its position."""
    steps = [
        step(n, spec=spec, after=n - 1 if n else None, **each.get(n, {}))
        for n, spec in enumerate(specs)
    ]
    made = request(state, *steps, **{"reason": "nightly copy"} | given)
    return replace(made, evidence=gather(images, specs, "U0ANN", "one other person"))


def _over(state: State, position: int, began: float, ended: float = 0.0) -> dict[str, Any]:
    over = {"completed_at": NOW - ended, "finished": True} if ended else {}
    times = {"started_at": NOW - began, "looked_at": NOW, "action_id": 4195494800 + position}
    return {"state": state, **times, **over}


def plans() -> Iterator[tuple[str, OpsRequest]]:
    """What `snapshot`, `prune` and schedules ask for, by a name for it."""
    specs, seen = steps_of(PLAN), [WEB_1.as_image(), *PLAN.going]
    done = {n: _over(State.COMPLETED, n, 900 - n * 200, 700 - n * 200) for n in range(3)}
    gone = {n: _over(State.COMPLETED, n, 90, 80) | {"action_id": None} for n in (3, 4)}
    failed = {2: _over(State.ERRORED, 2, 400, 200)}
    idle = {n: {"state": State.CANCELLED, "finished": True} for n in (3, 4)}
    yield "pending-snapshot", _of(State.PENDING, specs, seen, {})
    yield "pending-snapshot-alone", _of(State.PENDING, specs[:1], seen[:1], {}, reason="")
    running = {0: done[0], 1: _over(State.IN_PROGRESS, 1, 95)}
    for name, state, each in (
        ("in-progress-snapshot", State.IN_PROGRESS, running),
        ("errored-snapshot", State.ERRORED, {0: done[0], 1: done[1], **failed, **idle}),
        ("completed-snapshot", State.COMPLETED, done | gone),
    ):
        yield name, _of(state, specs, seen, each, votes=BOB_SAID_YES)
    for name, images in (("one", OLD[:1]), ("three", OLD[:3]), ("many", OLD[:25])):
        deletions = [StepSpec("delete", image_target(each.id), {}) for each in images]
        yield f"pending-delete-{name}", _of(State.PENDING, deletions, images, {}, reason="old")
    asked = Occasion("nightly-web", terms=TERMS, deletes=True)
    standing = (standing_step(asked, specs),)
    by_clock = {"schedule": "nightly-web"}
    yield "pending-schedule", _of(State.PENDING, standing, seen, {}, **by_clock)
    done_at_once = {0: _over(State.COMPLETED, 0, 1, 1) | {"action_id": None}}
    approved = _of(State.COMPLETED, standing, seen, done_at_once, votes=BOB_SAID_YES, **by_clock)
    yield "completed-schedule", approved
    yield "expired-schedule", _of(State.EXPIRED, standing, seen, {}, **by_clock)
    run = {"schedule": "nightly-web", "due_at": NOW - 900.0}
    yield "completed-run", _of(State.COMPLETED, specs, seen, done | gone, **run)
    lost = {"state": State.NEEDS_ATTENTION, "cause": Cause(CauseKind.NOT_SEEN, {"trace": "action"})}
    yield "needs-attention-snapshot", _of(State.NEEDS_ATTENTION, specs, seen, {0: lost})


def answers() -> Iterator[tuple[str, Message]]:
    """What only whoever typed a command, or keeps a schedule, is told."""
    yield "schedules", schedules.listed(_listed(), is_used=True, problem=None)
    yield "schedules-none", schedules.listed((), is_used=True, problem=None)
    yield "schedules-unused", schedules.listed((), is_used=False, problem=None)
    yield "schedules-broken", schedules.listed(_listed()[:1], is_used=True, problem="line 3: when")
    run = _run(RunOutcome.RUNNING)
    why = "DigitalOcean gives no reason; action 4195494800 is in its control panel."
    for name, text in {
        "went-well": schedules.ended(NIGHTLY, run, RunOutcome.COMPLETED, [19], ""),
        "failed": schedules.ended(NIGHTLY, run, RunOutcome.FAILED, [19], why),
        "went-well-late": schedules.ended(
            NIGHTLY, replace(run, taken_at=NOW), RunOutcome.COMPLETED, [19], ""
        ),
        "skipped": schedules.skipped(NIGHTLY, RunOutcome.SKIPPED_RUNNING, NOW, None),
        "skipped-unapproved": schedules.skipped(NIGHTLY, RunOutcome.SKIPPED_UNAPPROVED, NOW, 17),
        "not-asked": schedules.not_asked(NIGHTLY, snapshots.not_one(KEEP, [], [WEB_1], 1, True)),
        "not-approved": schedules.not_approved(NIGHTLY),
        "ownerless": schedules.ownerless(NIGHTLY),
        "still-running": schedules.still_running(NIGHTLY),
        "not-yours": schedules.not_yours(NIGHTLY),
        "no-such": schedules.no_such(HOSTILE),
        **{
            f"{what}-chosen": schedules.changed(NIGHTLY, what)
            for what in ("run", "pause", "resume")
        },
        **{f"why-{why}": schedules.problem(why) for why in RunProblem},
    }.items():
        yield f"schedule-{name}", Message(text)
    yield from _looked_up()


def _looked_up() -> Iterator[tuple[str, Message]]:
    wanted = Pruning("web-1-*", keep=27)
    of_tag, of_droplet = Pruning(tag="nightly", keep=3), Pruning(keep=3, droplet="web-1")
    some, none = select(wanted, OLD, NOW), select(of_tag, (), NOW)
    dry = replace(wanted, dry_run=True, older_than_days=5)
    already = Blocker(
        BlockReason.IN_REGION_ALREADY,
        Kind.DONE_ALREADY,
        {"image_id": 62137902, "region": "nyc1", "target": "image 62137902"},
    )
    copies = [StepSpec("transfer", image_target(62137902), {"region": r}) for r in ("fra1", "ams3")]
    decided = ["If you ask: <@U0BOB> must approve within 4 h. The rule is “prod”."]
    backup = image(id=62140001, name="web-1 weekly", type="backup")
    for name, text in {
        "prune": pruning.shown(wanted, some, complete=True),
        "prune-dry-run": pruning.shown(dry, select(dry, OLD, NOW), complete=False),
        "prune-many": pruning.shown(
            Pruning("web-1-*", keep=1), select(Pruning("web-1-*", keep=1), OLD, NOW), complete=True
        ),
        "prune-nothing": pruning.nothing_goes(of_tag, none, complete=True),
        "prune-nothing-of": pruning.nothing_goes(of_droplet, none, complete=True),
        "prune-nothing-old": pruning.nothing_goes(
            wanted, select(wanted, OLD[:2], NOW), complete=True
        ),
        "snapshot-dry-run": "\n".join(snapshots.shown(PLAN, dry_run=True, complete=True)),
        "snapshot-taken": "\n".join(snapshots.shown(PLAN, dry_run=False, complete=True)),
        "snapshot-no-series": snapshots.no_series("{droplet}{date}", [WEB_1]),
        "snapshot-none-such": snapshots.not_one(
            Snapshotting("web1"), [], [WEB_1], 1, complete=True
        ),
        "snapshot-of-no-tag": snapshots.not_one(
            Snapshotting(tag="nightly"), [], [WEB_1], 10, complete=True
        ),
        "restore-dry-run": restoring.shown(WEB_1, backup),
        "restore-none-such": restoring.not_one(
            Restoring("web-1", backup_name="web-1 daily"), WEB_1, [], [backup], complete=True
        ),
        "dry-run": trials.shown(copies, [image()], [already], decided),
        "dry-run-stopped": trials.shown([], [image()], [already], ()),
    }.items():
        yield name, Message(text)


def _run(outcome: RunOutcome) -> Run:
    return Run("nightly-web", NOW - 900, NOW - 899, outcome)


def _listed() -> list[Listed]:
    tomorrow, month = NOW + 85_500, NOW + 20 * 86_400

    late = replace(_run(RunOutcome.SKIPPED_PAUSED), taken_at=NOW)

    def weekly(name: str) -> Schedule:
        return NIGHTLY.model_copy(update={"name": name, "when": "weekly mon 04:00"})

    return [
        Listed(NIGHTLY, tomorrow, _run(RunOutcome.COMPLETED), month, 17, ""),
        Listed(weekly("asked"), tomorrow, None, None, 18, ""),
        Listed(weekly("paused"), tomorrow, late, month, 18, "U0BOB"),
        Listed(
            weekly("ownerless"), tomorrow, _run(RunOutcome.FAILED), month, 18, "", is_ownerless=True
        ),
    ]
