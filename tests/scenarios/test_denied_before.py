"""Nobody shops for an approver: earlier denials of the same stand on the card."""

from __future__ import annotations

from collections.abc import Callable

from world import ANN, BOB, CAT, DAN, ONE_APPROVAL, OPS, SNAPSHOT, TWO_APPROVALS, World, shown

from bot.requests.proof import all_contradictions


def _denied(at_work: World, reason: str = "not on a Friday", channel: str = OPS) -> None:
    at_work.types(f"transfer {SNAPSHOT} nyc3", by=ANN, channel=channel)
    root = at_work.root("Pending approval", channel)
    at_work.denies(root, reason, by=BOB)
    at_work.root("Denied", channel)


def test_who_asks_again_for_what_was_denied_shows_it_to_the_next_approver(
    start: Callable[..., World],
) -> None:
    at_work = start(ONE_APPROVAL)
    _denied(at_work)
    at_work.types(f"transfer {SNAPSHOT} nyc3", by=DAN)
    card = shown(at_work.root("Denied before"))
    assert BOB in card
    assert "request 1" in card
    assert "not on a Friday" in card
    at_work.clicks("approve", at_work.root("Denied before"), by=CAT)
    at_work.root("Completed")


def test_another_region_was_not_denied(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    _denied(at_work)
    at_work.types(f"transfer {SNAPSHOT} sfo3", by=DAN)
    assert "Denied before" not in shown(at_work.root("Pending approval"))


def test_the_reason_of_a_denial_in_private_stays_there(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.slack.add_channel("C0SECRET", "merger", is_private=True)
    _denied(at_work, "the merger", "C0SECRET")
    at_work.types(f"transfer {SNAPSHOT} nyc3", by=DAN)
    card = shown(at_work.root("Denied before"))
    assert "request 1" in card
    assert "merger" not in card


def test_who_approved_and_thinks_better_of_it_denies(start: Callable[..., World]) -> None:
    at_work = start(TWO_APPROVALS)
    at_work.types(f"transfer {SNAPSHOT} nyc3", by=ANN)
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    at_work.denies(at_work.root("1 of 2"), "wrong image", by=BOB)
    assert "wrong image" in shown(at_work.root("Denied"))
    at_work.clicks("approve", root, by=CAT)
    at_work.told("denied", CAT)
    assert at_work.digitalocean.posts == []
    with at_work.bot.store.read() as connection:
        assert list(all_contradictions(connection)) == []
