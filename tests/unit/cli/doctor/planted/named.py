"""`doctor`, whom and what the policy names at Slack: planted faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from unit.cli.doctor.patient import (
    POLICY,
    Patient,
    Planted,
    Warned,
)


def _left(*people: str) -> Callable[[Patient], None]:
    def act(patient: Patient) -> None:
        users = patient.sandbox.slack.workspace.users
        users.update({who: replace(users[who], deleted=True) for who in people})

    return act


PLANTED: dict[str, Planted] = {
    "the policy names a group that is not there": (
        lambda p: p.policy.write_text(POLICY.replace("U0ANN", "S0NOBODY")),
        "user groups",
        "S0NOBODY",
        "id of a group",
    ),
    "too few approvers are left": (
        _left("U0ANN", "U0BOB"),
        "people",
        "asks for 1, and 0 of them are left",
        "Name more approvers",
    ),
}


WARNED: dict[str, Warned] = {
    "an approver has left": (_left("U0BOB"), "people", "U0BOB, who has left"),
    "the policy names a bot": (
        lambda p: p.policy.write_text(POLICY.replace('"U0ANN"', '"U0ANN", "U0BOT"')),
        "people",
        "U0BOT, who is a bot",
    ),
    "the policy names nobody": (
        lambda p: p.policy.write_text(POLICY.replace('"U0ANN"', '"U0ANN", "U0GONE"')),
        "people",
        "U0GONE, who is nobody in this workspace",
    ),
}
