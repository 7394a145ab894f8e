"""`/image status mine` and `waiting`; lists begin with what is newest."""

from __future__ import annotations

from collections.abc import Callable

from world import ANN, BOB, CAT, ONE_APPROVAL, SNAPSHOT, World, shown


def test_mine_and_what_waits_for_me(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3", by=ANN)
    root = at_work.root("Pending approval")
    assert "quest 1" in at_work.types("status mine", by=ANN).text
    assert "no open request" in at_work.types("status mine", by=BOB).text
    assert "quest 1" in at_work.types("status waiting for me", by=BOB).text
    assert "Nothing waits for your approval" in at_work.types("status waiting", by=ANN).text
    at_work.clicks("approve", root, by=BOB)
    at_work.root("Completed")
    assert "Nothing waits for your approval" in at_work.types("status waiting", by=CAT).text


def test_of_many_images_of_one_name_the_newest_can_be_chosen(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    for day in range(1, 13):
        at_work.digitalocean.add_image(
            71_000_000 + day, "nightly", created_at=f"2026-11-{day:02}T03:00:00Z"
        )
    at_work.types("transfer nightly nyc3")
    assert "71000012" in shown(at_work.told("12 images are named"))
    at_work.types("list nightly")
    listed = shown(at_work.told("1 to 8 of 12"))
    assert listed.index("71000012") < listed.index("71000005")


def test_of_an_image_by_its_name(start: Callable[..., World]) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    at_work.root("Pending approval")
    at_work.types("status “web-2026-11-20”")
    at_work.told(f"Newest requests for image {SNAPSHOT}")
    at_work.types('status of image "db-2026-11-21"')
    at_work.told("I know no request, action or image 62137903")
    at_work.types('status "nowhere"')
    at_work.told("No image of yours is named `nowhere`")
