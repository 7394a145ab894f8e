"""What the policy file may say. Each field's description says what is expected of it.

`load` turns a file into these; `docs/policy.md` explains every key. All of it is frozen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    field_validator,
)

from bot.domain.canonical import canonical
from bot.operations.arguments import Regions
from bot.operations.registry import OPERATIONS
from bot.policy import fields, moments, windows
from bot.policy.approvers import Approving
from bot.policy.governance import Governance
from bot.toml.phrases import hint
from bot.toml.table import Complaint, Table, repeated_names

MATCHERS = (
    "image_actions",
    "regions",
    "to",
    "channels",
    "requesters",
    "image_names",
    "image_tags",
    "hours",
)
"""The keys of a rule that say what it is for; one left out matches everything."""


_OPERATION_NAMES = "a list out of " + ", ".join(f'"{name}"' for name in OPERATIONS)


def _operation_name(name: str) -> str:
    if name not in OPERATIONS:
        raise ValueError(f"expected one of {', '.join(OPERATIONS)}{hint(name, OPERATIONS)}")
    return name


OperationName = Annotated[StrictStr, AfterValidator(_operation_name)]


def _each_once(slugs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(slugs))


class Hours(Table):
    """The times at which a rule holds, by the wall clock of `time_zone`."""

    days: fields.Days = Field(
        fields.DAYS, description='a list of days such as ["mon-fri"] or ["mon", "wed"]'
    )
    from_: fields.Clock = Field("00:00", alias="from", description='a time of day such as "09:00"')
    to: fields.Clock = Field("24:00", description='a time of day such as "18:00", or "24:00"')
    time_zone: fields.TimeZone = Field(description='a time zone such as "Europe/Berlin"')

    def _complaints(self) -> Iterator[Complaint]:
        yield from _daily_complaints(self.from_, self.to)

    def __str__(self) -> str:
        return f"{', '.join(self.days)} {self.from_}–{self.to} {self.time_zone}"

    @cached_property
    def window(self) -> windows.Weekly:
        """These hours as windows. From “22:00” to “06:00” ends on the day after each day."""
        return moments.daily(self.days, self.from_, self.to, self.time_zone)


class Quota(Table):
    """How many requests one person may make under a rule within `per` (a sliding window)."""

    requests: Annotated[StrictInt, Field(ge=1, le=1000)] = Field(
        description="a whole number from 1 to 1000"
    )
    per: fields.Duration = Field(description='a duration such as "24h", from 1 minute to 30 days')


class Rule(Approving):
    """One `[[rule]]`: matchers that say what it is for, and what it asks for then."""

    name: fields.Name = Field(description="one line of text, given to no other rule")
    image_actions: tuple[OperationName, ...] = Field((), min_length=1, description=_OPERATION_NAMES)
    regions: tuple[fields.RegionOrSet, ...] = Field(
        (), min_length=1, description='a list of region slugs such as ["nyc1", "nyc3"]'
    )
    to: tuple[fields.Glob, ...] = Field(
        (),
        min_length=1,
        description='a list of patterns of recipients such as ["*@example.com"], or team uuids',
    )
    channels: tuple[fields.Channel, ...] = Field(
        (), min_length=1, description='a list of Slack channel ids such as ["C0PROD"]'
    )
    requesters: tuple[fields.Person, ...] = Field(
        (),
        min_length=1,
        description='a list of Slack user or user group ids such as ["U0ANN", "S0OPS"]',
    )
    image_names: tuple[fields.Glob, ...] = Field(
        (), min_length=1, description='a list of name patterns such as ["prod-*"]'
    )
    image_tags: tuple[fields.Glob, ...] = Field(
        (), min_length=1, description='a list of tag patterns such as ["env:prod"]'
    )
    hours: Hours | None = Field(
        None,
        description='a table such as { days = ["mon-fri"], from = "09:00", to = "18:00",'
        ' time_zone = "Europe/Berlin" }',
    )
    notify: tuple[fields.Notified, ...] = Field(
        (),
        min_length=1,
        description='a list of Slack channel, user or user group ids such as ["C0APPROVALS"]',
    )
    quota: Quota | None = Field(None, description='a table such as { requests = 5, per = "24h" }')

    _regions_in_full = field_validator("regions")(fields.in_full)

    def _complaints(self) -> Iterator[Complaint]:
        yield from _no_operation_with_a_region(self)
        if self.to and "give" not in self.image_actions:
            yield "to", "only give has a recipient, and this rule does not name it: leave to out."
        yield from super()._complaints()

    @property
    def everybody(self) -> tuple[str, ...]:
        """Each person, user group and channel that the rule names as asking, deciding or told."""
        return (*self.requesters, *self.who_decides, *self.notify)


class Freeze(Table):
    """One `[[freeze]]`: a time in which nothing that it matches is asked for or approved."""

    name: fields.Name = Field(description="one line of text, given to no other freeze")
    time_zone: fields.TimeZone = Field(description='a time zone such as "Europe/Berlin"')
    from_: fields.Moment | None = Field(
        None,
        alias="from",
        description='2026-12-20T18:00:00 (once), "fri 16:00" (each week) or "16:00" (each day)',
    )
    to: fields.Moment | None = Field(None, description="written in the same way as from")
    days: fields.Days = Field((), description='a list of days such as ["sat", "sun"]')
    image_actions: tuple[OperationName, ...] = Field((), min_length=1, description=_OPERATION_NAMES)
    regions: tuple[fields.RegionOrSet, ...] = Field(
        (), min_length=1, description='a list of region slugs such as ["nyc1", "nyc3"]'
    )
    break_glass: StrictBool = Field(False, description="true or false")

    _regions_in_full = field_validator("regions")(fields.in_full)

    @property
    def _ends(self) -> tuple[str, str]:
        return self.from_ or "00:00", self.to or "24:00"

    def _complaints(self) -> Iterator[Complaint]:
        yield from _no_operation_with_a_region(self)
        shapes = [moments.shape(end) for end in self._ends]
        if self.days and shapes != ["clock", "clock"]:
            yield "days", 'with days, from and to are times of day such as "16:00".'
        elif not self.days and not (self.from_ and self.to):
            yield "from", "a freeze needs from and to, or days."
        elif shapes[0] != shapes[1]:
            yield "to", "from and to have to be written in the same way."
        else:
            yield from self._order_complaints(shapes[0])

    def _order_complaints(self, shape: str) -> Iterator[Complaint]:
        if shape == "clock":
            yield from _daily_complaints(*self._ends)
        elif shape == "weekly" and self.from_ == self.to:
            yield "to", "from and to are the same moment: the freeze would be all or nothing."
        elif isinstance(self.window, windows.Once) and self.window.start >= self.window.end:
            yield "to", "to has to be later than from."

    @cached_property
    def window(self) -> windows.Window:
        """When it holds."""
        start, end = self._ends
        if moments.shape(start) == "clock":
            return moments.daily(self.days or fields.DAYS, start, end, self.time_zone)
        if moments.shape(start) == "weekly":
            return moments.weekly(start, end, self.time_zone)
        return moments.once(start, end, self.time_zone)


_Regions = Annotated[tuple[fields.RegionSlug, ...], Field(min_length=1), AfterValidator(_each_once)]


class Policy(Table):
    """The whole file. Rules are tried in order; the first that matches holds.

    `regions` are named sets: in a rule and a freeze, and in commands, their names stand for them.
    Rules and freezes hold the slugs.
    """

    rule: tuple[Rule, ...] = Field(
        min_length=1, description="one or more [[rule]] tables, in two brackets each"
    )
    freeze: tuple[Freeze, ...] = Field((), description="[[freeze]] tables, in two brackets each")
    regions: dict[fields.SetName, _Regions] = Field(
        {}, description='a table of lists of region slugs, such as europe = ["ams3", "fra1"]'
    )
    policy: Governance | None = Field(
        None, description="a [policy] table: who approves changes of this file"
    )
    revision: Annotated[StrictInt, Field(ge=1)] | None = Field(
        None, description="a whole number that grows with each version, before the first table"
    )

    @field_validator("rule", "freeze", mode="before")
    @classmethod
    def _named(cls, tables: Any, info: Any) -> Any:
        """A table without a name is called by its place: `rule 2`."""
        if not isinstance(tables, list | tuple):
            return tables
        return [
            {"name": f"{info.field_name} {place}", **table} if isinstance(table, dict) else table
            for place, table in enumerate(tables, start=1)
        ]

    def _complaints(self) -> Iterator[Complaint]:
        for field in ("rule", "freeze"):
            yield from repeated_names(field, getattr(self, field))

    @cached_property
    def everybody(self) -> frozenset[str]:
        """Each person, user group and channel that is named as asking, deciding or told."""
        changes = (*self.policy.approvers, self.policy.channel) if self.policy else ()
        return frozenset(changes).union(*(rule.everybody for rule in self.rule))

    @cached_property
    def quotas(self) -> frozenset[str]:
        """The names of the rules that count what a person asked for before."""
        return frozenset(rule.name for rule in self.rule if rule.quota)

    def outranks(self, other: Policy) -> bool:
        """Whether the other is an older version, which is not to take the place of this one."""
        if self.revision is None or self.digest == other.digest:
            return False
        return (other.revision or 0) <= self.revision

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of what the policy says: comments and spelling aside."""
        content = self.model_dump(mode="json", by_alias=True)
        return hashlib.sha256(canonical(content).encode()).hexdigest()


def _no_operation_with_a_region(table: Rule | Freeze) -> Iterator[Complaint]:
    named = [OPERATIONS[name] for name in table.image_actions]
    if table.regions and named and not any(Regions in map(type, o.arguments) for o in named):
        which = " or ".join(table.image_actions)
        yield "regions", f"a {which} has no region, so this could never match: leave regions out."


def _daily_complaints(start: str, end: str) -> Iterator[Complaint]:
    if start == "24:00":
        yield "from", 'from cannot be "24:00": write "00:00".'
    elif start == end:
        yield "to", "from and to are the same time: leave both out for whole days."
