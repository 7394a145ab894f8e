"""A set-up in which all is well, and the faults that tests plant in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlite import migrated_file

from rehearsal import Sandbox
from rehearsal.slack.manifest import over_http

ROOT = Path(__file__).parents[4]
POLICY = """
[[rule]]
name = "one other person"
approvals = 1
approvers = ["U0ANN", "U0BOB"]
"""


SNAPSHOTS = """
[[rule]]
name = "all"
image_actions = ["snapshot"]
approvals = 0
"""


DELETES = """
[[rule]]
name = "deletions"
image_actions = ["delete"]
approvals = 1
approvers = ["U0BOB"]
"""


class Patient:
    """A set-up in which all is well, and the doctor for it."""

    def __init__(self, sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sandbox, self.folder, self.env = sandbox, folder, monkeypatch
        self.held: Any = None
        """What a planted fault needs for as long as it is looked at."""
        self.policy, self.database = folder / "policy.toml", folder / "image-bot.db"
        self.policy.write_text(POLICY, encoding="utf-8")
        shutil.copy(ROOT / "manifest.yml", folder)
        monkeypatch.chdir(folder)
        sandbox.digitalocean.limit_scopes(
            "image:read", "image:update", "actions:read", "regions:read"
        )
        self.set(**sandbox.settings(socket=True))
        self.set(DATABASE_URL=migrated_file(self.database), IMAGE_BOT_POLICY=str(self.policy))

    def set(self, **values: str) -> None:
        """Set settings in the environment."""
        for name, value in values.items():
            self.env.setenv(name, value)

    def schedules(self, text: str) -> Path:
        """Write a schedules file; its path."""
        path = self.folder / "schedules.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def edit_manifest(self, old: str, new: str) -> None:
        """Change the manifest."""
        path = self.folder / "manifest.yml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def use_http(self, without: str = "") -> None:
        """Do as the manifest's first lines say, and leave one address out."""
        path = self.folder / "manifest.yml"
        told = over_http(path.read_text(encoding="utf-8"), "https://bot.example.com")
        told["settings"]["interactivity"].pop(without, None)
        told["features"]["slash_commands"][0].pop(without, None)
        path.write_text(yaml.safe_dump(told), encoding="utf-8")
        self.env.delenv("SLACK_APP_TOKEN")


Examined = tuple[int, list[dict[str, str]], str]
Examine = Callable[[], Examined]
Planted = tuple[Callable[[Patient], Any], str, str, str]
"""What is planted; the check that finds it, what it says, and the way out."""
Warned = tuple[Callable[[Patient], Any], str, str]
"""What is planted; the check that warns of it, and what it says."""


def is_found(patient: Patient, examine: Examine, planted: Planted) -> None:
    """A planted fault is found, and each that is found has its mend."""
    plant, check, said, fix = planted
    plant(patient)
    status, findings, printed = examine()
    assert status == 1
    found = [f for f in findings if f["verdict"] == "wrong" and f["check"] == check]
    assert any(said in f["said"] and fix in f["fix"] for f in found), findings
    assert all(f["fix"] for f in findings if f["verdict"] == "wrong")
    assert "hidden1" not in printed
    assert "defect of doctor's" not in printed
    said_once = [(f["said"], f["fix"]) for f in findings if f["verdict"] == "wrong"]
    assert len(said_once) == len(set(said_once)), "one fault is told twice"


def is_warned_of(patient: Patient, examine: Examine, warned: Warned) -> None:
    """What should be otherwise is a warning, and the rest is well."""
    plant, check, said = warned
    plant(patient)
    status, findings, _ = examine()
    told = [f for f in findings if f["verdict"] == "warning"]
    assert any(f["check"] == check and said in f["said"] for f in told), findings
    assert status == 0
