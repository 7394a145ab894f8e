"""Actions and images of the account, held against rows of the log: what is made of each."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.events import Event
from bot.domain.reconciliation import (
    SKEW_SECONDS,
    KnownImage,
    LogRow,
    Suspicion,
    Verdict,
    concerns_images,
    judge_action,
    judge_gone,
    known_of,
    missing_of_ours,
    read_log,
)
from bot.domain.resources import Image, ImageAction

NOW = 1_800_000_000.0


def action(**given: Any) -> ImageAction:
    """A transfer of image 5 to nyc3, begun now."""
    plain = {
        "id": 900,
        "type": "transfer",
        "status": "completed",
        "resource_id": 5,
        "resource_type": "image",
        "region_slug": "nyc3",
        "started_at": NOW,
    }
    return ImageAction.model_validate(plain | given)


def row(event: str, at: float = NOW - 1, request: int | None = 17, **facts: Any) -> LogRow:
    return LogRow(at, event, request, {"position": 0} | facts)


def intent(at: float = NOW - 1, call: str = "POST /v2/images/5/actions", **body: Any) -> LogRow:
    return row(Event.INTENT, at, call=call, body={"type": "transfer", "region": "nyc3"} | body)


SNAPSHOT_INTENT = row(
    Event.INTENT, call="POST /v2/droplets/8/actions", body={"type": "snapshot", "name": "x"}
)
LOST = row(Event.AMBIGUOUS, said="no answer")
BEGAN_ANOTHER = row(Event.ACCEPTED, NOW + 61, action_id=901)
ASKS = row(Event.NEEDS_ATTENTION, why="nothing seen")


@pytest.mark.parametrize(
    ("rows", "verdict", "suspicion", "request_id"),
    [
        ([], Verdict.UNEXPLAINED, Suspicion.ELSEWHERE, None),
        ([intent(), row(Event.ACCEPTED, action_id=900)], Verdict.EXPLAINED, None, 17),
        ([intent(), LOST, row(Event.ADOPTED, action_id=900)], Verdict.EXPLAINED, None, 17),
        ([intent(), row(Event.ACCEPTED, action_id=901)], Verdict.UNEXPLAINED, "elsewhere", None),
        ([intent()], Verdict.UNSETTLED, None, 17),
        ([intent(), LOST, ASKS], Verdict.UNSETTLED, None, 17),
        ([intent(), LOST, ASKS, row(Event.POST_AGAIN_VOTED)], Verdict.UNSETTLED, None, 17),
        ([intent(), LOST, ASKS, row(Event.GIVEN_UP)], Verdict.UNEXPLAINED, "given-up", 17),
        ([intent(), LOST, ASKS, row(Event.CLOSED)], Verdict.UNEXPLAINED, "given-up", 17),
        (
            [intent(), LOST, ASKS, LogRow(NOW, Event.CLOSED, 18, {})],
            Verdict.UNSETTLED,
            None,
            17,
        ),
        (
            [intent(), LOST, row(Event.POST_AGAIN), intent(NOW + 60), BEGAN_ANOTHER],
            Verdict.UNEXPLAINED,
            "given-up",
            17,
        ),
        ([intent(), row(Event.REJECTED)], Verdict.UNEXPLAINED, "elsewhere", None),
        ([intent(), row(Event.NOT_ARRIVED)], Verdict.UNEXPLAINED, "elsewhere", None),
        ([intent(region="sfo3")], Verdict.UNEXPLAINED, "elsewhere", None),
        ([intent(call="POST /v2/images/6/actions")], Verdict.UNEXPLAINED, "elsewhere", None),
        ([intent(call="PUT /v2/images/5")], Verdict.UNEXPLAINED, "elsewhere", None),
        ([intent(NOW - 2 * SKEW_SECONDS)], Verdict.UNEXPLAINED, "elsewhere", None),
        ([SNAPSHOT_INTENT], Verdict.UNEXPLAINED, "elsewhere", None),
        (
            [row("pending", NOW - 50), row(Event.RESTORED, NOW + 50)],
            Verdict.UNEXPLAINED,
            "restored",
            None,
        ),
        (
            [row("pending", NOW - 2000), row(Event.RESTORED, NOW - 1900)],
            Verdict.UNEXPLAINED,
            "elsewhere",
            None,
        ),
    ],
)
def test_an_action_and_what_the_log_says(
    rows: list[LogRow], verdict: Verdict, suspicion: str | None, request_id: int | None
) -> None:
    found = judge_action(action(), read_log(rows))
    assert (found.verdict, found.suspicion, found.request) == (verdict, suspicion, request_id)


def test_a_snapshot_is_matched_by_its_droplet() -> None:
    taken = action(type="snapshot", resource_id=8, resource_type="droplet", region_slug="nyc1")
    found = judge_action(taken, read_log([SNAPSHOT_INTENT]))
    assert (found.verdict, found.target_kind, found.target) == (Verdict.UNSETTLED, "droplet", 8)
    other = action(type="snapshot", resource_id=9, resource_type="droplet")
    assert judge_action(other, read_log([SNAPSHOT_INTENT])).verdict is Verdict.UNEXPLAINED


def test_what_an_action_does_not_tell_does_not_clear_it() -> None:
    bare = ImageAction.model_validate(
        {"id": 900, "type": None, "resource_id": None, "region_slug": "", "started_at": None}
    )
    assert concerns_images(bare)
    assert judge_action(bare, read_log([])).verdict is Verdict.UNEXPLAINED
    assert judge_action(bare, read_log([intent()])).verdict is Verdict.UNSETTLED


def test_what_no_log_can_hold_stops_no_look() -> None:
    odd = action(type="\ud800transfer\x00", region_slug="ny\u202ec3", status="\udfff")
    found = judge_action(odd, read_log([])).as_json()
    assert (found["what"], found["region"], "status" in found) == ("transfer", "nyc3", False)


@pytest.mark.parametrize(
    ("type_", "resource_type", "counts"),
    [
        ("transfer", "image", True),
        ("convert", "image", True),
        ("transfer", "", True),
        ("something-new", "image", True),
        ("snapshot", "droplet", True),
        ("snapshot", "volume", False),
        ("power_cycle", "droplet", False),
        ("assign_ip", "", False),
        ("image_destroy", "image", False),
    ],
)
def test_which_actions_are_about_images(type_: str, resource_type: str, counts: bool) -> None:
    assert concerns_images(action(type=type_, resource_type=resource_type)) is counts


DELETE = "DELETE /v2/images/5"


@pytest.mark.parametrize(
    ("rows", "image_type", "converted", "verdict", "suspicion"),
    [
        ([], "snapshot", (), Verdict.UNEXPLAINED, "elsewhere"),
        ([intent(call=DELETE)], "snapshot", (), Verdict.EXPLAINED, None),
        (
            [intent(call=DELETE), row(Event.COMPLETED)],
            "custom",
            (),
            Verdict.EXPLAINED,
            None,
        ),
        (
            [intent(call=DELETE), row(Event.REJECTED)],
            "snapshot",
            (),
            Verdict.UNEXPLAINED,
            "elsewhere",
        ),
        ([intent(call="DELETE /v2/images/6")], "snapshot", (), Verdict.UNEXPLAINED, "elsewhere"),
        ([], "backup", (), Verdict.EXPIRED, None),
        ([], "backup", (5,), Verdict.UNEXPLAINED, "elsewhere"),
        ([row(Event.RESTORED)], "snapshot", (), Verdict.UNEXPLAINED, "restored"),
        ([row(Event.RESTORED, NOW - 500)], "snapshot", (), Verdict.UNEXPLAINED, "elsewhere"),
    ],
)
def test_an_image_that_is_gone(
    rows: list[LogRow],
    image_type: str,
    converted: tuple[int, ...],
    verdict: Verdict,
    suspicion: str | None,
) -> None:
    image = KnownImage(5, "web", image_type, NOW - 100)
    found = judge_gone(image, read_log(rows), converted)
    assert (found.verdict, found.suspicion) == (verdict, suspicion)


def test_only_whole_images_of_our_own_are_missed() -> None:
    assert known_of(Image(id=5, status="available", type="snapshot", name="a\x00\u202eb"), NOW) == (
        KnownImage(5, "ab", "snapshot", NOW)
    )
    for status in ("NEW", "pending", "deleted", "retired"):
        assert known_of(Image(id=5, status=status), NOW) is None
    assert known_of(Image(id=5, status="available", public=True), NOW) is None


def test_our_own_action_has_to_stand_in_the_list() -> None:
    log = read_log([row(Event.ACCEPTED, NOW - 2000, action_id=900)])
    assert missing_of_ours(log, {901}, NOW - 7200, NOW) == {900}
    assert missing_of_ours(log, {900}, NOW - 7200, NOW) == set()
    assert missing_of_ours(log, {901}, NOW - 7200, NOW - 1500) == set(), "it may come later"
    assert missing_of_ours(log, {901}, NOW - 1900, NOW) == set(), "it may be older than the list"
