"""The page for auditors: made of the log alone, of what really happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa
from world import ANN, BOB, CAT, DAN, SNAPSHOT, World

from bot.__main__ import main
from bot.store.database import open_database

HOSTILE = "<script>alert(1)</script> \"quoted\" 'so' \u202eevil & <b>bold</b>"
POLICY = """
[[rule]]
name = "one other person"
regions = ["nyc3", "sfo3"]
approvals = 1
approvers = ["U0BOB", "S0LEADS"]
break_glass = true
"""
_VOID = {"meta", "br"}


class Page(HTMLParser):
    """A page as a browser would read it: every element closed, its text, its links and ids."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self._style = False
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    def values(self, name: str) -> list[str]:
        return [value or "" for _, attribute, value in self.attributes if attribute == name]


@pytest.fixture
def lived(start: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> World:
    """Approved by one of a group, in an emergency, refused, and clicked in vain; hostile words."""
    at_work = start(POLICY)
    at_work.digitalocean.change_image(SNAPSHOT, name=HOSTILE)
    at_work.types(f"transfer {SNAPSHOT} nyc3 because {HOSTILE}")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=DAN)
    at_work.clicks("approve", root, by=CAT)
    at_work.reply("completed", root)
    at_work.types(f'transfer {SNAPSHOT} sfo3 --break-glass "prod is down"')
    at_work.reply("completed", at_work.root("sfo3"))
    at_work.types(f"transfer {SNAPSHOT} ams3")
    at_work.types(f"transfer {SNAPSHOT} sgp1", by=BOB)
    at_work.until(lambda: at_work.bot._read_stats().waiting == {}, "rest")
    at_work.stop()
    monkeypatch.setenv("DATABASE_URL", at_work.settings["DATABASE_URL"])
    return at_work


def _page(*more: str, capsys: pytest.CaptureFixture[str], status: int = 0) -> Page:
    capsys.readouterr()
    assert main(["audit", "report", *more]) == status
    return Page(capsys.readouterr().out)


def _run(at_work: World, statement: str) -> None:
    database = open_database(at_work.settings["DATABASE_URL"])
    with database.begin() as connection:
        connection.execute(sa.text(statement))
    database.dispose()


def test_it_tells_who_asked_approved_and_sent_what(
    lived: World, capsys: pytest.CaptureFixture[str]
) -> None:
    page = _page(capsys=capsys)
    assert "The log is whole" in page.text
    assert f"as one of S0LEADS, which had {BOB}, {CAT}" in page.text
    assert f"POST /v2/images/{SNAPSHOT}/actions" in page.text
    assert '{"region": "nyc3", "type": "transfer"}' in page.text
    assert "approvers = U0BOB, S0LEADS" in page.text, "the rule's text"
    assert "Emergency access: nobody approved" in page.text
    assert "not reviewed" in page.text
    assert "A click that was refused" in page.text
    assert page.text.count("Refused") >= 2
    assert "Sent with fewer votes" not in page.text
    main(["audit", "export"])
    for line in capsys.readouterr().out.splitlines():
        assert json.loads(line)["hash"] in page.text, line


def test_it_needs_nothing_else_and_every_link_leads_somewhere(
    lived: World, capsys: pytest.CaptureFixture[str]
) -> None:
    page = _page(capsys=capsys)
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    links = page.values("href")
    assert len(links) > 10
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert not set(page.tags) & {"script", "img", "link", "iframe", "object", "form", "base"}
    assert not {name for _, name, _ in page.attributes} & {"src", "style", "onclick", "onload"}


def test_what_people_wrote_is_text_and_hides_nothing(
    lived: World, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["audit", "report"]) == 0
    source = capsys.readouterr().out
    assert "\u202e" not in source
    assert "<script" not in source
    assert "<b>" not in source
    assert '<span class="odd">U+202E</span>evil' in source
    page = Page(source)
    assert "<script>alert(1)</script> \"quoted\" 'so' U+202Eevil & <b>bold</b>" in page.text


@pytest.mark.parametrize(
    "altered",
    [
        "UPDATE audit SET facts = '[1, {]' WHERE event IN ('requested', 'intent', 'pending')",
        'UPDATE audit SET facts = \'{"steps": 5, "evidence": [], "qualified": 1,'
        ' "votes": {}, "policy_digest": "a\\"><script>", "approvers": 7}\'',
        "DELETE FROM audit WHERE event = 'approved'",
        "UPDATE audit SET at = 1e300, actor = '<script>' WHERE event = 'accepted'",
        "UPDATE audit SET event = '<script>' WHERE position > 3",
    ],
)
def test_an_altered_log_is_said_first_and_breaks_no_page(
    lived: World, capsys: pytest.CaptureFixture[str], altered: str
) -> None:
    _run(lived, altered)
    page = _page(capsys=capsys, status=1)
    assert "The log is not whole" in page.text
    assert page.text.index("not whole") < page.text.index("Exceptions")
    assert "broken" in " ".join(page.values("class"))
    assert "script" not in page.tags


def test_an_export_makes_the_same_page_without_the_database(
    lived: World,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = _page(capsys=capsys)
    main(["audit", "export"])
    file = tmp_path / "audit.jsonl"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    same = _page(str(file), capsys=capsys)
    after = "Requests in this time"
    assert same.text.split(after)[1] == page.text.split(after)[1]
    file.write_text("nothing\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert "line 1 is not a row" in _page(str(file), capsys=capsys, status=1).text


def test_it_is_of_a_time_and_written_for_its_owner(
    lived: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    years = ["--from", "2020-01-01", "--to", "2020-12-31"]
    assert "None in this time" in _page(*years, capsys=capsys).text
    assert main(["audit", "report", "--from", "2020-01-01", "--out", str(out)]) == 0
    assert "The audit log is whole" in capsys.readouterr().out
    assert out.stat().st_mode & 0o777 == 0o600
    assert "Request 1" in Page(out.read_text(encoding="utf-8")).text
    assert main(["audit", "report", "--out", str(out)]) == 2, "nothing is overwritten"
    assert main(["audit", "report", "--from", "2026-02-01", "--to", "2026-01-01"]) == 2
    assert f"asked by {ANN}" not in capsys.readouterr().out
