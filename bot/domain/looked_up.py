"""Commands that work with what is looked up by its name or tag first. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class LookedUp:
    """One such command: what it asks for is known once what it names is.

    Attributes:
        kind: what it is kept as. The value is stored: never change one.
        dry_run: show what would become of it, and send nothing.
    """

    kind: ClassVar[str]

    dry_run: bool = False
    reason: str = ""
    break_glass: str = ""

    @property
    def name(self) -> str:
        """What was typed to say which."""
        raise NotImplementedError

    @property
    def deletes(self) -> bool:
        """Whether it deletes images."""
        return False


@dataclass(frozen=True)
class OnTarget(LookedUp):
    """An operation on one Droplet or one volume, with what its `Text` arguments were given.

    Attributes:
        operation: its name.
        typed: the Droplet's name or number; the volume's name or uuid.
        by_number: `typed` is a number, and no name.
        params: the operation's parameters.
    """

    kind = "on-target"

    operation: str
    typed: str
    by_number: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What was typed to say which."""
        return self.typed
