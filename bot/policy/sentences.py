"""What people are told of a decision: what is so, and what to do next. Plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.step_up import StepUp
from bot.policy.fields import DAYS, is_group, is_rota
from bot.policy.match import PolicyInput, Step
from bot.policy.schema import Freeze, Quota, Rule

CONFIRMED_BY = {
    StepUp.TOTP: "each approval is confirmed with a one-time code",
    StepUp.OIDC: "each approval is confirmed by signing in anew",
}
DENIED = "You have denied this request. It will not run."

_CLICK_REFUSED: Mapping[str, str] = {
    "finished": "This request is {state} already: only one that waits for approval takes votes.",
    "expired": "This request has expired. If it is still wanted, it has to be asked for again.",
    "self-approval": (
        "You asked for this yourself, so somebody else has to approve it."
        " You can withdraw it while it waits."
    ),
    "self-denial": "You asked for this yourself: use Withdraw to take it back.",
    "already-voted": "Your vote on this request stands already; each person has one. “Take back"
    " approval” on its card undoes it, as long as it waits for others.",
    "right-taken-away": (
        "You could approve this when it was asked for. The policy has changed since:"
        " rule “{new}” no longer lists you."
    ),
    "not-an-approver": (
        "Rule “{new}” does not list you among those who may approve or deny this."
        " `/image policy explain` shows who may."
    ),
    "group-unknown": (
        "The members of a group or rota that may approve this are not known right now, so your"
        " right could not be checked. Nothing was recorded: try again in a minute."
    ),
    "another-rule": (
        "Rule “{old}” asked for this approval, but rule “{new}” decides it now, so the approval"
        " would not hold. The request has to be asked for again."
    ),
    "frozen": "{now}",
    "no-longer-allowed": "The policy no longer allows this request. {now}",
    "undecided": "The policy cannot decide this right now. {now}",
    "not-confirmed": (
        "Rule “{new}” asks for another confirmation than this one. Nothing was recorded: click"
        " *Approve* once more."
    ),
}


def click_refused(reason: str, now: str, state: str, rules: tuple[str, str]) -> str:
    """Why a click does not count; `rules` are the one then and the one now."""
    return _CLICK_REFUSED[reason].format(now=now, state=state, old=rules[0], new=rules[1])


def approval_counted(missing: int) -> str:
    """What an approver is told whose vote counts."""
    if not missing:
        return "You have approved this request. It runs now."
    return f"You have approved this request. {_count(missing, 'more approval')} to go."


def runs(rule: str, asked: PolicyInput) -> str:
    """No approval is asked for."""
    glass = " There was no need for emergency access." if asked.break_glass else ""
    return f"Rule “{rule}” lets this run at once.{glass}"


def approval_needed(rule: Rule) -> str:
    """It waits for people."""
    confirmed = f"; {CONFIRMED_BY[rule.step_up]}" if rule.step_up else ""
    patience = span(rule.expires_after)
    return f"Rule “{rule.name}” asks for {asks_for(rule)} within {patience}{confirmed}."


def asks_for(rule: Rule) -> str:
    """`2 approvals by U0BOB or S0LEADS`; of groups `1 approval by S0SEC and 2 by S0OPS or U0BOB`;
    and who may approve later."""
    first, *rest = [(group.count, _or(group.from_)) for group in rule.groups]
    groups = [f"{_count(first[0], 'approval')} by {first[1]}"]
    groups += [f"{count} by {who}" for count, who in rest]
    later = ""
    if rule.escalate:
        later = f", after {span(rule.escalate.after)} also by {_or(rule.escalate.to)},"
    return f"{and_(groups)}{later}"


def ticket_missing(rule: str, pattern: str) -> str:
    """The reason names no ticket."""
    return (
        f"Rule “{rule}” asks for a ticket in the reason: a word that fits {pattern}, and there is"
        " none. Ask again with `because` and the ticket."
    )


def break_glass_used(rule: Rule) -> str:
    """It runs as an emergency."""
    return (
        f"Emergency access: rule “{rule.name}” lets this run at once. All who are to know are"
        " told, and a second person has to close the review of it."
    )


def break_glass_not_allowed(rule: str, frozen: bool) -> str:
    """The rule knows no emergencies."""
    instead = "Wait for the end of the freeze" if frozen else "Ask without it, and wait"
    return f"Rule “{rule}” does not allow emergency access. {instead}, or change the policy."


def nobody_closes(rule: Rule) -> str:
    """A broken glass needs a second person."""
    return (
        f"Nobody but you could close the review of an emergency access under rule “{rule.name}”:"
        " its approvers have to list somebody else."
    )


def too_few(rule: Rule, others: int, *, lonely: bool, gone: Sequence[str] = ()) -> str:
    """It could never be approved, so it is refused when it is made."""
    if lonely:
        return (
            f"Nobody but you could approve this under rule “{rule.name}”, and you asked for it."
            f"{_who_is_gone(gone)} Let somebody else ask, or have another approver added to the"
            " policy."
        )
    who = f"only {_count(others, 'person')}" if others else "nobody"
    you = "" if rule.self_approval else " besides you"
    if isinstance(rule.approvals, int):
        asked = f"{_count(rule.needed, 'approval')}, and {who}{you} could give one"
        listed = f" ({_or(rule.who_decides)})"
    else:
        asked = (
            f"{asks_for(rule).rstrip(',')}. Each person counts once, and {who}{you} could approve"
        )
        listed = ", too few for all groups"
    return (
        f"Rule “{rule.name}” asks for {asked}{listed}.{_who_is_gone(gone)} Have approvers added to"
        " the policy or the group."
    )


def _who_is_gone(entries: Sequence[str]) -> str:
    return "".join(f" {_gone(entry)}" for entry in entries)


def _gone(entry: str) -> str:
    if is_rota(entry):
        return f"At the moment nobody is {entry}."
    if is_group(entry):
        return f"{entry} has no members, or does not exist."
    return f"{entry} has left this workspace."


def quota_used(rule: str, quota: Quota, free: datetime) -> str:
    """The person's requests under the rule are used up."""
    return (
        f"You have used up your {_count(quota.requests, 'request')} in {span(quota.per)} under"
        f" rule “{rule}”. You can ask again from {moment(free, 'UTC')}."
    )


