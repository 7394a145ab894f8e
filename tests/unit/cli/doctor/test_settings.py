"""`doctor`, the settings: planted faults, and what they are told apart from."""

from __future__ import annotations

import pytest
from unit.cli.doctor.patient import (
    Examine,
    Patient,
    Planted,
    Warned,
    is_found,
    is_warned_of,
)

PLANTED: dict[str, Planted] = {
    "a setting is missing": (
        lambda p: p.env.delenv("DIGITALOCEAN_TOKEN"),
        "settings",
        "DIGITALOCEAN_TOKEN is missing",
        "README",
    ),
    "settling is too short": (
        lambda p: p.set(IMAGE_BOT_SETTLE_SECONDS="5"),
        "settings",
        "IMAGE_BOT_SETTLE_SECONDS",
        "README",
    ),
    "a number is none": (
        lambda p: p.set(PORT="http"),
        "settings",
        "PORT: expected a whole number.",
        "README",
    ),
    "the command is none": (
        lambda p: p.set(IMAGE_BOT_COMMAND="image"),
        "settings",
        "IMAGE_BOT_COMMAND: expected a slash",
        "README",
    ),
    "a token ends by itself": (
        lambda p: p.set(SLACK_BOT_TOKEN="xoxe.xoxb-1-abc"),
        "settings",
        "ends after 12 hours",
        "Make a new app",
    ),
    "a token is one that renews others": (
        lambda p: p.set(SLACK_BOT_TOKEN="xoxe-1-abc"),
        "settings",
        "ends after 12 hours",
        "Make a new app",
    ),
    "the tokens are swapped": (
        lambda p: p.set(SLACK_BOT_TOKEN="xapp-1", SLACK_APP_TOKEN="xoxb-1"),
        "settings",
        "SLACK_BOT_TOKEN does not begin with xoxb-",
        "OAuth & Permissions",
    ),
    "a token holds a comment": (
        lambda p: p.set(DIGITALOCEAN_TOKEN="dop_v1_abc # the new one"),
        "settings",
        "a token holds a space",
        "Copy it anew",
    ),
    "a file of a secret is no text": (
        lambda p: (
            (p.folder / "x").write_bytes(b"hidden1\xff"),
            p.env.delenv("SLACK_BOT_TOKEN"),
            p.set(SLACK_BOT_TOKEN_FILE=str(p.folder / "x")),
        ),
        "settings",
        "holds no text",
        "UTF-8",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_with_its_mend(
    patient: Patient, examine: Examine, name: str
) -> None:
    is_found(patient, examine, PLANTED[name])


WARNED: dict[str, Warned] = {
    ".env can be written by others": (
        lambda p: ((p.folder / ".env").touch(), (p.folder / ".env").chmod(0o622)),
        "settings",
        ".env can be written by others",
    ),
    "a secret's file can be read by others": (
        lambda p: (
            (p.folder / "x").write_text("127.0.0.1"),
            (p.folder / "x").chmod(0o644),
            p.set(HOST_FILE=str(p.folder / "x")),
        ),
        "settings",
        "which can be read by others",
    ),
    "a setting is misspelt": (
        lambda p: p.set(IMAGE_BOT_POLYCY="x.toml"),
        "settings",
        "IMAGE_BOT_POLYCY is not a setting of the bot",
    ),
    "a name of Slack's that is no setting": (
        lambda p: p.set(SLACK_CLIENT_ID="1.2"),
        "settings",
        "SLACK_CLIENT_ID is not a setting of the bot",
    ),
    "a name of DigitalOcean's that is no setting": (
        lambda p: p.set(DIGITALOCEAN_REGION="nyc3"),
        "settings",
        "DIGITALOCEAN_REGION is not a setting of the bot",
    ),
    "a setting of the bot that there is not": (
        lambda p: p.set(IMAGE_BOT_COLOUR="blue"),
        "settings",
        "IMAGE_BOT_COLOUR is not a setting of the bot",
    ),
    "a setting is misspelt in .env": (
        lambda p: (
            (p.folder / ".env").write_text("DATABSE_URL=sqlite:///x\n"),
            (p.folder / ".env").chmod(0o600),
            p.env.delenv("DATABASE_URL"),
        ),
        "settings",
        "DATABSE_URL is not a setting of the bot",
    ),
    "it listens to all": (lambda p: p.set(HOST="0.0.0.0"), "settings", "other machines"),  # noqa: S104 - what is warned of
    "the signing secret is something else": (
        lambda p: p.set(SLACK_SIGNING_SECRET="A0IMAGEBOT"),
        "settings",
        "SLACK_SIGNING_SECRET does not look like one",
    ),
    ".env for all to read": (
        lambda p: (p.folder / ".env").write_text("PORT=0\n"),
        "settings",
        "read by others",
    ),
}


@pytest.mark.parametrize("name", WARNED)
def test_what_should_be_otherwise_is_a_warning(
    patient: Patient, examine: Examine, name: str
) -> None:
    is_warned_of(patient, examine, WARNED[name])


def test_a_misspelt_secret_is_named_beside_the_one_that_is_missing(
    patient: Patient, examine: Examine
) -> None:
    patient.env.delenv("SLACK_BOT_TOKEN")
    patient.set(SLACK_BOT_TOEKN="xoxb-secret", DIGITALOCEAN_ACCESS_TOKEN="dop_v1_x", HOSTNAME="x")
    status, findings, printed = examine()
    assert status == 1
    told = {f["said"]: f["fix"] for f in findings if f["verdict"] == "warning"}
    assert told["SLACK_BOT_TOEKN is not a setting of the bot"] == "Did you mean SLACK_BOT_TOKEN?"
    assert not [said for said in told if "DIGITALOCEAN" in said or "HOSTNAME" in said]
    assert "xoxb-secret" not in printed


@pytest.mark.parametrize(
    ("missing", "misspelt"),
    [
        ("SLACK_APP_TOKEN", "SLACK_AP_TOKEN"),
        ("SLACK_SIGNING_SECRET", "SLACK_SIGNING_SECERT"),
        ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN"),
        ("IMAGE_BOT_POLICY", "IMAGEBOT_POLICY"),
    ],
)
def test_what_was_meant_is_named(
    patient: Patient, examine: Examine, missing: str, misspelt: str
) -> None:
    patient.env.delenv(missing)
    patient.set(**{misspelt: "x"})
    _, findings, _ = examine()
    told = {f["said"]: f["fix"] for f in findings if f["verdict"] == "warning"}
    assert told[f"{misspelt} is not a setting of the bot"] == f"Did you mean {missing}?"


def test_what_other_tools_read_is_left_alone(patient: Patient, examine: Examine) -> None:
    patient.set(DIGITALOCEAN_CONTEXT="work", DIGITALOCEAN_APP_ID="", SLACKLINE="x")
    status, findings, _ = examine()
    assert status == 0
    assert [f for f in findings if f["verdict"] != "ok"] == []
