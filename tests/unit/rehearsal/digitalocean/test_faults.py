"""Every way the DigitalOcean stand-in can misbehave, and what the account knows of it."""

from __future__ import annotations

import time

import pytest
import requests

IMAGE = 62137902
ACTIONS = f"/v2/images/{IMAGE}/actions"
BODY = {"type": "transfer", "region": "nyc3"}


@pytest.fixture
def do(sandbox):
    return sandbox.digitalocean


def test_a_status_as_often_as_planned(ask, do):
    do.faults.status(503, times=2)
    assert [ask("GET", "/v2/account").status_code for _ in range(3)] == [503, 503, 200]


def test_a_status_for_one_path_and_method(ask, do):
    do.faults.status(500, method="POST", path="/v2/images/*/actions")
    assert ask("GET", ACTIONS).status_code == 200
    failed = ask("POST", ACTIONS, json=BODY)
    assert (failed.status_code, failed.json()["id"]) == (500, "server_error")
    assert do.posts == []


def test_a_status_with_a_body_of_ones_own(ask, do):
    do.faults.status(418, {"id": "teapot"}, headers={"x-own": "1"})
    answer = ask("GET", "/v2/account")
    assert (answer.json(), answer.headers["x-own"]) == ({"id": "teapot"}, "1")


@pytest.mark.parametrize(("retry_after", "header"), [(7, "7"), (None, None)])
def test_429(ask, do, retry_after, header):
    do.faults.too_many(retry_after)
    answer = ask("GET", "/v2/account")
    assert (answer.status_code, answer.headers.get("retry-after")) == (429, header)


def test_a_reset_before_it_was_taken(ask, do):
    do.faults.reset(method="POST")
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        ask("POST", ACTIONS, json=BODY)
    assert do.posts == []


def test_a_reset_after_it_was_taken(ask, do):
    do.faults.accept_then_reset()
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        ask("POST", ACTIONS, json=BODY)
    assert len(do.posts) == 1


@pytest.mark.parametrize("seconds", [None, 5])
def test_silence_after_it_was_taken(ask, do, seconds):
    do.faults.accept_then_hang(seconds)
    with pytest.raises(requests.ReadTimeout):
        ask("POST", ACTIONS, json=BODY, timeout=0.2)
    assert len(do.posts) == 1


def test_silence_before_it_was_taken(ask, do):
    do.faults.hang()
    with pytest.raises(requests.ReadTimeout):
        ask("POST", ACTIONS, json=BODY, timeout=0.2)
    assert do.posts == []


def test_an_error_after_it_was_taken(ask, do):
    do.faults.accept_then_status(502)
    assert ask("POST", ACTIONS, json=BODY).status_code == 502
    assert len(do.posts) == 1


def test_broken_json_after_it_was_taken(ask, do):
    do.faults.broken_json(method="POST")
    answer = ask("POST", ACTIONS, json=BODY)
    assert answer.status_code == 201
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert len(do.posts) == 1


def test_an_unknown_status(ask, do):
    posted = ask("POST", ACTIONS, json=BODY).json()["action"]
    do.faults.unknown_status("paused", times=2)
    assert ask("GET", f"/v2/actions/{posted['id']}").json()["action"]["status"] == "paused"
    assert ask("GET", ACTIONS).json()["actions"][0]["status"] == "paused"
    assert ask("GET", ACTIONS).json()["actions"][0]["status"] in ("in-progress", "completed")


def test_slow(ask, do):
    do.faults.slow(0.2)
    start = time.monotonic()
    assert ask("GET", "/v2/account").status_code == 200
    assert time.monotonic() - start >= 0.2


def test_late_whatever_else_goes_wrong(ask, do):
    do.faults.late = 0.2
    do.faults.status(503)
    start = time.monotonic()
    assert [ask("GET", "/v2/account").status_code for _ in range(2)] == [503, 200]
    assert time.monotonic() - start >= 0.4
    do.faults.clear()
    assert do.faults.late == 0


def test_unreachable_and_back_on_the_same_port(ask, do):
    session = requests.Session()
    assert session.get(do.url + "/v2/account", timeout=5).status_code == 401
    with do.unreachable():
        with pytest.raises(requests.ConnectionError, match="refused"):
            ask("GET", "/v2/account")
        with pytest.raises(requests.ConnectionError):
            session.get(do.url + "/v2/account", timeout=5)
    assert ask("GET", "/v2/account").status_code == 200


def test_the_next_action_fails_or_never_ends(ask, do):
    do.next_action(0, "errored")
    do.next_action(None)
    ids = [ask("POST", ACTIONS, json=BODY).json()["action"]["id"] for _ in range(2)]
    time.sleep(0.3)
    assert [each.status for each in do.actions] == ["in-progress", "errored"]
    do.end_action(ids[1], "completed")
    assert do.images[IMAGE].regions == ("nyc1", "nyc3")


def test_an_image_vanishes_and_its_action_goes_on(ask, do):
    action_id = ask("POST", ACTIONS, json=BODY).json()["action"]["id"]
    do.remove_image(IMAGE)
    assert ask("GET", f"/v2/images/{IMAGE}").status_code == 404
    assert ask("GET", ACTIONS).status_code == 404
    time.sleep(0.25)
    assert ask("GET", f"/v2/actions/{action_id}").json()["action"]["status"] == "completed"


def test_cleared_faults_are_gone(ask, do):
    do.faults.status(500, times=None)
    do.faults.clear()
    assert ask("GET", "/v2/account").status_code == 200


def test_what_was_left_without_an_answer_is_in_the_calls(ask, do):
    do.faults.reset()
    with pytest.raises(requests.ConnectionError):
        ask("GET", "/v2/account")
    assert [call.status for call in do.calls] == [0]


def test_an_image_added_and_changed_from_outside(ask, do):
    do.add_image(42, "mine", regions=("ams3",), tags=("x",))
    do.change_image(42, status="retired")
    assert ask("GET", "/v2/images/42").json()["image"]["status"] == "retired"


def test_an_action_started_from_elsewhere_is_not_a_post_of_the_bot(ask, do):
    do.act(IMAGE, BODY)
    assert len(ask("GET", ACTIONS).json()["actions"]) == 1
    assert do.posts == []
