"""What people write for a region or an image: names, addresses, and what a thread is about."""

from __future__ import annotations

import pytest
from typed import convert, transfer

from bot.errors import CommandError
from handlers.commands.grammar import (
    Cancel,
    Command,
    Explain,
    History,
    ImageName,
    List,
    Show,
    Status,
    ThreadContext,
    parse,
)

IMAGE = 62137902
HERE = ThreadContext(17, IMAGE)
LIVE = {"atl1": "Atlanta 1", "nyc3": "New York 3"}


def _read(text: str, here: ThreadContext | None = None) -> Command:
    names = {name: slug for slug, name in LIVE.items()}
    return parse(text, live_regions=LIVE, region_names=names, allow_names=True, here=here)


@pytest.mark.parametrize(
    "written",
    [
        *("nyc3", "NYC3", "nyc-3", "nyc 3", "New York 3", "new york 3.", "NewYork3", "new-york 3"),
        *('"New York 3"', "to New York 3", "in New_York 3,", "#nyc3"),
    ],
)
def test_a_region_by_its_name(written: str) -> None:
    assert _read(f"transfer {IMAGE} {written}") == transfer(IMAGE, ("nyc3",))


def test_several_regions_by_name_and_slug() -> None:
    asked = transfer(IMAGE, ("nyc3", "lon1", "atl1", "sfo3"))
    assert _read(f"transfer {IMAGE} New York 3, London 1 and Atlanta 1 & sfo3") == asked
    assert _read('list web --region "new york 3"') == List("web", region="nyc3")


def test_a_live_region_without_a_name_changes_nothing() -> None:
    asked = parse(f"transfer {IMAGE} kul1", live_regions=["kul1"], region_names={"": "kul1"})
    assert asked == transfer(IMAGE, ("kul1",))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("nyc33", "nyc3"), ("ncy3", "nyc3"), ("sf03", "sfo3"), ("amss3", "ams3"), ("atl2", "atl1")],
)
def test_the_region_that_was_meant_is_asked_for_and_never_taken(typed: str, meant: str) -> None:
    with pytest.raises(CommandError, match=f"Did you mean `{meant}`"):
        _read(f"transfer {IMAGE} {typed}")


def test_where_several_are_as_near_none_is_put_first() -> None:
    with pytest.raises(CommandError) as refused:
        _read(f"transfer {IMAGE} nyc4")
    assert "nearest: `nyc1 nyc2 nyc3`" in str(refused.value)
    assert "Did you mean" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "https://cloud.digitalocean.com/images/62137902",
        "cloud.digitalocean.com/images/62137902/actions?i=7f3a",
        "https://api.digitalocean.com/v2/images/62137902",
        "<https://cloud.digitalocean.com/images/62137902>",
        "<https://cloud.digitalocean.com/images/62137902|cloud.digitalocean.com/images/62137902>",
        "“https://cloud.digitalocean.com/images/62137902”",
    ],
)
def test_an_image_by_the_address_of_its_page(address: str) -> None:
    assert _read(f"transfer {address} nyc3") == transfer(IMAGE, ("nyc3",))
    assert _read(f"show {address}") == Show(IMAGE)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/images/62137902",
        "https://cloud.digitalocean.com.evil.example/images/62137902",
    ],
)
def test_another_address_is_no_image_id(address: str) -> None:
    assert _read(f"show {address}") == Show(ImageName(address))


def test_a_label_that_hides_another_address_is_not_the_image() -> None:
    with pytest.raises(CommandError):
        _read("transfer <https://cloud.digitalocean.com/images/1|62137902> nyc3")


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("status", Status(17)),
        ("Status?", Status(17)),
        ("status 4", Status(4)),
        ("cancel", Cancel(17)),
        ("please cancel", Cancel(17)),
        ("approve", Status(17, "approve")),
        ("reject", Status(17, "deny")),
        ("retry failed", Status(17, "retry_failed")),
        ("transfer sfo3", transfer(IMAGE, ("sfo3",))),
        ("transfer it to sfo3 because so", transfer(IMAGE, ("sfo3",), "so")),
        ("transfer 5 sfo3", transfer(5, ("sfo3",))),
        ("transfer prod-web sfo3", transfer(ImageName("prod-web"), ("sfo3",))),
        ("convert", convert(IMAGE)),
        ("show this", Show(IMAGE)),
        ("history", History(IMAGE)),
        ("policy explain transfer sfo3", Explain(transfer(IMAGE, ("sfo3",)))),
    ],
)
def test_in_the_thread_of_a_request(typed: str, command: Command) -> None:
    assert _read(typed, HERE) == command


@pytest.mark.parametrize("typed", ["cancel", "transfer sfo3", "convert", "show"])
def test_elsewhere_it_has_to_be_named(typed: str) -> None:
    with pytest.raises(CommandError, match=r"^Which"):
        _read(typed)


def test_a_vote_typed_is_never_a_vote() -> None:
    assert _read("approve 17") == Status(17, "approve")
    assert _read("deny #17") == Status(17, "deny")
    assert _read("approve") == Status(None, "approve")
