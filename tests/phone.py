"""A person with a browser and an app for one-time codes, for whom the bot's pages are."""

from __future__ import annotations

import re
from typing import Any

import requests
from world import World

from bot.domain import totp

PUBLIC = "https://bot.example.com"
KEY = "0123456789abcdef" * 2
STEP_UP = {"IMAGE_BOT_PUBLIC_URL": PUBLIC, "IMAGE_BOT_SECOND_FACTOR_KEY": KEY}
"""The settings of a bot whose pages people reach, by a proxy that these tests are."""


class Phone:
    """One person's browser and app.

    Attributes:
        secret: what was enrolled; empty before that.
    """

    def __init__(self, at_work: World, person: str) -> None:
        self._world = at_work
        self._person = person
        self.secret = b""

    def opens(self, link: str, **headers: str) -> requests.Response:
        """Look at a page."""
        return requests.get(self._here(link), headers=headers, timeout=30)

    def sends(self, link: str, headers: dict[str, str] | None = None, **fields: str) -> Any:
        """Send a page's form, as a browser does."""
        told = {"Sec-Fetch-Site": "same-origin", "Origin": "null"} if headers is None else headers
        return requests.post(self._here(link), fields, headers=told, timeout=30)

    def _here(self, link: str) -> str:
        assert link.startswith(f"{PUBLIC}/"), link
        assert self._world.bot is not None
        return link.replace(PUBLIC, f"http://127.0.0.1:{self._world.bot.port}")

    def code(self, steps: int = 0) -> str:
        """What the app shows, now or some steps of time from now."""
        counter = totp.counter_at(self._world.clock()) + steps
        return totp.code_of(self.secret, counter)

    def next_code(self) -> str:
        """The next code: the one before it may be used up."""
        self._world.clock.skip(totp.STEP_SECONDS)
        return self.code()

    def link_to_enrol(self) -> str:
        """What `/image second-factor` answers with."""
        ack = self._world.types("second-factor", by=self._person)
        return link_in(ack.text)

    def enrols(self) -> None:
        """From the command to the first code; who has a factor shows it."""
        link = self.link_to_enrol()
        old = self.next_code() if self.secret else ""
        page = self.sends(link, act="show", old=old)
        assert page.status_code == 200, page.text
        self.secret = secret_in(page.text)
        page = self.sends(link, act="enrol", code=self.code())
        assert "is enrolled" in page.text, page.text

    def clicks_approve(self, root: Any, action: str = "approve") -> str:
        """The link that a click on *Approve*, or on another button, brings."""
        before = len(self._links())
        self._world.clicks(action, root, by=self._person)
        self._world.until(lambda: len(self._links()) > before, "a link to confirm it")
        return self._links()[-1]

    def _links(self) -> list[str]:
        told = self._world._told("/approve/", self._person)
        return [link_in(message.text) for message in told]

    def approves(self, root: Any) -> requests.Response:
        """Click *Approve*, and confirm it."""
        link = self.clicks_approve(root)
        page: requests.Response = self.sends(link, code=self.next_code())
        return page


def link_in(text: str) -> str:
    """The address that a message links."""
    found = re.search(r"<(https?://[^|>]+)\|", text)
    assert found, text
    return found[1]


def secret_in(page: str) -> bytes:
    """The secret that a page shows."""
    import base64

    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert found, page
    return base64.b32decode(found[1].replace(" ", ""))
