"""What a release is made with."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

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
