"""What was asked for in private is read there, and by the people it concerns."""

from __future__ import annotations

from collections.abc import Callable

from world import ANN, BOB, DAN, ONE_APPROVAL, OPS, PRIVATE, SNAPSHOT, World, shown


def _ask_in_private(start: Callable[..., World]) -> World:
    at_work = start(ONE_APPROVAL)
    at_work.slack.add_channel("C0SECRET", "merger", is_private=True)
    at_work.types(f"transfer {SNAPSHOT} nyc3 because the merger", by=ANN, channel="C0SECRET")
    at_work.root("Pending approval", "C0SECRET")
    return at_work


def test_a_stranger_to_a_private_channel_reads_nothing_of_its_requests(
    start: Callable[..., World],
) -> None:
    at_work = _ask_in_private(start)
    for asked in ("status", "status 1", f"status {SNAPSHOT}", "history", f"history {SNAPSHOT}"):
        read = at_work.types(asked, by=DAN, channel=OPS).text
        assert not [word for word in (ANN, "C0SECRET", "nyc3") if word in read], asked
    assert "in another channel" in at_work.types("status", by=DAN).text
    assert "in another channel" in at_work.types("status 1", by=DAN).text


def test_whoever_joins_from_elsewhere_hears_the_end_and_no_more(
    start: Callable[..., World],
) -> None:
    at_work = _ask_in_private(start)
    for told in (
        at_work.types(f"transfer {SNAPSHOT} nyc3", by=DAN, channel=OPS).text,
        at_work.types("status 1", by=DAN, channel=OPS).text,
    ):
        assert not [word for word in (ANN, "C0SECRET", "merger") if word in told]
    root = at_work.root("Pending approval", "C0SECRET")
    at_work.clicks("cancel", root, by=ANN)
    ended = at_work.told("cancelled", DAN)
    assert "merger" not in shown(ended)
    assert ANN not in shown(ended)


def test_its_requester_its_approvers_and_its_channel_read_them(
    start: Callable[..., World],
) -> None:
    at_work = _ask_in_private(start)
    assert "nyc3" in at_work.types("status 1", by=ANN).text
    assert "nyc3" in at_work.types("status 1", by=BOB).text
    assert "nyc3" in at_work.types("status", by=DAN, channel="C0SECRET").text
    assert ANN in at_work.types(f"history {SNAPSHOT}", by=DAN, channel="C0SECRET").text


def test_what_was_asked_in_a_direct_message_is_private(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    room = at_work.slack.open_direct(ANN)
    at_work.types(f"transfer {SNAPSHOT} nyc3", by=ANN, channel=room)
    assert "nyc3" not in at_work.types("status", by=DAN).text
    assert "nyc3" in at_work.types("status", by=ANN).text


def test_a_public_channel_that_was_made_private_is_private_from_then_on(
    start: Callable[..., World],
) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3", by=ANN, channel=OPS)
    assert "nyc3" in at_work.types("status 1", by=DAN, channel=PRIVATE).text
    at_work.slack.make_private(OPS)
    at_work.types("help", by=ANN, channel=OPS)
    assert "nyc3" not in at_work.types("status 1", by=DAN, channel=PRIVATE).text


def test_whoever_joins_from_elsewhere_reads_and_asks_only_for_what_they_asked_for(
    start: Callable[..., World],
) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.slack.add_channel("C0SECRET", "merger", is_private=True)
    at_work.types(f"transfer {SNAPSHOT} nyc3 sfo3 because the merger", by=ANN, channel="C0SECRET")
    root = at_work.root("Pending approval", "C0SECRET")
    joined = at_work.types(f"transfer {SNAPSHOT} sfo3 because Friday", by=DAN, channel=OPS).text
    cancelled = at_work.types("cancel 1", by=DAN, channel=OPS).text
    at_work.denies(root, "the merger is off", by=BOB)
    at_work.root("Denied", "C0SECRET")
    ended = at_work.told("was denied", DAN)
    for told in (joined, cancelled, shown(ended)):
        assert not [w for w in (ANN, BOB, "C0SECRET", "merger", "nyc3") if w in told], told
    assert "sfo3" in joined
    assert "sfo3" in shown(ended)
    at_work.clicks("ask_yourself", ended, by=DAN)
    card = shown(at_work.root("Pending approval", OPS))
    assert "sfo3" in card
    assert "nyc3" not in card
    assert "Friday" in card


def test_what_was_joined_twice_is_asked_for_whole(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.slack.add_channel("C0SECRET", "merger", is_private=True)
    at_work.types(f"transfer {SNAPSHOT} nyc3 sfo3 ams3", by=ANN, channel="C0SECRET")
    root = at_work.root("Pending approval", "C0SECRET")
    for region in ("nyc3", "sfo3"):
        at_work.types(f"transfer {SNAPSHOT} {region}", by=DAN, channel=OPS)
    at_work.clicks("cancel", root, by=ANN)
    at_work.clicks("ask_yourself", at_work.told("cancelled", DAN), by=DAN)
    card = shown(at_work.root("Pending approval", OPS))
    assert "nyc3" in card
    assert "sfo3" in card
    assert "ams3" not in card


def test_where_all_is_private_the_history_does_not_say_that_nothing_happened(
    start: Callable[..., World],
) -> None:
    at_work = _ask_in_private(start)
    read = at_work.types(f"history {SNAPSHOT}", by=DAN, channel=OPS).text
    assert "in private" in read
    assert "Nothing has happened" not in read
