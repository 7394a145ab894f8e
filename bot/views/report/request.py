"""One request on the page for auditors: who asked, by which rule, who approved, what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.domain.events import Event
from bot.requests.audit_trail import (
    CHOICES,
    OPENINGS,
    VOTES,
    PolicyText,
    Sent,
    Trail,
    facts_of,
    steps_of,
)
from bot.store.audit import Entry
from bot.views import causes
from bot.views.report.markup import (
    Html,
    cells,
    chained,
    hashed,
    joined,
    moment,
    pairs,
    plain,
    policy_link,
    row_link,
    table,
    text,
    who,
)


def article(trail: Trail, policies: Mapping[str, PolicyText]) -> Iterator[str]:
    """All that the log tells of one request."""
    asked, opened = trail.rows[0], trail.first(*OPENINGS)
    facts, judged = facts_of(asked), facts_of(opened) if opened else {}
    yield f'<article id="request-{trail.number}"><h2>Request {trail.number}</h2>'
    yield from pairs(
        ("Asked by", Html(who(asked))),
        ("When", moment(asked.at)),
        ("Where", Html(f"<code>{text(asked.channel)}</code>")),
        ("Reason", facts.get("reason") or judged.get("asked_because") or "none given"),
        ("Emergency", facts.get("break_glass") or judged.get("reason") or "no"),
        ("Schedule", facts.get("schedule") or "no"),
        ("Asked for", Html("; ".join(step(each) for each in steps_of(trail.rows)))),
        ("End", Html(ended(trail))),
    )
    if opened:
        yield from _judged(opened, judged, policies)
    yield from _votes(trail)
    yield from _chosen(trail)
    yield from _calls(trail.sent)
    yield "<h3>All its rows, and their place in the chain</h3>"
    yield from chained(trail.rows)
    yield "</article>"


def _judged(
    opened: Entry, facts: Mapping[str, Any], policies: Mapping[str, PolicyText]
) -> Iterator[str]:
    digest = str(facts.get("policy_digest", ""))
    policy = policies.get(digest)
    rule = policy.rules.get(opened.rule) if policy else None
    yield "<h3>What it was judged by</h3>"
    yield from pairs(
        ("Rule", opened.rule or "none"),
        ("Approvals needed", facts.get("approvals", "not told")),
        ("May approve, by the rule", joined(facts.get("approvers"))),
        ("Could approve then", joined(facts.get("people"))),
        ("Policy", Html(policy_link(digest))),
        ("The rule's text", Html(_rule(rule))),
        ("Digest of what people saw", hashed(opened.evidence_digest)),
    )
    evidence = facts.get("evidence")
    images = evidence.get("images") if isinstance(evidence, dict) else None
    rows = [
        cells(*(text(plain(image.get(name))) for name in _IMAGE))
        for image in (images if isinstance(images, list) else ())
        if isinstance(image, dict)
    ]
    if rows:
        yield "<h3>What people saw</h3>"
        yield from table(("Id", "Name", "Type", "GB", "Regions"), rows)


_IMAGE = ("id", "name", "type", "size_gigabytes", "regions")


def _votes(trail: Trail) -> Iterator[str]:
    yield "<h3>Who approved, and how they qualified</h3>"
    rows = []
    for row in trail.of(*VOTES, Event.STANDING_APPROVAL):
        facts = facts_of(row)
        if row.event == Event.STANDING_APPROVAL:
            how = f"by the approval of its schedule, request {facts.get('standing')}: "
            how += joined(facts.get("approved_by"))
        elif row.event == Event.ASKED_AGAIN:
            how = "the votes before this are void"
        elif row.event == Event.ESCALATED:
            how = f"from here on also {joined(facts.get('people'))}"
        else:
            how = _qualified(facts.get("qualified")) + _confirmed(facts.get("step_up"))
        reason = str(facts.get("reason", ""))
        rows.append(
            cells(who(row), text(row.event), moment(row.at), text(how), text(reason), row_link(row))
        )
    if rows:
        yield from table(("Who", "What", "When", "Qualified", "Reason", "Row"), rows)
    else:
        yield "<p>Nobody was asked, or nobody answered.</p>"


def _chosen(trail: Trail) -> Iterator[str]:
    """Who had something sent again whose answer was lost."""
    chose = trail.of(*CHOICES)
    if not chose:
        return
    yield "<h3>Who chose to send it again</h3>"
    rows = []
    for row in chose:
        facts = facts_of(row)
        how = _qualified(facts.get("qualified")) + _confirmed(facts.get("step_up"))
        step = facts.get("position", "?")
        rows.append(
            cells(who(row), text(row.event), moment(row.at), text(step), text(how), row_link(row))
        )
    yield from table(("Who", "What", "When", "Step", "Qualified", "Row"), rows)


def _qualified(how: object) -> str:
    if not isinstance(how, dict) or not how.get("by"):
        return "not told"
    members = how.get("members")
    if not isinstance(members, list):
        return f"by name, {how['by']}"
    return f"as one of {how['by']}, which had {joined(members)}"


def _confirmed(how: object) -> str:
    if not isinstance(how, dict) or not isinstance(how.get("at"), int | float):
        return ""
    subject, method = how.get("subject", "?"), how.get("method", "?")
    return f"; confirmed by {method} as {subject}, {moment(how['at'])}"


def _calls(sent: Sequence[Sent]) -> Iterator[str]:
    yield "<h3>What was sent</h3>"
    rows = []
    for each in sent:
        facts = facts_of(each.row)
        body = facts.get("body")
        said = f"<code>{text(facts.get('call', 'not told'))}</code>"
        said += f"<pre>{text(plain(body))}</pre>" if body else " without a body"
        votes = f"{joined(facts.get('votes'))}; {facts.get('needed', '?')} needed"
        rows.append(
            cells(said, moment(each.row.at), text(votes), _became(each), row_link(each.row))
        )
    if rows:
        yield from table(("Call", "When", "Votes counted", "What became of it", "Row"), rows)
    else:
        yield "<p>Nothing.</p>"


def _became(sent: Sent) -> str:
    """What the rows after a call say, in their order."""
    said = []
    for row in sent.became:
        facts = facts_of(row)
        named = f" action {facts['action_id']}" if facts.get("action_id") else ""
        why = because(facts)
        said.append(text(f"{row.event}{named}{f': {why}' if why else ''}"))
    return "<br>".join(said) or "not told"


def because(facts: Mapping[str, Any]) -> str:
    """The cause that a row's facts hold, in words; as it stands where it cannot be read."""
    try:
        return causes.of_facts(facts)
    except (AttributeError, KeyError, TypeError, ValueError):  # a log that was tampered with
        return plain(facts.get("cause"))


def _rule(rule: Mapping[str, Any] | None) -> str:
    if rule is None:
        return "not in the log"
    lines = [f"{n} = {plain(v)}" for n, v in rule.items() if v not in (None, "", [], {})]
    return f"<pre>{text(chr(10).join(lines))}</pre>"


def step(told: Mapping[str, Any]) -> str:
    """One thing that was asked for, as HTML."""
    target = told.get("target")
    of = f"{target.get('kind')} {target.get('id')}" if isinstance(target, dict) else "?"
    params = told.get("params")
    more = f" {plain(params)}" if params else ""
    return text(f"{told.get('operation')} {of}{more}")


def ended(trail: Trail) -> str:
    """How a request ended, as HTML."""
    end = trail.end
    if end is None:
        return f"open; last: {text(trail.rows[-1].event)}"
    state = facts_of(end).get("state") if end.event == Event.ENDED else None
    return f"{text(state or end.event)}, {moment(end.at)}"
