"""Assessing a request: the image as it is now, what stands in the way, what the policy says.

Done when the request is made (`jobs.check`) and again just before the POST
(`jobs.submit`): an approval is bound to what people saw.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from bot.digitalocean import Client, DigitalOceanError, reading
from bot.domain.blockers import Blocker, BlockReason, Kind
from bot.domain.evidence import Evidence, gather
from bot.domain.resources import Image
from bot.domain.states import State
from bot.domain.steps import StepSpec, Target, TargetKind
from bot.on_call import OnCall
from bot.operations.base import Account
from bot.operations.registry import judged, operation_of
from bot.policy.decide import Decision, decide
from bot.policy.file import PolicyFile
from bot.policy.match import PastRequest, PolicyInput
from bot.policy.match import Step as PolicyStep
from bot.policy.schema import Policy
from bot.requests.people import groups_of, people_of, read_groups, read_people
from bot.requests.policy_log import note_policy
from bot.slack.web_api import Slack
from bot.store import read_cache
from bot.store.requests import earlier_requests
from bot.store.rows import OpsRequest, Step
from bot.store.transaction import Store, Transaction

log = logging.getLogger(__name__)

GROUP_SECONDS = 60.0
"""How old the members of a user group may be when a request is decided by them."""

PERSON_SECONDS = 600.0
"""How old the word of Slack's may be that an approver is still here."""


@dataclass(frozen=True)
class Assessment:
    """What is known of a request now. An image that DigitalOcean does not have is None."""

    images: Mapping[Target, Image | None]
    blockers: tuple[Blocker | None, ...]
    """One for each step, in their order."""
    decision: Decision
    evidence: Evidence | None

    def under(self, decision: Decision) -> Assessment:
        """The same, decided again."""
        evidence = self.evidence
        if evidence:
            evidence = evidence.model_copy(update={"rule": decision.rule or ""})
        return replace(self, decision=decision, evidence=evidence)


class Assessor:
    """Looks at DigitalOcean, at Slack's user groups, and at the policy in force."""

    def __init__(
        self,
        store: Store,
        client: Client,
        slack: Slack,
        policy: PolicyFile,
        on_call: OnCall | None = None,
    ) -> None:
        self._on_call = on_call
        self._store = store
        self._client = client
        self._slack = slack
        self._policy = policy

    def assess(self, request: OpsRequest, only: Step | None = None) -> Assessment:
        """The whole truth about a request, read anew.

        A quota is asked once, while the request is being checked: later it counts nothing.

        Args:
            only: the step that is about to be sent: its image is looked up, the others are
                taken as people saw them. Else all of them are looked up.

        Raises:
            bot.digitalocean.DigitalOceanError: the image cannot be looked up (a 404 is not
                an error: it is the answer that there is none).
        """
        fresh = {
            spec.target: step.resolved.target if spec is step.spec else spec.target
            for step in ((only,) if only else request.steps)
            for spec in judged([step.spec])
        }
        found = {
            target: self._look_up(there)
            for target, there in fresh.items()
            if there.kind is not TargetKind.NEW_IMAGE
        }
        images = images_seen(request) | found
        asked = request.specs if only is None else (only.resolved,)
        others = self._depended_on(judged(asked))
        with self._up_to_date() as (connection, directory):
            account = Account(read_cache.regions(connection), others)
            decision = _decision(connection, directory, request, images, self._policy.current)
        seen = [image for image in found.values() if image is not None]
        return Assessment(
            images=images,
            blockers=tuple(_blockers(request, images, account, self._droplets_meant(found))),
            decision=decision,
            evidence=gather(seen, request.specs, request.requester, decision.rule or "")
            if seen
            else None,
        )

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._policy.current

    def note_policy(self, tx: Transaction) -> str:
        """Have the audit log hold the policy in force; its digest."""
        return note_policy(tx, self._policy).digest

    def _depended_on(self, steps: Iterable[StepSpec]) -> dict[int, Image | None]:
        ids = dict.fromkeys(each for s in steps for each in operation_of(s).depends_on(s))
        return {image_id: reading.image(self._client, image_id) for image_id in ids}

    def _look_up(self, target: Target) -> Image | None:
        if target.kind is TargetKind.DROPLET:
            droplet = reading.droplet(self._client, target.number)
            return droplet.as_image() if droplet else None
        if target.kind is TargetKind.VOLUME:
            volume = reading.volume(self._client, target.id)
            return volume.as_image() if volume else None
        return reading.image(self._client, target.number)

    def _droplets_meant(self, found: Mapping[Target, Image | None]) -> dict[Target, str]:
        """The names of Droplets whose numbers were taken for images': there is no such image."""
        names: dict[Target, str] = {}
        for target in (t for t, there in found.items() if there is None):
            if target.kind is TargetKind.IMAGE:
                try:
                    droplet = reading.droplet(self._client, target.number)
                except DigitalOceanError as error:  # it only helps whoever typed it
                    log.info("whether %s is a Droplet's is not known: %s", target, error.problem)
                    continue
                if droplet is not None:
                    names[target] = droplet.name
        return names

    def decided_in(
        self, tx: Transaction, request: OpsRequest, images: Mapping[Target, Image | None]
    ) -> Decision:
        """What the policy says now, by what is known; asked in the transaction that acts on it.

        The audit log holds that policy then.
        """
        policy = note_policy(tx, self._policy)
        directory = read_cache.StoredDirectory(tx.connection, self._store.clock())
        return _decision(tx.connection, directory, request, images, policy)

    def read_groups(self) -> None:
        """Read again the user groups and approvers of the policy that were not read for a while."""
        with self._up_to_date():
            return

    @contextmanager
    def _up_to_date(self) -> Iterator[tuple[Connection, read_cache.StoredDirectory]]:
        """What is known of Slack's people, those read again that were not read for a while."""
        with self._known() as (connection, directory):
            people, groups = self._stale(directory)
            if not people and not groups:
                yield connection, directory
                return
        read_people(self._store, self._slack, people)
        read_groups(self._store, self._slack, self._on_call, groups)
        with self._known() as known:
            yield known

    @contextmanager
    def _known(self) -> Iterator[tuple[Connection, read_cache.StoredDirectory]]:
        with self._store.read() as connection:
            yield connection, read_cache.StoredDirectory(connection, self._store.clock())

    def _stale(self, directory: read_cache.StoredDirectory) -> tuple[list[str], list[str]]:
        """The approvers and user groups of the policy that are to be read again.

        What was read in the future was written by somebody else than the bot.
        """
        policy, now = self._policy.current, directory.now
        people = [
            person
            for person in sorted(set(people_of(policy)))
            if not now - PERSON_SECONDS <= directory.user_seen_at(person) <= now
        ]
        groups = [
            group
            for group in sorted(set(groups_of(policy)))
            if not now - GROUP_SECONDS <= directory.seen_at(group) <= now
        ]
        return people, groups


