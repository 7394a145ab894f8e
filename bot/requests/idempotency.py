"""What all use cases share: taking a payload once, asking the policy, answering one person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from bot.domain.events import Event
from bot.domain.evidence import DIGEST_SHOWN
from bot.domain.jobs import Job
from bot.domain.occasions import Occasion
from bot.domain.search import Asker
from bot.domain.states import OPEN
from bot.domain.step_up import Refusal
from bot.domain.steps import StepSpec, TargetKind
from bot.policy.decide import Decision, decide
from bot.policy.file import PolicyFile
from bot.policy.review import ReviewReason
from bot.requests.assessment import asked_of, images_seen
from bot.requests.policy_log import note_policy
from bot.requests.second_factors import SecondFactors
from bot.schedules.file import SchedulesFile
from bot.slack.rate_limit import PerPerson
from bot.store import audit, deliveries, outbox, read_cache, requests
from bot.store.database import ACK_SECONDS
from bot.store.rows import OpsRequest
from bot.store.second_factors import Link
from bot.store.transaction import Store, Transaction

REFUSALS_A_MINUTE = 30
"""Refused clicks of one person that are logged: rows of the audit log stay for ever."""


@dataclass(frozen=True)
class RequestDraft:
    """What a person typed, validated."""

    requester: str
    channel: str
    steps: tuple[StepSpec, ...]
    reason: str = ""
    break_glass: str = ""
    occasion: Occasion | None = None
    """The schedule that asks; None: a person does."""


@dataclass(frozen=True)
class Click:
    """One click, or one submitted form: who, about which request, and how to answer.

    `delivery` identifies the payload; `position` names one image action of several.

    Attributes:
        digest: the beginning of the evidence digest that the button was drawn with, empty where
            it carried none; None: this was typed, not clicked.
        message_ts: the message that holds the button, in `channel`.
    """

    delivery: str
    person: str
    request_id: int
    position: int = 0
    channel: str = ""
    response_url: str = ""
    digest: str | None = None
    message_ts: str = ""

    @property
    def asker(self) -> Asker:
        """Whoever clicked, as one to be answered."""
        return Asker(self.person, self.channel, "", self.response_url)


@dataclass(frozen=True)
class Opened:
    """What became of a draft: the answer, and the new request, where there is one.

    `refused`: by the policy, at once. `joined`: the numbers of others' requests for the same.
    """

    text: str
    request_id: int | None = None
    refused: bool = False
    joined: tuple[int, ...] = ()


class Taking:
    """The base of the use cases."""

    def __init__(
        self,
        store: Store,
        policy: PolicyFile,
        schedules: SchedulesFile | None = None,
        second_factors: SecondFactors | None = None,
    ) -> None:
        self._store = store
        self._schedules = schedules or SchedulesFile(None, lambda _: None)
        self._policy = policy
        self._second_factors = second_factors
        self._regions = read_cache.RecentRegions(store)
        self._refused = PerPerson(REFUSALS_A_MINUTE)

    def _once(self, delivery: str, act: Callable[[Transaction], str]) -> str:
        """Take a delivery once: its work, its answer and its key are one transaction."""
        for attempt in (1, 2):
            try:
                with self._store.write(wait=ACK_SECONDS) as tx:
                    answer = deliveries.answer_to(tx.connection, delivery)
                    if answer is None:
                        answer = act(tx)
                        deliveries.take(tx, delivery, answer)
                    return answer
            except IntegrityError:
                if attempt == 2:
                    raise  # the first time, another replica was faster: now its row is there
        raise AssertionError("unreachable")

    def _decision_now(self, tx: Transaction, request: OpsRequest) -> Decision:
        """What the policy in force says of a request that is under way, as it was evidenced."""
        policy = note_policy(tx, self._policy)
        asked = asked_of(tx.connection, request, tx.now, images_seen(request), policy)
        return decide(policy, asked, read_cache.StoredDirectory(tx.connection, tx.now))

    def _clicked(
        self, connection: Connection, click: Click, *, for_update: bool = False
    ) -> OpsRequest | None:
        """The request that a click is about; None: there is none, or the button was drawn for
        another one, by another bot of the same Slack app or from another database."""
        request = requests.load(connection, click.request_id, for_update=for_update)
        if request is None or click.digest is None:
            return request
        if click.digest == request.evidence_digest[:DIGEST_SHOWN]:
            return request
        if click.digest:
            return None
        shown = outbox.request_at(connection, click.channel, click.message_ts)
        return request if shown == request.id else None

    def _note_no_step_up(self, tx: Transaction, link: Link, why: Refusal, **facts: str) -> None:
        """That nothing came of a link to show a second factor stands in the audit log."""
        if not self._refused.wait(link.person):  # of a flood the log holds enough
            told = {"why": why, "link": link.name, "purpose": link.purpose, **facts}
            request = link.ops_request
            audit.append(tx, Event.STEP_UP_REFUSED, link.person, ops_request=request, facts=told)

    def _refuse_click(
        self,
        tx: Transaction,
        click: Click,
        request: OpsRequest,
        text: str,
        facts: Mapping[str, object],
    ) -> str:
        if not self._refused.wait(click.person):  # of a flood the log holds enough
            audit_refusal(tx, request, click.person, facts)
        if facts.get("policy") == ReviewReason.EXPIRED and request.state in OPEN:
            tx.enqueue(Job.EXPIRE, request.id)
        return tell(tx, click.asker, text)


def only_image(steps: Iterable[StepSpec]) -> int | None:
    """The one image that all steps are about, for the audit log; None: several."""
    targets = {step.target for step in steps}
    only = targets.pop() if len(targets) == 1 else None
    return only.number if only and only.kind is TargetKind.IMAGE else None


def tell(tx: Transaction, asker: Asker, text: str) -> str:
    """An answer goes to whoever asked, alone, through the durable queue."""
    outbox.add_answer(tx, None, asker, text)
    return text


def audit_refusal(
    tx: Transaction, request: OpsRequest, person: str, facts: Mapping[str, object]
) -> None:
    """A refused click stands in the audit log."""
    audit.append(
        tx,
        Event.CLICK_REFUSED,
        person,
        ops_request=request.id,
        image_id=only_image(request.specs),
        channel=request.channel,
        rule=request.rule,
        evidence_digest=request.evidence_digest,
        facts=facts,
    )
