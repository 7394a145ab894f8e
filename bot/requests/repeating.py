"""Asking again for what another request was about: as a plan, as one's own, what failed of it."""

from __future__ import annotations

from bot.domain.events import Event
from bot.domain.states import FINISHED, State
from bot.domain.steps import StepSpec
from bot.operations.available import TRANSFER, conversion
from bot.operations.registry import predecessors
from bot.requests.clicks import clicked, refuse_click, tell_none
from bot.requests.commands import Click, Opened, RequestDraft
from bot.requests.idempotency import OUTCOME, taken_once
from bot.requests.joining import as_json
from bot.requests.outcomes import DONE, Outcome, Refused
from bot.requests.proof import contradictions_with
from bot.requests.query import joined_under
from bot.requests.submission import open_draft
from bot.requests.telling import tell
from bot.requests.unit_of_work import UnitOfWork
from bot.store import events, transitions
from bot.store.rows import OpsRequest
from bot.views import answers


@taken_once(OUTCOME)
def plan(uow: UnitOfWork, click: Click) -> Outcome:
    """*Convert, then transfer*: what was refused because the image is a backup, as a plan."""
    request = _repeatable(uow, click)
    if isinstance(request, Refused):
        return request
    transfers = request.specs
    fitting = all(step.operation == TRANSFER for step in transfers)
    if request.state is not State.REFUSED or not fitting or len(request.targets) > 1:
        return Refused(tell(uow.tx, click.asker, answers.settled(request)))
    emergency = request.break_glass if click.person == request.requester else ""
    steps = (conversion(request.targets[0].number), *transfers)
    return _outcome(_repeat(uow, click, request, steps, emergency))


@taken_once(OUTCOME)
def ask_yourself(uow: UnitOfWork, click: Click) -> Outcome:
    """*Ask for it yourself*: what somebody joined and others ended, asked for as their own."""
    tx = uow.tx
    request = clicked(tx.connection, click)
    if request is None:
        return tell_none(uow, click)
    joined = joined_under(tx.connection, request, click.person)
    if request.state not in FINISHED or joined is None:
        return Refused(tell(tx, click.asker, answers.settled(request)))
    terms, steps = joined
    draft = RequestDraft(click.person, str(terms["from"]), steps, str(terms["asked_because"]))
    opened = open_draft(uow, draft, click.response_url)
    tell(tx, click.asker, opened.text)
    return _outcome(opened)


@taken_once(OUTCOME)
def retry_failed(uow: UnitOfWork, click: Click) -> Outcome:
    """*Retry failed*: asks again for what failed, as the draft of whoever clicked."""
    tx = uow.tx
    request = _repeatable(uow, click)
    if isinstance(request, Refused):
        return request
    failed = tuple(step.resolved for step in request.retryable)
    if request.state is not State.ERRORED or not failed:
        return Refused(tell(tx, click.asker, answers.settled(request)))
    if request.retried_as is not None:
        return Refused(tell(tx, click.asker, answers.retried_already(request)))
    ran_in_turn = predecessors(request.specs, in_turn=True)
    in_turn = tuple(step.after for step in request.steps) == ran_in_turn
    opened = _repeat(uow, click, request, failed, in_turn=in_turn)
    if opened.request_id is not None:
        transitions.update(tx, request.id, retried_as=opened.request_id)
        facts = {"as": opened.request_id, "steps": as_json(failed)}
        events.record(tx, request.id, Event.RETRIED, click.person, facts)
    return _outcome(opened)


def _repeatable(uow: UnitOfWork, click: Click) -> OpsRequest | Refused:
    """The request that is asked for again, as the audit log holds it."""
    request = clicked(uow.tx.connection, click, for_update=True)
    if request is None:
        return tell_none(uow, click)
    if contradictions_with(uow.tx.connection, request):
        facts = {"choice": "repeat", "policy": Event.CONTRADICTED}
        return refuse_click(uow, click, request, answers.contradicted(request), facts)
    return request


def _repeat(
    uow: UnitOfWork,
    click: Click,
    of: OpsRequest,
    steps: tuple[StepSpec, ...],
    break_glass: str = "",
    *,
    in_turn: bool = False,
) -> Opened:
    """Ask for `steps` on the same image, as the person and in the channel of the click: what
    the policy grants is judged by these, not by those of the request that is repeated."""
    reason = answers.reason_of(of, click.person)
    channel = click.channel or click.person
    in_turn = in_turn and len(steps) > 1
    draft = RequestDraft(click.person, channel, steps, reason, break_glass, in_turn=in_turn)
    opened = open_draft(uow, draft, click.response_url)
    tell(uow.tx, click.asker, opened.text)
    return opened


def _outcome(opened: Opened) -> Outcome:
    return Refused(opened.text) if opened.refused else DONE
