"""Whether a rule fits a step, as data: matcher by matcher, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bot.policy.schema import Rule


class Why(StrEnum):
    """Why a matcher of a rule fits, or does not."""

    AMONG = "among"
    NOT_AMONG = "not-among"
    FITS = "fits"
    FITS_NONE = "fits-none"
    HAS_NONE = "has-none"
    """The operation has no region, or no recipient."""
    NOT_KNOWN = "not-known"
    NOT_NAMED = "not-named"
    """The rule names no operation, and this one needs a rule that does."""
    WITHIN = "within"
    OUTSIDE = "outside"


@dataclass(frozen=True)
class MatcherFit:
    """Whether one matcher of a rule fits, and why.

    Attributes:
        key: as the file has it.
        fits: None: it cannot be told yet.
        found: what was held against it; the operation's name for `HAS_NONE`.
        wanted: what the rule lists, or of it what fits; the groups that are `NOT_KNOWN`.
    """

    key: str
    fits: bool | None
    why: Why
    found: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()


@dataclass(frozen=True)
class RuleFit:
    """Whether a rule fits a step. Matchers that the rule leaves out are not listed."""

    rule: Rule
    matchers: tuple[MatcherFit, ...] = field(default=())

    @property
    def fits(self) -> bool | None:
        """True if all matchers fit, False if one does not, else None."""
        found = {matcher.fits for matcher in self.matchers}
        if False in found:
            return False
        return None if None in found else True

    @property
    def failed(self) -> tuple[str, ...]:
        """The keys that do not fit."""
        return tuple(matcher.key for matcher in self.matchers if matcher.fits is False)

    @property
    def open(self) -> tuple[str, ...]:
        """The keys that cannot be told yet."""
        return tuple(matcher.key for matcher in self.matchers if matcher.fits is None)
