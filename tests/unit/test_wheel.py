"""What is installed from the wheel, far from the checkout and among folders named as ours."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _run(*command: str | Path, cwd: Path) -> str:
    clean = {name: os.environ[name] for name in os.environ if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_wheel_plays_the_demo_anywhere(tmp_path: Path) -> None:
    pip = (sys.executable, "-m", "pip")
    _run(*pip, "wheel", "-q", "--no-deps", "-w", tmp_path / "dist", ROOT, cwd=tmp_path)
    (wheel,) = (tmp_path / "dist").glob("image_bot-*.whl")
    _run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    there = tmp_path / "venv" / "bin"
    pinned = ("-c", ROOT / "constraints.txt", f"image-bot[demo] @ {wheel.as_uri()}")
    _run(there / "python", "-m", "pip", "install", "-q", *pinned, cwd=tmp_path)
    work = tmp_path / "work"
    for name in ("bot", "handlers", "rehearsal"):
        (work / name).mkdir(parents=True)
        (work / name / "__init__.py").write_text("raise RuntimeError", encoding="utf-8")
    image_bot = there / "image-bot"
    assert re.fullmatch(r"image-bot \d+\.\d+\.\d+\n", _run(image_bot, "--version", cwd=work))
    assert _run(image_bot, "--help", cwd=work).startswith("usage: image-bot ")
    assert "completed after" in _run(image_bot, "demo", "--play", cwd=work)
    assert "The schema is at version" in _run(image_bot, "migrate", cwd=work)