def frozen(freeze: Freeze, until: datetime | None, *, emergency: bool) -> str:
    """A freeze holds."""
    end = f"until {moment(until, freeze.time_zone)}" if until else "until further notice"
    even = " It allows no emergency access either." if emergency else ""
    after = "Ask again after that." if until else "The policy has to change first."
    return f"Freeze “{freeze.name}” holds {end}.{even} {after}"


def different_rules(steps: Sequence[Step], rules: Sequence[str]) -> str:
    """The steps of one request fall under several rules."""
    parts = ", ".join(f"{step} under “{rule}”" for step, rule in zip(steps, rules, strict=True))
    return f"These fall under different rules: {parts}. Ask for them apart."


def no_rule(step: Step) -> str:
    """Nothing in the policy is about it."""
    return (
        f"No rule of the policy allows this: {step}."
        " `/image policy explain` shows why each does not; ask an admin to add one."
    )


def requester_not_allowed(step: Step, rules: Iterable[str], may_ask: Iterable[str]) -> str:
    """Somebody else could ask for it."""
    return (
        f"You may not ask for this: {step}. {_or(may_ask)} may, by rule"
        f" {_or(f'“{rule}”' for rule in rules)}."
    )


def wrong_channel(step: Step, channel: str, rules: Sequence[Rule]) -> str:
    """It may be asked for elsewhere."""
    elsewhere = dict.fromkeys(entry for rule in rules for entry in rule.channels)
    return f"Not in {channel}: {step} may be asked for in {_or(elsewhere)}."


def outside_hours(step: Step, rules: Sequence[Rule]) -> str:
    """It may be asked for at another time."""
    hours = "; or ".join(str(rule.hours) for rule in rules)
    return f"Not at this time: {step} may be asked for {hours}."


def needs_image(rule: str) -> str:
    """The image has to be looked up first."""
    return f"The image's name and tags are needed first: rule “{rule}” asks for them."


def group_unknown(rule: str, groups: Sequence[str], to_do: str) -> str:
    """Slack has not said yet who is in a group."""
    look_at = ["the scope `usergroups:read`"] if any(not is_rota(g) for g in groups) else []
    look_at += ["what `IMAGE_BOT_ON_CALL` names"] if any(map(is_rota, groups)) else []
    return (
        f"Rule “{rule}” lets the members of {_or(groups)} {to_do}, and who they are is not known"
        " right now. Try again in a minute; if that does not help, look at"
        f" {' and '.join(look_at)}."
    )


def moment(at: datetime, zone: str) -> str:
    """`Fri 2026-01-02 08:00 Europe/Berlin`: the wall clock there."""
    there = at.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
    return f"{DAYS[there.weekday()].capitalize()} {there:%Y-%m-%d %H:%M} {zone}"


def span(length: timedelta) -> str:
    """`1 day 2 h 30 min`."""
    minutes = int(length.total_seconds()) // 60
    days, minutes = divmod(minutes, 24 * 60)
    parts = ((days, "day" if days == 1 else "days"), (minutes // 60, "h"), (minutes % 60, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def _count(number: int, thing: str) -> str:
    plural = "people" if thing == "person" else f"{thing}s"
    return f"{number} {thing if number == 1 else plural}"


def and_(items: Iterable[str]) -> str:
    """`a, b and c`."""
    *most, last = list(items)
    return f"{', '.join(most)} and {last}" if most else last


def _or(items: Iterable[str]) -> str:
    *most, last = list(items) or ["nobody"]
    return f"{', '.join(most)} or {last}" if most else last
