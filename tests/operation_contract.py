"""What every operation must hold to, whichever it is; `test_contract` runs it over the registry."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from asked import NOW, OUTLOOK, request, step
from unit.policy.given import NO_GROUPS, asked, rule
from world import BOB, World, buttons

from bot.domain import volume_snapshotting
from bot.domain.evidence import gather
from bot.domain.looked_up import OnTarget
from bot.domain.resources import Droplet, Image, Volume
from bot.domain.restoring import Restoring, step_of
from bot.domain.snapshotting import Snapshotting, plan, steps_of
from bot.domain.states import State
from bot.domain.steps import StepSpec, TargetKind
from bot.domain.volume_snapshotting import VolumeSnapshotting
from bot.operations.base import Account, Operation, Resend
from bot.operations.registry import OPERATIONS, steps_for
from bot.policy.decide import Verdict, decide
from bot.policy.match import Step as PolicyStep
from bot.policy.reasons import Reason
from bot.store import audit
from bot.store.rows import OpsRequest
from bot.views import card, consequences, summaries, thread_replies
from bot.views.message import Message
from handlers.commands.grammar import Ask, parse
from rehearsal.slack.block_kit import problems_of_message

DROPLET = Droplet(id=3_164_444, name="web-1", region="nyc1")
BACKUP = Image(
    id=62140001,
    name="web-1 weekly",
    type="backup",
    created_at=datetime(2026, 11, 20, 3, tzinfo=UTC),
)
VOLUME = Volume(id=UUID("506f78a4-e098-11e5-ad9f-000f53306ae1"), name="db-data", region="fra1")
SNAPSHOT = Image(id=62137902, name="web-1", regions=("nyc1",), size_gigabytes=2.0)
TARGETS = {
    TargetKind.IMAGE: SNAPSHOT,
    TargetKind.DROPLET: DROPLET.as_image(),
    TargetKind.VOLUME: VOLUME.as_image(),
}
"""What each kind of operation is done to."""
MOST_IN_A_SENTENCE = 1_000
"""Characters of what follows from a step: a card has a section (3,000) for all of them."""
IMAGE_TYPES = ("snapshot", "backup", "custom")


def steps_of_example(text: str) -> tuple[StepSpec, ...]:
    """What a help example asks for."""
    command = parse(text, allow_names=True)
    if isinstance(command, Snapshotting):
        return steps_of(plan(command, DROPLET, (), NOW))[:1]
    if isinstance(command, VolumeSnapshotting):
        return (volume_snapshotting.step_of(command, VOLUME, (), NOW),)
    if isinstance(command, Restoring):
        return (step_of(DROPLET, BACKUP),)
    if isinstance(command, OnTarget):
        of_volume = OPERATIONS[command.operation].target is TargetKind.VOLUME
        target_id = str(VOLUME.id if of_volume else DROPLET.id)
        return steps_for(command.operation, [target_id], [command.params])
    assert isinstance(command, Ask), f"{text} is looked up first: say here what it asks for"
    return steps_for(command.operation, command.numbers, command.params)


def check_examples(operation: Operation) -> None:
    """Every help example is a command of this operation, and its parameters are stored as read."""
    for example in operation.help.examples:
        steps = steps_of_example(example)
        assert steps, example
        for each in steps:
            assert each.operation == operation.name, example
            stored = operation.params.model_validate(dict(each.params))  # and nothing beside it
            assert stored.model_dump(mode="json") == dict(each.params)
            assert StepSpec.from_json(json.loads(json.dumps(each.as_json()))) == each


def check_drawing(operation: Operation) -> None:
    """Every state draws within Slack's limits, and never as another operation."""
    spec = steps_of_example(operation.help.examples[0])[0]
    words = operation.wording(spec)
    assert words.noun
    assert words.imperative
    assert words.past
    foreign = [o.wording(_any_step(o)).noun for o in OPERATIONS.values() if o is not operation]
    assert words.noun not in foreign, f"“{words.noun}” is another operation's noun"
    for state in State:
        one = _about(spec, state)
        drawn = card.draw(one, NOW, OUTLOOK)
        assert problems_of_message(_as_sent(drawn)) == []
        assert all(_fits_whole(said) for said in _what_follows(one))
        text = drawn.text.lower()
        assert words.noun.lower() in text
        assert state is not State.PENDING or words.imperative.lower() in text
        # `volume snapshot` holds another's
        others = text.replace(words.imperative.lower(), "").replace(words.noun.lower(), "")
        assert not any(f"{noun} of" in others for noun in foreign)
        assert words.noun in summaries.summary(one).lower()
        ended = {"event": "completed", "actor": "image-bot", "at": NOW, "position": 0}
        reply = thread_replies.draw(ended, one)
        assert problems_of_message(_as_sent(reply)) == []


def _about(spec: StepSpec, state: State) -> OpsRequest:
    """A request for the step, whose target was seen."""
    one = request(state, step(spec=spec, state=state, started_at=NOW - 9))
    assert one.evidence is not None
    seen = gather([TARGETS[spec.target.kind]], [spec], one.requester, one.evidence.rule)
    return replace(one, evidence=seen)


