"""What is shown, as a flat set of items, and what of it changed since it was last sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Item:
    """One thing the page shows: where it comes from, and how it is written down.

    An item has changed when its `source` is not equal to the one before; only then is
    it written down again.
    """

    source: Any
    write: Callable[[], Json]


class Difference:
    """Remembers what one page has been sent."""

    def __init__(self) -> None:
        self._sent: dict[str, Any] | None = None

    def since_last(self, items: Mapping[str, Item]) -> Json | None:
        """`{"set": {key: value}, "gone": [key], "all": bool}`; None: nothing changed."""
        sent, first = self._sent or {}, self._sent is None
        changed = {
            key: item.write()
            for key, item in items.items()
            if key not in sent or sent[key] != item.source
        }
        gone = [key for key in sent if key not in items]
        self._sent = {key: item.source for key, item in items.items()}
        if not first and not changed and not gone:
            return None
        return {"set": changed, "gone": gone, "all": first}
