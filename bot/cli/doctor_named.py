"""`doctor`, Slack: whether those whom the policy names are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from bot.cli.doctor_answers import Answers, Refused
from bot.cli.doctor_channels import channels, is_channel
from bot.cli.findings import Finding, ok, warning, wrong
from bot.cli.schedules import check_command
from bot.config import Settings
from bot.domain.quorum import Group, can_be_reached
from bot.errors import PolicyError, SchedulesError
from bot.policy.fields import is_group, is_rota
from bot.policy.file import PolicyFile
from bot.policy.schema import Policy, Rule
from bot.schedules.file import read as read_schedules
from bot.schedules.schema import Schedule

_SLACKBOT = "USLACKBOT"


def named(
    settings: Settings, ask: Answers, me: Mapping[str, Any], has: Set[str]
) -> Iterator[Finding]:
    """Whether Slack knows the groups, people and channels that the policy and schedules name.

    Args:
        me: what `auth.test` answered.
        has: the scopes of the token.
    """
    try:
        policy = PolicyFile(settings.policy_path).current
    except PolicyError:
        return  # told by the check of the policy
    scheduled = _schedules(settings)
    places = _places(policy, scheduled)
    for group in (name for name in sorted(places) if is_group(name) and not is_rota(name)):
        yield from _group(ask, group, places[group])
    people = {name: at for name, at in sorted(places.items()) if name.startswith(("U", "W"))}
    if people:
        yield from _people(policy, people, {s.owner: s.name for s in scheduled}, ask, me)
    yield from channels(ask, _channels(policy, settings), has)


def _places(policy: Policy, scheduled: Iterable[Schedule]) -> dict[str, str]:
    """Whom the policy and the schedules name, and where each is named first."""
    found = dict.fromkeys(policy.everybody, "the policy")
    for schedule in scheduled:
        for entry in (schedule.owner, *schedule.notify):
            if not is_channel(entry):
                found.setdefault(entry, f"schedule “{schedule.name}”")
    return found


def _channels(policy: Policy, settings: Settings) -> dict[str, str]:
    """The channels that somebody is told in or types in, and where each is named first."""
    found: dict[str, str] = {}
    for rule in policy.rule:
        for channel in (*rule.notify, *rule.channels):
            if is_channel(channel):
                found.setdefault(channel, f"rule “{rule.name}”")
    if settings.anchor_channel:
        found.setdefault(settings.anchor_channel, "IMAGE_BOT_ANCHOR_CHANNEL")
    if settings.reconcile_channel:
        found.setdefault(settings.reconcile_channel, "IMAGE_BOT_RECONCILE_CHANNEL")
    for schedule in _schedules(settings):
        for channel in (schedule.channel, *schedule.notify):
            if is_channel(channel):
                found.setdefault(channel, f"schedule “{schedule.name}”")
    return found


def _schedules(settings: Settings) -> tuple[Schedule, ...]:
    try:
        path = settings.schedules_path
        return read_schedules(path, check_command) if path else ()
    except SchedulesError:
        return ()  # told by the check of the schedules


def _group(ask: Answers, group: str, place: str) -> Iterator[Finding]:
    try:
        found = ask("usergroups.users.list", usergroup=group)
    except Refused as refused:
        if str(refused) != "missing_scope":  # told by the check of the scopes
            fix = "Put the id of a group that exists there: it begins with S."
            yield wrong("user groups", f"{place} names {group}: Slack said {refused}", fix)
        return
    members = len(found.data.get("users", []))
    if members:
        yield ok("user groups", f"{group} has {members} members")
    else:
        said = f"{place} names {group}, which has no members"
        yield warning("user groups", said, "Put people into it at Slack, or take it out.")


def _people(
    policy: Policy,
    people: Mapping[str, str],
    owners: Mapping[str, str],
    ask: Answers,
    me: Mapping[str, Any],
) -> Iterator[Finding]:
    """Whether they are there.

    Args:
        people: where each is named.
        owners: whose schedule stands still without them.
    """
    away = {}
    for person in people:
        try:
            why = _why_away(ask("users.info", user=person).data.get("user") or {}, me)
        except Refused as refused:
            if str(refused) not in ("user_not_found", "users_not_found"):
                if str(refused) != "missing_scope":
                    yield warning(
                        "people", f"{person} could not be looked up: {refused}", "Try again."
                    )
                return
            why = "is nobody in this workspace"
        if why:
            away[person] = why
    yield from (_is_away(each, why, people[each], owners.get(each)) for each, why in away.items())
    for rule in policy.rule:
        left = [entry for entry in rule.who_decides if entry not in away]
        if away.keys() & set(rule.who_decides) and _too_few(rule, away):
            said = f"rule “{rule.name}” asks for {rule.needed}, and {len(left)} of them are left"
            yield wrong("people", said, "Name more approvers in it: nobody can pass it as it is.")
    if not away:
        yield ok("people", f"all {len(people)} that are named are in this workspace")


def _is_away(person: str, why: str, place: str, schedule: str | None) -> Finding:
    """Of somebody named who cannot do what they are named for; `schedule`: the one they own."""
    if schedule:
        said = f"schedule “{schedule}” has the owner {person}, who {why}: it does not run"
        return wrong("people", said, "Give the schedule another owner.")
    fix = f"Take that id out of {place}, or put the right one."
    return warning("people", f"{place} names {person}, who {why}", fix)


def _too_few(rule: Rule, away: Mapping[str, str]) -> bool:
    later = rule.escalate.to if rule.escalate else ()
    groups = [
        Group(group.from_, group.count, frozenset({*group.from_, *later} - away.keys()))
        for group in rule.groups
    ]
    # Of a user group it is not known here who is in it: it may hold as many as are needed.
    closed = [group for group in groups if not any(map(is_group, group.people))]
    return not can_be_reached(closed)


def _why_away(user: Mapping[str, Any], me: Mapping[str, Any]) -> str:
    if user.get("deleted"):
        return "has left: the account is deactivated"
    if user.get("is_bot") or user.get("id") == _SLACKBOT:
        return "is a bot: it can neither ask nor approve"
    org = (user.get("enterprise_user") or {}).get("enterprise_id")
    ours = me.get("enterprise_id") and org == me["enterprise_id"]
    if user.get("team_id") and me.get("team_id") and user["team_id"] != me["team_id"] and not ours:
        return "belongs to another workspace: the bot answers its own people alone"
    return ""
