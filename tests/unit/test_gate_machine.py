"""Random people, clicks, lost answers, clock jumps and restarts: the gate holds, one POST each."""

from __future__ import annotations

import pytest
from gate_machine import Gate
from hypothesis import HealthCheck, settings

Gate.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestGate = pytest.mark.slow(pytest.mark.timeout(600)(Gate.TestCase))


def test_the_machine_can_send_something() -> None:
    """A machine that never posts would find nothing wrong."""
    machine = Gate()
    machine.begin()
    machine.ask("U0DAN", "ams3", twice=True)
    machine.ask("U0DAN", "nyc3", twice=False)
    for who in ("U0ANN", "U0BOB"):
        machine.approve(who, 0, work=True)
    machine.work(4)
    assert len(machine.digitalocean.made) == 2
    machine.the_gate_holds()
    machine.teardown()
