"""Whose approval counted for which group, in the audit log: written and read here alone."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from bot.domain.events import Event
from bot.domain.quorum import assign, missing, qualifying
from bot.policy.decide import Decision
from bot.policy.review import Tally
from bot.store.audit import Entry

_COUNTED_IN = (Event.APPROVED, Event.STANDING_APPROVAL)
_RESENT_BY = (Event.POST_AGAIN_VOTED, Event.POST_AGAIN)
BEGIN_TO_WAIT = (Event.PENDING, Event.ASKED_AGAIN)
"""From these on a request waits for approvals; their `expires_after` says how long."""


def facts(decision: Decision, tally: Tally) -> dict[str, Any]:
    """The tally, so that whoever has the row can count again: what each group asks for, who of
    those who approved is in which, and for which they counted; and by what each had to confirm it.
    A group is named by its place."""
    qualify = qualifying(decision.groups, tally.approved_by)
    groups = [{"from": list(group.entries), "count": group.count} for group in decision.groups]
    confirmed = {"step_up": decision.step_up} if decision.step_up else {}
    return {
        **confirmed,
        "groups": groups,
        "qualify": {person: list(places) for person, places in qualify.items()},
        "counted": dict(tally.seats),
    }


def is_reached(rows: Iterable[Entry], approved: Mapping[str, str]) -> bool:
    """Whether the log holds a tally by which a request was approved, and the tally is right.

    Args:
        rows: all rows about the request, oldest first. What came before a restore is void.
        approved: whose approvals the log holds, and by what each was confirmed (empty: by nothing).
    """
    found = False
    opened: Mapping[str, Any] = {}
    for row in rows:
        told = json.loads(row.facts)
        if row.event == Event.ASKED_AGAIN:
            found = False
        elif row.event == Event.PENDING:
            opened = told
        elif row.event in _COUNTED_IN:
            found = _adds_up(told.get("tally"), _asked(opened, told), approved)
    return found


def _asked(opened: Mapping[str, Any], told: Mapping[str, Any]) -> Collection[str]:
    """By what each approval had to be confirmed: as the tally has it, and as the request was opened
    with, while the same policy decides."""
    asked = {(told.get("tally") or {}).get("step_up", "")}
    if opened.get("policy_digest") == told.get("policy_digest"):
        asked.add(opened.get("step_up", ""))
    return asked - {""}


def _adds_up(
    tally: Mapping[str, Any] | None, asked: Collection[str], approved: Mapping[str, str]
) -> bool:
    if tally is None or not set(tally["qualify"]) <= set(approved):
        return False
    if any(approved[person] != how for person in tally["qualify"] for how in asked):
        return False
    counts: Sequence[int] = [group["count"] for group in tally["groups"]]
    # canonical JSON has the names in order, so the voters' own order is not to be had: who is
    # counted may differ then, and how many does not
    enough = not any(missing(counts, assign(counts, tally["qualify"])))
    rightful = all(place in tally["qualify"].get(p, ()) for p, place in tally["counted"].items())
    return enough and rightful and not any(missing(counts, tally["counted"]))


def escalated_in_order(rows: Sequence[Entry], escalated_at: float | None) -> bool:
    """Whether others may approve as well by the log, and did so only once they might.

    Args:
        escalated_at: since when, as the request's row has it; None: they may not.
    """
    due = float("inf")
    since: list[float] = []
    for row in rows:
        told = json.loads(row.facts)
        if row.event == Event.PENDING and "escalate" in told:
            due = row.at + told["escalate"]["after"]
        elif _escalates(row, told, due):
            since.append(row.at)
        elif not since and (told.get("qualified") or {}).get("escalated"):
            return False
    return escalated_at is None or escalated_at in since


def voted_in_time(rows: Iterable[Entry], expires_at: float | None, *, waits: bool) -> bool:
    """Whether each approval came before the request's time was over, by the log alone.

    Args:
        expires_at: when that is, as the request's row has it; it has to be so while it `waits`.
    """
    over = float("inf")
    for row in rows:
        if row.event in BEGIN_TO_WAIT:
            over = row.at + json.loads(row.facts)["expires_after"]
        elif row.event in (Event.VOTED, Event.APPROVED) and row.at >= over:
            return False
    return not waits or expires_at == over


def _escalates(row: Entry, told: Mapping[str, Any], due: float) -> bool:
    if row.event == Event.STANDING_APPROVAL:  # of a schedule whose approval was escalated
        return bool(told.get("escalated"))
    return row.event == Event.ESCALATED and row.at >= due


def account_of(confirmed: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """As whom somebody signed in, by a row's `step_up`: the issuer and its subject."""
    told = confirmed or {}
    return (told["issuer"], told["subject"]) if "issuer" in told else None


