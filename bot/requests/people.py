"""The people whom the policy is about: who has left, who is in a user group, who is on call."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from bot.on_call import OnCall, OnCallUnknown
from bot.policy.fields import ROTA, is_group, is_rota
from bot.policy.schema import Policy
from bot.slack.errors import SlackFailure
from bot.slack.web_api import Slack
from bot.store import read_cache
from bot.store.transaction import Store

log = logging.getLogger(__name__)

_NO_GROUP = frozenset(
    {
        *("no_such_subteam", "subteam_not_found", "subteam_disabled"),
        *("plan_upgrade_required", "paid_teams_only"),
    }
)
"""Slack's words for a user group that is gone, off, or not part of the workspace's plan."""


def groups_of(policy: Policy) -> Iterator[str]:
    """The user groups that a policy names."""
    yield from (entry for entry in policy.everybody if is_group(entry))


def people_of(policy: Policy) -> Iterator[str]:
    """The people whom a policy names as those who may approve."""
    approvers = [entry for rule in policy.rule for entry in rule.who_decides]
    approvers += policy.policy.approvers if policy.policy else ()
    yield from (entry for entry in approvers if not is_group(entry))


def read_groups(store: Store, slack: Slack, on_call: OnCall | None, groups: Sequence[str]) -> None:
    """Read who is in user groups and rotas, and keep it; what cannot be read now is not known
    any more after a while."""
    rotas = [group for group in groups if is_rota(group)]
    for group in groups:
        if not is_rota(group):
            _read_group(store, slack, group)
    if rotas:
        _read_rotas(store, slack, on_call, rotas)


def _read_rotas(store: Store, slack: Slack, on_call: OnCall | None, rotas: Sequence[str]) -> None:
    if on_call is None:
        log.error("the policy names %s, and IMAGE_BOT_ON_CALL is not set", ", ".join(rotas))
        return
    try:
        known = on_call.read()
    except OnCallUnknown as error:
        log.warning("who is on call is not known: %s", error)
        return
    said = {rota: known.get(rota.removeprefix(ROTA)) for rota in rotas}
    read_people(store, slack, sorted(frozenset().union(*(said[r] or () for r in rotas))))
    with store.write() as tx:
        for rota, people in said.items():
            if people is None:
                log.error("nothing says who is on call for %s", rota)
                read_cache.forget_group(tx, rota)
            else:
                read_cache.put_group(tx, rota, people)


def _read_group(store: Store, slack: Slack, group: str) -> bool:
    """Read a user group's members from Slack and keep them; False: Slack would not say."""
    try:
        members = slack.group_members(group)
    except SlackFailure as failure:
        if failure.error not in _NO_GROUP:
            log.warning("user group %s cannot be read: %s", group, failure.error)
            return False
        log.error("user group %s of the policy: Slack says %s", group, failure.error)
        members = frozenset()  # nobody is in it, and waiting changes nothing
    with store.write() as tx:
        read_cache.put_group(tx, group, members)
    return True


def read_people(store: Store, slack: Slack, people: Iterable[str]) -> None:
    """Read from Slack who of them has left, and keep it; of whom it does not tell nothing."""
    found: dict[str, bool] = {}
    for person in people:
        try:
            found[person] = slack.has_left(person)
        except SlackFailure as failure:
            log.warning("whether %s is still here is not known: %s", person, failure.error)
            break
    if found:
        with store.write() as tx:
            read_cache.put_users(tx, found)
