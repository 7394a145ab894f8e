"""What becomes of a command: it was done, or refused, or something is said to one person once."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Done:
    """It was done. What follows is shown to all who may see it."""


@dataclass(frozen=True)
class Refused:
    """Nothing was done.

    Attributes:
        text: why, as whoever wanted it is told alone.
    """

    text: str


@dataclass(frozen=True)
class SaidOnce:
    """An answer that is kept nowhere, such as a link that gives a right.

    Attributes:
        again: what a repeated delivery is told in its place; empty: nothing.
    """

    text: str = field(repr=False)
    again: str = ""


Outcome = Done | Refused | SaidOnce
DONE = Done()
