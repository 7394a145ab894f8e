"""`doctor`, the channels that the policy and the schedules name: planted faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unit.cli.doctor.patient import POLICY, Patient, Planted, Warned

SCHEDULE = """
[[schedule]]
name = "nightly"
when = "daily 03:00"
command = "prune web-* keep 3"
channel = "{channel}"
owner = "U0ANN"
notify = ["{notify}", "U0BOB"]
"""
LOOKS = ("channels:read", "groups:read")
SEEN: dict[str, tuple[str, ...]] = {"with no scope to read channels": (), "with them": LOOKS}


def _granted(scopes: tuple[str, ...], planted: Planted) -> Planted:
    def act(patient: Patient) -> None:
        patient.sandbox.slack.grant(*scopes)
        planted[0](patient)

    return act, *planted[1:]


def notify(channel: str, *, then: Callable[[Patient], Any] = lambda _: None) -> Any:
    def act(patient: Patient) -> None:
        patient.policy.write_text(POLICY + f'notify = ["{channel}", "U0BOB"]\n', encoding="utf-8")
        then(patient)

    return act


def schedule(channel: str = "C0OPS", notify: str = "C0PROD") -> Any:
    def act(patient: Patient) -> None:
        text = SCHEDULE.format(channel=channel, notify=notify)
        patient.set(IMAGE_BOT_SCHEDULES=str(patient.schedules(text)))

    return act


_SEEN_BY_ALL: dict[str, Planted] = {
    "a channel to be told is not there": (
        notify("C0GONE"),
        "channels",
        "rule “one other person” names C0GONE, which does not exist, or is private",
        "/invite",
    ),
    "the bot is not in a private channel": (
        notify("G0PRIVATE"),
        "channels",
        "names G0PRIVATE, which does not exist, or is private and the bot is not in it",
        "/invite",
    ),
    "what a rule is for is typed in no channel": (
        lambda p: p.policy.write_text(POLICY + 'channels = ["C0GONE"]\n', encoding="utf-8"),
        "channels",
        "names C0GONE",
        "id of a channel",
    ),
    "a schedule's channel is not there": (
        schedule(channel="C0GONE"),
        "channels",
        "schedule “nightly” names C0GONE",
        "id of a channel",
    ),
    "a schedule tells a channel that is not there": (
        schedule(notify="C0GONE"),
        "channels",
        "schedule “nightly” names C0GONE",
        "id of a channel",
    ),
}


_SEEN_WITH_SCOPES: dict[str, Planted] = {
    "a channel is archived": (
        notify("C0PROD", then=lambda p: p.sandbox.slack.archive("C0PROD")),
        "channels",
        "names C0PROD, which is archived",
        "id of a channel",
    ),
    "the bot may post only where it is, and is not": (
        notify("C0QUIET", then=lambda p: p.sandbox.slack.revoke("chat:write.public")),
        "channels",
        "names C0QUIET, which the bot is not in",
        "/invite",
    ),
}

PLANTED: dict[str, Planted] = {
    f"{name}, {seen}": _granted(scopes, planted)
    for seen, scopes in SEEN.items()
    for name, planted in (_SEEN_BY_ALL | (_SEEN_WITH_SCOPES if scopes else {})).items()
}
WARNED: dict[str, Warned] = {}
