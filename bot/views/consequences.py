"""What an approval brings about, in sentences: cost, what cannot be undone, what goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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


def sentences(request: OpsRequest) -> Iterator[str]:
    """One for each different consequence of what is still to be done."""
    if request.evidence is None:
        yield "Nothing is known of the image yet."
        return
    ahead = [step.spec for step in request.steps if not step.finished]
    yield from of_steps(ahead, request.evidence, request.created_at)


def of_steps(steps: Iterable[StepSpec], evidence: Evidence, asked_at: float) -> Iterator[str]:
    """The same of steps that nobody needs to have asked for yet.

    Args:
        asked_at: when they were, or would be (epoch seconds).
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


def _scheduled(facts: Mapping[str, Any]) -> str:
    grows = ""
    if facts.get("deletes"):
        grows = " Later runs delete older images too, and nothing brings those back."
    return (
        f":alarm_clock: `{safe(str(facts['command']), 300)}` runs {facts['in_words']},"
        f" {facts['time_zone']}, in the name of {formats.person(str(facts['owner']))}, without"
        f" asking each time, for {facts['approval_days']} days or until it is changed: on whatever"
        f" it finds then.{grows} Just now that is: {facts['now']}."
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
