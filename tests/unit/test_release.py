"""What a release is made with."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import bot

ROOT = Path(__file__).parents[2]


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    attribute = project["tool"]["setuptools"]["dynamic"]["version"]["attr"]
    assert attribute == f"{bot.__name__}.__version__"


def test_the_changelog_has_a_section_of_the_version_under_an_unreleased_one() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[:2] == ["Unreleased", bot.__version__]


def test_the_same_files_packed_at_other_times_become_the_same_bytes(tmp_path: Path) -> None:
    packed = [_packed(tmp_path / name, at) for name, at in (("a", 1_000), ("b", 2_000))]
    assert packed[0].read_bytes() != packed[1].read_bytes()
    for archive in packed:
        done = subprocess.run(
            [sys.executable, ROOT / ".ci/repack.py", "3000", archive], check=False
        )
        assert done.returncode == 0
    assert packed[0].read_bytes() == packed[1].read_bytes()
    with tarfile.open(packed[0]) as archive:
        assert {(m.name, m.mtime, m.mode) for m in archive} == {
            ("x", 3000, 0o755),
            ("x/run", 3000, 0o755),
            ("x/text", 3000, 0o644),
        }
        held = archive.extractfile("x/text")
        assert held is not None
        assert held.read() == b"text"


PROVENANCE = ROOT / ".ci/provenance.py"


def _provenance(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, PROVENANCE, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """What a release leaves, and the statement about it."""
    for name in ("x.whl", "x.tar.gz", "x.cdx.json"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert _provenance("write", tmp_path, "1.2.3", "c" * 40).returncode == 0
    return tmp_path


def test_the_provenance_tells_each_file_and_the_commit(dist: Path) -> None:
    assert _provenance("check", dist, "c" * 40).returncode == 0
    told = json.loads((dist / "image-bot-1.2.3.provenance.json").read_text("utf-8"))
    assert told["_type"] == "https://in-toto.io/Statement/v1"
    assert told["predicateType"] == "https://slsa.dev/provenance/v1"
    assert {each["name"]: each["digest"]["sha256"] for each in told["subject"]} == {
        name: hashlib.sha256(name.encode()).hexdigest()
        for name in ("x.whl", "x.tar.gz", "x.cdx.json")
    }
    source, *materials = told["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert source["digest"] == {"gitCommit": "c" * 40}
    for each in materials:
        held = hashlib.sha256((ROOT / each["name"]).read_bytes()).hexdigest()
        assert each["digest"] == {"sha256": held}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda dist: (dist / "x.whl").write_text("other"), "x.whl is another file"),
        (lambda dist: (dist / "y.whl").write_text("y"), "y.whl is there, and not told of"),
        (lambda dist: (dist / "x.tar.gz").unlink(), "x.tar.gz is told of, and not there"),
        (lambda dist: (dist / "image-bot-1.2.3.provenance.json").unlink(), "0 statements"),
    ],
)
def test_what_is_not_as_the_provenance_tells_is_found(
    dist: Path, spoil: Callable[[Path], object], said: str
) -> None:
    spoil(dist)
    checked = _provenance("check", dist)
    assert checked.returncode == 1
    assert said in checked.stderr


def test_another_commit_is_found(dist: Path) -> None:
    checked = _provenance("check", dist, "d" * 40)
    assert checked.returncode == 1
    assert "not from ddd" in checked.stderr


def _packed(folder: Path, at: int) -> Path:
    (folder / "x").mkdir(parents=True)
    for name, mode in (("text", 0o600), ("run", 0o700)):
        (folder / "x" / name).write_text(name, encoding="utf-8")
        (folder / "x" / name).chmod(mode)
    archive = folder / "x.tar.gz"

    def at_that_time(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.mtime = at
        return member

    with tarfile.open(archive, "w:gz") as made:
        made.add(folder / "x", "x", filter=at_that_time)
    return archive
