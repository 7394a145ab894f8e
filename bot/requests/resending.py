"""*Send again*: a POST whose answer was lost, and that people want to be made once more."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from bot.domain.events import Event
from bot.domain.states import State
from bot.domain.step_up import Confirmed, Lack, Purpose, StepUp
from bot.policy.decide import Decision
from bot.policy.review import ReviewReason
from bot.requests.clicks import decision_now, refuse_click
from bot.requests.commands import Click
from bot.requests.confirmable import (
    NotCounted,
    is_anothers_account,
    lock_request,
    request_of,
)
from bot.requests.counted import could_approve
from bot.requests.idempotency import OUTCOME, taken_once
from bot.requests.outcomes import DONE, Outcome, Refused, SaidOnce
from bot.requests.recovery import Chooser, chooser_of, may_attend, needs_attention, resends_needed
from bot.requests.telling import tell
from bot.requests.unit_of_work import UnitOfWork
from bot.requests.voting import qualified
from bot.store import audit, events, transitions
from bot.store.rows import OpsRequest, Step
from bot.store.second_factors import Link
from bot.store.transaction import Transaction
from bot.views import answers, step_up
from bot.views.pages.step_up import SendAgain


@taken_once(OUTCOME)
def post_again(uow: UnitOfWork, click: Click) -> Outcome:
    """*Send again*: back to `approved`; the job looks once more before it posts.

    Returns:
        `SaidOnce`: a link to confirm it, where the rule asks for that.
    """
    found = chooser_of(uow, click, "post_again", needs_attention)
    if isinstance(found, Refused):
        return found
    by, step = found
    if by.person in step.resend_votes:
        return Refused(tell(uow.tx, click.asker, answers.chose_already))
    if not _could_approve(uow.tx.connection, by):
        text = answers.not_for_you(by.request, by.decision)
        return refuse_click(uow, click, by.request, text, {"choice": "post_again"})
    asked = step_up_of(by.request, by.decision)
    if asked:
        return _ask_to_confirm(uow, click, by.request, step, asked)
    _choose(uow.tx, by, step, None)
    return DONE


def _could_approve(connection: Connection, by: Chooser) -> bool:
    """Whether the audit log says so too, where another rule would decide today: whom the table
    names could have been written into it."""
    if by.decision.rule == by.request.rule:
        return True
    return by.person in could_approve(audit.entries(connection, ops_request=by.request.id))


def step_up_of(request: OpsRequest, now: Decision) -> StepUp | None:
    """By what *Send again* has to be confirmed: as an approval under its rule has to be."""
    return now.step_up if now.rule == request.rule else request.gate.step_up


def _ask_to_confirm(
    uow: UnitOfWork, click: Click, request: OpsRequest, step: Step, by: StepUp
) -> Outcome:
    bound = {
        "ops_request": request.id,
        "evidence_digest": request.evidence_digest,
        "about": str(step.position),
    }
    link = uow.deps.step_ups.ask(uow.tx, by, Purpose.RESEND, click.person, **bound)
    if isinstance(link, Lack):
        facts = {"choice": "post_again", "policy": ReviewReason.NOT_CONFIRMED}
        return refuse_click(uow, click, request, step_up.lacking(link, by), facts)
    facts_of_it = {"position": step.position, "purpose": Purpose.RESEND}
    events.log_only(uow.tx, request.id, Event.STEP_UP_ASKED, click.person, facts_of_it)
    return SaidOnce(step_up.confirm_resend_here(link, request.id, by))


class SendingAgain:
    """*Send again*, where it is confirmed."""

    def lock(self, tx: Transaction, link: Link) -> None:
        """As `Confirmable.lock`."""
        lock_request(tx, link)

    def find(self, connection: Connection, link: Link) -> SendAgain | None:
        """As `Confirmable.find`."""
        request = request_of(connection, link)
        steps = request.steps if request else ()
        found = next((step for step in steps if str(step.position) == link.about), None)
        return SendAgain(request, found) if request and found else None

    def count(
        self, uow: UnitOfWork, subject: SendAgain, person: str, confirmed: Confirmed
    ) -> SendAgain | NotCounted:
        """As `Confirmable.count`: everything that the click had to get past is asked again."""
        request, step = subject.request, subject.step
        by = Chooser(person, request, decision_now(uow, request))
        if not needs_attention(step):
            return NotCounted(answers.settled(request))
        if person not in may_attend(request, by.decision) or not _could_approve(
            uow.tx.connection, by
        ):
            return NotCounted(step_up.not_yours())
        if person in step.resend_votes:
            return NotCounted(answers.chose_already)
        if step_up_of(request, by.decision) not in (None, confirmed.method):
            return NotCounted(step_up.confirmed_otherwise())
        if is_anothers_account(uow.tx.connection, request.id, person, confirmed):
            return NotCounted(step_up.same_account())
        _choose(uow.tx, by, step, confirmed)
        return subject


def _choose(tx: Transaction, by: Chooser, step: Step, confirmed: Confirmed | None) -> None:
    rightful = may_attend(by.request, by.decision)
    chose = [person for person in (*step.resend_votes, by.person) if person in rightful]
    missing = resends_needed(by.request, by.decision) - len(chose)
    digest = by.decision.policy_digest
    facts: dict[str, object] = {"position": step.position, "policy_digest": digest}
    if by.decision.rule == by.request.rule:
        facts["qualified"] = qualified(tx, by.person, by.decision)
    if confirmed:
        facts["step_up"] = confirmed.facts()
    if missing > 0:
        transitions.update_step(tx, step, resend_votes=chose)
        facts["missing"] = missing
        events.record(tx, step.ops_request, Event.POST_AGAIN_VOTED, by.person, facts)
        return
    transitions.move_step(
        tx,
        step,
        State.APPROVED,
        look_first=True,
        ambiguous=False,
        attempts=0,
        cause=None,
        resend_votes=None,
    )
    facts["chosen_by"] = chose
    events.record(tx, step.ops_request, Event.POST_AGAIN, by.person, facts)