def signed_in_as(rows: Iterable[Entry]) -> dict[str, tuple[str, str] | None]:
    """As whom each of those signed in who approved, or last chose to send something again.

    Who has two users of Slack is one person all the same.
    """
    found: dict[str, tuple[str, str] | None] = {}
    for row in rows:
        if row.event in (Event.ASKED_AGAIN, Event.INTENT):
            found.clear()
        elif row.event in (Event.DENIED, Event.VOTE_WITHDRAWN):
            found.pop(row.actor, None)
        elif row.event in (Event.VOTED, Event.APPROVED, *_RESENT_BY):
            found[row.actor] = account_of(json.loads(row.facts).get("step_up"))
    return found


def each_signed_in_as_themselves(rows: Sequence[Entry]) -> bool:
    """Whether no two people confirmed something as the same account."""
    return all(_is_different(signed_in_as(rows[:end])) for end in _ends(rows))


def _is_different(accounts: Mapping[str, tuple[str, str] | None]) -> bool:
    known = [account for account in accounts.values() if account is not None]
    return len(set(known)) == len(known)


def _ends(rows: Sequence[Entry]) -> list[int]:
    """Where something was decided that the rows before it have to have confirmed."""
    decided = (Event.APPROVED, Event.POST_AGAIN)
    return [place + 1 for place, row in enumerate(rows) if row.event in decided]


def resent_by_enough(rows: Iterable[Entry]) -> bool:
    """Whether each *Send again* was chosen by as many people as had to approve.

    An emergency that went round the approvals asks for one.
    """
    needed = 1
    chose: dict[int, set[str]] = {}
    opened: Mapping[str, Any] = {}
    rows = list(rows)
    for row in rows:
        told = json.loads(row.facts)
        place = told.get("position", 0)
        if row.event in _RESENT_BY and not (
            (told.get("qualified") or {}).get("by") or row.actor in could_approve(rows)
        ):
            return False
        if row.event == Event.PENDING:
            opened = told
        elif row.event == Event.STANDING_APPROVAL:
            opened = {**told, **(told.get("tally") or {})}
        elif row.event in _RESENT_BY and not _is_confirmed(opened, told):
            return False
        if "approvals" in told:
            needed = 1 if row.event == Event.BREAK_GLASS_USED else max(1, told["approvals"])
        elif row.event == Event.INTENT:
            chose.pop(place, None)
        elif row.event == Event.POST_AGAIN_VOTED:
            chose.setdefault(place, set()).add(row.actor)
        elif row.event == Event.POST_AGAIN and (
            len(chose.pop(place, set()) | {row.actor}) < needed
        ):
            return False
    return True


def could_approve(rows: Iterable[Entry]) -> frozenset[str]:
    """Who could approve when a request was opened, or once it was escalated; where nobody had to,
    whoever asked."""
    people: set[str] = set()
    requester = ""
    for row in rows:
        told = json.loads(row.facts)
        if row.event == Event.REQUESTED:
            requester = row.actor
        elif row.event == Event.ESCALATED or "approvals" in told:
            people.update(told["people"])
            if told.get("approvals") == 0:
                people.add(requester)
    return frozenset(people)


def _is_confirmed(opened: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    """Whether *Send again* was confirmed as the request was opened with, while the same policy
    decides; another policy may ask for something else."""
    asked, how = opened.get("step_up"), told.get("step_up") or {}
    same_policy = told.get("policy_digest") in (None, opened.get("policy_digest"))
    return not (asked and same_policy) or how.get("method") == asked
