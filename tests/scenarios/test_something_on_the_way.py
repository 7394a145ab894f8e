"""A proxy or a wall before DigitalOcean answers in its place: its page says nothing of images."""

from __future__ import annotations

import pytest
from world import BOB, ONE_APPROVAL, SNAPSHOT, buttons, shown

NAMED = ONE_APPROVAL + 'image_actions = ["delete", "transfer"]\n'
OTHER = 70_000_001
PAGES = ["<html>Just a moment…</html>", ["no"], 0]


@pytest.mark.alike
@pytest.mark.parametrize("method", ["*", "DELETE"])
@pytest.mark.parametrize("page", PAGES, ids=["a page", "a list", "a number"])
def test_a_404_that_is_not_the_apis_is_no_deletion(start, method: str, page: object) -> None:
    at_work = start(NAMED)
    at_work.digitalocean.add_image(OTHER, "old-one", regions=("nyc1",))
    at_work.types(f"delete {OTHER}")
    root = at_work.root("Deletion of")
    where = {"method": method, "path": f"/v2/images/{OTHER}"}
    at_work.digitalocean.faults.status(404, page, times=2, **where)
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("completed", root)
    assert OTHER not in at_work.digitalocean.images
    assert "gone already" not in shown(at_work.root("Deletion of"))


@pytest.mark.alike
@pytest.mark.parametrize("status", [401, 403, 404])
def test_nor_is_it_one_of_the_token_or_the_image(start, status: int) -> None:
    at_work = start(NAMED)
    where = {"method": "GET", "path": f"/v2/images/{SNAPSHOT}"}
    at_work.digitalocean.faults.status(status, PAGES[0], times=2, **where)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    told = at_work.told("DigitalOcean has a problem").text
    assert "token" not in told
    assert at_work.bot.not_ready() == {}
    at_work.root("Pending approval")


@pytest.mark.alike
@pytest.mark.parametrize("status", [401, 403, 404])
def test_whether_it_let_a_post_pass_nobody_knows(start, status: int) -> None:
    at_work = start(NAMED)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.digitalocean.faults.status(
        status, PAGES[0], method="POST", path="*/actions", after=True
    )
    at_work.clicks("approve", root, by=BOB)
    at_work.reply("found at DigitalOcean", root)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1
    assert "retry_failed" not in buttons(at_work.root("Completed"))