def _decision(
    connection: Connection,
    directory: read_cache.StoredDirectory,
    request: OpsRequest,
    images: Mapping[Target, Image | None],
    policy: Policy,
) -> Decision:
    asked = asked_of(connection, request, directory.now, images, policy)
    return decide(policy, asked, directory)


def asked_of(
    connection: Connection,
    request: OpsRequest,
    now: float,
    images: Mapping[Target, Image | None],
    policy: Policy,
) -> PolicyInput:
    """A request as the policy asks for it; while it is checked, with what its quotas count."""
    counted = policy.quotas if request.state is State.CHECKING else ()
    former = earlier_requests(connection, request.requester, now, counted, besides=request.id)
    return PolicyInput(
        steps=policy_steps(request.specs, images),
        requester=request.requester,
        channel=request.channel,
        at=datetime.fromtimestamp(now, UTC),
        break_glass=bool(request.break_glass),
        earlier=tuple(PastRequest(rule, datetime.fromtimestamp(at, UTC)) for rule, at in former),
        reason=request.reason,
        escalated=request.escalated_at is not None,
    )


def images_seen(request: OpsRequest) -> dict[Target, Image | None]:
    """The images of a request as people saw them when it was asked; empty before that."""
    if request.evidence is None:
        return {}
    return {
        seen.target: Image(id=seen.number, name=seen.name, type=seen.type, tags=seen.tags)
        for seen in request.evidence.images
    }


def _with_new(
    steps: Iterable[StepSpec], images: Mapping[Target, Image | None]
) -> dict[Target, Image | None]:
    """The same, with the images that the steps make, as they will be."""
    known = dict(images)
    for step in steps:
        made, source = operation_of(step).makes(step), known.get(step.target)
        if made is not None and source is not None:
            known[made] = operation_of(step).after(source, step)
    return known


def policy_steps(
    steps: Iterable[StepSpec], images: Mapping[Target, Image | None] | None = None
) -> tuple[PolicyStep, ...]:
    """Steps in the policy's terms, with their images where those are known."""
    steps = judged(steps)
    known = _with_new(steps, images or {})
    return tuple(
        PolicyStep(
            step.operation,
            operation_of(step).region(step),
            known.get(step.target),
            operation_of(step).recipient(step),
        )
        for step in steps
    )


def _blockers(
    request: OpsRequest,
    images: Mapping[Target, Image | None],
    account: Account,
    droplets: Mapping[Target, str],
) -> Iterator[Blocker | None]:
    """What stands in the way of each step, those before it in the request taken as done."""
    now = _with_new(request.specs, images) | dict(images)
    for step in request.steps:
        spec, operation = step.spec, operation_of(step.spec)
        image = now.get(spec.target)
        if not operation.is_looked_up:
            yield None
            continue
        if image is None:
            gone = request.state is not State.CHECKING
            yield missing(spec, gone=gone, droplet=droplets.get(spec.target, ""))
            continue
        yield operation.preflight(image, step.resolved, account)
        if operation.others_wait and not operation.makes_image:
            now[spec.target] = operation.after(image, spec)


def missing(spec: StepSpec, *, gone: bool, droplet: str = "") -> Blocker:
    """DigitalOcean does not know the image.

    Args:
        gone: it was there when people decided.
        droplet: the name of the Droplet whose number it is.
    """
    facts = {"target": str(spec.target), "image_id": spec.target.id}
    if gone and operation_of(spec).done_when_gone:
        return Blocker(BlockReason.GONE_ALREADY, Kind.DONE_ALREADY, facts)
    if droplet:
        facts["droplet"] = droplet
    return Blocker(BlockReason.NOT_FOUND, facts=facts)
