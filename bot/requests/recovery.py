"""What people decide about a request that needs attention: it is this one, again, give up."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.events import Event
from bot.domain.jobs import Job
from bot.domain.resources import ImageAction
from bot.domain.states import State
from bot.policy.decide import Decision
from bot.requests.idempotency import Click, Taking, tell
from bot.store import events, requests, transitions
from bot.store.adoption import adopt_action
from bot.store.rows import OpsRequest, Step
from bot.store.transaction import Transaction
from bot.views import answers


class Attending(Taking):
    """The choices on a card that needs attention."""

    def adopt(self, click: Click, action_id: int | None = None) -> None:
        """*It is this one*: follow the action that was seen (which, where several were)."""
        self._once(click.delivery, lambda tx: self._attend(tx, click, _adopting(action_id)))

    def post_again(self, click: Click) -> None:
        """*Post again*: back to `approved`; the job looks once more before it posts."""
        self._once(click.delivery, lambda tx: self._attend(tx, click, _post_again))

    def give_up(self, click: Click) -> None:
        """*Give up*: the request ends as errored; what DigitalOcean did stays unknown."""
        self._once(click.delivery, lambda tx: self._attend(tx, click, _give_up))

    def _attend(
        self, tx: Transaction, click: Click, choose: Callable[[Transaction, Click, Step], str]
    ) -> str:
        request = requests.load(tx.connection, click.request_id, for_update=True)
        if request is None:
            return tell(tx, click.asker, answers.unknown_request(click.request_id))
        step = next((s for s in request.steps if s.position == click.position), None)
        if step is None or step.state is not State.NEEDS_ATTENTION:
            facts = {"choice": choose.__name__.strip("_")}
            return self._refuse_click(tx, click, request, answers.settled(request), facts)
        decision = self._decision_now(tx, request)
        if click.person not in may_attend(request, decision):
            text = answers.not_for_you(request, decision)
            facts = {"choice": choose.__name__.strip("_")}
            return self._refuse_click(tx, click, request, text, facts)
        text = choose(tx, click, step)
        return tell(tx, click.asker, text) if text else ""

    def candidates(self, click: Click) -> list[dict[str, object]]:
        """The actions at DigitalOcean that *It is this one* could mean."""
        with self._store.read() as connection:
            request = requests.load(connection, click.request_id)
        steps = request.steps if request else ()
        return [dict(c) for s in steps if s.position == click.position for c in s.candidates]


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


def _adopting(action_id: int | None) -> Callable[[Transaction, Click, Step], str]:
    def adopt(tx: Transaction, click: Click, step: Step) -> str:
        seen = [c for c in step.candidates if action_id in (None, c["id"])]
        if len(seen) != 1:
            tx.enqueue(Job.CANDIDATES, step.id)
            return answers.which_one(len(seen))
        action = ImageAction(id=seen[0]["id"], status=str(seen[0]["status"]))
        adopted = adopt_action(tx, step, action, click.person)
        return "" if adopted else answers.owned_already(action.id)

    return adopt


def _post_again(tx: Transaction, click: Click, step: Step) -> str:
    transitions.move_step(
        tx, step, State.APPROVED, look_first=True, ambiguous=False, attempts=0, detail=""
    )
    facts = {"position": step.position}
    events.record(tx, step.ops_request, Event.POST_AGAIN, click.person, facts)
    return ""


def _give_up(tx: Transaction, click: Click, step: Step) -> str:
    transitions.move_step(tx, step, State.ERRORED, completed_at=tx.now)
    transitions.update(tx, step.ops_request, outcome="Given up. It may still have run.")
    facts = {"position": step.position}
    events.record(tx, step.ops_request, Event.GIVEN_UP, click.person, facts)
    return ""
