"""The page for auditors in a browser: readable narrow and wide, light and dark, with no script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from browser import driver
from browser.conftest import DESKTOP, PHONE
from browser.test_accessibility import _RUN
from logged import NOW, week
from selenium.webdriver import Chrome

from bot.requests.audit_trail import report
from bot.store.audit import Entry
from bot.views.report.page import page


def _written(folder: Path, rows: list[Entry]) -> str:
    """The address of the page of a log."""
    file = folder / "report.html"
    made = report(lambda: rows, NOW - 60, NOW + 60)
    file.write_text(page(made, "the database", NOW), encoding="utf-8")
    return file.as_uri()


_BROKEN_IDS = """
return [...document.querySelectorAll('td[data-name="By"] code, td[data-name="Who"] code')]
  .filter(id => id.textContent.length < 12 && id.getClientRects().length !== 1)
  .map(id => id.textContent);
"""


@pytest.fixture
def quiet(chromium: Chrome) -> Iterator[Chrome]:
    """The browser; at the end its console must hold no complaint."""
    chromium.get("about:blank")
    chromium.get_log("browser")
    yield chromium
    assert [entry for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"] == []
    chromium.get("about:blank")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("altered", [False, True], ids=["whole", "altered"])
def test_it_can_be_read(
    quiet: Chrome, tmp_path: Path, scheme: str, size: tuple[int, int], altered: bool
) -> None:
    rows = week()
    if altered:
        rows[4] = replace(rows[4], actor="U0DAN")
    driver.set_size(quiet, *size)
    driver.set_scheme(quiet, scheme)
    quiet.get(_written(tmp_path, rows))
    body = quiet.find_element("css selector", "body").text
    assert ("The log is not whole" in body) is altered
    assert "as one of S0LEADS" in body
    assert "<script>alert(1)</script>" in body, "it is text"
    wide = quiet.execute_script("return document.documentElement.scrollWidth")
    assert wide <= size[0], "nothing stands outside"
    broken = quiet.execute_script(_BROKEN_IDS)
    assert broken == [], "the id of a person stands in one line"
    verdict = quiet.find_element("css selector", ".verdict")
    assert verdict.location["y"] < size[1], "it is seen first"
    source = (resources.files("axe_core_python") / "axe.min.js").read_text("utf-8")
    quiet.execute_script(source)
    found = quiet.execute_async_script(_RUN)
    assert [(each["id"], node["html"][:200]) for each in found for node in each["nodes"]] == []
