"""`--dry-run` of each operation tells what would be sent, and sends nothing."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from plans import WEB_1, nightly, sent
from world import ANN, BOB, OPS, SNAPSHOT, World, shown

from bot.operations.registry import OPERATIONS
from bot.store import audit

ANY = f"""
[[rule]]
name = "one other person"
image_actions = {json.dumps(sorted(OPERATIONS))}
approvals = 1
approvers = ["U0ANN", "U0BOB"]
"""
BACKUP, DB = 62140001, 62137903
TOLD = {
    f"transfer {SNAPSHOT} nyc3 sfo3": ("*Transfer of web-2026-11-20", "nyc3 and sfo3", "$0 more"),
    f"transfer {SNAPSHOT} nyc1 nyc3": ("to nyc3*", ":white_check_mark: Image 62137902 is in nyc1"),
    f"transfer {SNAPSHOT} all": ("to ams1, ams2", ":white_check_mark: Image 62137902 is in nyc1"),
    "transfer latest web-2* to fra1": ("*Transfer of web-2026-11-20", "to fra1"),
    'transfer "web-2026-11-20" ams3': ("*Transfer of web-2026-11-20", "ams3", "12.5 GB, in nyc1"),
    f"convert {BACKUP}": ("*Conversion of web-1 weekly", "$0.14 a month"),
    f"rename {SNAPSHOT} kept": ("*Renaming of web-2026-11-20", "is called *kept*"),
    f"delete {SNAPSHOT} {DB}": ("*Deletion of", "which saves $0.75 a month", "db-2026-11-21"),
    f"give {SNAPSHOT} to ops@example.com": ("*Handover of", "It is moved, not copied"),
    "snapshot web-1 to fra1 keep 2": ("copied to fra1", "are deleted", "$1.50 a month"),
    "snapshot volume db-data": ("A snapshot of volume", "$6.00 a month"),
    "restore web-1 from latest": ("A restore of *web-1*", "What was written since is lost"),
    "prune web-1-* keep 2": ("2 of 4 go", "which saves $1.20 a month"),
}
REFUSED = {
    f"transfer {BACKUP} nyc3": "backups cannot be transferred",
    f"convert {SNAPSHOT}": "is a snapshot already",
    f"transfer {SNAPSHOT} nyc1": "is in nyc1 already",
    "delete 99": "There is no image 99",
    f"delete {WEB_1}": f"There is no image {WEB_1}",
    f"rename {SNAPSHOT} web-2026-11-20": "has that name already",
}


def _nothing_was_asked(at_work: World) -> None:
    assert sent(at_work) == []
    assert at_work.slack.messages(OPS) == []
    with at_work.bot.store.read() as connection:
        assert not [row for row in audit.entries(connection) if row.event == "requested"]
    assert at_work.slack.violations == []


def _told(at_work: World, parts: tuple[str, ...]) -> list[str]:
    said = map(shown, at_work.slack.ephemerals(ANN))
    return [each for each in said if all(p in each for p in (*parts, "Nothing was asked"))]


def test_each_operation_tells_what_would_become_of_it(start: Callable[..., World]) -> None:
    at_work = start(ANY)
    nightly(at_work)
    for typed, parts in TOLD.items():
        ack = at_work.types(f"{typed} --dry-run")
        assert "must approve" not in ack.text, "it is answered once"
        at_work.until(lambda parts=parts: _told(at_work, parts), f"what {typed} would do: {parts}")
        (said,) = _told(at_work, parts)
        assert f"<@{BOB}> must approve within 4 h" in said, typed
        assert f"<@{ANN}>" not in said, typed
    _nothing_was_asked(at_work)


@pytest.mark.alike
@pytest.mark.parametrize("typed", REFUSED)
def test_what_stands_in_the_way_is_told(start: Callable[..., World], typed: str) -> None:
    at_work = start(ANY)
    at_work.types(f"{typed} --dry-run")
    said = shown(at_work.told(REFUSED[typed]))
    assert "Nothing was asked" in said
    assert "must approve" not in said
    _nothing_was_asked(at_work)


def test_a_rule_that_asks_for_the_image_is_tried_with_it(start: Callable[..., World]) -> None:
    at_work = start(ANY + 'image_names = ["db-*"]\n')
    at_work.types(f"transfer {SNAPSHOT} nyc3 --dry-run")
    assert ":no_entry:" in shown(at_work.told("*Transfer of web-2026-11-20"))
    at_work.types(f"transfer {DB} nyc3 --dry-run")
    assert "must approve" in shown(at_work.told("*Transfer of db-2026-11-21"))


def test_one_of_several_images_is_chosen_and_still_nothing_is_sent(
    start: Callable[..., World],
) -> None:
    at_work = start(ANY)
    for number in (70000001, 70000002):
        at_work.digitalocean.add_image(number, "twin", regions=("nyc1",))
    at_work.types("delete twin --dry-run")
    offer = at_work.told("2 images are named")
    value = offer.blocks[1]["accessory"]["value"]
    at_work.slack.click(ANN, offer, "pick", value)
    at_work.told("*Deletion of twin")
    _nothing_was_asked(at_work)


def test_digitalocean_out_of_reach_is_told(start: Callable[..., World]) -> None:
    at_work = start(ANY)
    at_work.digitalocean.faults.status(500, method="GET", times=None)
    at_work.types(f"transfer {SNAPSHOT} nyc3 --dry-run")
    at_work.told("DigitalOcean has a problem")
    _nothing_was_asked(at_work)
