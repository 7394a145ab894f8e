"""`doctor`, the schedules: planted faults."""

from __future__ import annotations

from collections.abc import Callable

from unit.cli.doctor.patient import DELETES, POLICY, Patient, Planted, Warned

NIGHTLY = """
[[schedule]]
name = "nightly-web"
when = "daily 03:00"
command = "snapshot web-1 to fra1 keep 3 because nightly copy"
channel = "C0OPS"
owner = "U0ANN"
"""
PLANS = """
[[rule]]
name = "plans"
image_actions = ["snapshot", "transfer", "delete"]
approvals = 1
approvers = ["U0BOB"]
"""


def _scheduled(policy: str = PLANS, text: str = NIGHTLY) -> Callable[[Patient], None]:
    def act(patient: Patient) -> None:
        patient.policy.write_text(policy, encoding="utf-8")
        patient.set(IMAGE_BOT_SCHEDULES=str(patient.schedules(text)))

    return act


PLANTED: dict[str, Planted] = {
    "there is no such file": (
        lambda p: p.set(IMAGE_BOT_SCHEDULES="nosuch.toml"),
        "schedules",
        "There is no schedules file nosuch.toml",
        "schedules check",
    ),
    "no rule is about what it asks for": (
        _scheduled(POLICY),
        "schedules",
        "“nightly-web” is refused: No rule of the policy",
        "Have a rule of the policy",
    ),
    "a part of it is under another rule": (
        _scheduled(PLANS.replace(', "delete"', "") + DELETES),
        "schedules",
        'One rule has to name all of it in its image_actions: "delete", "snapshot", "transfer"',
        "Have a rule of the policy",
    ),
    "its transfer is under the rule of transfers": (
        _scheduled(POLICY + PLANS),
        "schedules",
        "transfer to fra1 under “one other person”",
        "Have a rule of the policy",
    ),
    "its region is not the rule's": (
        _scheduled(PLANS + 'regions = ["nyc3"]\n'),
        "schedules",
        "“nightly-web” is refused:",
        "Have a rule of the policy",
    ),
    "its owner may not ask": (
        _scheduled(PLANS + 'requesters = ["U0CAT"]\n'),
        "schedules",
        "“nightly-web” is refused:",
        "Have a rule of the policy",
    ),
    "its owner alone could approve": (
        _scheduled(PLANS.replace("U0BOB", "U0ANN")),
        "schedules",
        "“nightly-web” is refused: Nobody but",
        "Have a rule of the policy",
    ),
    "its owner is nobody": (
        _scheduled(text=NIGHTLY.replace("U0ANN", "U0NOBODY")),
        "people",
        "schedule “nightly-web” has the owner U0NOBODY, who is nobody in this workspace",
        "another owner",
    ),
    "its owner has left": (
        lambda p: (_scheduled()(p), p.sandbox.slack.deactivate("U0ANN")),
        "people",
        "has the owner U0ANN, who has left",
        "another owner",
    ),
    "whom it tells is a group that is not there": (
        _scheduled(text=NIGHTLY + 'notify = ["S0NOSUCH"]\n'),
        "user groups",
        "schedule “nightly-web” names S0NOSUCH",
        "id of a group",
    ),
}
_NAMED_WRONG = {
    "a Droplet": ("snapshot nosuch to fra1 keep 3", "Droplet “nosuch”, and there is none"),
    "a Droplet's number": ("prune 99 keep 3", "Droplet 99, and there is none"),
    "a tag": ("snapshot tag:nosuch", "Droplets with the tag “nosuch”, and there is none"),
    "an image": ('transfer "no such" fra1', "image “no such”, and there is none"),
    "an image's number": ("transfer 99 fra1", "image 99, and there is none"),
    "no latest": ("transfer latest no-* fra1", "`latest no-*`, and there is none"),
    "the latest of nothing": ("transfer latest of nosuch fra1", "Droplet “nosuch”, and there is"),
    "one of several": ("transfer twin fra1", "image “twin”, and there are 2 of that name"),
}


def _names(command: str) -> Callable[[Patient], None]:
    def act(patient: Patient) -> None:
        patient.sandbox.digitalocean.limit_scopes()
        for number in (70000001, 70000002):
            patient.sandbox.digitalocean.add_image(number, "twin", regions=("nyc1",))
        told = NIGHTLY.replace("snapshot web-1 to fra1 keep 3 because nightly copy", "{}")
        _scheduled(text=told.format(command.replace('"', '\\"')))(patient)

    return act


PLANTED |= {
    f"it names {what}": (_names(command), "schedules", f"“nightly-web” names {said}", "Name one")
    for what, (command, said) in _NAMED_WRONG.items()
}
WARNED: dict[str, Warned] = {}
