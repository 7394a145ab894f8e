"""The policy in plain words, and what looks wrong in it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.resources import DOCUMENTED_REGIONS
from bot.policy.fields import is_group
from bot.policy.schema import MATCHERS, Freeze, Policy, Rule
from bot.policy.sentences import span

_FOR = {
    "regions": "to",
    "channels": "in",
    "requesters": "asked by",
    "image_names": "for images named",
    "image_tags": "for images tagged",
}


def in_plain_words(policy: Policy) -> str:
    """A line a rule, in the order in which they are tried, then the freezes and the sets."""
    rules = (f"{place}. {_rule(rule)}" for place, rule in enumerate(policy.rule, start=1))
    freezes = (f"Freeze “{freeze.name}”: {_freeze(freeze)}." for freeze in policy.freeze)
    sets = (f"Regions “{name}”: {', '.join(slugs)}." for name, slugs in policy.regions.items())
    return "\n".join([*rules, "Whatever no rule matches is refused.", *freezes, *sets])


def warnings(policy: Policy) -> tuple[str, ...]:
    """What is allowed and is probably a slip: for `policy check`."""
    found = [*_unreachable(policy), *_undocumented(policy), *_lonely(policy), *_open(policy)]
    return tuple(found)


def _rule(rule: Rule) -> str:
    matchers = [
        f"{words} {', '.join(getattr(rule, key))}"
        for key, words in _FOR.items()
        if getattr(rule, key)
    ]
    if rule.hours:
        matchers.append(f"at {rule.hours}")
    what = " or ".join(rule.image_actions) or "anything"
    return f"“{rule.name}”: {' '.join([what, *matchers])}: {'; '.join(_asks(rule))}."


def _asks(rule: Rule) -> Iterator[str]:
    if rule.approvals:
        count = f"{rule.approvals} approval{'' if rule.approvals == 1 else 's'}"
        own = ", the requester’s own among them" if rule.self_approval else ""
        who = ", ".join(rule.approvers)
        yield f"needs {count} by {who}{own} within {span(rule.expires_after)}"
    else:
        yield "runs at once"
    if rule.notify:
        yield f"tells {', '.join(rule.notify)}"
    if rule.quota:
        yield f"at most {rule.quota.requests} a person in {span(rule.quota.per)}"
    if rule.break_glass:
        yield "emergency access is allowed"


def _freeze(freeze: Freeze) -> str:
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
        people = set(rule.approvers)
        if any(is_group(entry) for entry in people) or rule.self_approval:
            continue
        stuck = [who for who in rule.requesters if len(people - {who}) < rule.approvals]
        for who in stuck:
            yield f"rule “{rule.name}” lets {who} ask, and too few others could approve"


def _open(policy: Policy) -> Iterator[str]:
    """Rules by which one person alone may do anything: what the bot is there to prevent."""
    for rule in policy.rule:
        narrow = any(getattr(rule, key) for key in MATCHERS if key != "image_actions")
        if rule.approvals == 0 and not narrow:
            what = " or ".join(rule.image_actions) or "anything"
            yield f"rule “{rule.name}” lets anybody in the workspace {_verb(what)} at once"
        if rule.self_approval and rule.approvals == 1:
            yield f"rule “{rule.name}” lets whoever may approve do it alone (self_approval)"


def _verb(what: str) -> str:
    return f"do {what}" if what == "anything" else what
