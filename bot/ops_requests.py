"""The use cases that handlers call. Each decides, then writes once; none makes a network call.

Every one takes the delivery key of the payload behind it: a payload that comes twice gets the
same answer and does nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError

from bot.assessment import asked_of, policy_steps
from bot.events import Event
from bot.image_actions import Image, ImageAction, LiveRegion
from bot.lifecycle import OPEN, State
from bot.messages import answers, words
from bot.policy.decide import Decision, Verdict, decide
from bot.policy.explain import explain
from bot.policy.file import PolicyFile
from bot.policy.match import Asked, Earlier
from bot.policy.review import Choice, ReviewDecision, ReviewReason, review
from bot.recheck import as_reviewed
from bot.search import Search
from bot.stages.settle import adopt_in
from bot.store import audit, cards, inbox, journal, known, requests
from bot.store.requests import NewRequest, OpsRequest, Step
from bot.store.transaction import ACK_SECONDS, Store, Transaction

_CHECK_PATIENCE = 4 * 3600.0
"""How long, in seconds, a request waits for DigitalOcean to be reachable before it expires."""


@dataclass(frozen=True)
class Wish:
    """What a person typed, validated: image actions on one image.

    `steps` are (type, region); a convert has an empty region.
    """

    requester: str
    channel: str
    image_id: int
    steps: tuple[tuple[str, str], ...]
    reason: str = ""
    break_glass: str = ""


@dataclass(frozen=True)
class Click:
    """One click, or one submitted form: who, about which request, and how to answer.

    `delivery` identifies the payload; `position` names one image action of several.
    """

    delivery: str
    person: str
    request_id: int
    position: int = 0
    channel: str = ""
    response_url: str = ""


class OpsRequests:
    """Everything a person can do to an ops request."""

    def __init__(self, store: Store, policy: PolicyFile) -> None:
        self._store = store
        self._policy = policy

    def open(self, wish: Wish, delivery: str, response_url: str) -> str:
        """Take a new ops request, or join the one that is under way; the answer to the sender.

        Raises:
            bot.errors.StoreUnavailable: nothing was taken.
        """
        return self._once(delivery, lambda tx: self._open(tx, wish, response_url))

    def _open(self, tx: Transaction, wish: Wish, response_url: str) -> str:
        twin = requests.unfinished_twin(tx.connection, wish.image_id, wish.steps)
        if twin is not None:
            return self._join(tx, twin, wish.requester)
        decision = self._decision_before_the_look_up(tx, wish)
        if decision.verdict is Verdict.REFUSE:
            audit.append(
                tx,
                Event.REFUSED,
                wish.requester,
                image_id=wish.image_id,
                channel=wish.channel,
                rule=decision.rule or "",
                facts={"policy": decision.reason, "why": decision.sentence, "steps": wish.steps},
            )
            return answers.policy_says(decision)
        request_id = requests.insert(
            tx,
            NewRequest(
                requester=wish.requester,
                channel=wish.channel,
                image_id=wish.image_id,
                steps=wish.steps,
                reason=wish.reason,
                break_glass=wish.break_glass,
                response_url=response_url,
                expires_at=tx.now + _CHECK_PATIENCE,
            ),
        )
        facts = {"steps": wish.steps, "reason": wish.reason, "break_glass": wish.break_glass}
        journal.record(tx, request_id, Event.REQUESTED, wish.requester, facts)
        return answers.taken(request_id, words.asked(_loaded(tx, request_id)))

    def _join(self, tx: Transaction, twin: OpsRequest, person: str) -> str:
        if person != twin.requester and person not in twin.followers:
            requests.update(tx, twin.id, followers=[*twin.followers, person])
            journal.record(tx, twin.id, Event.JOINED, person)
        return answers.joined(twin)

    def _decision_before_the_look_up(self, tx: Transaction, wish: Wish) -> Decision:
        former = requests.earlier_requests(tx.connection, wish.requester, tx.now, besides=0)
        asked = Asked(
            steps=policy_steps(wish.steps),
            requester=wish.requester,
            channel=wish.channel,
            at=datetime.fromtimestamp(tx.now, UTC),
            break_glass=bool(wish.break_glass),
            earlier=tuple(Earlier(rule, datetime.fromtimestamp(at, UTC)) for rule, at in former),
        )
        return decide(self._policy.current, asked, known.StoredDirectory(tx.connection, tx.now))

    def review(self, click: Click, choice: Choice, reason: str = "") -> None:
        """Approve or deny; whoever may not is told so alone, and it stands in the audit log.

        Raises:
            bot.errors.StoreUnavailable: the click was not taken.
        """
        self._once(click.delivery, lambda tx: self._review(tx, click, choice, reason))

    def _review(self, tx: Transaction, click: Click, choice: Choice, reason: str) -> str:
        request = requests.load(tx.connection, click.request_id, for_update=True)
        if request is None:
            return _tell(tx, click, answers.unknown_request(click.request_id))
        now = datetime.fromtimestamp(tx.now, UTC)
        decision = self._decision_now(tx, request)
        judged = review(decision, as_reviewed(request), click.person, choice, now)
        if not judged.counts:
            facts = {"choice": choice, "policy": judged.reason}
            return self._refuse_click(
                tx, click, request, answers.harmless(judged.sentence, decision), facts
            )
        requests.add_vote(tx, request.id, click.person, choice, reason)
        return self._count(tx, request, click.person, judged, reason)

    def _count(
        self, tx: Transaction, request: OpsRequest, person: str, judged: ReviewDecision, reason: str
    ) -> str:
        if judged.denies:
            outcome = f"Denied: {reason}" if reason else "Denied."
            requests.move(tx, request, State.DENIED, outcome=outcome)
            journal.record(tx, request.id, Event.DENIED, person, {"reason": reason})
        elif judged.approves:
            requests.move(tx, request, State.APPROVED)
            approved_by = list(judged.tally.approved_by)
            journal.record(tx, request.id, Event.APPROVED, person, {"approved_by": approved_by})
        else:
            journal.record(tx, request.id, Event.VOTED, person, {"missing": judged.tally.missing})
        return ""

    def may_deny(self, click: Click) -> bool:
        """Whether a click on Deny may go on to ask for the reason; if not, the clicker is told."""
        return self._once(click.delivery, lambda tx: self._may_deny(tx, click)) == ""

    def _may_deny(self, tx: Transaction, click: Click) -> str:
        request = requests.load(tx.connection, click.request_id)
        if request is None:
            return _tell(tx, click, answers.unknown_request(click.request_id))
        now = datetime.fromtimestamp(tx.now, UTC)
        decision = self._decision_now(tx, request)
        judged = review(decision, as_reviewed(request), click.person, Choice.DENY, now)
        if judged.counts:
            return ""
        facts = {"choice": Choice.DENY, "policy": judged.reason}
        text = answers.harmless(judged.sentence, decision)
        return self._refuse_click(tx, click, request, text, facts)

    def cancel(self, click: Click, *, by_button: bool) -> str:
        """Take a request back while it waits; only its requester may. The answer, for the ack.

        Raises:
            bot.errors.StoreUnavailable: nothing was changed.
        """
        return self._once(click.delivery, lambda tx: self._cancel(tx, click, by_button))

    def _cancel(self, tx: Transaction, click: Click, by_button: bool) -> str:
        request = requests.load(tx.connection, click.request_id, for_update=True)
        if request is None:
            text = answers.unknown_request(click.request_id)
        elif click.person != request.requester:
            text = answers.only_requester_cancels(request)
        elif request.state not in (State.CHECKING, State.PENDING):
            text = answers.too_late_to_cancel(request)
        else:
            requests.move(tx, request, State.CANCELLED, outcome="Cancelled. Nothing was sent.")
            journal.record(tx, request.id, Event.CANCELLED, click.person)
            return answers.cancelled(request)
        if request is not None:
            _audit_refusal(tx, request, click.person, {"choice": "cancel", "why": text})
        return _tell(tx, click, text) if by_button else text

    def adopt(self, click: Click, action_id: int | None = None) -> None:
        """*It is this one*: follow the action that was seen (which, where several were)."""
        self._once(click.delivery, lambda tx: self._attend(tx, click, _adopting(action_id)))

    def post_again(self, click: Click) -> None:
        """*Post again*: back to `approved`; the stage looks once more before it posts."""
        self._once(click.delivery, lambda tx: self._attend(tx, click, _post_again))

    def give_up(self, click: Click) -> None:
        """*Give up*: the request ends as errored; what DigitalOcean did stays unknown."""
        self._once(click.delivery, lambda tx: self._attend(tx, click, _give_up))

    def _attend(
        self, tx: Transaction, click: Click, choose: Callable[[Transaction, Click, Step], str]
    ) -> str:
        request = requests.load(tx.connection, click.request_id, for_update=True)
        if request is None:
            return _tell(tx, click, answers.unknown_request(click.request_id))
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
        return _tell(tx, click, text) if text else ""

    def close_review(self, click: Click) -> None:
        """A second person has looked at what broke the glass."""
        self._once(click.delivery, lambda tx: self._close_review(tx, click))

    def _close_review(self, tx: Transaction, click: Click) -> str:
        request = requests.load(tx.connection, click.request_id, for_update=True)
        if request is None:
            return _tell(tx, click, answers.unknown_request(click.request_id))
        decision = self._decision_now(tx, request)
        facts = {"choice": "close_review"}
        if request.review != "open":
            return self._refuse_click(tx, click, request, answers.review_closed_already, facts)
        if click.person not in may_attend(request, decision) - {request.requester}:
            text = answers.not_for_you(request, decision)
            return self._refuse_click(tx, click, request, text, facts)
        requests.update(tx, request.id, review="closed")
        journal.record(tx, request.id, Event.REVIEW_CLOSED, click.person)
        return ""

    def search(self, search: Search, delivery: str) -> str:
        """Ask for a look at the images; what is found goes to the person alone."""

        def ask(tx: Transaction) -> str:
            tx.later("search", search.key())
            return answers.looking()

        return self._once(delivery, ask)

    def status(self, subject: int | None) -> str:
        """One ops request by its number or by its action's, or all that is open."""
        with self._store.read() as connection:
            if subject is None:
                return answers.overview(requests.newest(connection, open_only=True, limit=20))
            request = requests.load(connection, subject) or requests.of_action(connection, subject)
        if request is None:
            return answers.unknown_request(subject)
        return answers.status(request, self._store.clock())

    def history(self, image_id: int | None) -> str:
        """The newest rows of the audit log, of one image or of all."""
        with self._store.read() as connection:
            rows = list(audit.entries(connection, image_id=image_id, newest=20))
        return answers.history(rows, image_id)

    def explain(self, wish: Wish) -> str:
        """Which rule would match, who could approve, who would be told; nothing is asked."""
        asked = Asked(
            steps=policy_steps(wish.steps),
            requester=wish.requester,
            channel=wish.channel,
            at=datetime.fromtimestamp(self._store.clock(), UTC),
            break_glass=bool(wish.break_glass),
        )
        with self._store.read() as connection:
            directory = known.StoredDirectory(connection, self._store.clock())
            found = explain(self._policy.current, asked, directory)
        return answers.explanation(found.text())

    def candidates(self, click: Click) -> list[dict[str, object]]:
        """The actions at DigitalOcean that *It is this one* could mean."""
        with self._store.read() as connection:
            request = requests.load(connection, click.request_id)
        steps = request.steps if request else ()
        return [dict(c) for s in steps if s.position == click.position for c in s.candidates]

    def regions(self) -> list[LiveRegion]:
        """The live regions, as last read; empty while they were never read."""
        with self._store.read() as connection:
            return list(known.regions(connection).values())

    def _decision_now(self, tx: Transaction, request: OpsRequest) -> Decision:
        """What the policy in force says of a request that is under way, as it was evidenced."""
        image = None
        if request.evidence:
            seen = request.evidence
            image = Image(
                id=seen.image_id, name=seen.image_name, type=seen.image_type, tags=seen.tags
            )
        asked = asked_of(tx.connection, request, tx.now, image)
        return decide(self._policy.current, asked, known.StoredDirectory(tx.connection, tx.now))

    def _refuse_click(
        self,
        tx: Transaction,
        click: Click,
        request: OpsRequest,
        text: str,
        facts: Mapping[str, object],
    ) -> str:
        _audit_refusal(tx, request, click.person, facts)
        if facts.get("policy") == ReviewReason.EXPIRED and request.state in OPEN:
            tx.later("expire", request.id)
        return _tell(tx, click, text)

    def _once(self, delivery: str, act: Callable[[Transaction], str]) -> str:
        """Take a delivery once: its work, its answer and its key are one transaction."""
        for attempt in (1, 2):
            try:
                with self._store.write(wait=ACK_SECONDS) as tx:
                    answer = inbox.answer_to(tx.connection, delivery)
                    if answer is None:
                        answer = act(tx)
                        inbox.take(tx, delivery, answer)
                    return answer
            except IntegrityError:
                if attempt == 2:
                    raise  # the first time, another replica was faster: now its row is there
        raise AssertionError("unreachable")