def _fits_whole(said: str) -> bool:
    """Whether nobody approves a sentence that was cut: it has a section's place beside others."""
    return len(said) <= MOST_IN_A_SENTENCE


def _what_follows(one: OpsRequest) -> list[str]:
    """What a card says of it, before its buttons and after them."""
    on_it = consequences.on_a_card(one)
    return [*on_it.first, *on_it.rest]


def _as_sent(drawn: Message) -> dict[str, Any]:
    return {"text": drawn.text, "blocks": drawn.blocks}


def _any_step(operation: Operation) -> StepSpec:
    return steps_of_example(operation.help.examples[0])[0]


def check_policy(operation: Operation) -> None:
    """A rule knows the word, and one that names no operation lets no newer one through."""
    spec = _any_step(operation)
    one = asked(PolicyStep(operation.name, operation.region(spec)))
    assert decide(rule(image_actions=[operation.name]), one, NO_GROUPS).verdict is Verdict.ASK
    silent = decide(rule(), one, NO_GROUPS)
    assert (silent.reason is Reason.NO_RULE) is operation.named_only
    if operation.irreversible:
        assert operation.named_only


def check_consequences(operation: Operation) -> None:
    """People who approve read what follows."""
    spec = _any_step(operation)
    said = _what_follows(_about(spec, State.PENDING))
    assert said, "say what follows, in `consequences`"


def fitting_type(operation: Operation, spec: StepSpec) -> str:
    """A type of image that the operation can work on."""
    image = Image(id=spec.target.number, name="web", regions=("nyc1",), size_gigabytes=2.0)
    kinds = (image.model_copy(update={"type": kind}) for kind in IMAGE_TYPES)
    return next(kind.type for kind in kinds if operation.preflight(kind, spec, Account()) is None)


def named_policy(operation: Operation) -> str:
    """One approval by somebody else for this operation alone."""
    return (
        '[[rule]]\nname = "one other person"\napprovals = 1\napprovers = ["U0BOB"]\n'
        f'image_actions = ["{operation.name}"]\n'
    )


def writes(at_work: World) -> list[Any]:
    """The calls that change something, as the stand-in took them."""
    return [call for call in at_work.digitalocean.calls if call.method != "GET"]


def ask(at_work: World, operation: Operation) -> Any:
    """Ask for the first example; the card, with *Approve* on it."""
    spec = _any_step(operation)
    if spec.target.kind is TargetKind.IMAGE:
        kind = fitting_type(operation, spec)
        at_work.digitalocean.change_image(spec.target.number, type=kind)
    at_work.types(operation.help.examples[0])
    root = at_work.root(spec.target.id)
    at_work.until(lambda: "approve" in buttons(at_work.root(spec.target.id)), "a card to approve")
    return root


def check_life(at_work: World, operation: Operation) -> None:
    """Approved, sent once, ended; the audit row holds what was sent, whole."""
    root = ask(at_work, operation)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    sent, *more = writes(at_work)
    assert not more, f"sent {1 + len(more)} times"
    logged = intent_of(at_work)
    call = f"{sent.method} {sent.path}"
    assert logged["call"] == call, f"the log has {logged['call']!r}, sent was {call!r}"
    assert logged["body"] == (sent.body or {}), f"the log has {logged['body']}, sent {sent.body}"
    assert at_work.slack.violations == []


def check_lost_answer(at_work: World, operation: Operation) -> None:
    """An answer that was lost ends well: found, or sent again where that does no harm."""
    at_work.digitalocean.faults.reset(method=method_of(operation), after=True)
    root = ask(at_work, operation)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    most = 1 if operation.resend is Resend.NEVER else 2
    done = [call for call in writes(at_work) if call.status < 400]
    assert 1 <= len(done) <= most, [(c.method, c.path, c.status) for c in writes(at_work)]
    if operation.resend is Resend.NEVER:
        assert len(at_work.digitalocean.posts) == 1


def path_of(operation: Operation) -> str:
    """Where it is sent, as a shell pattern."""
    return f"/v2/{_any_step(operation).target.kind}s/*"


def method_of(operation: Operation) -> str:
    """How it says that it is sent; `check_life` holds that against what was."""
    return operation.call(_any_step(operation)).split()[0]


def check_resend(operation: Operation) -> None:
    """What starts an action is never sent twice: a POST may not call itself harmless."""
    assert operation.resend is Resend.NEVER or method_of(operation) != "POST"


def intent_of(at_work: World) -> Any:
    """The facts of the audit row that was written before the call."""
    assert at_work.bot is not None

    with at_work.bot.store.read() as connection:
        rows = [row for row in audit.entries(connection) if row.event == "intent"]
    return json.loads(rows[-1].facts)


PURE = (check_examples, check_drawing, check_policy, check_consequences, check_resend)
