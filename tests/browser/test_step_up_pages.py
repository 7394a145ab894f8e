"""The pages for second factors in a browser: readable on a phone, without scripts."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from asked import requests
from browser import driver
from browser.conftest import DESKTOP, PHONE
from browser.test_accessibility import _RUN
from selenium.webdriver import Chrome

from bot.domain import totp
from bot.domain.step_up import Refusal
from bot.views.pages import step_up

SECRET = bytes(range(totp.SECRET_BYTES))
LONG = requests()["pending-fifteen-regions"]
PAGES: dict[str, Callable[[], bytes]] = {
    "approve": lambda: step_up.to_confirm(LONG),
    "approve-wrong": lambda: step_up.to_confirm(LONG, Refusal.WRONG_CODE),
    "approve-hostile": lambda: step_up.to_confirm(requests()["pending-hostile"]),
    "sign-in": lambda: step_up.to_sign_in(LONG),
    "approved": lambda: step_up.confirmed(requests()["approved"]),
    "not-approved": lambda: step_up.not_approved(Refusal.USED),
    "enrol": lambda: step_up.to_enrol(has_one=True),
    "secret": lambda: step_up.secret(
        totp.in_base32(SECRET), totp.address(SECRET, "U0BOB", "image-bot")
    ),
    "enrolled": step_up.enrolled,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_it_can_be_read(
    chromium: Chrome, tmp_path: Path, name: str, size: tuple[int, int], scheme: str
) -> None:
    file = tmp_path / f"{name}.html"
    file.write_bytes(PAGES[name]())
    driver.set_size(chromium, *size)
    driver.set_scheme(chromium, scheme)
    chromium.get(file.as_uri())
    wide = chromium.execute_script("return document.documentElement.scrollWidth")
    assert wide <= size[0], "nothing stands outside"
    for button in chromium.find_elements("css selector", "button"):
        assert button.size["height"] >= 44, "a thumb finds it"
    source = (resources.files("axe_core_python") / "axe.min.js").read_text("utf-8")
    chromium.execute_script(source)
    found = chromium.execute_async_script(_RUN)
    assert [(each["id"], node["html"][:200]) for each in found for node in each["nodes"]] == []
