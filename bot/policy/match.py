"""One rule against one step of a request, matcher by matcher.

Truth has three values: True, False, and None where it hangs on something not known yet, the
image's name and tags or the members of a user group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cache
from typing import Protocol

from bot.operations.registry import OPERATIONS
from bot.policy import fields
from bot.policy.fits import MatcherFit, RuleFit, Why
from bot.policy.schema import Freeze, Policy, Rule


class Directory(Protocol):
    """Who is in a Slack user group, and who is in the workspace no more."""

    def members(self, group_id: str, /) -> frozenset[str] | None:
        """The user ids in the group; None where they are not known."""

    def has_left(self, user_id: str, /) -> bool:
        """Whether the account is deactivated or gone; False where that is not known."""


class Snapshot:
    """A directory that gives one answer for each group, even if what it asks changes meanwhile."""

    def __init__(self, directory: Directory) -> None:
        self._members = cache(directory.members)
        self._has_left = cache(directory.has_left)

    def members(self, group_id: str, /) -> frozenset[str] | None:
        """As `Directory.members`."""
        return self._members(group_id)

    def has_left(self, user_id: str, /) -> bool:
        """As `Directory.has_left`."""
        return self._has_left(user_id)


class ImageFacts(Protocol):
    """What rules ask of an image. `bot.domain.resources.Image` fits."""

    @property
    def name(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Step:
    """One step of a request: its operation, and what rules may ask of it.

    `region`: None where the operation is about none. `image`: None while it was not looked up.
    `recipient`: who gets the image; None where it stays in the account.
    """

    operation: str
    region: str | None = None
    image: ImageFacts | None = None
    recipient: str | None = None

    def __str__(self) -> str:
        return f"{self.operation} to {self.region}" if self.region else self.operation


@dataclass(frozen=True)
class PastRequest:
    """A former request of the same person, for quotas: its rule, and when it was made."""

    rule: str
    at: datetime


@dataclass(frozen=True)
class PolicyInput:
    """What is asked, by whom, where and when.

    Args:
        steps: at least one.
        requester: a Slack user id.
        channel: the Slack channel id where it was typed.
        at: now, with a time zone. At a review it is the time of the click, so that freezes
            and hours are those of the click.
        break_glass: whether the requester wants to run at once, as an emergency.
        reason: why it is asked, in the requester's words.
        escalated: whether it has waited so long that others may approve as well.
        earlier: the requester's former requests, however they ended, without refused ones
            and without this one.
            Empty at a review: a quota is asked once, when the request is made.
    """

    steps: tuple[Step, ...]
    requester: str
    channel: str
    at: datetime
    break_glass: bool = False
    earlier: tuple[PastRequest, ...] = ()
    reason: str = ""
    escalated: bool = False

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("a request has at least one step")
        if self.at.tzinfo is None or any(former.at.tzinfo is None for former in self.earlier):
            raise ValueError("times have to carry a time zone")


def evaluate_rules(
    policy: Policy, step: Step, asked: PolicyInput, directory: Directory
) -> tuple[RuleFit, ...]:
    """The rules as they are tried for `step`: up to the first that fits or may fit.

    Only the last one can be such a one; where none is, no rule fits.
    """
    fits: list[RuleFit] = []
    for rule in policy.rule:
        fits.append(fit(rule, step, asked, directory))
        if fits[-1].fits is not False:
            break
    return tuple(fits)


def fit(rule: Rule, step: Step, asked: PolicyInput, directory: Directory) -> RuleFit:
    """Hold one rule against one step."""
    matchers = [_MATCH[key](rule, step, asked, directory) for key in _MATCH if getattr(rule, key)]
    if not rule.image_actions and OPERATIONS[step.operation].named_only:
        # A rule written before there was such an operation must not let it through.
        matchers.insert(0, MatcherFit("image_actions", False, Why.NOT_NAMED, (step.operation,)))
    return RuleFit(rule, tuple(matchers))


def covers(freeze: Freeze, step: Step) -> bool:
    """Whether a freeze is about `step`, leaving its time aside."""
    about_type = not freeze.image_actions or step.operation in freeze.image_actions
    return about_type and (not freeze.regions or step.region in freeze.regions)


def people(entries: Iterable[str], directory: Directory) -> tuple[frozenset[str], tuple[str, ...]]:
    """The persons behind `entries` who are still here, and the groups that are not known."""
    known: set[str] = set()
    unknown: list[str] = []
    for entry in entries:
        members = directory.members(entry) if fields.is_group(entry) else frozenset({entry})
        if members is None:
            unknown.append(entry)
        else:
            known |= members
    here = frozenset(person for person in known if not directory.has_left(person))
    return here, tuple(dict.fromkeys(unknown))


def gone(entries: Iterable[str], directory: Directory) -> tuple[str, ...]:
    """The entries behind which nobody is: people who have left, groups that are empty or gone."""
    return tuple(
        entry
        for entry in dict.fromkeys(entries)
        if (directory.members(entry) == frozenset() if fields.is_group(entry) else False)
        or directory.has_left(entry)
    )


def _among(key: str, found: str, entries: Iterable[str]) -> MatcherFit:
    listed = tuple(entries)
    fits = found in listed
    return MatcherFit(key, fits, Why.AMONG if fits else Why.NOT_AMONG, (found,), listed)


def _globbed(text: str, glob: str) -> bool:
    # Whatever the case: a guard on prod-* that lets “Prod-db” slip to a laxer rule below it
    # is a hole, while whoever can name an image can write dev-* in the right case anyway.
    return fnmatchcase(text.strip().casefold(), glob.casefold())


def _reached(address: str, glob: str) -> bool:
    # Case folding makes plain letters of others: `to` lets through, so there it is for ASCII alone.
    return _globbed(address, glob) if address.isascii() else fnmatchcase(address, glob)


def _image_actions(rule: Rule, step: Step, asked: PolicyInput, directory: Directory) -> MatcherFit:
    return _among("image_actions", step.operation, rule.image_actions)


def _regions(rule: Rule, step: Step, asked: PolicyInput, directory: Directory) -> MatcherFit:
    if step.region is None:
        return MatcherFit("regions", False, Why.HAS_NONE, (step.operation,))
    return _among("regions", step.region, rule.regions)


def _to(rule: Rule, step: Step, asked: PolicyInput, directory: Directory) -> MatcherFit:
    if step.recipient is None:
        return MatcherFit("to", False, Why.HAS_NONE, (step.operation,))
    return _globs("to", (step.recipient,), rule.to, _reached)


def _channels(rule: Rule, step: Step, asked: PolicyInput, directory: Directory) -> MatcherFit:
    return _among("channels", asked.channel, rule.channels)


def _requesters(rule: Rule, step: Step, asked: PolicyInput, directory: Directory) -> MatcherFit:
    known, unknown = people(rule.requesters, directory)
    if asked.requester in known:
        return MatcherFit("requesters", True, Why.AMONG, (asked.requester,), rule.requesters)
    if unknown:
        return MatcherFit("requesters", None, Why.NOT_KNOWN, wanted=unknown)
    return _among("requesters", asked.requester, rule.requesters)


def _image_names(rule: Rule, step: Step, asked: PolicyInput, directory: Directory) -> MatcherFit:
    if step.image is None:
        return MatcherFit("image_names", None, Why.NOT_KNOWN)
    return _globs("image_names", (step.image.name,), rule.image_names)


def _image_tags(rule: Rule, step: Step, asked: PolicyInput, directory: Directory) -> MatcherFit:
    if step.image is None:
        return MatcherFit("image_tags", None, Why.NOT_KNOWN)
    return _globs("image_tags", step.image.tags, rule.image_tags)


def _globs(
    key: str,
    found: tuple[str, ...],
    globs: tuple[str, ...],
    fits: Callable[[str, str], bool] = _globbed,
) -> MatcherFit:
    pairs = ((text, glob) for text in found for glob in globs)
    hit = next((pair for pair in pairs if fits(*pair)), None)
    if hit:
        return MatcherFit(key, True, Why.FITS, (hit[0],), (hit[1],))
    return MatcherFit(key, False, Why.FITS_NONE, found, globs)


def _hours(rule: Rule, step: Step, asked: PolicyInput, directory: Directory) -> MatcherFit:
    hours = rule.hours
    fits = hours is None or hours.window.until(asked.at) is not None
    return MatcherFit("hours", fits, Why.WITHIN if fits else Why.OUTSIDE, wanted=(str(hours),))


_Matcher = Callable[[Rule, Step, PolicyInput, Directory], MatcherFit]
_MATCH: Mapping[str, _Matcher] = {
    "image_actions": _image_actions,
    "regions": _regions,
    "to": _to,
    "channels": _channels,
    "requesters": _requesters,
    "image_names": _image_names,
    "image_tags": _image_tags,
    "hours": _hours,
}
"""In the order in which they are explained."""
