"""The pictures in docs/pictures: `python -m tests.browser.pictures`, or `make pictures`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import driver
from browser.person import BOB, CHANNEL, DIALOG, OPS, THREAD, Person
from PIL import Image

from bot.cli.rehearse import rehearsal
from rehearsal import Sandbox

_PATIENCE = 60.0
FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
DESKTOP, PHONE = (1280, 800), (390, 844)
_HASTY = {"IMAGE_BOT_HTTP_SECONDS": "2", "IMAGE_BOT_SETTLE_SECONDS": "3"}
TRANSFER = "/image transfer 62137902 nyc3 because the new office needs it"


def _start(person: Person, sandbox: Sandbox) -> None:
    """The page as it is found, with a command being completed."""
    person.types("/image ", enter=False)
    person.sees("copy an image")


def _approval(person: Person, sandbox: Sandbox) -> None:
    """A card that waits, as an approver sees it."""
    sandbox.digitalocean.action_seconds = 600
    person.types(TRANSFER)
    person.sees("Pending approval")
    person.becomes(BOB)
    person.sees("Approve")


def _thread(person: Person, sandbox: Sandbox) -> None:
    """A transfer on its way, with its thread."""
    _approval(person, sandbox)
    person.clicks("[data-action=approve]", CHANNEL)
    person.sees("In progress")
    sandbox.digitalocean.speed = 0
    sandbox.digitalocean.account.clock.advance(380)
    person.visits(BOB, OPS, sandbox.slack.messages(OPS)[-1].ts)
    person.sees("(action", THREAD)


def _modal(person: Person, sandbox: Sandbox) -> None:
    """The form that asks why."""
    _approval(person, sandbox)
    person.clicks("[data-action=deny]", CHANNEL)
    person.sees("Why?", DIALOG)
    person.presses("not on a Friday")


def _attention(person: Person, sandbox: Sandbox) -> None:
    """DigitalOcean cut the connection: a person has to decide."""
    person.types(TRANSFER)
    person.sees("Pending approval")
    if not person.find("[data-switch=cut_before]").is_displayed():
        sandbox.digitalocean.faults.reset(method="POST", times=None)
    else:
        person.clicks("[data-switch=cut_before]")
    person.becomes(BOB)
    person.clicks("[data-action=approve]", CHANNEL)
    person.sees("Send again", seconds=30)


def _events(person: Person, sandbox: Sandbox) -> None:
    """The event log, one entry open."""
    _approval(person, sandbox)
    if not person.find("#controls").is_displayed():
        person.clicks("#open-controls")
    person.clicks("#tab-events")
    person.sees("→ 200", "#page-events")
    opening = "document.querySelector('#page-events .in summary').click()"
    person.driver.execute_script(opening)
    person.sees("{", "#page-events [open] pre")
    # Headers first, with Slack's signature; then what the bot did, below.
    person.driver.execute_script("document.querySelector('#page-events').scrollTop = 0")


def _home(person: Person, sandbox: Sandbox) -> None:
    """App Home of an approver."""
    _approval(person, sandbox)
    person.visits(BOB, "home")
    person.until(lambda: person.text(".home") or person.text(".empty"), "the Home")


def _account(person: Person, sandbox: Sandbox) -> None:
    """DigitalOcean behind the scenes."""
    _approval(person, sandbox)
    person.clicks("[data-action=approve]", CHANNEL)
    person.sees("In progress")
    if not person.find("#controls").is_displayed():
        person.clicks("#open-controls")
    person.sees("Images", "#controls")
    heading = "[...document.querySelectorAll('#page-account h3')].find((e) => e.textContent === %r)"
    person.driver.execute_script(f"{heading % 'Calls'}.scrollIntoView()")


SCENES: dict[str, Callable[[Person, Sandbox], None]] = {
    "start": _start,
    "approval": _approval,
    "thread": _thread,
    "modal": _modal,
    "attention": _attention,
    "events": _events,
    "home": _home,
    "account": _account,
}


def main(wanted: list[str]) -> None:
    """Take the pictures of all scenes, or of those named."""
    if missing := driver.missing() or driver.missing_fonts():
        sys.exit(f"No pictures: {missing}.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile, driver.chromium(Path(profile)) as chromium:
        for name in wanted or SCENES:
            sys.stdout.write(f"{name}\n")
            for width, size in (("desktop", DESKTOP), ("phone", PHONE)):
                driver.set_size(chromium, *size)
                with rehearsal(**_HASTY) as sandbox:
                    person = Person(chromium, sandbox.url, _PATIENCE)
                    person.visits()
                    SCENES[name](person, sandbox)
                    _take(chromium, f"{name}-{width}")


def _take(chromium: driver.Chrome, name: str) -> None:
    for scheme in ("light", "dark"):
        driver.set_scheme(chromium, scheme)
        picture = Image.open(BytesIO(chromium.get_screenshot_as_png())).convert("RGB")
        small = picture.quantize(256, dither=Image.Dither.NONE)
        small.save(FOLDER / f"{name}-{scheme}.png", optimize=True)
    driver.set_scheme(chromium, "light")


if __name__ == "__main__":
    main(sys.argv[1:])
