"""What the policy says, for one person to read in Slack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.policy.decide import Decision, Verdict
from bot.views import approvals, decisions, formats
from bot.views.blocks import paragraphs
from bot.views.escape import safe

_CHANNEL = re.compile(r"(?<![\w#@^])([CG](?=[A-Z]*\d)[A-Z0-9]{4,})(?!\w)")
_MOMENT = re.compile(r"\b[A-Z][a-z]{2} (\d{4}-\d\d-\d\d \d\d:\d\d) ([A-Za-z_]+(?:[/+-][\w+-]+)*)")
"""A time as `bot.views.decisions.moment` writes it."""


def harmless(sentence: str, decision: Decision) -> str:
    """A sentence of the policy's: escaped, with people, groups, channels and times as Slack's."""
    entries = {
        *decision.approver_entries,
        *decision.escalates_to,
        *decision.may_ask,
        *decision.groups_needed,
    }
    return _as_mentions(sentence, entries)


def _as_mentions(sentence: str, entries: Iterable[str]) -> str:
    made = _MOMENT.sub(_in_each_zone, safe(sentence, 1500))
    made = _CHANNEL.sub(r"<#\1>", made)
    for entry in sorted(entries, key=len, reverse=True):
        made = re.sub(rf"(?<![\w@^]){re.escape(entry)}(?!\w)", formats.people([entry]), made)
    return made


def _in_each_zone(written: re.Match[str]) -> str:
    try:
        there = datetime.fromisoformat(written[1]).replace(tzinfo=ZoneInfo(written[2]))
    except (ValueError, ZoneInfoNotFoundError):
        return written[0]
    return formats.moment(there.timestamp())


def refused(decision: Decision) -> str:
    """Why the policy refuses."""
    return f"Refused, nothing was sent. {harmless(decisions.sentence(decision), decision)}"


def said(lines: Iterable[str], entries: Iterable[str]) -> list[str]:
    """Lines about the policy; `entries` are the people and groups in them."""
    known = tuple(entries)
    return [_as_mentions(line, known) for line in lines]


def rules(text: str, entries: Iterable[str]) -> str:
    """The policy's rules in order, a line each; `entries` are the people and groups in them."""
    lines = said(text.splitlines(), entries)
    return paragraphs(["*The rules*, the first that matches decides", *lines], 2_900)[0]


def in_short(decision: Decision) -> str:
    """What would follow if it was asked for, in a line; empty where more has to be said."""
    if decision.verdict is Verdict.ASK:
        patience = formats.duration(decision.expires_after.total_seconds())
        how = ", with a second factor," if decision.step_up else ""
        what = f"{_who(decision)} must approve{how} within {patience}"
    elif decision.verdict is Verdict.RUN:
        what = "emergency access is used" if decision.break_glass else "it runs at once"
    else:
        return ""
    told = formats.places(decision.notify)
    also = f"; {told} {'is' if len(decision.notify) == 1 else 'are'} told" if told else ""
    return f"If you ask: {what}{also}. The rule is “{safe(decision.rule or '', 200)}”."


def preview(
    decision: Decision, consequences: Iterable[str], seconds: float | None
) -> Iterator[str]:
    """What would follow if it was asked for: who decides, what it brings about, how long it takes.

    Args:
        seconds: that such things usually take; None: not known.
    """
    yield in_short(decision) or f":no_entry: {harmless(decisions.sentence(decision), decision)}"
    yield from consequences
    if seconds is not None:
        yield f"It usually takes about {formats.about(seconds)}."


def _who(decision: Decision) -> str:
    if len(decision.groups) > 1:
        return formats.listed(
            [
                f"{group.count} of {formats.people(approvals.may(group.entries, group.people))}"
                for group in decision.groups
            ]
        )
    many = f"{decision.approvals} of " if decision.approvals > 1 else ""
    return f"{many}{formats.people(approvals.may(decision.approver_entries, decision.approvers))}"


def explanation(text: str, decision: Decision) -> str:
    """What the policy makes of a command nobody has asked for, line by line."""
    lines = [harmless(line, decision) if line.strip() else "" for line in text.splitlines()]
    return paragraphs(lines, 2_900)[0]
