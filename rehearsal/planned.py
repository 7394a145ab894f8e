"""Misbehaviour planned ahead: what to do wrong, to which calls, how many times."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Plan(Protocol):
    """One planned fault; `times` None means for ever."""

    @property
    def times(self) -> int | None: ...


P = TypeVar("P", bound=Plan)


@dataclass
class _Counted(Generic[P]):
    plan: P
    left: int | None


class Plans(Generic[P]):
    """Planned faults in the order they were planned; the first that fits is taken."""

    def __init__(self) -> None:
        self._counted: list[_Counted[P]] = []
        self._lock = threading.Lock()
        self.taken: list[P] = []

    def add(self, plan: P) -> P:
        with self._lock:
            self._counted.append(_Counted(plan, plan.times))
        return plan

    def take(self, fits: Callable[[P], bool]) -> P | None:
        """The first plan for which `fits(plan)` holds, counted down; None when none does."""
        with self._lock:
            for counted in self._counted:
                if counted.left != 0 and fits(counted.plan):
                    if counted.left is not None:
                        counted.left -= 1
                    self.taken.append(counted.plan)
                    return counted.plan
        return None

    def clear(self) -> None:
        """Behave well from now on."""
        with self._lock:
            self._counted.clear()

    @property
    def pending(self) -> int:
        """How many plans have not been used up (those without an end count as one)."""
        with self._lock:
            return sum(1 for counted in self._counted if counted.left != 0)
