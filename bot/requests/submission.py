"""Asking for something: a new request, a plan, a repeat of what failed, a look-up."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from bot.domain.events import Event
from bot.domain.occasions import Occasion
from bot.domain.pruning import Pruning, Selection, kept_with
from bot.domain.resources import Image
from bot.domain.restoring import Restoring
from bot.domain.search import Asker, Named, Search, Wanted, from_json, to_json
from bot.domain.snapshotting import Snapshotting
from bot.domain.states import FINISHED, State
from bot.domain.steps import StepSpec, Target
from bot.domain.volume_snapshotting import VolumeSnapshotting
from bot.operations.available import DELETE, TRANSFER, conversion
from bot.operations.registry import operation_of, predecessors, steps_for
from bot.operations.standing import standing_step
from bot.policy.decide import Decision, Verdict, decide
from bot.policy.match import PastRequest, PolicyInput
from bot.requests.assessment import images_seen, policy_steps
from bot.requests.clicks import only_image
from bot.requests.commands import Click, Opened, RequestDraft
from bot.requests.query import Reading, joined_under, may_read, reader_of
from bot.requests.telling import tell
from bot.store import audit, events, lookups, read_cache, requests, transitions
from bot.store.rows import NewRequest, OpsRequest
from bot.store.transaction import Transaction
from bot.views import answers, formats, policy_text

_CHECK_PATIENCE = 4 * 3600.0
"""How long, in seconds, a request waits for DigitalOcean to be reachable before it expires."""


class Asking(Reading):
    """What people ask for."""

    def open(self, draft: RequestDraft, delivery: str, response_url: str) -> str:
        """Take a new ops request, or join the one that is under way; the answer to the sender.

        Raises:
            bot.errors.StoreUnavailable: nothing was taken.
        """
        return self._once(delivery, lambda tx: self.open_in(tx, draft, response_url).text)

    def open_by_click(self, draft: RequestDraft, click: Click) -> None:
        """The same for a button: the answer goes to whoever clicked, alone."""

        def act(tx: Transaction) -> str:
            return tell(tx, click.asker, self.open_in(tx, draft, click.response_url).text)

        self._once(click.delivery, act)

    def open_from_form(self, draft: RequestDraft, delivery: str, response_url: str) -> Opened:
        """The same for a form, which stays open where the policy refuses.

        Raises:
            bot.errors.StoreUnavailable: nothing was taken.
        """

        def act(tx: Transaction) -> str:
            return json.dumps(asdict(self.open_in(tx, draft, response_url)))

        return Opened(**json.loads(self._once(delivery, act)))

    def open_in(self, tx: Transaction, draft: RequestDraft, response_url: str) -> Opened:
        """Open what is not under way already, in the caller's transaction, and join the rest."""
        if draft.occasion and draft.occasion.due_at is None:
            step = standing_step(draft.occasion, draft.steps)
            draft = replace(draft, steps=(step,))
        decision = self._decision_before_the_look_up(tx, draft)
        superseded: list[OpsRequest] = []
        joined: list[str] = []
        if decision.verdict is not Verdict.REFUSE:  # whom it refuses joins nobody's request
            if draft.break_glass:
                superseded = self._supersede(tx, draft)
            joined, left, numbers = self._join_twins(tx, draft, decision)
            if not left:
                return Opened("\n".join(joined), joined=numbers)
            if left != draft.steps:
                draft = replace(draft, steps=left)
                decision = self._decision_before_the_look_up(tx, draft)
        if decision.verdict is Verdict.REFUSE:
            audit.append(
                tx,
                Event.REFUSED,
                draft.requester,
                image_id=only_image(draft.steps),
                channel=draft.channel,
                rule=decision.rule or "",
                facts={
                    "policy": decision.reason,
                    "why": decision.sentence,
                    "steps": _as_json(draft.steps),
                },
            )
            return Opened("\n".join([*joined, policy_text.refused(decision)]), refused=True)
        request_id = self._insert(tx, draft, response_url)
        for twin in superseded:
            events.record(tx, twin.id, Event.SUPERSEDED, draft.requester, {"by": request_id})
        asked = formats.asked_of(formats.numbered(draft.steps), draft.steps)
        taken = answers.taken(request_id, asked)
        return Opened("\n".join([*joined, taken]), request_id)

    def _insert(self, tx: Transaction, draft: RequestDraft, response_url: str) -> int:
        occasion = draft.occasion
        request_id = transitions.insert(
            tx,
            NewRequest(
                requester=draft.requester,
                channel=draft.channel,
                steps=draft.steps,
                after=predecessors(draft.steps),
                reason=draft.reason,
                break_glass=draft.break_glass,
                response_url=response_url,
                expires_at=tx.now + _CHECK_PATIENCE,
                schedule=occasion.schedule if occasion else "",
                due_at=occasion.due_at if occasion else None,
            ),
        )
        audit.append(  # and no more: nothing is shown of it yet, and its ack waits
            tx,
            Event.REQUESTED,
            draft.requester,
            ops_request=request_id,
            image_id=only_image(draft.steps),
            channel=draft.channel,
            facts={
                "steps": _as_json(draft.steps),
                "reason": draft.reason,
                "break_glass": draft.break_glass,
                **({"schedule": occasion.schedule, "due_at": occasion.due_at} if occasion else {}),
            },
        )
        return request_id

    def _supersede(self, tx: Transaction, draft: RequestDraft) -> list[OpsRequest]:
        """Close the requests that wait for approvals which emergency access may go round.

        The policy is asked with the image as their approvers saw it, so nobody closes a request
        by an emergency access that would be refused.
        """
        closed: list[OpsRequest] = []
        while twin := requests.unfinished_twin(tx.connection, draft.steps):
            if twin.state is not State.PENDING or twin.break_glass:
                break
            if any(operation_of(step).makes_image for step in twin.specs) and not (
                {step.key for step in twin.specs} <= {step.key for step in draft.steps}
            ):
                break  # an emergency about one old image must not take a whole plan away
            found = self._decision_before_the_look_up(tx, draft, images_seen(twin))
            if not found.break_glass:
                break
            transitions.move(tx, twin, State.CANCELLED, outcome=answers.superseded())
            closed.append(twin)
        return closed

    def _join_twins(
        self, tx: Transaction, draft: RequestDraft, decision: Decision
    ) -> tuple[list[str], tuple[StepSpec, ...], tuple[int, ...]]:
        """Join the requests that already do some of it; what was said, what is left, and
        the numbers of these requests.

        Of a plan nothing is left: what follows a convert waits for that one convert.
        """
        said: list[str] = []
        numbers: list[int] = []
        left = draft.steps
        while left:
            twin = requests.unfinished_twin(tx.connection, left)
            under_way = {s.spec.key for s in twin.steps if not s.finished} if twin else ()
            both = tuple(step for step in left if step.key in under_way)
            if twin is None or not both:
                break
            numbers.append(twin.id)
            whole = _stands_or_falls(draft.steps, both)
            said.append(self._join(tx, twin, left if whole else both, draft, decision))
            if draft.break_glass and twin.state is State.CHECKING and not twin.break_glass:
                said.append(answers.being_checked(twin))
            left = tuple(step for step in left if step not in both)
            if left and whole:
                said.append(answers.plan_under_way(twin))
                return said, (), tuple(numbers)
        return said, left, tuple(numbers)

    def _join(
        self,
        tx: Transaction,
        twin: OpsRequest,
        steps: tuple[StepSpec, ...],
        draft: RequestDraft,
        decision: Decision,
    ) -> str:
        person = draft.requester
        before = joined_under(tx.connection, twin, person) if person in twin.followers else None
        new = before is None or not set(steps) <= set(before[1])
        if person != twin.requester and new:
            transitions.update(
                tx, twin.id, followers=list(dict.fromkeys([*twin.followers, person]))
            )
            facts = {
                "from": draft.channel,
                "steps": _as_json(steps),
                "asked_because": draft.reason,
                "joined_under": decision.rule or "",
            }
            events.record(tx, twin.id, Event.JOINED, person, facts)
        reader = reader_of(tx.connection, Asker(person, draft.channel))
        return answers.joined(twin, steps, readable=may_read(reader, twin))

    def _decision_before_the_look_up(
        self,
        tx: Transaction,
        draft: RequestDraft,
        images: Mapping[Target, Image | None] | None = None,
    ) -> Decision:
        policy = self._policy.current
        former = requests.earlier_requests(
            tx.connection, draft.requester, tx.now, policy.quotas, besides=0
        )
        asked = PolicyInput(
            steps=policy_steps(draft.steps, images),
            requester=draft.requester,
            channel=draft.channel,
            at=datetime.fromtimestamp(tx.now, UTC),
            break_glass=bool(draft.break_glass),
            earlier=tuple(
                PastRequest(rule, datetime.fromtimestamp(at, UTC)) for rule, at in former
            ),
            reason=draft.reason,
        )
        return decide(policy, asked, read_cache.StoredDirectory(tx.connection, tx.now))

    def plan(self, click: Click) -> None:
        """*Convert, then transfer*: what was refused because the image is a backup, as a plan."""
        self._once(click.delivery, lambda tx: self._plan(tx, click))

    def _plan(self, tx: Transaction, click: Click) -> str:
        request = self._clicked(tx.connection, click)
        if request is None:
            return tell(tx, click.asker, answers.no_such_request(click.request_id))
        transfers = request.specs
        fitting = all(step.operation == TRANSFER for step in transfers)
        if request.state is not State.REFUSED or not fitting or len(request.targets) > 1:
            return tell(tx, click.asker, answers.settled(request))
        emergency = request.break_glass if click.person == request.requester else ""
        plan = (conversion(request.targets[0].number), *transfers)
        return self._repeat(tx, click, request, plan, emergency).text

    def ask_yourself(self, click: Click) -> None:
        """*Ask for it yourself*: what somebody joined and others ended, asked for as their own."""
        self._once(click.delivery, lambda tx: self._ask_yourself(tx, click))

    def _ask_yourself(self, tx: Transaction, click: Click) -> str:
        request = self._clicked(tx.connection, click)
        if request is None:
            return tell(tx, click.asker, answers.no_such_request(click.request_id))
        joined = joined_under(tx.connection, request, click.person)
        if request.state not in FINISHED or joined is None:
            return tell(tx, click.asker, answers.settled(request))
        terms, steps = joined
        draft = RequestDraft(click.person, str(terms["from"]), steps, str(terms["asked_because"]))
        return tell(tx, click.asker, self.open_in(tx, draft, click.response_url).text)

    def retry_failed(self, click: Click) -> None:
        """*Retry failed*: asks again for what failed, as the draft of whoever clicked."""
        self._once(click.delivery, lambda tx: self._retry_failed(tx, click))

    def _retry_failed(self, tx: Transaction, click: Click) -> str:
        request = self._clicked(tx.connection, click, for_update=True)
        if request is None:
            return tell(tx, click.asker, answers.no_such_request(click.request_id))
        failed = tuple(step.resolved for step in request.retryable)
        if request.state is not State.ERRORED or not failed:
            return tell(tx, click.asker, answers.settled(request))
        if request.retried_as is not None:
            return tell(tx, click.asker, answers.retried_already(request))
        opened = self._repeat(tx, click, request, failed)
        if opened.request_id is not None:
            transitions.update(tx, request.id, retried_as=opened.request_id)
            facts = {"as": opened.request_id, "steps": _as_json(failed)}
            events.record(tx, request.id, Event.RETRIED, click.person, facts)
        return opened.text

    def _repeat(
        self,
        tx: Transaction,
        click: Click,
        of: OpsRequest,
        steps: tuple[StepSpec, ...],
        break_glass: str = "",
    ) -> Opened:
        """Ask for `steps` on the same image, as the person and in the channel of the click: what
        the policy grants is judged by these, not by those of the request that is repeated."""
        reason = answers.reason_of(of, click.person)
        draft = RequestDraft(
            click.person, click.channel or click.person, steps, reason, break_glass
        )
        opened = self.open_in(tx, draft, click.response_url)
        tell(tx, click.asker, opened.text)
        return opened

    def look(self, asker: Asker, wanted: Wanted, delivery: str) -> str:
        """Ask for a look at the images; what is found goes to the person alone."""

        def ask(tx: Transaction) -> str:
            lookups.add(tx, asker, to_json(wanted))
            return answers.looking(wanted if isinstance(wanted, Named) else None)

        return self._once(delivery, ask)

    def choose(self, click: Click, image_id: int) -> None:
        """One of several images with the name that was typed; `request_id` is the look-up's."""
        self._once(click.delivery, lambda tx: self._choose(tx, click, image_id))

    def _choose(self, tx: Transaction, click: Click, image_id: int) -> str:
        asked = lookups.load(tx.connection, click.request_id)
        wanted = from_json(asked.wanted) if asked else None
        if asked is None or asked.asker.person != click.person or not isinstance(wanted, Named):
            return tell(tx, click.asker, answers.choice_gone())
        asker = Asker(click.person, asked.asker.channel, "", click.response_url)
        self.go_on(tx, asker, wanted, image_id)
        return ""

    def prune(
        self,
        tx: Transaction,
        asker: Asker,
        wanted: Pruning,
        selection: Selection,
        occasion: Occasion | None = None,
    ) -> Opened:
        """Ask for what `prune` found to be deleted, or tell what would become of it."""
        going = selection.going
        if occasion and not going:  # approved for what it will find
            occasion, going = replace(occasion, only_alike=True), selection.staying[-1:]
        steps = tuple(
            step
            for image in going
            for step in steps_for(
                DELETE, [image.id], [{"unless_last_of": kept_with(image, selection)}]
            )
        )
        return self.ask(tx, asker, wanted, steps, occasion)

    def ask(
        self,
        tx: Transaction,
        asker: Asker,
        wanted: Pruning | Snapshotting | Restoring | VolumeSnapshotting,
        steps: tuple[StepSpec, ...],
        occasion: Occasion | None = None,
    ) -> Opened:
        """Ask for the steps that a command was found to mean, or tell what would become of it."""
        if occasion and isinstance(wanted, Pruning | Snapshotting):
            occasion = replace(occasion, deletes=wanted.deletes)
        draft = RequestDraft(
            asker.person, asker.channel, steps, wanted.reason, wanted.break_glass, occasion
        )
        if wanted.dry_run:
            return Opened(self.explain_in(tx.connection, draft))
        return self.open_in(tx, draft, asker.response_url)

    def go_on(
        self,
        tx: Transaction,
        asker: Asker,
        command: Named,
        image_id: int,
        occasion: Occasion | None = None,
        said: str = "",
        image: Image | None = None,
    ) -> Opened | None:
        """Do what a command asked that named its image, now that the image is known; what was
        opened, if anything was to be.

        Args:
            said: told before the answer: which image was found.
            image: that image, where it was looked up just now.
        """
        draft = RequestDraft(
            asker.person,
            asker.channel,
            steps_for(command.operation, [image_id], command.params) if command.operation else (),
            command.reason,
            command.break_glass,
            occasion,
        )
        match command.purpose:
            case "open":
                opened = self.open_in(tx, draft, asker.response_url)
                if not occasion:
                    tell(tx, asker, f"{said}\n{opened.text}".lstrip())
                return opened
            case "explain":
                tell(
                    tx,
                    asker,
                    f"{said}\n{self.explain_in(tx.connection, draft, image=image)}".lstrip(),
                )
            case "history":
                tell(tx, asker, self.history_in(tx.connection, asker, image_id))
            case _:
                lookups.add(tx, asker, to_json(Search(image_id=image_id)))
        return None


def _stands_or_falls(plan: Sequence[StepSpec], joined: Collection[StepSpec]) -> bool:
    """Whether the rest of a plan is not asked for, where somebody else does a part of it.

    What follows a conversion waits for that one conversion. What is deleted after a snapshot may
    be deleted by others.
    """
    if operation_of(plan[0]).makes_image:
        return plan[0] in joined
    return any(after is not None for after in predecessors(plan))


def _as_json(steps: Iterable[StepSpec]) -> list[dict[str, Any]]:
    return [step.as_json() for step in steps]
