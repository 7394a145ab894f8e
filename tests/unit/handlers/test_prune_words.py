"""The words of `prune`."""

from __future__ import annotations

import pytest

from bot.domain.pruning import Pruning
from bot.errors import CommandError
from handlers.commands.grammar import parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prune web-* keep 3", Pruning("web-*", keep=3)),
        ("prune web-* --keep 3", Pruning("web-*", keep=3)),
        ("prune web-* --older-than 30d", Pruning("web-*", older_than_days=30)),
        ("prune web-* keep=3 older-than 30d", Pruning("web-*", keep=3, older_than_days=30)),
        ("prune tag:nightly --keep=3", Pruning("", "nightly", 3)),
        ("prune web-* older than 30d", Pruning("web-*", older_than_days=30)),
        ("prune web-* older than 2 weeks", Pruning("web-*", older_than_days=14)),
        ("prune web-* older than 3m", Pruning("web-*", older_than_days=90)),
        ("prune web-* keep 3 older than 30 days", Pruning("web-*", keep=3, older_than_days=30)),
        ("prune web-* keep the newest 3", Pruning("web-*", keep=3)),
        ('prune "old web *" keep 3 because tidy', Pruning("old web *", keep=3, reason="tidy")),
        ("prune of web-1 keep 3", Pruning(keep=3, droplet="web-1")),
        ("prune snapshots of droplet Web-1 keep 3", Pruning(keep=3, droplet="Web-1")),
        ('prune of "web 1" keep 3', Pruning(keep=3, droplet="web 1")),
        ("prune 3164444 keep 3", Pruning(keep=3, droplet="3164444", by_number=True)),
        (
            "prune https://cloud.digitalocean.com/droplets/3164444/graphs older than 9d",
            Pruning(older_than_days=9, droplet="3164444", by_number=True),
        ),
        ("prune web-1 keep 3", Pruning("web-1", keep=3)),
        ("prune snapshots of web-* keep 3", Pruning("web-*", keep=3)),
        ('prune "20261101" keep 3', Pruning("20261101", keep=3)),
        ("prune tag nightly keep 7 --dry-run", Pruning("", "nightly", 7, None, dry_run=True)),
        ("prune --dry-run web-* keep 7", Pruning("web-*", keep=7, dry_run=True)),
        (
            'prune web-* keep 7 --break-glass "disk full"',
            Pruning("web-*", keep=7, break_glass="disk full"),
        ),
    ],
)
def test_it_is_read(text: str, expected: Pruning) -> None:
    assert parse(text, allow_names=True) == expected


@pytest.mark.parametrize(
    "text",
    [
        "prune",
        "prune web-*",
        "prune keep 3",
        "prune web-* keep",
        "prune web-* keep 0",
        "prune web-* keep -1",
        "prune web-* keep 3 keep 4",
        "prune web-* keep three",
        "prune web-* older than",
        "prune web-* older than 0d",
        "prune web-* older than 30 parsecs",
        "prune * keep 3",
        "prune web-* db-* keep 3",
        "prune web-* keep 3 nyc3",
    ],
)
def test_what_cannot_be_meant_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(CommandError) as refused:
        parse(text, allow_names=True)
    assert "/image prune" in refused.value.help
