"""All golden files as the page draws them: `python -m tests.browser.golden`, or `make golden`.

Several messages to a picture, each under its name, at a phone's width and a desktop's, light and
dark. They are for eyes, after a change of what is drawn; they are not kept.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import driver
from browser.person import ANN, CHANNEL, DIALOG, Person

from rehearsal import Sandbox
from rehearsal.slack.people import BOT_USER, Channel
from rehearsal.slack.workspace import Workspace

GOLDEN = Path(__file__).parents[1] / "golden"
FOLDER = Path(__file__).parents[2] / "build" / "golden"
WIDTHS = {"phone": 390, "desktop": 1280}
A_SHEET = {"card": 5, "reply": 14, "direct": 5, "answer": 8}
"""Messages in one picture, by the first word of their names; a view has a picture of its own."""
_LOW = 700
"""The height of the page before it is made as tall as what stands on it."""

Drawn = dict[str, dict[str, Any]]


def main(wanted: list[str], folder: Path = FOLDER) -> None:
    """Take the pictures of all golden files, or of those whose names begin as is `wanted`."""
    if missing := driver.missing() or driver.missing_fonts():
        sys.exit(f"No pictures: {missing}.")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with (
        tempfile.TemporaryDirectory() as profile,
        driver.chromium(Path(profile)) as chromium,
        Sandbox(lifetime=1800) as sandbox,
    ):
        sandbox.page.about["read_only_messages"] = False
        person = Person(chromium, sandbox.url)
        for sheet in sheets(tuple(wanted)):
            place = _put(sandbox.slack.workspace, sheet)
            for (width, pixels), scheme in product(WIDTHS.items(), ("light", "dark")):
                driver.set_scheme(chromium, scheme)
                first_to_last = "-to-".join(dict.fromkeys((min(sheet), max(sheet))))
                _take(person, place, pixels, folder / f"{first_to_last}-{width}-{scheme}.png")
            sandbox.slack.workspace.modals.clear()


def sheets(wanted: tuple[str, ...] = ()) -> Iterator[Drawn]:
    """The golden files that share a picture, by name."""
    names = sorted(path.stem for path in GOLDEN.glob("*.json"))
    chosen = [name for name in names if not wanted or name.startswith(wanted)]
    for kind in dict.fromkeys(name.split("-")[0] for name in chosen):
        same = [name for name in chosen if name.split("-")[0] == kind]
        size = A_SHEET.get(kind, 1)
        for first in range(0, len(same), size):
            some = same[first : first + size]
            yield {n: json.loads((GOLDEN / f"{n}.json").read_text("utf-8")) for n in some}


def _put(workspace: Workspace, sheet: Drawn) -> str:
    """Put it before ann; returns the place where she sees it."""
    (first, drawn) = next(iter(sheet.items()))
    kind = drawn.get("type", "message")
    if kind == "home":
        workspace.homes[ANN] = workspace.new_view(ANN, drawn)
        return "home"
    if kind == "modal":
        workspace.modals[ANN] = [workspace.new_view(ANN, drawn)]
    channel = workspace.serial("C")
    workspace.channels[channel] = Channel(channel, first, frozenset((ANN, BOT_USER)))
    for name, message in sheet.items() if kind == "message" else ():
        workspace.post(channel, ANN, f"`{name}`")
        workspace.post(channel, BOT_USER, message["text"], message["blocks"])
    return channel


def _take(person: Person, place: str, width: int, path: Path) -> None:
    driver.set_size(person.driver, width, _LOW)
    person.visits(ANN, place)
    person.driver.execute_script(
        "document.querySelector('#open-controls[aria-expanded=true]')?.click()"
    )
    pane = next(filter(person.find, (DIALOG, ".home-blocks")), f"{CHANNEL} .list")
    hidden = person.driver.execute_script(
        "return Math.max(0, ...[...document.querySelectorAll('.list, .view-blocks, .home')]"
        ".map((each) => each.scrollHeight - each.clientHeight))"
    )
    driver.set_size(person.driver, width, _LOW + hidden)
    shown = person.find(pane)
    assert shown is not None
    path.write_bytes(shown.screenshot_as_png)


if __name__ == "__main__":
    main(sys.argv[1:])
