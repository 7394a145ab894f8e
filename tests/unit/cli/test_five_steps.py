"""The README's five steps, pasted into a shell on a terminal, between the stand-ins."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from terminal import Terminal

from rehearsal import Sandbox

ROOT = Path(__file__).parents[3]
NAMES = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "DIGITALOCEAN_TOKEN")


def _steps() -> list[str]:
    """What is to be pasted, block by block."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    _, _, rest = readme.partition("## Five steps")
    steps, _, _ = rest.partition("\n## ")
    return [re.sub(r"(?m)^   ", "", block) for block in re.findall(r"```\n(.*?) *```", steps, re.S)]


def test_the_order_is_one_that_can_work() -> None:
    install, init, edit, look = _steps()
    assert install == "make install\n"
    assert init == ".venv-bot/bin/python -m bot init\n"
    assert "umask 077" in edit
    assert re.findall(r"-m bot (\w+)", look) == ["policy", "doctor", "run"]


@pytest.mark.slow
def test_pasted_one_after_the_other_they_end_in_a_transfer(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir(mode=0o700)
    for name in ("bot", "handlers"):
        shutil.copytree(ROOT / name, checkout / name)
    shutil.copy(ROOT / "manifest.yml", checkout)
    (checkout / ".venv-bot").symlink_to(
        Path(sys.executable).parents[1]
    )  # what `make install` makes
    _, init, edit, look = _steps()
    with Sandbox(lifetime=110) as sandbox:
        sandbox.digitalocean.limit_scopes(
            "image:read", "image:update", "actions:read", "regions:read"
        )
        tokens = sandbox.settings(socket=True)
        shell = Terminal(checkout, ("/bin/bash", "--norc"), _environment(tmp_path, tokens))
        try:
            shell.types(init)
            for typed in ("", "C0OPS", "U0BOB", "", ""):
                shell.answer(typed)
            shell.waits(r"then `python -m bot run`")
            shell.types(edit)
            shell.types(look)
            shell.waits(r", 0 warning, 0 wrong")
            sandbox.slack.connect_socket(timeout=30)
            sandbox.slack.command("U0ANN", "C0OPS", "transfer 62137902 nyc3")
            root = sandbox.slack.wait_for(lambda: sandbox.slack.messages("C0OPS"))[0]
            sandbox.slack.click("U0BOB", root, "approve")
            sandbox.slack.wait_for(lambda: sandbox.digitalocean.posts, what="the transfer")
            shell.types("\x03")
            shell.waits("stopping")
            shell.types("exit\n")
            shell.ends()
        finally:
            shell.end()
        assert not any(tokens[name] in shell.said for name in NAMES)
    assert (checkout / ".env").stat().st_mode & 0o777 == 0o600
    (checkout / ".env").unlink()


def _environment(folder: Path, tokens: dict[str, str]) -> dict[str, str]:
    """Where the stand-ins are, and an editor that puts each token behind its name."""
    shutil.rmtree(folder / "editor", ignore_errors=True)
    editor = folder / "editor" / "edit.py"
    editor.parent.mkdir()
    editor.write_text(
        "import os, pathlib, sys\n"
        "file = pathlib.Path(sys.argv[1])\n"
        "text = file.read_text()\n"
        f"for name in {NAMES}:\n"
        "    text = text.replace(f'{name}=\\n', f'{name}={os.environ[\"TEST_\" + name]}\\n')\n"
        "new = file.with_suffix('.new')\n"
        "new.write_text(text)\n"
        "new.replace(file)\n",
        encoding="utf-8",
    )
    return {
        "EDITOR": f"{sys.executable} {editor}",
        "PYTHONPATH": "",
        "PORT": "0",
        **{name: tokens[name] for name in ("SLACK_API_URL", "DIGITALOCEAN_API_URL")},
        **{f"TEST_{name}": tokens[name] for name in NAMES},
    }
