"""`doctor`, on call: planted faults."""

from __future__ import annotations

import json
from collections.abc import Callable

from unit.cli.doctor.patient import POLICY, Patient, Planted, Warned

BY_ROTA = POLICY.replace('"U0ANN", "U0BOB"', '"oncall:prod"')


def on_call(said: object) -> Callable[[Patient], None]:
    """A policy that names a rota, and a file that says this."""

    def plant(patient: Patient) -> None:
        patient.policy.write_text(BY_ROTA)
        path = patient.folder / "on-call.json"
        path.write_text(said if isinstance(said, str) else json.dumps(said))
        patient.set(IMAGE_BOT_ON_CALL=str(path))

    return plant


PLANTED: dict[str, Planted] = {
    "nobody says who is on call": (
        lambda p: p.policy.write_text(BY_ROTA),
        "on call",
        "IMAGE_BOT_ON_CALL is not set",
        "Who is on call",
    ),
    "there is no file": (
        lambda p: p.set(IMAGE_BOT_ON_CALL=str(p.folder / "none.json")),
        "on call",
        "cannot be read",
        "IMAGE_BOT_ON_CALL",
    ),
    "another rota": (on_call({"db": ["U0BOB"]}), "on call", "nothing says who that is", "db"),
    "no JSON": (on_call("prod: U0BOB"), "on call", "no JSON", "Expected JSON"),
    "a name": (on_call({"prod": ["bob"]}), "on call", "no list of Slack user ids", "Expected"),
}

WARNED: dict[str, Warned] = {
    "a rota with nobody in it": (on_call({"prod": []}), "on call", "nobody is on call"),
}
