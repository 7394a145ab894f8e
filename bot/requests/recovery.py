"""What people decide about a step whose end nobody knows: it is this one, or it is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bot.domain.causes import Cause, CauseKind
from bot.domain.events import Event
from bot.domain.jobs import Job
from bot.domain.resources import ImageAction
from bot.domain.states import State
from bot.policy.decide import Decision
from bot.requests.clicks import clicked, decision_now, refuse_click, tell_none
from bot.requests.commands import ByClick, Click
from bot.requests.idempotency import OUTCOME, taken_once
from bot.requests.outcomes import DONE, Outcome, Refused
from bot.requests.telling import tell
from bot.requests.unit_of_work import Dependencies, UnitOfWork
from bot.store import events, transitions
from bot.store.adoption import adopt_action
from bot.store.rows import OpsRequest, Step
from bot.store.transaction import Transaction
from bot.views import answers


@dataclass(frozen=True)
class Adopt(ByClick):
    """Follow an action at DigitalOcean as the step's own.

    Attributes:
        action_id: which one; None: the one that was seen.
    """

    action_id: int | None = None


@taken_once(OUTCOME)
def adopt(uow: UnitOfWork, command: Adopt) -> Outcome:
    """*Follow this action*: follow the action that was seen (which, where several were)."""
    return _attend(uow, command.click, "adopt", partial(_adopt, command.action_id))


@taken_once(OUTCOME)
def give_up(uow: UnitOfWork, click: Click) -> Outcome:
    """*Stop and close*: the request ends as errored; what DigitalOcean did stays unknown."""
    return _attend(uow, click, "give_up", _give_up)


@taken_once(OUTCOME)
def stop_following(uow: UnitOfWork, click: Click) -> Outcome:
    """*Stop following*: a step that does not end is closed; image and region are free again."""
    return _attend(uow, click, "stop_following", _stop_following, _is_slow)


def candidates(deps: Dependencies, click: Click) -> list[dict[str, object]]:
    """The actions at DigitalOcean that *Follow this action* could mean."""
    with deps.store.read() as connection:
        request = clicked(connection, click)
    steps = request.steps if request else ()
    return [dict(c) for s in steps if s.position == click.position for c in s.candidates]


@dataclass(frozen=True)
class Chooser:
    """Who chooses, about which request, and what the policy says of it now."""

    person: str
    request: OpsRequest
    decision: Decision


_Choose = Callable[[Transaction, Chooser, Step], Outcome]
"""Does what was chosen about a step."""


def needs_attention(step: Step) -> bool:
    """Whether people have to say what became of a step."""
    return step.state is State.NEEDS_ATTENTION


def _is_slow(step: Step) -> bool:
    return step.state is State.IN_PROGRESS and step.stuck_told


def _attend(
    uow: UnitOfWork,
    click: Click,
    name: str,
    choose: _Choose,
    waits: Callable[[Step], bool] = needs_attention,
) -> Outcome:
    """Let whoever may do what they chose, about a step that waits for it."""
    found = chooser_of(uow, click, name, waits)
    if isinstance(found, Refused):
        return found
    outcome = choose(uow.tx, *found)
    if isinstance(outcome, Refused):
        tell(uow.tx, click.asker, outcome.text)
    return outcome


def chooser_of(
    uow: UnitOfWork, click: Click, name: str, waits: Callable[[Step], bool]
) -> tuple[Chooser, Step] | Refused:
    """Who chooses, and about which step; whoever may not was told."""
    request = clicked(uow.tx.connection, click, for_update=True)
    if request is None:
        return tell_none(uow, click)
    step = next((s for s in request.steps if s.position == click.position), None)
    if step is None or not waits(step):
        return refuse_click(uow, click, request, answers.settled(request), {"choice": name})
    decision = decision_now(uow, request)
    if click.person not in may_attend(request, decision):
        text = answers.not_for_you(request, decision)
        return refuse_click(uow, click, request, text, {"choice": name})
    return Chooser(click.person, request, decision), step


def may_attend(request: OpsRequest, now: Decision) -> frozenset[str]:
    """Who decides what became of a request: those who may approve.

    The requester, where the rule asks nobody; never because those who may are not known just
    now, or are gone. Where another rule would decide today, those who could approve when it
    was asked for.
    """
    requester = frozenset({request.requester})
    if now.rule == request.rule:
        return now.approvers if now.approvals else requester
    asked_somebody = request.gate.approvals or request.break_glass
    people = frozenset(request.gate.people)
    return people if people or asked_somebody else requester


def resends_needed(request: OpsRequest, now: Decision) -> int:
    """How many people have to choose *Send again*: as many as had to approve, one at least.

    An emergency that went round the approvals asks for one.
    """
    asked = max(request.gate.approvals, now.approvals if now.rule == request.rule else 0)
    return 1 if request.break_glass else max(1, asked)


def _adopt(action_id: int | None, tx: Transaction, by: Chooser, step: Step) -> Outcome:
    seen = [c for c in step.candidates if action_id in (None, c["id"])]
    if len(seen) != 1:
        tx.enqueue(Job.CANDIDATES, step.id)
        return Refused(answers.which_one(len(seen)))
    action = ImageAction(id=seen[0]["id"], status=str(seen[0]["status"]))
    adopted = adopt_action(tx, step, action, by.person)
    return DONE if adopted else Refused(answers.owned_already(action.id))


def _stop_following(tx: Transaction, by: Chooser, step: Step) -> Outcome:
    transitions.move_step(tx, step, State.ERRORED, completed_at=tx.now, unfollowed=True)
    transitions.update(tx, step.ops_request, cause=Cause(CauseKind.UNFOLLOWED).as_json())
    facts = {"position": step.position, "action_id": step.action_id}
    events.record(tx, step.ops_request, Event.STOPPED_FOLLOWING, by.person, facts)
    return DONE


def _give_up(tx: Transaction, by: Chooser, step: Step) -> Outcome:
    transitions.move_step(tx, step, State.ERRORED, completed_at=tx.now)
    transitions.update(tx, step.ops_request, cause=Cause(CauseKind.GIVEN_UP).as_json())
    facts = {"position": step.position}
    events.record(tx, step.ops_request, Event.GIVEN_UP, by.person, facts)
    return DONE
