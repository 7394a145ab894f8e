"""The DigitalOcean client against the official one, pydo, on the same server.

`python -m benchmarks.clients image-bot|pydo URL TOKEN IMAGE ACTION CALLS` is one probe: a
process that imports one client, reads one image action again and again, and prints what that
took as JSON. Nothing of ours is imported before.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

import psutil

_NAMES = ("image-bot", "pydo")


def measure(quick: bool) -> Iterator[Row]:
    """Probe by turns; a process each, so that every import is the first."""
    from benchmarks.bots import stand_ins
    from benchmarks.processes import run

    found: dict[str, list[dict[str, float]]] = {name: [] for name in _NAMES}
    with stand_ins() as sandbox:
        server = sandbox.digitalocean
        image = 62137902
        action = server.act(image, {"type": "transfer", "region": "nyc3"})
        token = sandbox.settings()["DIGITALOCEAN_TOKEN"]
        for _ in range(2 if quick else 6):
            for name in _NAMES:
                probe = ["-m", "benchmarks.clients", name, server.url, token]
                counts = [str(image), str(action.id), "50" if quick else "300"]
                found[name].append(json.loads(run([*probe, *counts])))
    yield from _rows(*(_medians(found[name]) for name in _NAMES))


def _medians(probes: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(probe[key] for probe in probes) for key in probes[0]}


def _rows(ours: dict[str, float], theirs: dict[str, float]) -> Iterator[Row]:
    from benchmarks.figures import Row

    for what, key, unit, form in (
        ("DigitalOcean client: import and first client", "import_s", "s", ".2f"),
        ("DigitalOcean client: memory it adds", "megabytes", "MB", ".0f"),
        ("DigitalOcean client: reads of one action a second", "calls_per_s", "", ",.0f"),
    ):
        ratio = ours[key] / theirs[key]
        yield Row(
            what=what,
            measured=f"{ours[key]:{form}} {unit}".strip(),
            floor=f"pydo {theirs[key]:{form}} {unit}".strip(),
            ratio=f"{ratio:.2f}",
            target="more" if key == "calls_per_s" else "less",
            met=ratio > 1 if key == "calls_per_s" else ratio < 1,
            numbers={key: ours[key], f"pydo_{key}": theirs[key], "ratio": ratio},
        )


def _client(name: str, url: str, token: str) -> tuple[Any, dict[str, Any]]:
    """The client, and what each call needs besides (pydo takes plain http only when told)."""
    if name == "pydo":
        import pydo

        return pydo.Client(token=token, endpoint=url), {"enforce_https": False}
    from bot.digitalocean import Client

    return Client(token, endpoint=url), {}


def _probe(name: str, url: str, token: str, image: int, action: int, calls: int) -> None:
    process = psutil.Process()
    before = process.memory_full_info().uss
    began = time.perf_counter()
    client, extra = _client(name, url, token)
    imported = time.perf_counter() - began
    client.image_actions.get(image, action, **extra)  # opens the connection
    memory = process.memory_full_info().uss - before
    began = time.perf_counter()
    for _ in range(calls):
        client.image_actions.get(image, action, **extra)
    took = time.perf_counter() - began
    found = {"import_s": imported, "megabytes": memory / 1e6, "calls_per_s": calls / took}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    _probe(*sys.argv[1:4], *(int(each) for each in sys.argv[4:7]))  # type: ignore[arg-type]
else:
    from benchmarks.figures import Row
