"""An export of the audit log, checked by somebody who has nothing but the file and the docs."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from world import ANN, BOB, CAT, SNAPSHOT, TWO_APPROVALS, World

from bot.__main__ import main

DOC = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")


@pytest.fixture
def export(
    start: Callable[..., World],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Path:
    """Of a transfer that two people approved; nothing is left by which to reach a database."""
    at_work = start(TWO_APPROVALS)
    at_work.types(f"transfer {SNAPSHOT} nyc3 because “Übergröße” \u202e and 𝔘nicode")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("1 more approval", root)
    at_work.clicks("approve", root, by=CAT)
    at_work.reply("completed", root)
    at_work.stop()
    capsys.readouterr()
    with monkeypatch.context() as env:
        env.setenv("DATABASE_URL", at_work.settings["DATABASE_URL"])
        assert main(["audit", "export"]) == 0
    file = tmp_path / "audit.jsonl"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    return file


def test_an_export_is_verified_without_the_database(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [json.loads(line) for line in export.read_text(encoding="utf-8").splitlines()]
    assert main(["audit", "verify", str(export)]) == 0
    assert f"is whole: {len(rows)} rows, head {rows[-1]['hash']}" in capsys.readouterr().out


def _without(text: str, event: str) -> str:
    return "".join(line for line in text.splitlines(True) if f'"event": "{event}"' not in line)


TAMPERED: dict[str, Callable[[str], str]] = {
    "another approver": lambda text: text.replace(f'"actor": "{CAT}"', '"actor": "U0DAN"'),
    "another region in what was sent": lambda text: text.replace('"nyc3"', '"sfo3"'),
    "a vote left out": lambda text: _without(text, "voted"),
    "two rows swapped": lambda text: (
        "".join(reversed(text.splitlines(True)[:2])) + "".join(text.splitlines(True)[2:])
    ),
    "another time": lambda text: re.sub(r'"at": \d+', '"at": 1000000000', text, count=1),
}
READ_DIFFERENTLY: dict[str, Callable[[str], str]] = {
    "a name given twice": lambda text: text.replace(
        '"actor": "U0CAT"', '"actor": "U0DAN", "actor": "U0CAT"'
    ),
    "a time that is only for people": lambda text: re.sub(r'"time": "\d{4}', '"time": "1999', text),
    "a field of somebody else's": lambda text: text.replace('{"pos', '{"approver": "U0DAN", "pos'),
    "a number as text": lambda text: text.replace('"position": 1,', '"position": "1",'),
    "no JSON": lambda text: text.replace("{", "", 1),
    "half a character": lambda text: text.replace('"nyc3"', r'"nyc3\ud800"'),
    "an empty line": lambda text: text.replace("\n", "\n\n", 1),
}


def test_a_tampered_export_is_found_without_the_database(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = export.read_text(encoding="utf-8")
    for how, tamper in (TAMPERED | READ_DIFFERENTLY).items():
        changed = tamper(text)
        assert changed != text, how
        export.write_text(changed, encoding="utf-8")
        assert main(["audit", "verify", str(export)]) == 1, how
        assert "WRONG: " in capsys.readouterr().out, how


def test_digests_are_made_of_what_stands_in_the_export(export: Path) -> None:
    rows = [json.loads(line) for line in export.read_text(encoding="utf-8").splitlines()]
    (policy,) = [row["facts"] for row in rows if row["event"] == "policy-changed"]
    assert policy["text"] == TWO_APPROVALS
    assert policy["digest"] == _digest(policy["policy"])
    (pending,) = [row for row in rows if row["event"] == "pending"]
    assert pending["evidence_digest"] == _digest(pending["facts"]["evidence"])
    assert {row["facts"]["policy_digest"] for row in rows if "policy_digest" in row["facts"]} == {
        policy["digest"]
    }


def _digest(content: object) -> str:
    """As docs/audit.md says."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def test_twenty_lines_of_somebody_elses_tell_who_asked_approved_and_sent(
    export: Path, tmp_path: Path
) -> None:
    told = _check_of_the_docs(export, tmp_path)
    assert told.returncode == 0, told.stderr
    lines = [line.split(" ", 5) for line in told.stdout.splitlines()[:-1]]
    said = {(event, actor): json.loads(facts) for _, _, _, event, actor, facts in lines}
    assert said["requested", ANN]["steps"][0]["params"] == {"region": "nyc3"}
    assert told.stdout.isascii()  # nothing hides or reorders what a terminal shows
    assert ("voted", BOB) in said
    assert said["approved", CAT]["approved_by"] == [BOB, CAT]
    assert said["intent", "image-bot"]["body"] == {"type": "transfer", "region": "nyc3"}


