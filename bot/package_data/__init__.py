"""Files that people copy from: found by their package, wherever it is installed.

In the repository they stand at its root, where people look for them; here are links, and a wheel
holds their content.
"""

from __future__ import annotations

from importlib.resources import files

MANIFEST, POLICY_EXAMPLE = "manifest.yml", "policy.example.toml"
SCHEDULES_EXAMPLE = "schedules.example.toml"


def text(name: str) -> str:
    """What one of them holds."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
