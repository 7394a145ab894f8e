"""What was read from outside, written by several at once."""

from __future__ import annotations

from bot.domain.resources import LiveRegion
from bot.store import read_cache


def test_replicas_that_read_the_same_at_once_write_it_one_after_the_other(bed) -> None:
    regions = [LiveRegion(slug=slug, name=slug) for slug in ("nyc1", "nyc3", "ams3")]

    def write(n: int) -> None:
        with bed.store.write() as tx:
            read_cache.put_regions(tx, regions)
            read_cache.put_group(tx, "S0OPS", [f"U{n}"])

    assert bed.at_once(write, range(12)) == [None] * 12
    with bed.store.read() as connection:
        assert set(read_cache.regions(connection)) == {"nyc1", "nyc3", "ams3"}
