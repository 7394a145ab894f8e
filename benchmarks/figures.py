"""Stats: samples of seconds, rows of the table, and how a floor and the product take turns."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Measure = Callable[[], Sequence[float]]
"""Measures one round; each value in seconds."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured, and how.
        measured, floor, ratio: figures as a person reads them, with units; empty: there is none.
        target: as the issue sets it; empty: measured for information.
        met: whether the target was met; None: there is none, or it could not be measured.
        numbers: the same figures for the CSV, by a name that ends in the unit.
        listed: whether it stands in the table; others are only drawn.
    """

    what: str
    measured: str
    floor: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    listed: bool = True


@dataclass(frozen=True)
class Sample:
    """Measured seconds, round by round."""

    rounds: tuple[tuple[float, ...], ...]

    @property
    def values(self) -> list[float]:
        """All of them, ascending."""
        return sorted(value for values in self.rounds for value in values)

    def quantile(self, share: float) -> float:
        """The value below which `share` of them lie, in seconds."""
        return quantile(self.values, share)

    @property
    def median(self) -> float:
        """In seconds."""
        return self.quantile(0.5)

    @property
    def p99(self) -> float:
        """In seconds; of fewer than 100 values it is the largest."""
        return self.quantile(0.99)

    def text(self) -> str:
        """`median 1.5 ms, p99 4.0 ms (600)`."""
        return f"median {milliseconds(self.median)}, p99 {milliseconds(self.p99)}"


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value of an ascending sequence below which `share` of it lies."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def by_turns(floor: Measure, product: Measure, rounds: int) -> tuple[Sample, Sample]:
    """Measure floor, product, floor, product …: what the machine does meanwhile meets both.

    One round of each goes before and counts for nothing.
    """
    floor()
    product()
    floors, products = [], []
    for _ in range(rounds):
        floors.append(tuple(floor()))
        products.append(tuple(product()))
    return Sample(tuple(floors)), Sample(tuple(products))


def ratio_of_medians(floor: Sample, product: Sample) -> float:
    """The product's median by the floor's: the median of the rounds' ratios.

    A burst of other work on the machine spoils a round, not the figure.
    """
    return statistics.median(
        statistics.median(b) / statistics.median(a)
        for a, b in zip(floor.rounds, product.rounds, strict=True)
    )


def milliseconds(seconds: float) -> str:
    """`7.9 ms`."""
    value = seconds * 1000
    return f"{value:.2f} ms" if value < 10 else f"{value:.0f} ms"
