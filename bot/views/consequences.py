"""What an approval brings about, in sentences: cost, what cannot be undone, what goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.evidence import Evidence
from bot.domain.prices import SNAPSHOT_PRICE
from bot.domain.resources import ATTACHED, DETACHED
from bot.domain.steps import StepSpec
from bot.operations.consequence import Consequence, ConsequenceKind
from bot.operations.registry import operation_of
from bot.store.rows import OpsRequest
from bot.views import amounts, formats
from bot.views.escape import safe

_BACKUP_RETENTION_DAYS = (7, 28)
"""Daily and weekly backups are purged after these (docs.digitalocean.com, "Backups")."""


@dataclass(frozen=True)
class OnACard:
    """What a card says of what follows: before its buttons what nothing brings back and what runs
    without being asked again, in a few lines; all the rest after them."""

    first: list[str]
    rest: list[str]


def on_a_card(request: OpsRequest) -> OnACard:
    """What follows of what is still to be done."""
    evidence = request.evidence
    if evidence is None:
        return OnACard([], ["Nothing is known of the image yet."])
    ahead = [step.spec for step in request.steps if not step.finished]
    all_of_it = list(of_steps(ahead, evidence, request.created_at))
    asked = {"asked_at": request.created_at}
    found = [Consequence(c.kind, {**c.facts, **asked}) for c in _of(ahead, evidence)]
    standing = [_commanded(c.facts) for c in found if c.kind is ConsequenceKind.SCHEDULED]
    for_good = list(dict.fromkeys(_SAID[c.kind](c.facts) for c in found if c.kind in _FOR_GOOD))
    others = [line for line in all_of_it if line not in for_good]
    if standing:  # what goes is worked out anew at each run
        return OnACard(standing, others)
    gone = [c.facts for c in found if c.kind is ConsequenceKind.DELETED]
    if len(gone) > 1:
        return OnACard([_all_deleted(gone)], [*others, *map(_one_of_several, gone)])
    return OnACard(for_good, others)


def of_steps(steps: Iterable[StepSpec], evidence: Evidence, asked_at: float) -> Iterator[str]:
    """A sentence for each different consequence of steps.

    Args:
        asked_at: when they were asked for, or would be (epoch seconds).
    """
    asked = {"asked_at": asked_at}
    yield from dict.fromkeys(_SAID[c.kind]({**c.facts, **asked}) for c in _of(steps, evidence))
    for seen in evidence.images:
        if seen.type == "backup" and seen.created_at:
            daily, weekly = (
                formats.moment(seen.created_at + days * 86_400) for days in _BACKUP_RETENTION_DAYS
            )
            yield (
                f"DigitalOcean purges a daily backup around {daily}, a weekly one around {weekly}."
            )


def _of(steps: Iterable[StepSpec], evidence: Evidence) -> Iterator[Consequence]:
    for step in steps:
        operation = operation_of(step)
        if not operation.is_looked_up:
            for each in operation.consequences(evidence.images[0], step):
                yield Consequence(each.kind, {**each.facts, **_now(step)})
        if step.params.get("only_alike"):
            continue
        for spec in operation.inner(step) or (step,):
            seen = evidence.seen(spec.target)
            if seen is not None:
                yield from operation_of(spec).consequences(seen, spec)


def _now(standing: StepSpec) -> dict[str, Any]:
    """What a schedule's command would do just now, in words, and whether later runs delete."""
    steps = operation_of(standing).inner(standing)
    asked = formats.in_sentence(formats.asked_of(formats.numbered(steps), steps))
    now = "nothing" if standing.params.get("only_alike") else asked
    return {"now": now, "deletes": standing.params.get("deletes")}


def _commanded(facts: Mapping[str, Any]) -> str:
    deletes = " It deletes images, and nothing brings those back." if facts.get("deletes") else ""
    return f":alarm_clock: `{safe(str(facts['command']), 300)}`{deletes}"


def _scheduled(facts: Mapping[str, Any]) -> str:
    return (
        f"It runs in the name of {formats.person(str(facts['owner']))} without asking each time,"
        f" for {facts['approval_days']} days or until it is changed, on whatever it finds then."
        f" Just now that is: {facts['now']}."
    )


def _converted(facts: Mapping[str, Any]) -> str:
    size, cost = amounts.size(facts["gigabytes"]), amounts.monthly(facts["gigabytes"])
    costs = (
        f"about {cost} ({size} × ${SNAPSHOT_PRICE})"
        if size
        else f"${SNAPSHOT_PRICE} per GB and month"
    )
    return (
        "The backup becomes a snapshot and leaves the list of backups."
        f" It costs {costs}. It cannot be undone."
    )


def _snapshot_taken(facts: Mapping[str, Any]) -> str:
    how = (
        "The Droplet is off: the snapshot is exact."
        if facts["status"] == "off"
        else "The Droplet stays on: what is being written at that moment may be cut off."
    )
    made = formats.named(str(facts["name"]))
    return f":camera: {made} is made. {how}{_at_most(facts['gigabytes'])}"


