"""The policy in plain words, and what looks wrong in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.quorum import Group, can_be_reached
from bot.domain.resources import DOCUMENTED_REGIONS
from bot.policy.fields import is_group
from bot.policy.governance import Governance
from bot.policy.schema import MATCHERS, Freeze, Policy, Rule
from bot.views.decisions import CONFIRMED_BY, and_, span
from bot.views.voice import Voice, people_of, places_of, texts_of

_FOR = {
    "regions": "to",
    "to": "to",
    "channels": "in",
    "requesters": "asked by",
    "image_names": "for images named",
    "image_tags": "for images tagged",
}


def in_words(policy: Policy, voice: Voice) -> list[str]:
    """A line a rule, in the order in which they are tried, then the freezes and the sets."""
    rules = (
        f"{place}. {rule_in_words(rule, voice)}" for place, rule in enumerate(policy.rule, start=1)
    )
    freezes = (
        f"Freeze “{voice.text(freeze.name)}”: {freeze_in_words(freeze)}."
        for freeze in policy.freeze
    )
    sets = (f"Regions “{name}”: {', '.join(slugs)}." for name, slugs in policy.regions.items())
    refused = "Whatever no rule matches is refused."
    return [*rules, refused, *freezes, *sets, *_changes(policy, voice)]


def _changes(policy: Policy, voice: Voice) -> Iterator[str]:
    if policy.policy:
        who = governance_in_words(policy.policy, voice)
        yield f"A change of this policy needs the approval of {who}."


def governance_in_words(governance: Governance, voice: Voice) -> str:
    """`1 of U0BOB, S0SEC, in C0PROD`, and by what each confirms it."""
    how = f"; {CONFIRMED_BY[governance.step_up]}" if governance.step_up else ""
    who, where = _people(governance.approvers, voice), voice.channel(governance.channel)
    return f"{governance.approvals} of {who}, in {where}{how}"


def _people(entries: Sequence[str], voice: Voice) -> str:
    return ", ".join(people_of(entries, voice))


def warnings(policy: Policy) -> tuple[str, ...]:
    """What is allowed and is probably a slip: for `policy check`."""
    found = [*_unreachable(policy), *_undocumented(policy), *_lonely(policy), *_open(policy)]
    return tuple(found)


def rule_in_words(rule: Rule, voice: Voice) -> str:
    """What it is for, and what it asks for then."""
    named = {"channels": places_of, "requesters": people_of}
    matchers = [
        f"{words} {', '.join(named.get(key, texts_of)(getattr(rule, key), voice))}"
        for key, words in _FOR.items()
        if getattr(rule, key)
    ]
    if rule.hours:
        matchers.append(f"at {voice.text(str(rule.hours))}")
    what, asks = _either(rule.image_actions), "; ".join(_asks(rule, voice))
    return f"“{voice.text(rule.name)}”: {' '.join([what, *matchers])}: {asks}."


def _either(actions: Sequence[str]) -> str:
    """`transfer, convert or rename`."""
    *before, last = actions or ("anything",)
    return f"{', '.join(before)} or {last}" if before else last


def _asks(rule: Rule, voice: Voice) -> Iterator[str]:
    if rule.needed:
        own = ", the requester’s own among them" if rule.self_approval else ""
        yield f"needs {approvals_in_words(rule, voice)}{own} within {span(rule.expires_after)}"
    else:
        yield "runs at once"
    if rule.step_up:
        yield CONFIRMED_BY[rule.step_up]
    if rule.escalate:
        later = _people(rule.escalate.to, voice)
        yield f"after {span(rule.escalate.after)} {later} may approve too"
    if rule.ticket:
        yield f"the reason has to name a ticket, {voice.text(rule.ticket)}"
    if rule.notify:
        yield f"tells {', '.join(places_of(rule.notify, voice))}"
    if rule.quota:
        yield f"at most {rule.quota.requests} a person in {span(rule.quota.per)}"
    if rule.break_glass:
        yield "emergency access is allowed"


def approvals_in_words(rule: Rule, voice: Voice) -> str:
    """How many approvals by whom; of a rule that asks for any."""
    first, *rest = [(group.count, _people(group.from_, voice)) for group in rule.groups]
    parts = [f"{first[0]} approval{'' if first[0] == 1 else 's'} by {first[1]}"]
    return and_([*parts, *(f"{count} by {who}" for count, who in rest)])


def freeze_in_words(freeze: Freeze) -> str:
    """When it holds, and for what."""
    if freeze.days:
        when = f"{', '.join(freeze.days)} {freeze.from_ or '00:00'}–{freeze.to or '24:00'}"
    else:
        when = f"{freeze.from_} – {freeze.to}".replace("T", " ")
    about = [*freeze.image_actions, *(f"to {slug}" for slug in freeze.regions)]
    glass = ", except by emergency access" if freeze.break_glass else ""
    return f"{when} {freeze.time_zone}, {', '.join(about) or 'everything'}{glass}"


def _unreachable(policy: Policy) -> Iterator[str]:
    for place, rule in enumerate(policy.rule[:-1]):
        if not any(getattr(rule, key) for key in MATCHERS):
            below = ", ".join(f"“{other.name}”" for other in policy.rule[place + 1 :])
            yield f"rule “{rule.name}” matches everything, so nothing ever gets to {below}"
            return


def _undocumented(policy: Policy) -> Iterator[str]:
    for kind, tables in (("rule", policy.rule), ("freeze", policy.freeze)):
        for table in tables:
            for slug in table.regions:
                if slug not in DOCUMENTED_REGIONS:
                    yield (
                        f"{kind} “{table.name}” names region {slug}, which is not documented:"
                        " it holds only if the live list has it"
                    )
    for name, slugs in policy.regions.items():
        for slug in slugs:
            if slug not in DOCUMENTED_REGIONS:
                yield f"regions “{name}” has {slug}, which is not documented"


def _lonely(policy: Policy) -> Iterator[str]:
    """Requesters who may approve, where nobody else could fill in for them."""
    for rule in policy.rule:
        if any(map(is_group, rule.who_decides)) or rule.self_approval:
            continue
        stuck = [who for who in rule.requesters if not can_be_reached(_groups_without(rule, who))]
        for who in stuck:
            yield f"rule “{rule.name}” lets {who} ask, and too few others could approve"


def _groups_without(rule: Rule, requester: str) -> list[Group]:
    later = rule.escalate.to if rule.escalate else ()
    return [
        Group(group.from_, group.count, frozenset({*group.from_, *later} - {requester}))
        for group in rule.groups
    ]


def _open(policy: Policy) -> Iterator[str]:
    """Rules by which one person alone may do anything: what the bot is there to prevent."""
    for rule in policy.rule:
        narrow = any(getattr(rule, key) for key in MATCHERS if key != "image_actions")
        if not rule.needed and not narrow:
            what = _either(rule.image_actions)
            yield f"rule “{rule.name}” lets anybody in the workspace {_verb(what)} at once"
        if rule.self_approval and rule.needed == 1:
            yield f"rule “{rule.name}” lets whoever may approve do it alone (self_approval)"


def _verb(what: str) -> str:
    return f"do {what}" if what == "anything" else what
