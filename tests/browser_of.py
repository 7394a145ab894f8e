"""A person's browser, which goes from the bot's page to the identity provider and back."""

from __future__ import annotations

import re
from html import unescape
from http.cookies import SimpleCookie
from typing import Any

import requests
from phone import PUBLIC, link_in
from world import World


class Browser:
    """One person with a browser of their own.

    Attributes:
        cookies: what the bot's pages had it keep.
    """

    def __init__(self, at_work: World, person: str) -> None:
        self._world = at_work
        self.person = person
        self.cookies: dict[str, str] = {}

    def clicks_approve(self, root: Any, action: str = "approve") -> str:
        """The link that a click on *Approve*, or on another button, brings."""
        before = len(self._links())
        self._world.clicks(action, root, by=self.person)
        self._world.until(lambda: len(self._links()) > before, "a link to confirm it")
        return self._links()[-1]

    def _links(self) -> list[str]:
        told = self._world._told("/approve/", self.person)
        return [link_in(message.text) for message in told]

    def opens(self, link: str) -> requests.Response:
        """Look at a page of the bot's."""
        return self._kept(requests.get(self._here(link), headers=self._headers(), timeout=10))

    def sends(self, link: str, **fields: str) -> requests.Response:
        """Send a page's form."""
        told = {**self._headers(), "Sec-Fetch-Site": "same-origin", "Origin": "null"}
        return self._kept(requests.post(self._here(link), fields, headers=told, timeout=10))

    def begins(self, link: str) -> str:
        """Press the button on the page of a link: where the browser is sent."""
        page = self.sends(link, act="sign-in")
        assert page.status_code == 200, page.text
        found = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]+)">', page.text)
        assert found, page.text
        return unescape(found[1])

    def signs_in(self, address: str, user: str, password: str) -> str:
        """On the provider's page: where the browser is sent back to."""
        page = requests.get(address, timeout=10, allow_redirects=False)
        if page.status_code == 302:  # it remembers somebody
            return page.headers["Location"]
        assert page.status_code == 200, page.text
        action = re.search(r'action="([^"]+)"', page.text)
        assert action, page.text
        at = address.split("/authorize")[0] + action[1]
        form = {"user": user, "password": password}
        answer = requests.post(at, form, timeout=10, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def approves(self, root: Any, user: str, password: str) -> requests.Response:
        """All of it, from the click to the last page."""
        return self.confirms(self.clicks_approve(root), user, password)

    def confirms(self, link: str, user: str, password: str) -> requests.Response:
        """All of it, from the link to the last page."""
        return self.opens(self.signs_in(self.begins(link), user, password))

    def _here(self, link: str) -> str:
        assert link.startswith(f"{PUBLIC}/"), link
        assert self._world.bot is not None
        return link.replace(PUBLIC, f"http://127.0.0.1:{self._world.bot.port}")

    def _headers(self) -> dict[str, str]:
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": kept} if kept else {}

    def _kept(self, answer: requests.Response) -> requests.Response:
        """Keep the cookies of an answer, as a browser does that came over TLS."""
        for name, morsel in SimpleCookie(answer.headers.get("Set-Cookie", "")).items():
            assert morsel["secure"], "__Host- cookies are dropped without"
            assert morsel["httponly"]
            assert (morsel["path"], morsel["samesite"], morsel["domain"]) == ("/", "Lax", "")
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
        return answer