def _at_most(gigabytes: float) -> str:
    """What a snapshot of a disk of that size takes and costs."""
    if not gigabytes:
        return ""
    return (
        f" It takes up to {amounts.size(gigabytes)}, which costs {amounts.monthly(gigabytes)}"
        " at the most: only what is in use counts."
    )


def _volume_snapshot_taken(facts: Mapping[str, Any]) -> str:
    how = {
        ATTACHED: "The volume is attached: what is being written at that moment may be cut off.",
        DETACHED: "The volume is attached to nothing: the snapshot is exact.",
    }.get(
        facts["status"],
        "If the volume is attached, what is being written at that moment may be cut off.",
    )
    where = f" in {safe(str(facts['regions'][0]), 20)}" if facts["regions"] else ""
    return (
        f":camera: {formats.named(str(facts['name']))} is made{where}, and stays there: a volume's"
        f" snapshot cannot be moved. {how}{_at_most(facts['gigabytes'])}"
    )


def _copied(_facts: Mapping[str, Any]) -> str:
    return "A copy, for $0 more: the image stays where it is too. It cannot be taken back."


def _as_said(facts: Mapping[str, Any]) -> str:
    """An operation's own sentence; what DigitalOcean or people wrote is made harmless."""
    told = {key: formats.named(str(fact)) for key, fact in facts.items()}
    return str(facts["sentence"]).format_map(told)


def _all_deleted(gone: Sequence[Mapping[str, Any]]) -> str:
    saved = amounts.together([facts["gigabytes"] for facts in gone], monthly_cost=True)
    saves = f", which saves {saved}" if saved else ""
    return f":wastebasket: *{len(gone)} images* are deleted{saves}. Nothing brings them back."


def _one_of_several(facts: Mapping[str, Any]) -> str:
    made = facts["created_at"]
    where = formats.listed([safe(str(region), 20) for region in facts["regions"]])
    told = [
        " ".join(filter(None, (amounts.size(facts["gigabytes"]), f"in {where}" * bool(where)))),
        f"created {formats.moment(float(made))}" if made else "creation time not known",
        amounts.monthly(facts["gigabytes"]),
    ]
    which = f"{formats.named(str(facts['image']))} ({facts['image_id']})"
    return f"• {which}: {', '.join(filter(None, told))}"


def _deleted(facts: Mapping[str, Any]) -> str:
    return f":wastebasket: {_leaving(facts)} Nothing brings it back."


def _given(facts: Mapping[str, Any]) -> str:
    to = safe(str(facts["recipient"]), 100)
    accepts = (
        f"{to} has to accept it, and until then it can be taken back at DigitalOcean."
        if facts["by_email"]
        else f"Team {to} takes it at once where the token's owner has the rights there, else"
        " somebody of that team has to accept it."
    )
    return (
        f":outbox_tray: {_leaving(facts)} It is moved, not copied. {accepts}"
        " Nothing here brings it back once it is taken."
    )


def _restored(facts: Mapping[str, Any]) -> str:
    made = facts["made_at"]
    age = formats.duration(float(facts["asked_at"]) - float(made)) if made else ""
    when = (
        f", created {formats.moment(float(made))}, {age} before this was asked. What was written"
        " since"
        if made
        else ". When that was created is not known: all that is newer"
    )
    return (
        f":rewind: The disk of {formats.named(str(facts['droplet']))} ({facts['droplet_id']})"
        f" becomes what it is in {formats.named(str(facts['image_name']))} ({facts['image']}){when}"
        " is lost, and nothing brings it back. A snapshot taken first would keep it."
    )


def _leaving(facts: Mapping[str, Any]) -> str:
    """An image that goes from this account: name, age, size, regions, what that saves."""
    made = facts["created_at"]
    created = f", created {formats.moment(float(made))}" if made else ""
    size, cost = amounts.size(facts["gigabytes"]), amounts.monthly(facts["gigabytes"])
    told = f": {size}{created}" if size else created
    where = formats.listed([safe(str(region), 20) for region in facts["regions"]])
    goes = f" It goes from {where or 'this account'}{f', which saves {cost}' * bool(cost)}."
    return f"{formats.named(str(facts['image']))} ({facts['image_id']}){told}.{goes}"


_FOR_GOOD = frozenset({ConsequenceKind.DELETED, ConsequenceKind.GIVEN, ConsequenceKind.RESTORED})
_SAID: Mapping[ConsequenceKind, Callable[[Mapping[str, Any]], str]] = {
    ConsequenceKind.SNAPSHOT_TAKEN: _snapshot_taken,
    ConsequenceKind.VOLUME_SNAPSHOT_TAKEN: _volume_snapshot_taken,
    ConsequenceKind.COPIED: _copied,
    ConsequenceKind.CONVERTED: _converted,
    ConsequenceKind.DELETED: _deleted,
    ConsequenceKind.GIVEN: _given,
    ConsequenceKind.RESTORED: _restored,
    ConsequenceKind.SCHEDULED: _scheduled,
    ConsequenceKind.AS_SAID: _as_said,
}
