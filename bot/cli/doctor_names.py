"""`doctor`, the names of settings: one that is misspelt is as good as not set."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values

from bot.cli.findings import Finding, warning
from bot.config import Settings
from bot.secret_files import setting_name

_OURS = ("IMAGE_BOT_", "SLACK_", "DIGITALOCEAN_")
_OTHERS = {
    "DIGITALOCEAN_APP_ID",
    *(f"DIGITALOCEAN_{name}" for name in ("ACCESS_TOKEN", "CONFIG", "CONTEXT", "OUTPUT")),
}
"""What `.do/app.yaml` sets so that the bot knows App Platform, and what `doctl` reads."""
_LIKE = 0.82
"""How much a name must be like a setting's (`difflib`): `SLACK_SIGNING_SECERT` is, 0.95."""
_SHORTEST = 8
"""Characters: `HOME` is much like `HOST`, and means something else."""


def misspelt() -> Iterator[Finding]:
    """Names in the environment and in `.env` that look like a setting, and are none."""
    yield from _misspelt({*os.environ, *_of_file(Path(".env"))})


def _of_file(path: Path) -> Iterable[str]:
    try:
        return dotenv_values(path) if path.is_file() else ()
    except (OSError, UnicodeDecodeError):
        return ()  # reading the settings told of it


def _misspelt(given: Iterable[str]) -> Iterator[Finding]:
    names = [setting_name(name, field) for name, field in Settings.model_fields.items()]
    known = {*names, *(f"{name}_FILE" for name in names)}
    for name in sorted({each for each in given if each.upper() not in known}):
        alike = get_close_matches(name.upper(), known, 1, _LIKE) if len(name) >= _SHORTEST else []
        if alike and not {alike[0], f"{alike[0]}_FILE"} & set(given):
            yield warning(
                "settings", f"{name} is not a setting of the bot", f"Did you mean {alike[0]}?"
            )
        elif name.upper().startswith(_OURS) and name.upper() not in _OTHERS:
            yield warning(
                "settings",
                f"{name} is not a setting of the bot",
                "README.md lists them; correct it or take it out.",
            )
