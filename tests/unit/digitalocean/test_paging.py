"""Lists that lie about their pages: what is read of them, and what is proved by it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.digitalocean.catalogue import Catalogue
from bot.digitalocean.paging import PagesSeen

from .server import Server, reply

NEXT = {"pages": {"next": "https://api.digitalocean.com/v2/images?page=2"}}


def _image(number: int) -> dict[str, Any]:
    return {"id": number, "name": "db", "type": "snapshot", "regions": ["nyc1"], "public": False}


def _listing(clients, *pages: dict[str, Any], last: dict[str, Any] | None = None):
    """What is made of these pages, the `last` for ever; and how many calls it took."""

    def answer(connection, request):
        page = int(parse_qs(urlsplit(request.target).query)["page"][0])
        body = pages[page - 1] if page <= len(pages) else last or {"images": []}
        reply("200 OK", body)(connection, request)

    with Server(answer) as server:
        listing = Catalogue(clients(server.url)).fresh()
    return [image.id for image in listing.images], listing.complete, len(server.requests)


def _page(*ids: int, total: Any = None, links: Any = None) -> dict[str, Any]:
    meta = None if total is None else {"total": total}
    return {"images": [_image(each) for each in ids], "links": links, "meta": meta}


@pytest.mark.parametrize(
    ("pages", "last", "ids", "complete", "calls"),
    [
        ([_page(1, 2, total=2)], None, [1, 2], True, 1),
        ([_page(total=0)], None, [], True, 1),
        # links are missing although there is more
        ([_page(1, total=2), _page(2, total=2)], None, [1, 2], True, 2),
        # the same item on two pages
        ([_page(1, 2, total=3, links=NEXT), _page(2, 3, total=3)], None, [1, 2, 3], True, 2),
        # a next page for ever: the same again, or empty ones
        ([_page(1, total=9, links=NEXT)], _page(1, total=9, links=NEXT), [1], False, 2),
        ([_page(1, total=9, links=NEXT)], _page(total=9, links=NEXT), [1], False, 2),
        ([_page(1, links=NEXT)], _page(1, links=NEXT), [1], False, 2),
        # enough is enough, whatever links say
        ([_page(1, 2, total=2, links=NEXT)], None, [1, 2], True, 1),
        # nothing says how many there are
        ([_page(1)], None, [1], False, 1),
        ([_page(1, total="1")], None, [1], False, 1),
        ([_page(1, total=True)], None, [1], False, 1),
        # a blank total proves nothing
        ([_page(1, total=0)], None, [1], False, 1),
        # a full page may not be the last one
        ([_page(*range(1, 21)), _page(21)], None, [*range(1, 22)], False, 2),
        ([_page(*range(1, 21), total=0), _page(21)], None, [*range(1, 22)], False, 2),
        ([_page(*range(1, 21))], None, [*range(1, 21)], False, 2),
        ([_page(*range(1, 21), total=20)], None, [*range(1, 21)], True, 1),
        # what is there cannot be read
        ([{"images": None, "meta": {"total": 3}}], None, [], False, 1),
        ([{"images": "x", "meta": []}], None, [], False, 1),
        ([{}], None, [], False, 1),
    ],
)
def test_what_is_read_and_proved(clients, pages, last, ids, complete, calls) -> None:
    assert _listing(clients, *pages, last=last) == (ids, complete, calls)


def test_an_unreadable_image_counts_as_one_that_was_seen() -> None:
    seen = PagesSeen()
    seen.add({"images": [{"id": 1}, {"name": "no id"}, None], "meta": {"total": 3}})
    assert seen.proves_all
    assert seen.count == 3
