"""The audit log's chain under many writers."""

from __future__ import annotations

from bot.domain.events import Event
from bot.store import audit


def test_the_chain_has_no_gap_under_twenty_writers(bed) -> None:
    def write(n: int) -> None:
        for k in range(10):
            with bed.store.write() as tx:
                audit.append(tx, Event.REFUSED, f"U{n}", facts={"k": k})

    assert bed.at_once(write, range(20)) == [None] * 20
    with bed.store.read() as connection:
        rows = list(audit.entries(connection))
    assert [row.position for row in rows] == list(range(1, 201))
    assert audit.verify(iter(rows)) == []


def test_what_is_rolled_back_leaves_no_gap(bed) -> None:
    for n in range(4):
        try:
            with bed.store.write() as tx:
                audit.append(tx, Event.REFUSED, "U1")
                if n % 2:
                    raise LookupError
        except LookupError:
            pass
    with bed.store.read() as connection:
        assert [row.position for row in audit.entries(connection)] == [1, 2]
        assert audit.verify(audit.entries(connection)) == []


def test_a_changed_a_removed_and_a_swapped_row_are_found(bed) -> None:
    for n in range(4):
        with bed.store.write() as tx:
            audit.append(tx, Event.REFUSED, f"U{n}")
    with bed.store.read() as connection:
        one, two, three, four = audit.entries(connection)
    assert audit.verify(iter([one, two, three, four])) == []
    assert audit.verify(iter([one, three, four]))
    assert audit.verify(iter([one, three, two, four]))
    changed = type(two)(**vars(two) | {"actor": "U9"})
    assert audit.verify(iter([one, changed, three, four])) == [
        "row 2 was changed after it was written"
    ]
