"""Plans that take snapshots: their policy, images that are there, and what was sent."""

from __future__ import annotations

from typing import Any

from world import ONE_APPROVAL, RUNS_AT_ONCE, World

PLAN = 'image_actions = ["snapshot", "transfer", "delete"]\n'
ASKED, AT_ONCE = ONE_APPROVAL + PLAN, RUNS_AT_ONCE + PLAN
WEB_1, DB_1 = 3_164_444, 3_164_446
FIRST = 71_000_000


def nightly(
    at_work: World, stem: str = "web-1", count: int = 4, first: int = FIRST, **fields: Any
) -> list[int]:
    """Nightly snapshots of a Droplet, the oldest first; their ids."""
    for n in range(count):
        at_work.digitalocean.add_image(
            first + n,
            f"{stem}-2026-11-{n + 1:02}-0300",
            created_at=f"2026-11-{n + 1:02}T03:00:00Z",
            size_gigabytes=10.0,
            **{"droplet_id": WEB_1} | fields,
        )
    return [first + n for n in range(count)]


def sent(at_work: World) -> list[str]:
    """What was sent that changes something, in its order: `snapshot web-1-…`, `transfer fra1`."""
    found = []
    for call in at_work.digitalocean.calls:
        if call.method == "POST":
            found.append(f"{call.body['type']} {call.body.get('region', call.body.get('name'))}")
        elif call.method == "DELETE":
            found.append(f"delete {call.path.rsplit('/', 1)[1]}")
    return found
