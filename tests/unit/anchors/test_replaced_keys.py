"""Keys that sign heads are replaced, since one was stolen: it signs nothing of what comes after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from logged import NOW, chain, row

from bot.anchors import heads
from bot.anchors.heads import Head
from bot.store.audit import Entry
from bot.store.audit_export import iso


def rows_of_two_keys(back: bool = False) -> list[Entry]:
    """A row each 100 s: by the key a1 at first, by b2 from row 4 on, by a1 again at row 12."""
    rows = [row("reminded", request=None) for _ in range(16)]
    rows[0] = row("anchor-key", request=None, key="a1")
    rows[3] = row("anchor-key", request=None, key="b2")
    if back:
        rows[11] = row("anchor-key", request=None, key="a1")
    return chain(*(replace(each, at=NOW + 100 * place) for place, each in enumerate(rows)))


def head_of(rows: list[Entry], position: int, key: str) -> Head:
    entry = rows[position - 1]
    return Head(entry.at, iso(entry.at), position, entry.hash, key)


def problems(rows: list[Entry], kept: Iterable[Head]) -> list[str]:
    found: list[str] = []
    list(heads.compare(rows, kept, found))
    return found


def test_a_key_that_was_replaced_proves_nothing_of_what_came_after() -> None:
    rows = rows_of_two_keys()
    (said,) = problems(rows, [head_of(rows, 10, "a1"), head_of(rows, 11, "b2")])
    assert "row 10, is signed with the key a1, which b2 had replaced" in said


@pytest.mark.parametrize(
    ("position", "key"),
    [(1, "a1"), (3, "a1"), (4, "b2"), (10, "b2"), (5, "a1"), (10, "")],
    ids=["its own row", "before", "the new one", "later", "a replica behind", "not signed"],
)
def test_what_the_key_of_its_time_signed_is_believed(position: int, key: str) -> None:
    rows = rows_of_two_keys()
    assert problems(rows, [head_of(rows, position, key)]) == []


def test_a_key_that_came_back_signs_again() -> None:
    rows = rows_of_two_keys(back=True)
    assert problems(rows, [head_of(rows, 16, "a1")]) == []
    assert len(problems(rows, [head_of(rows, 16, "b2"), head_of(rows, 11, "a1")])) == 1 + 1


@pytest.mark.parametrize("facts", ["[]", "{}", '{"key": {}}', "nonsense"])
def test_a_row_that_names_no_key_breaks_nothing(facts: str) -> None:
    rows = rows_of_two_keys()
    rows[3] = replace(rows[3], facts=facts)
    problems(rows, [head_of(rows, 10, "a1")])
