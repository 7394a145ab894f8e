"""Why each rule holds or does not, and what another policy would have said, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.policy.decide import Decision, Verdict
from bot.policy.explain import Change, Explanation, StepExplanation
from bot.policy.fits import MatcherFit, Why
from bot.views.decisions import sentence, span
from bot.views.voice import Voice, people_of, places_of, texts_of

_ONE = {
    "regions": "region",
    "to": "recipient",
    "image_names": "name is",
    "image_tags": "tags are",
}
_THE = {"to": "the recipient", "image_names": "the name", "image_tags": "a tag out of"}
_FITS = {True: "matches", False: "does not match", None: "cannot be told yet"}


def lines(found: Explanation, voice: Voice) -> list[str]:
    """The decision, who is in it, and how the rules were tried for each step."""
    decision = found.decision
    told = [sentence(decision, voice), f"verdict: {decision.verdict} ({decision.reason})"]
    told += _people(decision, voice)
    for step in found.steps:
        told += _tried(step, voice)
    return told


def _tried(step: StepExplanation, voice: Voice) -> Iterator[str]:
    yield f"{step.step}:"
    for fit in step.trial:
        yield f"  rule “{voice.text(fit.rule.name)}” {_FITS[fit.fits]}"
        if not fit.matchers:
            yield "    it has no matchers, so it matches everything"
        for matcher in fit.matchers:
            if matcher.fits is not True or fit.fits is not False:
                yield f"    {matcher.key}: {_why(matcher, voice)}"
    if step.not_tried:
        names = ", ".join(f"“{voice.text(name)}”" for name in step.not_tried)
        yield f"  not tried, since the first that matches holds: {names}"


def _why(matcher: MatcherFit, voice: Voice) -> str:
    """`nyc3 is among nyc3, sfo3`, `“web” fits web-*`."""
    named = {"channels": places_of, "requesters": people_of}.get(matcher.key, texts_of)
    found, listed = named(matcher.found, voice), ", ".join(named(matcher.wanted, voice))
    quoted = ", ".join(f"“{each}”" for each in found) or "none"
    match matcher.why:
        case Why.AMONG:
            return f"{found[0]} is among {listed}"
        case Why.NOT_AMONG:
            return f"{found[0]} is not among {listed}"
        case Why.NOT_NAMED:
            return f"it does not name {found[0]}"
        case Why.HAS_NONE:
            return f"a {found[0]} has no {_ONE[matcher.key]}"
        case Why.NOT_KNOWN if matcher.key == "requesters":
            return f"the members of {listed} are not known"
        case Why.NOT_KNOWN:
            return f"the image's {_ONE[matcher.key]} not known yet"
        case Why.FITS:
            return f"{quoted} fits {listed}"
        case Why.FITS_NONE:
            return f"{_THE[matcher.key]} {quoted} fits none of {listed}"
        case Why.WITHIN | Why.OUTSIDE:
            return f"it is {matcher.why} {listed}"


def _people(decision: Decision, voice: Voice) -> Iterator[str]:
    if decision.rule is None:
        return
    yield f"rule: {voice.text(decision.rule)}"
    yield f"approvals: {decision.approvals}"
    if len(decision.groups) > 1:
        for group in decision.groups:
            could = _listed(sorted(group.people), voice)
            yield f"  {group.count} of {_listed(group.entries, voice)}: could be {could}"
    if decision.escalates_after:
        later = _listed(decision.escalates_to, voice)
        yield f"after {span(decision.escalates_after)} also: {later}"
    if decision.step_up:
        yield f"each approval is confirmed by: {decision.step_up}"
    if decision.ticket:
        yield f"ticket: {voice.text(decision.ticket)}"
    if decision.approver_entries:
        who = _listed(sorted(decision.approvers), voice)
        listed = _listed(decision.approver_entries, voice)
        yield f"could approve this one: {who} (the rule lists {listed})"
    if decision.groups_needed:
        yield f"members not known: {_listed(decision.groups_needed, voice)}"
    yield f"notified: {', '.join(places_of(decision.notify, voice)) or 'nobody'}"


def _listed(entries: Iterable[str], voice: Voice) -> str:
    return ", ".join(people_of(entries, voice)) or "nobody"


def change(found: Change, voice: Voice) -> str:
    """`17: so far 1 approval under “old”; then refused`."""
    past, now = found.past, found.now
    before = _outcome(past.verdict, voice.text(past.rule or ""), past.approvals)
    then = _outcome(now.verdict, voice.text(now.rule or ""), now.approvals)
    return f"{past.label}: so far {before}; then {then}"


def _outcome(verdict: Verdict, rule: str, approvals: int) -> str:
    under = f" under “{rule}”" if rule else ""
    match verdict:
        case Verdict.ASK:
            said = "1 approval" if approvals == 1 else f"{approvals} approvals"
        case Verdict.RUN:
            said = "runs at once"
        case Verdict.REFUSE:
            said = "refused"
        case _:
            said = "cannot be told"
    return f"{said}{under}"
