"""What people are told of a decision: what is so, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.step_up import StepUp
from bot.policy import reasons
from bot.policy.decide import Decision
from bot.policy.fields import is_group, is_rota
from bot.policy.match import Step
from bot.policy.review import ReviewDecision, ReviewReason
from bot.views.voice import Voice, people_of, texts_of

CONFIRMED_BY = {
    StepUp.TOTP: "each approval is confirmed with a one-time code",
    StepUp.OIDC: "each approval is confirmed by signing in anew",
}

_CLICK_REFUSED: Mapping[ReviewReason, str] = {
    ReviewReason.FINISHED: (
        "This request is {state} already: only one that waits for approval takes votes."
    ),
    ReviewReason.EXPIRED: (
        "This request has expired. If it is still wanted, it has to be asked for again."
    ),
    ReviewReason.SELF_APPROVAL: (
        "You asked for this yourself, so somebody else has to approve it."
        " You can withdraw it while it waits."
    ),
    ReviewReason.SELF_DENIAL: "You asked for this yourself: use Withdraw to take it back.",
    ReviewReason.ALREADY_VOTED: (
        "You have voted on this request already; each person has one vote. “Take back approval” on"
        " its card undoes it, as long as it waits for others."
    ),
    ReviewReason.RIGHT_TAKEN_AWAY: (
        "You could approve this when it was asked for. The policy has changed since:"
        " rule “{new}” no longer lists you."
    ),
    ReviewReason.NOT_AN_APPROVER: (
        "Rule “{new}” does not list you among those who may approve or deny this."
        " `/image policy explain` shows who may."
    ),
    ReviewReason.GROUP_UNKNOWN: (
        "The members of a group or rota that may approve this are not known right now, so your"
        " right could not be checked. Nothing was recorded: try again in a minute."
    ),
    ReviewReason.ANOTHER_RULE: (
        "Rule “{old}” asked for this approval, but rule “{new}” decides it now, so the approval"
        " would not hold. The request has to be asked for again."
    ),
    ReviewReason.FROZEN: "{now}",
    ReviewReason.NO_LONGER_ALLOWED: "The policy no longer allows this request. {now}",
    ReviewReason.UNDECIDED: "The policy cannot decide this right now. {now}",
    ReviewReason.NOT_CONFIRMED: (
        "Rule “{new}” asks for another confirmation than this one. Nothing was recorded: click"
        " *Approve* once more."
    ),
}


def of_click(judged: ReviewDecision, voice: Voice) -> str:
    """Why a click does not count."""
    now, request = judged.now, judged.request
    return _CLICK_REFUSED[judged.reason].format(
        now=sentence(now, voice),
        state=request.state,
        old=voice.text(request.rule),
        new=voice.text(now.rule or "none"),
    )


def sentence(decision: Decision, voice: Voice) -> str:  # noqa: C901 - a line for each reason
    """Why it is decided so, and the next step."""
    rule = voice.text(decision.rule or "")
    match decision.why:
        case reasons.RuleAllows(needless_glass):
            return _runs(rule, needless_glass=needless_glass)
        case reasons.ApprovalNeeded():
            return _approval_needed(rule, decision, voice)
        case reasons.BreakGlassUsed():
            return _break_glass_used(rule)
        case reasons.NoRule(step):
            return _no_rule(step)
        case reasons.RequesterNotAllowed(step, rules):
            return _requester_not_allowed(step, rules, decision.may_ask, voice)
        case reasons.WrongChannel(step, channel, allowed):
            there = _or(voice.channel(each) for each in allowed)
            return f"Not in {voice.channel(channel)}: {step} may be asked for in {there}."
        case reasons.WrongRecipient(recipient, allowed):
            return (
                f"Not to {voice.text(recipient)}: the policy lets images go to"
                f" {_or(texts_of(allowed, voice))} alone."
                " Ask an admin to add a recipient."
            )
        case reasons.OutsideHours(step, hours):
            when = "; or ".join(texts_of(hours, voice))
            return f"Not at this time: {step} may be asked for {when}."
        case reasons.DifferentRules(steps, rules):
            return _different_rules(steps, texts_of(rules, voice))
        case reasons.Frozen():
            return _frozen(decision.why, decision.until, voice)
        case reasons.QuotaUsed(requests, per):
            return _quota_used(rule, requests, per, decision.until, voice)
        case reasons.TicketMissing(pattern):
            return _ticket_missing(rule, voice.text(pattern))
        case reasons.BreakGlassNotAllowed(in_a_freeze):
            return _break_glass_not_allowed(rule, frozen=in_a_freeze)
        case reasons.NobodyElse(gone, emergency):
            return _nobody_closes(rule) if emergency else _nobody_else(rule, gone, voice)
        case reasons.TooFewApprovers(others, gone):
            return _too_few(rule, decision, others, gone, voice)
        case reasons.NeedsImage(asking):
            named = voice.text(asking)
            return f"The image's name and tags are needed first: rule “{named}” asks for them."
        case reasons.GroupUnknown(asking, to_approve):
            needed = decision.groups_needed
            return _group_unknown(voice.text(asking), needed, voice, to_approve=to_approve)


def _runs(rule: str, *, needless_glass: bool) -> str:
    glass = " There was no need for emergency access." if needless_glass else ""
    return f"Rule “{rule}” lets this run at once.{glass}"


def _approval_needed(rule: str, decision: Decision, voice: Voice) -> str:
    confirmed = f"; {CONFIRMED_BY[decision.step_up]}" if decision.step_up else ""
    patience = span(decision.expires_after)
    return f"Rule “{rule}” asks for {_asks_for(decision, voice)} within {patience}{confirmed}."


def _asks_for(decision: Decision, voice: Voice) -> str:
    """`2 approvals by U0BOB or S0LEADS`; of groups `1 approval by S0SEC and 2 by S0OPS or U0BOB`;
    and who may approve later."""
    named = [(group.count, people_of(group.entries, voice)) for group in decision.groups]
    first, *rest = [(count, _or(who)) for count, who in named]
    groups = [f"{_count(first[0], 'approval')} by {first[1]}"]
    groups += [f"{count} by {who}" for count, who in rest]
    later = ""
    if decision.escalates_after:
        who = _or(people_of(decision.escalates_to, voice))
        later = f", after {span(decision.escalates_after)} also by {who},"
    return f"{and_(groups)}{later}"


def _ticket_missing(rule: str, pattern: str) -> str:
    return (
        f"Rule “{rule}” asks for a ticket in the reason: a word that fits {pattern}, and there is"
        " none. Ask again with `because` and the ticket."
    )


def _break_glass_used(rule: str) -> str:
    return (
        f"Emergency access: rule “{rule}” lets this run at once. All who are to know are"
        " told, and a second person has to close the review of it."
    )


def _break_glass_not_allowed(rule: str, *, frozen: bool) -> str:
    instead = "Wait for the end of the freeze" if frozen else "Ask without it, and wait"
    return f"Rule “{rule}” does not allow emergency access. {instead}, or change the policy."


def _nobody_closes(rule: str) -> str:
    return (
        f"Nobody but you could close the review of an emergency access under rule “{rule}”:"
        " its approvers have to list somebody else."
    )


def _nobody_else(rule: str, gone: Sequence[str], voice: Voice) -> str:
    return (
        f"Nobody but you could approve this under rule “{rule}”, and you asked for it."
        f"{_who_is_gone(gone, voice)} Let somebody else ask, or have another approver added to the"
        " policy."
    )


def _too_few(rule: str, decision: Decision, others: int, gone: Sequence[str], voice: Voice) -> str:
    """It could never be approved, so it is refused when it is made."""
    who = f"only {_count(others, 'person')}" if others else "nobody"
    you = "" if decision.self_approval else " besides you"
    if len(decision.groups) == 1:
        (group,) = decision.groups
        entries = dict.fromkeys((*group.entries, *decision.escalates_to))
        asked = f"{_count(group.count, 'approval')}, and {who}{you} could give one"
        listed = f" ({_or(people_of(entries, voice))})"
    else:
        needed = _asks_for(decision, voice).rstrip(",")
        asked = f"{needed}. Each person counts once, and {who}{you} could approve"
        listed = ", too few for all groups"
    return (
        f"Rule “{rule}” asks for {asked}{listed}.{_who_is_gone(gone, voice)} Have approvers"
        " added to the policy or the group."
    )


def _who_is_gone(entries: Sequence[str], voice: Voice) -> str:
    return "".join(f" {_gone(entry, voice.who(entry))}" for entry in entries)


def _gone(entry: str, named: str) -> str:
    if is_rota(entry):
        return f"At the moment nobody is {named}."
    if is_group(entry):
        return f"{named} has no members, or does not exist."
    return f"{named} has left this workspace."


def _quota_used(
    rule: str, requests: int, per: timedelta, free: datetime | None, voice: Voice
) -> str:
    again = f" You can ask again from {voice.moment(free, 'UTC')}." if free else ""
    return (
        f"You have used up your {_count(requests, 'request')} in {span(per)} under"
        f" rule “{rule}”.{again}"
    )


def _frozen(why: reasons.Frozen, until: datetime | None, voice: Voice) -> str:
    end = f"until {voice.moment(until, why.time_zone)}" if until else "until further notice"
    even = " It allows no emergency access either." if why.emergency else ""
    after = "Ask again after that." if until else "The policy has to change first."
    return f"Freeze “{voice.text(why.freeze)}” holds {end}.{even} {after}"


def _different_rules(steps: Sequence[Step], rules: Sequence[str]) -> str:
    parts = ", ".join(f"{step} under “{rule}”" for step, rule in zip(steps, rules, strict=True))
    instead = "Ask for them separately."
    if (
        len({step.operation for step in steps}) > 1
    ):  # parts of one plan, which nobody asks for apart
        kinds = sorted({step.operation for step in steps})
        named = ", ".join(f'"{kind}"' for kind in kinds)
        instead = f"One rule has to name all of it in its image_actions: {named}."
    return f"These fall under different rules: {parts}. {instead}"


def _no_rule(step: Step) -> str:
    return (
        f"No rule of the policy allows this: {step}."
        " `/image policy explain` shows why each does not; ask an admin to add one."
    )


def _requester_not_allowed(
    step: Step, rules: Iterable[str], may_ask: Iterable[str], voice: Voice
) -> str:
    return (
        f"You may not ask for this: {step}. {_or(people_of(may_ask, voice))} may, by rule"
        f" {_or(f'“{rule}”' for rule in texts_of(rules, voice))}."
    )


def _group_unknown(rule: str, groups: Sequence[str], voice: Voice, *, to_approve: bool) -> str:
    """Slack has not said yet who is in a group."""
    to_do = "approve" if to_approve else "ask"
    look_at = ["the scope `usergroups:read`"] if any(not is_rota(g) for g in groups) else []
    look_at += ["what `IMAGE_BOT_ON_CALL` names"] if any(map(is_rota, groups)) else []
    return (
        f"Rule “{rule}” lets the members of {_or(people_of(groups, voice))} {to_do}, and who they"
        " are is not known right now. Try again in a minute; if that does not help, look at"
        f" {' and '.join(look_at)}."
    )


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
