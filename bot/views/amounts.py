"""How large images are, and what that costs; what DigitalOcean did not tell is left out."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.prices import SNAPSHOT_PRICE


def size(gigabytes: float) -> str:
    """`12.5 GB`; empty: not known."""
    return f"{gigabytes:g} GB" if gigabytes else ""


def monthly(gigabytes: float) -> str:
    """What a snapshot of that size costs: `$0.75 a month`; empty: not known."""
    return f"{_dollars(gigabytes * SNAPSHOT_PRICE)} a month" if gigabytes else ""


def together(sizes: Sequence[float], *, monthly_cost: bool = False) -> str:
    """The same of several: `at least …` where one is not known; empty: none is."""
    said = (monthly if monthly_cost else size)(sum(sizes))
    return f"at least {said}" if said and not all(sizes) else said


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}"
