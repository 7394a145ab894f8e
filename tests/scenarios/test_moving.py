"""A bot with everything under way on SQLite; `migrate --from`; a bot on PostgreSQL goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from postgres import fresh_database
from world import ANN, BOB, ONE_APPROVAL, SNAPSHOT, World, buttons, shown

from bot.__main__ import main


@pytest.fixture
def postgresql() -> Iterator[str]:
    with fresh_database(migrated=False) as url:
        yield url


def test_what_was_under_way_is_finished_on_postgresql(
    postgresql: str,
    start: Callable[..., World],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    at_work = start(ONE_APPROVAL, action_seconds=6.0)
    sqlite = at_work.settings["DATABASE_URL"]
    monkeypatch.setenv("DATABASE_URL", postgresql)

    at_work.types(f"transfer {SNAPSHOT} fra1")
    at_work.clicks("approve", at_work.root("fra1"), by=BOB)
    at_work.reply("In progress", at_work.root("fra1"))
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.until(lambda: "approve" in buttons(at_work.root("nyc3")), "a card to approve")
    at_work.types(f"transfer {SNAPSHOT} sgp1")
    at_work.digitalocean.faults.accept_then_reset()  # sent, and its answer is lost
    at_work.clicks("approve", at_work.root("sgp1"), by=BOB)
    at_work.until(lambda: len(at_work.digitalocean.posts) == 2, "the second POST")
    at_work.types(f"transfer {SNAPSHOT} lon1")
    at_work.digitalocean.faults.too_many(3, method="POST")  # approved, and not sent yet
    at_work.clicks("approve", at_work.root("lon1"), by=BOB)

    assert main(["migrate", "--from", sqlite]) == 2
    assert "Stop every bot on it" in capsys.readouterr().err
    at_work.stop()
    assert main(["migrate", "--from", sqlite]) == 0
    assert "All of it arrived" in capsys.readouterr().out

    at_work.settings["DATABASE_URL"] = postgresql
    at_work.start()
    at_work.reply("completed", at_work.root("fra1"))
    at_work.clicks("approve", at_work.root("nyc3"), by=BOB)
    for region in ("nyc3", "lon1", "sgp1"):
        last = at_work.reply("completed", at_work.root(region))
        assert f"<@{ANN}>" in last.text
        at_work.until(lambda r=region: "Completed" in shown(at_work.root(r)), "the card")

    posted = [(post.image_id, post.body["region"]) for post in at_work.digitalocean.posts]
    assert sorted(posted) == [(SNAPSHOT, region) for region in ("fra1", "lon1", "nyc3", "sgp1")]
    assert "equest 5" in at_work.types(f"transfer {SNAPSHOT} tor1").text
    assert main(["audit", "verify"]) == 0
