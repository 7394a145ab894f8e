"""A headless Chromium for tests and pictures: Debian's, driven by its own chromedriver."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def missing() -> str | None:
    """Why no browser can be started here; None: one can."""
    if not any(map(shutil.which, _BROWSERS)):
        return "no Chromium is installed (Debian: apt-get install chromium chromium-driver)"
    if not shutil.which("chromedriver"):
        return "no chromedriver is installed (Debian: apt-get install chromium-driver)"
    return None


def missing_fonts() -> str | None:
    """Why pictures would show boxes instead of emoji; None: they would not."""
    lister = shutil.which("fc-list")
    found = subprocess.run([lister], capture_output=True, text=True).stdout if lister else ""
    if "emoji" in found.lower():
        return None
    return "no emoji font is installed (Debian: apt-get install fonts-noto-color-emoji)"


@contextmanager
def chromium(profile: Path) -> Iterator[Chrome]:
    """A browser with an empty profile in `profile`."""
    options = ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, _BROWSERS)))
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def set_size(driver: Chrome, width: int, height: int, scale: float = 1) -> None:
    """The size of the page itself, as on a phone or a desktop."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def set_scheme(driver: Chrome, scheme: str) -> None:
    """`light` or `dark`, as the system would say."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
