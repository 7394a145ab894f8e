"""Random runs of a promise machine, and how often what happened in them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from promise_machine import Promise


def played(of: type[Promise], examples: int, steps: int, **options: Any) -> Counter[str]:
    """Play so many runs of so many steps each; how often what happened in all of them.

    Args:
        options: further settings of Hypothesis, such as `derandomize`.
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
        suppress_health_check=list(HealthCheck),
        **options,
    )
    run_state_machine_as_test(Counted, settings=settled)
    return done