def test_twenty_lines_of_somebody_elses_find_tampering(export: Path, tmp_path: Path) -> None:
    text = export.read_text(encoding="utf-8")
    found = (
        "was changed, removed or moved",
        "a name given twice",
        "JSONDecodeError",
        "UnicodeEncodeError",
    )
    for how, tamper in (TAMPERED | READ_DIFFERENTLY).items():
        export.write_text(tamper(text), encoding="utf-8")
        told = _check_of_the_docs(export, tmp_path)
        assert told.returncode == 1, how
        assert any(each in told.stderr for each in found), (how, told.stderr)


def test_twenty_lines_of_somebody_elses_tell_of_an_emergency_a_denial_and_a_look_up(
    start: Callable[..., World],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    at_work = start(TWO_APPROVALS + "break_glass = true\n")
    at_work.types(f"transfer {SNAPSHOT} nyc3 --break-glass prod is down")
    at_work.reply("completed", at_work.root("nyc3"))
    at_work.types(f"transfer {SNAPSHOT} sfo3")
    at_work.denies(at_work.root("sfo3"), "not today")
    at_work.root("Denied")
    at_work.types('transfer "web-2026-11-20" ams3')
    root = at_work.root("ams3")
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("1 more approval", root)
    at_work.clicks("approve", root, by=CAT)
    at_work.reply("completed", root)
    at_work.stop()
    capsys.readouterr()
    monkeypatch.setenv("DATABASE_URL", at_work.settings["DATABASE_URL"])
    assert main(["audit", "export"]) == 0
    file = tmp_path / "audit.jsonl"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    told = _check_of_the_docs(file, tmp_path)
    assert told.returncode == 0, told.stderr
    lines = [line.split(" ", 5) for line in told.stdout.splitlines()[:-1]]
    said = {
        (number, event): (actor, json.loads(facts)) for _, _, number, event, actor, facts in lines
    }
    assert said["1", "break-glass-used"][1]["reason"] == "prod is down"
    assert said["1", "intent"][1]["rule"] == "two other people"
    assert said["1", "intent"][1]["votes"] == []
    assert said["2", "denied"][0] == BOB
    assert said["2", "denied"][1]["reason"] == "not today"
    assert ("2", "intent") not in said
    assert said["None", "look-up-asked"][0] == ANN
    assert sorted(said["3", "intent"][1]["votes"]) == [BOB, CAT]


def test_the_hash_in_the_docs_is_made_of_the_bytes_in_the_docs() -> None:
    row = json.loads(_block("json"))
    assert hashlib.sha256(_block("").encode()).hexdigest() == row["hash"]


def _check_of_the_docs(export: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    program = tmp_path / "check.py"
    program.write_text(_block("python"), encoding="utf-8")
    assert len([line for line in _block("python").splitlines() if line]) <= 20
    command = [sys.executable, "-I", str(program), str(export)]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", cwd=tmp_path, check=False, timeout=30
    )


def _block(language: str) -> str:
    """The first block of code in the docs that is written in this language."""
    blocks = re.findall(r"^```(\w*)\n(.*?)\n```$", DOC, re.MULTILINE | re.DOTALL)
    return next(text for name, text in blocks if name == language)