def may_attend(request: OpsRequest, now: Decision) -> frozenset[str]:
    """Who decides what became of a request: those who may approve, else its requester.

    Where another rule would decide today, those who could approve when it was asked for.
    """
    if now.rule == request.rule:
        people = now.approvers if now.approvals else frozenset[str]()
    else:
        people = frozenset(request.gate.people) - {request.requester}
    return people or frozenset({request.requester})


def _tell(tx: Transaction, click: Click, text: str) -> str:
    """An answer to a click goes to the clicker alone, through the durable queue."""
    cards.add_answer(tx, None, click.person, click.response_url, text)
    return text


def _audit_refusal(
    tx: Transaction, request: OpsRequest, person: str, facts: Mapping[str, object]
) -> None:
    audit.append(
        tx,
        Event.CLICK_REFUSED,
        person,
        ops_request=request.id,
        image_id=request.image_id,
        channel=request.channel,
        rule=request.rule,
        evidence_digest=request.evidence_digest,
        facts=facts,
    )


def _adopting(action_id: int | None) -> Callable[[Transaction, Click, Step], str]:
    def adopt(tx: Transaction, click: Click, step: Step) -> str:
        seen = [c for c in step.candidates if action_id in (None, c["id"])]
        if len(seen) != 1:
            tx.later("look", step.id)
            return answers.which_one(len(seen))
        action = ImageAction(id=seen[0]["id"], status=str(seen[0]["status"]))
        adopted = adopt_in(tx, step, action, click.person)
        return "" if adopted else answers.owned_already(action.id)

    return adopt


def _post_again(tx: Transaction, click: Click, step: Step) -> str:
    requests.move_step(
        tx, step, State.APPROVED, look_first=True, ambiguous=False, attempts=0, detail=""
    )
    facts = {"position": step.position}
    journal.record(tx, step.ops_request, Event.POST_AGAIN, click.person, facts)
    return ""


def _give_up(tx: Transaction, click: Click, step: Step) -> str:
    requests.move_step(tx, step, State.ERRORED, completed_at=tx.now)
    requests.update(tx, step.ops_request, outcome="Given up. It may still have run.")
    facts = {"position": step.position}
    journal.record(tx, step.ops_request, Event.GIVEN_UP, click.person, facts)
    return ""


def _loaded(tx: Transaction, request_id: int) -> OpsRequest:
    request = requests.load(tx.connection, request_id)
    if request is None:
        raise LookupError(f"there is no ops request {request_id}")
    return request
