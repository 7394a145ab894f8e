"""What a person does on the rehearsal page, and what they see there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

ANN, BOB, CAT, DAN = "U0ANN", "U0BOB", "U0CAT", "U0DAN"
OPS, PROD = "C0OPS", "C0PROD"
CHANNEL, THREAD, DIALOG = "#channel", "#thread", "dialog[open]"

_PASSING = (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
"""The page was being drawn anew just then: look again."""


class Person:
    """Somebody at the page: looks by CSS selector within a pane, waits for what is to come.

    Args:
        patience: the longest wait in seconds, where none is given.
    """

    def __init__(self, driver: Chrome, url: str, patience: float = 15) -> None:
        self.driver, self.url, self.patience = driver, url, patience

    def visits(self, user: str = ANN, place: str = OPS, thread: str = "") -> None:
        """Load the page anew as `user`."""
        self.driver.get("about:blank")
        address = "/".join(filter(None, (user, place, thread)))
        self.driver.get(f"{self.url}/#{address}")
        self.until(lambda: self.find(".message-box") or self.find(".home"), "the page")

    def becomes(self, user: str) -> None:
        """Switch the account."""
        self.driver.execute_script("arguments[0].click()", self.find(f"input[value={user}]"))
        self.until(lambda: self.find(f"input[value={user}]:checked"), f"being {user}")
        self.until(lambda: f"#{user}" in self.driver.current_url, f"the address of {user}")

    def types(self, text: str, pane: str = CHANNEL, enter: bool = True) -> None:
        """Type into a pane's message box, and send it."""
        box = self.driver.find_element(By.CSS_SELECTOR, f"{pane} .message-box")
        box.send_keys(text, *([Keys.ENTER] if enter else []))

    def presses(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def clicks(self, selector: str, pane: str = "body") -> None:
        """Click the last thing that fits, once it is there."""

        def click() -> bool:
            found = self._all(selector, pane)
            if found:
                found[-1].click()
            return bool(found)

        self.until(click, f"{selector} in {pane}")

    def button(self, label: str, pane: str = "body") -> None:
        """Click the last button with this label."""

        def click() -> bool:
            area = self.find(pane)
            same = f'.//button[normalize-space() = "{label}"]'
            found = area.find_elements(By.XPATH, same) if area else []
            found = [each for each in found if each.is_displayed()]
            if found:
                found[-1].click()
            return bool(found)

        self.until(click, f"the button {label!r} in {pane}")

    def sees(self, text: str, pane: str = CHANNEL, seconds: float = 0) -> None:
        """Wait until a pane shows this text."""
        self.until(lambda: text in self.text(pane), f"{text!r} in {pane}", seconds)

    def sees_no_more(self, selector: str, pane: str = "body") -> None:
        """Wait until nothing fits."""
        self.until(lambda: not self._all(selector, pane), f"no {selector} in {pane}")

    def text(self, pane: str) -> str:
        """Everything a pane shows."""
        found = self.find(pane)
        return found.text if found else ""

    def find(self, selector: str) -> WebElement | None:
        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found[0] if found else None

    def focus(self) -> str:
        """What has the focus, by its id, label or text."""
        return str(
            self.driver.execute_script(
                "const e = document.activeElement;"
                "return e.dataset.place || e.id || e.getAttribute('aria-label') || e.textContent"
            )
        )

    def until(self, condition: Callable[[], Any], what: str, seconds: float = 0) -> None:
        """Wait for something to become true."""
        seconds = max(seconds, self.patience)
        end = time.monotonic() + seconds
        while True:
            try:
                if condition():
                    return
            except _PASSING:
                pass
            if time.monotonic() > end:
                shown = "\n---\n".join(map(self.text, (CHANNEL, THREAD, DIALOG)))
                raise AssertionError(f"{what} did not come in {seconds} s; shown:\n{shown}")
            time.sleep(0.03)

    def complaints(self) -> list[str]:
        """What the browser's console holds against the page."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING")
        ]

    def _all(self, selector: str, pane: str) -> list[WebElement]:
        area = self.find(pane)
        found = area.find_elements(By.CSS_SELECTOR, selector) if area else []
        return [each for each in found if each.is_displayed()]
