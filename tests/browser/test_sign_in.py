"""Signing in to confirm an approval, in a real browser: the bot and the provider are two sites."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import driver
from browser.conftest import DESKTOP, PHONE
from identity_provider import IdentityProvider, Person
from phone import link_in
from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait
from world import BOB, SNAPSHOT, World, world

from rehearsal.clock import SkippingClock

POLICY = """
[[rule]]
name = "confirmed"
approvers = ["U0BOB"]
step_up = "oidc"
"""


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with IdentityProvider(SkippingClock()) as running:
        running.people = {"bob": Person("sub-bob", "bob's", {"slack_user_id": BOB})}
        yield running


@pytest.fixture
def at_work(tmp_path: Path, provider: IdentityProvider) -> Iterator[World]:
    port = _free_port()
    settings = provider.settings(f"http://localhost:{port}")  # the provider is at 127.0.0.1
    with world(tmp_path, POLICY, **settings | {"PORT": str(port)}) as it:
        provider.clock = it.clock
        yield it


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_from_the_link_in_slack_to_the_provider_and_back(
    chromium: Chrome, at_work: World, size: tuple[int, int]
) -> None:
    driver.set_size(chromium, *size)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    told = at_work.told("Confirm it by signing in", BOB).text
    chromium.get(link_in(told))
    assert "transfer" in chromium.find_element("css selector", "ul").text.lower()
    chromium.find_element("css selector", "button").click()
    waiting = WebDriverWait(chromium, 10)
    waiting.until(lambda c: c.find_elements("css selector", "[name=password]"))
    assert "127.0.0.1" in chromium.current_url
    chromium.find_element("css selector", "[name=user]").send_keys("bob")
    chromium.find_element("css selector", "[name=password]").send_keys("bob's")
    chromium.find_element("css selector", "button").click()
    waiting.until(lambda c: "Your approval counts" in c.page_source)
    assert chromium.get_cookies() == []
    at_work.reply("completed", root)
    complaints = [entry["message"] for entry in chromium.get_log("browser")]
    assert [each for each in complaints if "favicon" not in each] == []
