"""Reading a list page by page, with proof that all of it was read.

`links` may be missing although there is more, name a next page for ever, or the same page again;
an item may stand on two pages. What is believed is what was seen: how many different items, against
`meta.total`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_LISTS = ("actions", "images", "regions", "droplets", "snapshots", "volumes")
_PER_PAGE = 20
_KEYS = ("id", "slug")


class PagesSeen:
    """What the pages of one listing have shown so far."""

    def __init__(self) -> None:
        self._seen: set[Any] = set()
        self._without_id = 0
        self._total: int | None = None

    def add(self, page: Mapping[str, Any]) -> bool:
        """Note one page; whether it showed anything new."""
        total = _number((page.get("meta") or {}).get("total") if _is(page.get("meta")) else None)
        if total is not None:
            self._total = max(total, self._total or 0)
        before = self.count
        for item in items(page):
            key = next((item[k] for k in _KEYS if item.get(k)), None) if _is(item) else None
            if isinstance(key, (int, str)):
                self._seen.add(key)
            else:
                self._without_id += 1
        return self.count > before

    @property
    def count(self) -> int:
        """How many different items were seen."""
        return len(self._seen) + self._without_id

    @property
    def proves_all(self) -> bool:
        """Whether DigitalOcean said how many there are, and just as many were seen.

        More than it said proves nothing: a blank total is 0.
        """
        return self._total is not None and self.count == self._total

    @property
    def lacks_some(self) -> bool:
        """Whether DigitalOcean said that there are more than were seen."""
        return self._total is not None and self.count < self._total


def items(page: Mapping[str, Any]) -> Iterator[Any]:
    """What a page lists, whatever else is on it; null is empty."""
    for name in _LISTS:
        listed = page.get(name)
        if isinstance(listed, list):
            yield from listed


def is_full(page: Mapping[str, Any], per_page: int) -> bool:
    """Whether a page has as many items as one may have, so that there may be another.

    A page has 20 where DigitalOcean does not listen to `per_page`.
    """
    return len(list(items(page))) >= min(per_page, _PER_PAGE)


def names_next(page: Mapping[str, Any]) -> bool:
    """Whether `links.pages.next` is there, whatever shape the rest has."""
    value: Any = page
    for key in ("links", "pages", "next"):
        value = value.get(key) if _is(value) else None
    return bool(value)


def _is(value: Any) -> bool:
    return isinstance(value, Mapping)


def _number(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value
