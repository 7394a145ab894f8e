"""Where actions lie in the account's list (`GET /v2/actions`, newest first). No I/O.

The list grows at its top alone, so how many actions are older than one never changes: that
number is kept for each action in flight and for the edges of each page read. With the list's
length it gives the page an action lies on now. A wrong guess costs a call, never an action:
what is not found where it was expected is looked for again, or read alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

PER_PAGE = 200
"""The API's most."""
PATIENCE = 10
"""An action is looked for in vain on at least so many pages before it is read alone; on more
where many are looked for together, as each page may show them all."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where actions are expected.

    Attributes:
        pages: action ids by the number of the page, counted from 1.
        nowhere: those that it is not worth looking for in the list.
    """

    pages: dict[int, list[int]] = field(default_factory=dict)
    nowhere: list[int] = field(default_factory=list)


class Listing:
    """What has been learnt of the list by reading it. Forgotten with the process."""

    def __init__(self) -> None:
        self.readable = True
        """False: the list fails just now, and nothing is worth looking for in it."""
        self._total = 0
        self._newest = 0
        """The newest action in flight when the list's length was told: newer ones came on top."""
        self._latest = 0
        """The newest action in flight now."""
        self._older: dict[int, int] = {}
        """For actions in flight: how many actions of the account are older."""
        self._edges: dict[int, dict[int, int]] = {}
        """The same for the first and last action of each page when it was last read."""
        self._sought: dict[int, int] = {}
        """How often in a row a page was read for an action that was not on it."""

    def places(self, wanted: Iterable[int]) -> Places:
        """Where the actions with these ids are expected to lie now."""
        ids = set(wanted)
        if not self.readable:
            return Places(nowhere=sorted(ids, reverse=True))
        marks = {k: v for edges in self._edges.values() for k, v in edges.items()}
        marks |= self._older
        length = self._total + sum(1 for each in ids if each > self._newest)
        patience = max(PATIENCE, len(ids - marks.keys()))
        found = Places()
        for each, depth in _depths(ids, marks, length):
            if self._sought.get(each, 0) >= patience:
                found.nowhere.append(each)
            else:
                found.pages.setdefault(depth // PER_PAGE + 1, []).append(each)
        return found

    def note(
        self,
        page: int,
        ids: Sequence[int],
        total: int | None,
        expected: Collection[int],
        followed: Collection[int],
    ) -> set[int]:
        """Learn from one page that was read.

        Args:
            page: its number, counted from 1.
            ids: the action ids on it, from the top.
            total: the list's length as the reply gave it; None where it did not.
            expected: those for whose sake it was read.
            followed: all that are in flight, as `keep` was told.

        Returns:
            those of `expected` that were not on it.
        """
        if total is not None:
            self._total, self._newest = total, self._latest
        top = self._total - (page - 1) * PER_PAGE
        here = {each: top - index for index, each in enumerate(ids)}
        missed = set(expected) - here.keys()
        for each in missed:
            self._older.pop(each, None)  # it was not where we knew it to be
            self._sought[each] = self._sought.get(each, 0) + 1
        for each in here.keys() & self._sought.keys():
            del self._sought[each]
        self._older |= {each: older for each, older in here.items() if each in followed}
        self._edges[page] = {each: here[each] for each in (*ids[:1], *ids[-1:])}
        return missed

    def keep(self, followed: Collection[int]) -> None:
        """Forget all actions but these, and the edges below the oldest of them."""
        self._older = {k: v for k, v in self._older.items() if k in followed}
        self._sought = {k: v for k, v in self._sought.items() if k in followed}
        oldest, self._latest = min(followed, default=0), max(followed, default=0)
        self._edges = {
            page: edges
            for page, edges in self._edges.items()
            if edges and followed and max(edges) >= oldest
        }


def _depths(ids: set[int], marks: Mapping[int, int], length: int) -> Iterator[tuple[int, int]]:
    """Each id with how many actions lie above it; `marks`: how many are older than some.

    Those never seen are guessed to lie evenly between the nearest two that were.
    """
    above, unseen = -1, list[int]()
    for each in sorted(ids | marks.keys(), reverse=True):
        if each not in marks:
            unseen.append(each)
            continue
        depth = max(0, length - marks[each])
        step = (depth - above) / (len(unseen) + 1)
        yield from ((one, int(above + step * n)) for n, one in enumerate(unseen, start=1))
        above, unseen = depth, []
        if each in ids:
            yield each, depth
    yield from ((one, above + n) for n, one in enumerate(unseen, start=1))
