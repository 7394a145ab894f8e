"""Commands that work with what is looked up by its name or tag first. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


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
