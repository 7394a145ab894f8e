"""What an ack leaves to be done, and what no ack has room for: the person hears of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from world import ANN, BOB, ONE_APPROVAL, OPS, RUNS_AT_ONCE, SNAPSHOT, World

from rehearsal.slack.messages import View

Start = Callable[..., World]

CYRILLIC = "Ночная копия базы данных заказов и платежей, сервер номер"


@pytest.mark.alike
@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("expired_trigger_id", "came too late"),
        ("exchanged_trigger_id", "came too late"),
        ("ratelimited", "did not show the form"),
        ("internal_error", "did not show the form"),
    ],
)
def test_a_form_that_is_not_opened_is_told(start: Start, error: str, said: str) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.slack.faults.fail("views.open", error)
    at_work.slack.command(ANN, OPS, "")
    assert said in at_work.told("Nothing was changed").text


def test_a_form_is_told_of_whatever_opens_it_and_however_it_fails(start: Start) -> None:
    at_work = start(ONE_APPROVAL)
    slack = at_work.slack
    slack.faults.fail("views.open", status=500)
    slack.shortcut(BOB, "open_form")  # which has no response_url
    at_work.until(lambda: slack.direct_messages(BOB), "a direct message")
    assert "did not show the form" in slack.direct_messages(BOB)[0].text
    at_work.types(f"transfer {SNAPSHOT} nyc3")
    root = at_work.root("Pending approval")
    slack.faults.drop("views.open")
    slack.click(BOB, root, "deny")
    at_work.until(lambda: slack.ephemerals(BOB), "an answer to the click")
    assert "did not show the form" in slack.ephemerals(BOB)[-1].text


def test_an_answer_whose_response_url_fails_goes_directly(start: Start) -> None:
    at_work = start(RUNS_AT_ONCE)
    at_work.slack.faults.fail("views.open", "expired_trigger_id")
    at_work.slack.faults.fail("response_url", "used_url", status=404, times=None)
    at_work.slack.command(ANN, OPS, "")
    at_work.until(lambda: at_work.slack.direct_messages(ANN), "a direct message")
    assert "came too late" in at_work.slack.direct_messages(ANN)[0].text


@pytest.mark.alike
@pytest.mark.parametrize("error", ["internal_error", "ratelimited", "invalid_arguments"])
def test_a_redraw_that_fails_is_told(start: Start, error: str) -> None:
    at_work = start(RUNS_AT_ONCE)
    view = _open_form(at_work)
    at_work.slack.faults.fail("views.update", error)
    at_work.slack.select(ANN, view, "image", str(SNAPSHOT))
    assert "Nothing was changed" in at_work.told("did not show the form").text


def test_who_closed_the_form_is_told_nothing(start: Start) -> None:
    at_work = start(RUNS_AT_ONCE)
    view = _open_form(at_work)
    at_work.slack.faults.fail("views.update", "not_found")
    at_work.slack.select(ANN, view, "image", str(SNAPSHOT))
    at_work.slack.select(ANN, view, "image", str(SNAPSHOT))
    at_work.until(lambda: _redraws(at_work) >= 2, "the second redraw")
    assert not [m for m in at_work.slack.ephemerals(ANN) if "did not show" in m.text]
    assert at_work.slack.direct_messages(ANN) == []


def test_a_menu_of_long_names_fits_into_its_ack(start: Start) -> None:
    """A Cyrillic letter is six bytes of JSON, and a frame over Socket Mode holds 20,480."""
    at_work = start(RUNS_AT_ONCE)
    for n in range(120):
        name = f"{CYRILLIC} {n}" if n % 3 else f"{CYRILLIC[:40]} 💾💾💾 {n}"
        at_work.digitalocean.add_image(7_000_000 + n, name=name, type="snapshot", regions=["ams3"])
    view = _open_form(at_work)
    ack = at_work.slack.options(ANN, view, "image", "")
    assert ack.ok, ack
    assert len(ack.options) >= 20
    if at_work.socket:
        assert at_work.slack.sockets.opened == 1  # Slack did not end the connection
    assert at_work.slack.options(ANN, view, "image", "копия").options


def _redraws(at_work: World) -> int:
    return sum(call.method == "views.update" for call in at_work.slack.calls)


def _open_form(at_work: World) -> View:
    at_work.slack.shortcut(ANN, "open_form")
    at_work.until(lambda: at_work.slack.views(ANN), "the form")
    return at_work.slack.views(ANN)[-1]
