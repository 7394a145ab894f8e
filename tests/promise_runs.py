"""Random runs of a promise machine, and how often what happened in them."""

from __future__ import annotations

import os
from collections import Counter

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from promise_machine import Promise

_SEED = "IMAGE_BOT_SEED"
"""Environment variable: a number, for other runs than the usual ones."""


def first_seed() -> int:
    """From which on runs are played."""
    return int(os.environ.get(_SEED, 0))


def played(of: type[Promise], examples: int, steps: int, seed_at: int = 0) -> Counter[str]:
    """Play so many runs of so many steps each; how often what happened in all of them.

    Args:
        seed_at: the same runs for the same number, on any machine, in CI too: Hypothesis alone
            plays the same runs each time where it finds `CI` in the environment.
    """
    done: Counter[str] = Counter()

    class Counted(of):  # type: ignore[valid-type, misc]  # chosen by the test
        def teardown(self) -> None:
            done.update(getattr(self, "done", {}))
            super().teardown()

    settled = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(first_seed() + seed_at)(Counted), settings=settled)
    return done
