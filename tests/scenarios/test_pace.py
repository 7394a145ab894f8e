"""What a card says of time: how long such ones take, and until when DigitalOcean makes us wait."""

from __future__ import annotations

import pytest
from world import RUNS_AT_ONCE, SNAPSHOT, World, shown

OTHER = SNAPSHOT + 1


@pytest.fixture
def at_work(start) -> World:
    return start(RUNS_AT_ONCE, action_seconds=1.0)  # DigitalOcean tells whole seconds


def test_with_no_history_the_card_guesses_nothing(at_work: World) -> None:
    at_work.digitalocean.next_action(600)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("last checked at")
    assert "▰" not in shown(root)
    assert "%" not in shown(root)
    assert "estimate" not in shown(root)


def test_with_history_it_says_how_far_it_is(at_work: World) -> None:
    *earlier, image = range(OTHER, OTHER + 4)
    for each in (*earlier, image):
        at_work.digitalocean.add_image(each)
    for each in earlier:
        at_work.types(f"transfer {each} nyc3")
        at_work.reply("completed", at_work.root(f"({each})"))
    at_work.digitalocean.next_action(600)
    at_work.types(f"transfer {image} nyc3")
    root = at_work.root("about 5 s")  # the earlier ones took a moment
    assert f"({image})" in shown(root)
    assert "▰" in shown(root) or "▱" in shown(root)


def test_at_a_429_everything_waits_and_the_card_says_until_when(at_work: World) -> None:
    digitalocean = at_work.digitalocean
    digitalocean.add_image(OTHER)
    digitalocean.next_action(1)
    digitalocean.faults.too_many(50, method="GET", path="*/actions/*")
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.root("we are checking again at")
    asked = len(digitalocean.calls)

    at_work.types(f"transfer {OTHER} nyc3")  # what other people want waits as well
    at_work.told("DigitalOcean asked us to wait")
    assert len(digitalocean.calls) == asked, "something was sent while DigitalOcean made us wait"

    at_work.clock.skip(51)
    for image in (SNAPSHOT, OTHER):
        at_work.reply("completed", at_work.root(f"({image})"))
    assert len(digitalocean.posts) == 2
