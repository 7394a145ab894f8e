"""`doctor`, the channels that the policy and the schedules name: planted faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from unit.cli.doctor.patient import POLICY, Examine, Patient, Planted, is_found

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


def _notify(channel: str, *, then: Callable[[Patient], Any] = lambda _: None) -> Any:
    def act(patient: Patient) -> None:
        patient.policy.write_text(POLICY + f'notify = ["{channel}", "U0BOB"]\n', encoding="utf-8")
        then(patient)

    return act


def _schedule(channel: str = "C0OPS", notify: str = "C0PROD") -> Any:
    def act(patient: Patient) -> None:
        text = SCHEDULE.format(channel=channel, notify=notify)
        patient.set(IMAGE_BOT_SCHEDULES=str(patient.schedules(text)))

    return act


PLANTED: dict[str, Planted] = {
    "a channel to be told is not there": (
        _notify("C0GONE"),
        "channels",
        "rule “one other person” names C0GONE, which does not exist, or is private",
        "/invite",
    ),
    "the bot is not in a private channel": (
        _notify("G0PRIVATE"),
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
        _schedule(channel="C0GONE"),
        "channels",
        "schedule “nightly” names C0GONE",
        "id of a channel",
    ),
    "a schedule tells a channel that is not there": (
        _schedule(notify="C0GONE"),
        "channels",
        "schedule “nightly” names C0GONE",
        "id of a channel",
    ),
}


@pytest.mark.parametrize("scopes", SEEN.values(), ids=SEEN)
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_with_its_mend(
    patient: Patient, examine: Examine, name: str, scopes: tuple[str, ...]
) -> None:
    patient.sandbox.slack.grant(*scopes)
    is_found(patient, examine, PLANTED[name])


SEEN_ONLY_WITH_SCOPES: dict[str, Planted] = {
    "a channel is archived": (
        _notify("C0PROD", then=lambda p: p.sandbox.slack.archive("C0PROD")),
        "channels",
        "names C0PROD, which is archived",
        "id of a channel",
    ),
    "the bot may post only where it is, and is not": (
        _notify("C0QUIET", then=lambda p: p.sandbox.slack.revoke("chat:write.public")),
        "channels",
        "names C0QUIET, which the bot is not in",
        "/invite",
    ),
}


@pytest.mark.parametrize("name", SEEN_ONLY_WITH_SCOPES)
def test_a_planted_fault_is_found_where_the_token_can_look(
    patient: Patient, examine: Examine, name: str
) -> None:
    patient.sandbox.slack.grant(*LOOKS)
    is_found(patient, examine, SEEN_ONLY_WITH_SCOPES[name])


@pytest.mark.parametrize("scopes", SEEN.values(), ids=SEEN)
@pytest.mark.parametrize("channel", ["C0PROD", "C0QUIET"])
def test_where_the_bot_can_post_all_is_well(
    patient: Patient, examine: Examine, channel: str, scopes: tuple[str, ...]
) -> None:
    patient.sandbox.slack.grant(*scopes)
    _notify(channel)(patient)
    _schedule()(patient)
    status, findings, _ = examine()
    assert status == 0
    (found,) = [f for f in findings if f["check"] == "channels"]
    assert found["verdict"] == "ok"
    assert ("not looked at" in found["said"]) == (not scopes), "what was not seen is told"


def test_what_slack_will_not_say_is_a_warning(patient: Patient, examine: Examine) -> None:
    _notify("C0PROD")(patient)
    patient.sandbox.slack.faults.fail("conversations.info", "fatal_error")
    status, findings, _ = examine()
    assert status == 0
    (found,) = [f for f in findings if f["check"] == "channels"]
    assert (found["verdict"], "fatal_error" in found["said"]) == ("warning", True)
