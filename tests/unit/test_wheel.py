"""What is installed from the wheel, far from the checkout and among things named as ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

import bot
from rehearsal import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
FOLDERS = ("bot", "handlers", "rehearsal", "policy", "manifest", "migrations", "package_data")
FILES = ("alembic.py", "logging.py", "secrets.py", "slack_bolt.py", "sqlalchemy.py", "yaml.py")
IN_THE_WAY = "raise RuntimeError('this is not ours')"


class Ended(NamedTuple):
    """A command that ended."""

    status: int
    said: str


Run = Callable[..., Ended]


def _run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Ended:
    ours = ("SLACK_", "DIGITALOCEAN_", "IMAGE_BOT_", "DATABASE_URL", "PYTHONPATH")
    clean = {name: os.environ[name] for name in os.environ if not name.startswith(ours)}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**clean, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Ended(done.returncode, done.stdout + done.stderr)


def _good(*command: str | Path, cwd: Path) -> str:
    ended = _run(*command, cwd=cwd)
    assert ended.status == 0, ended.said
    return ended.said


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`image-bot`, in an environment of its own; of the wheel that IMAGE_BOT_WHEEL names."""
    folder = tmp_path_factory.mktemp("installed")
    wheel = Path(os.environ.get("IMAGE_BOT_WHEEL") or _built(folder / "dist"))
    _good(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    there = folder / "venv" / "bin"
    pinned = ("-c", ROOT / "constraints.txt", f"image-bot[demo] @ {wheel.as_uri()}")
    _good(there / "python", "-m", "pip", "install", "-q", *pinned, cwd=folder)
    return there / "image-bot"


def _copied(source: Path) -> Path:
    """The checkout without what builds leave in it: two of them would meet in `build`."""
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, _good(*listed, cwd=ROOT).split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    return source


def _built(dist: Path) -> Path:
    pip = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps")
    dist.mkdir()
    _good(*pip, "-w", dist, _copied(dist.parent / "source"), cwd=dist)
    (wheel,) = dist.glob("image_bot-*.whl")
    return wheel


@pytest.fixture
def image_bot(program: Path, tmp_path: Path) -> Run:
    """Runs it where nearly every name that it could trip over is taken by something else."""
    for name in FOLDERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(IN_THE_WAY, encoding="utf-8")
        (tmp_path / name / "__main__.py").write_text(IN_THE_WAY, encoding="utf-8")
    for name in FILES:
        (tmp_path / name).write_text(IN_THE_WAY, encoding="utf-8")
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n", "utf-8")
    return lambda *arguments, **env: _run(program, *arguments, cwd=tmp_path, env=env)


def test_it_tells_its_name_and_version(image_bot: Run) -> None:
    assert image_bot("--version") == (0, f"image-bot {bot.__version__}\n")
    assert image_bot("--help").said.startswith("usage: image-bot ")
    assert image_bot("doctor", "--help").said.startswith("usage: image-bot doctor ")


def test_it_plays_the_demo(image_bot: Run) -> None:
    status, said = image_bot("demo", "--play")
    assert (status, "completed after" in said) == (0, True), said


def test_it_migrates_and_looks_after_its_database(image_bot: Run) -> None:
    for command, told in {
        "migrate": "The schema is at version",
        "requests": "No request is open.",
        "audit verify": "",
        "backup a.backup": "",
    }.items():
        status, said = image_bot(*command.split())
        assert (status, told in said) == (0, True), said
    status, said = image_bot("restore", "none.backup")
    assert (status, "There is no file" in said or "no such" in said.lower()) == (2, True), said


def test_from_init_to_a_set_up_in_which_the_doctor_finds_all_well(
    image_bot: Run, tmp_path: Path
) -> None:
    status, said = image_bot("init", "--approvers", "U0BOB", "--channel", "C0OPS")
    assert (status, "`image-bot doctor`" in said, "python -m" in said) == (0, True, False), said
    assert image_bot("policy", "check").status == 0
    status, said = image_bot("doctor")
    assert (status, "SLACK_BOT_TOKEN is missing" in said) == (1, True), said
    assert "python -m bot" not in said
    tmp_path.chmod(0o700)
    with Sandbox(lifetime=120) as sandbox:
        sandbox.digitalocean.limit_scopes(
            "image:read", "image:update", "actions:read", "regions:read"
        )
        status, said = image_bot("doctor", **sandbox.settings(socket=True))
    assert (status, ", 0 warning, 0 wrong" in said) == (0, True), said
