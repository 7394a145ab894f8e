"""A proxy or a wall before DigitalOcean answers in its place: its page says nothing of images."""

from __future__ import annotations

import gzip

import pytest
from world import BOB, ONE_APPROVAL, OPS, SNAPSHOT, World, buttons, shown

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


STATUSES = (301, 302, 303, 307, 308, 400, 405, 409, 413, 422, 423, 499)
_WRITTEN = b'{"action": {"id": 24, "status": "completed", "type": "transfer"}}'
BODIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "a broken gzip": (b"\x1f\x8b\x08" + b"x" * 40, {"content-encoding": "gzip"}),
    "half a gzip": (gzip.compress(_WRITTEN)[:-12], {"content-encoding": "gzip"}),
    "an unknown encoding": (b"\x28\xb5\x2f\xfd" + b"x" * 40, {"content-encoding": "zstd"}),
    "a page": (b"<html>ok</html>", {"content-type": "text/html"}),
    "nothing": (b"", {}),
    "two objects": (_WRITTEN + _WRITTEN, {}),
    "not UTF-8": (b'{"action": {"id": 24, "type": "\xff\xfe"}}', {}),
    "another id": (_WRITTEN.replace(b'"id": 24', b'"id": 24, "id": null'), {}),
    "NaN": (_WRITTEN.replace(b"24", b"NaN"), {}),
}


def test_whatever_a_post_is_answered_it_is_sent_once(start) -> None:
    at_work = start(ONE_APPROVAL.replace("approvals = 1", "approvals = 0"))
    faults = at_work.digitalocean.faults
    images = range(OTHER, OTHER + len(STATUSES) + len(BODIES) + 1)
    for image in images:
        at_work.digitalocean.add_image(image, f"img-{image}", regions=["nyc1"])
    where = [{"method": "POST", "path": f"/v2/images/{image}/actions"} for image in images]
    for status in STATUSES:
        faults.status(status, PAGES[0], after=True, headers={"location": "/v2"}, **where.pop())
    for body, headers in BODIES.values():
        faults.raw(body, headers=headers, **where.pop())
    faults.raw(_WRITTEN * 9, is_cut=True, **where.pop())
    for image in images:
        at_work.types(f"transfer {image} nyc3")
    at_work.until(lambda: _completed(at_work) == len(images), "all of it", 60)
    assert sorted(post.image_id for post in at_work.digitalocean.posts) == list(images)
    assert len(at_work.slack.messages(OPS)) == len(images)


def _completed(at_work: World) -> int:
    return sum("Completed" in shown(card) for card in at_work.slack.messages(OPS))


def test_a_look_up_that_is_answered_so_is_asked_again(start) -> None:
    at_work = start(ONE_APPROVAL, IMAGE_BOT_COMMANDS_PER_MINUTE="100000")
    faults = at_work.digitalocean.faults
    for number, (body, headers) in enumerate(BODIES.values()):
        at_work.digitalocean.add_image(OTHER + number, f"img-{number}", regions=["nyc1"])
        where = {"method": "GET", "path": f"/v2/images/{OTHER + number}"}
        faults.raw(body, headers=headers, **where)
        faults.raw(body * 9, is_cut=True, **where)
        faults.status(303, PAGES[0], headers={"location": "/v2"}, **where)
        at_work.types(f"transfer {OTHER + number} nyc3")
    for number in range(len(BODIES)):
        at_work.root(f"img-{number}")
    at_work.clock.skip(60)
    assert len(at_work.slack.messages(OPS)) == len(BODIES)
