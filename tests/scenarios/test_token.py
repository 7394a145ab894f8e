"""DigitalOcean refuses the token, or it lacks a scope: named as that, and the bot is not ready."""

from __future__ import annotations

import pytest
from world import ANN, BOB, ONE_APPROVAL, SNAPSHOT, World

EXPIRED = {"id": "Unauthorized", "message": "Unable to authenticate you", "request_id": "r-1"}
FORBIDDEN = {"id": "Forbidden", "message": "You are not authorized", "request_id": "r-2"}
IMAGES = {"method": "GET", "path": "/v2/images/*"}


def _not_ready(at_work: World) -> str:
    return dict(at_work.bot.not_ready()).get("digitalocean", "")


@pytest.mark.parametrize(
    ("status", "body", "named"),
    [(401, EXPIRED, "DIGITALOCEAN_TOKEN"), (403, FORBIDDEN, "image:read")],
)
def test_it_is_said_at_the_request_and_goes_on_once_it_is_mended(
    start, caplog, status: int, body: object, named: str
) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.status(status, body, times=None, **IMAGES)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    told = at_work.told("goes on by itself").text
    assert named in told
    assert "could not be reached" not in told
    assert str(status) in _not_ready(at_work)
    errors = [r.getMessage() for r in caplog.records if r.levelname == "ERROR"]
    assert len([line for line in errors if str(status) in line]) == 1
    at_work.digitalocean.faults.clear()
    at_work.clock.skip(60)
    at_work.root("Pending approval")
    assert _not_ready(at_work) == ""


@pytest.mark.parametrize(("status", "body", "named"), [(401, EXPIRED, "DIGITALOCEAN_TOKEN")])
def test_a_look_says_so_too(start, status: int, body: object, named: str) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.faults.status(status, body, method="GET", path="/v2/images*", times=None)
    at_work.types("list")
    assert named in at_work.told("401", ANN).text
    at_work.types("show web-2026-11-20")
    assert named in at_work.told("go on looking", ANN).text


def test_before_the_post(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.digitalocean.faults.status(401, EXPIRED, times=None, **IMAGES)
    at_work.clicks("approve", root, by=BOB)
    assert "DIGITALOCEAN_TOKEN" in at_work.reply("refuses my token", root).text
    at_work.digitalocean.faults.clear()
    at_work.clock.skip(60)
    at_work.reply("completed", root)
    assert len(at_work.digitalocean.posts) == 1


def test_at_the_post_it_ends_and_can_be_retried(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.limit_scopes("image:read", "regions:read", "actions:read")
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    at_work.clicks("approve", root, by=BOB)
    assert "scope" in at_work.reply("refused", root).text
    assert "image:update" in _not_ready(at_work)


def test_the_accounts_list_is_not_needed(start) -> None:
    at_work = start(ONE_APPROVAL)
    at_work.digitalocean.limit_scopes("image:read", "image:update", "regions:read")
    at_work.types(f"transfer {SNAPSHOT} nyc3 sfo3")
    at_work.clicks("approve", at_work.root("Pending approval"), by=BOB)
    at_work.root("Completed")
    assert _not_ready(at_work) == ""
