"""What the official client takes for the calls that we have, ours takes: sent as it would be."""

import io
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.digitalocean import (
    Client,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)

from .server import TOKEN, Server, head, raw, reply

ACTION = {"action": {"id": 99, "status": "in-progress", "type": "convert", "resource_id": 7}}
DONE = reply("201 Created", ACTION)
FOUND = reply("200 OK", {"some": "thing"})


def _query(request):
    return {k: v for k, (v,) in parse_qs(urlsplit(request.target).query).items()}


@pytest.mark.parametrize(
    "body",
    [
        {"type": "convert", "region": "nyc3"},  # the documentation's own usage sample
        {"type": "convert", "note": {"by": ["ann"]}},
        {"type": "transfer", "region": "nyc3", "force": True},
    ],
)
def test_keys_that_only_digitalocean_can_judge_are_sent(clients, body):
    with Server(DONE) as server:
        assert clients(server.url).image_actions.post(62137902, body=body) == ACTION
    assert json.loads(server.requests[0].body) == body


def _text_file(written):
    return io.StringIO(written.decode())


@pytest.mark.parametrize(
    "as_one",
    [bytes, bytearray, bytes.decode, io.BytesIO, _text_file],
    ids=["bytes", "bytearray", "text", "a file", "a file of text"],
)
def test_a_body_may_be_the_json_itself(clients, as_one):
    body = {"type": "transfer", "region": "ams3"}
    with Server(DONE) as server:
        given = as_one(json.dumps(body).encode())
        assert clients(server.url).image_actions.post(7, given) == ACTION
    assert json.loads(server.requests[0].body) == body


@pytest.mark.parametrize("image", [6918990, "6918990", "ubuntu-24-04-x64", "ubuntu_24.04"])
def test_an_image_is_got_by_id_digits_or_slug(clients, image):
    with Server(FOUND) as server:
        clients(server.url).images.get(image)
    assert server.requests[0].path == f"/v2/images/{image}"


@pytest.mark.parametrize("image", ["../actions", "a/b", "a?b", "a b", "", ".", "-x", "é"])
def test_what_would_leave_the_path_is_no_slug(clients, refusing, image):
    with pytest.raises(ValueError, match="image_id"):
        clients(refusing).images.get(image)


def test_ids_may_be_digits_everywhere(clients):
    with Server(FOUND) as server:
        client = clients(server.url)
        client.actions.get("36805022")
        client.image_actions.get("7", "36805022")
        client.image_actions.list("7")
    assert [r.path for r in server.requests] == [
        "/v2/actions/36805022",
        "/v2/images/7/actions/36805022",
        "/v2/images/7/actions",
    ]


def test_what_changes_images_takes_digits_in_any_order(clients):
    with Server(
        reply("200 OK", {"image": {"id": 7938391}}), raw(head("204 No Content", {}))
    ) as server:
        client = clients(server.url)
        body = {"name": "golden", "distribution": "Ubuntu", "description": " "}
        assert client.images.update(body=body, image_id="7938391") == {"image": {"id": 7938391}}
        assert client.images.delete(image_id="6372321") is None
    put, delete = server.requests
    assert (put.method, put.path, json.loads(put.body)) == ("PUT", "/v2/images/7938391", body)
    assert (delete.method, delete.path) == ("DELETE", "/v2/images/6372321")


@pytest.mark.parametrize(
    "found", [{"actions": {"id": 5}, "meta": {"total": 1}}, {"id": 5}, {"action": None}, {}]
)
def test_what_comes_is_given_back_as_it_is(clients, found):
    with Server(reply("200 OK", found)) as server:
        client = clients(server.url)
        assert client.actions.get(5) == client.image_actions.get(7, 5) == found
        assert client.actions.list() == client.image_actions.list(7) == found
        assert client.images.list() == client.regions.list() == client.images.get(7) == found


def test_headers_are_sent_and_never_change_whose_call_it_is(clients):
    headers = {"X-Trace": "17", "authorization": "Bearer other", "Content-Length": "9999"}
    with Server(FOUND) as server:
        clients(server.url).images.list(headers=headers)
    sent = {name.lower(): value for name, value in server.requests[0].headers.items()}
    assert sent["x-trace"] == "17"
    assert sent["authorization"] == f"Bearer {TOKEN}"
    assert sent.get("content-length") != "9999"


def test_params_are_sent_and_named_arguments_go_first(clients):
    with Server(FOUND) as server:
        clients(server.url).images.list(page=2, params={"page": 9, "sort": "created_at"})
    assert _query(server.requests[0]) == {"per_page": "20", "page": "2", "sort": "created_at"}


def test_image_actions_are_paged_by_params_too(clients):
    with Server(FOUND) as server:
        clients(server.url).image_actions.list(7, params={"per_page": 200, "page": 3})
    assert _query(server.requests[0]) == {"per_page": "200", "page": "3"}


def test_what_azure_core_has_besides_changes_nothing(clients):
    with Server(FOUND) as server:
        clients(server.url).regions.list(enforce_https=False, retry_total=9, logging_enable=True)
    assert len(server.requests) == 1


def test_what_neither_client_knows_is_said_so(clients, refusing):
    with pytest.raises(TypeError, match="regoin"):
        clients(refusing).image_actions.post(7, {"type": "convert"}, regoin="nyc3")


def test_a_client_without_a_token_is_told_by_digitalocean(clients):
    said = {"id": "Unauthorized", "message": "Unable to authenticate you"}
    with Server(reply("401 x", said)) as server, pytest.raises(ClientAuthenticationError) as raised:
        clients(server.url, token="").images.list()
    assert raised.value.message == "Unable to authenticate you"


def test_a_token_may_be_named_api_key():
    with Client(api_key=TOKEN) as client:
        assert TOKEN not in repr(client)


@pytest.mark.parametrize("given", [{}, {"token": None}, {"token": "a", "api_key": "b"}])
def test_one_token_is_needed(given):
    with pytest.raises(TypeError, match="token"):
        Client(**given)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, ClientAuthenticationError),
        (404, ResourceNotFoundError),
        (409, ResourceExistsError),
        (422, HttpResponseError),
        (500, HttpResponseError),
    ],
)
def test_an_error_is_of_the_official_class(clients, status, kind):
    no = reply(f"{status} x", {"id": "no", "message": "No."})
    with Server(no) as server, pytest.raises(HttpResponseError) as raised:
        clients(server.url).image_actions.post(7, {"type": "convert"})
    assert type(raised.value) is kind
    assert (raised.value.status_code, raised.value.message) == (status, "No.")
    assert raised.value.error == {"id": "no", "message": "No."}
    assert len(server.requests) == 1  # never sent again by itself


def _answered(pipeline, value, headers):
    return pipeline.http_response.status_code, value, headers


BUDGET = {"ratelimit-limit": 5000, "ratelimit-remaining": 4999, "ratelimit-reset": 1700000000}


def test_cls_makes_the_result_of_every_call(clients):
    with Server(FOUND) as server:
        client = clients(server.url)
        found = (200, {"some": "thing"}, BUDGET)
        for call in (client.images.list, client.actions.list, client.regions.list):
            assert call(cls=_answered) == found
        assert client.images.get(7, cls=_answered) == found
        assert client.image_actions.list(7, cls=_answered) == found
        assert client.images.update(7, {"name": "web"}, cls=_answered) == found
    with Server(DONE) as server:
        body = {"type": "convert"}
        assert clients(server.url).image_actions.post(7, body, cls=_answered)[0] == 201
    assert len(server.requests) == 1
    with Server(raw(head("204 No Content", {"ratelimit-limit": "5"}))) as server:
        budget = {"ratelimit-limit": 5, "ratelimit-remaining": None, "ratelimit-reset": None}
        assert clients(server.url).images.delete(7, cls=_answered) == (204, None, budget)


def test_each_answer_goes_to_the_hook(clients):
    statuses = []
    with (
        Server(reply("422 x", {"message": "No."}), FOUND) as server,
        pytest.raises(HttpResponseError),
    ):
        clients(server.url).images.get(
            7, raw_response_hook=lambda each: statuses.append(each.http_response.status_code)
        )
    assert statuses == [422]


class _OwnError(Exception):
    def __init__(self, response):
        super().__init__(response.status_code)


@pytest.mark.parametrize(("status", "calls"), [(404, 1), (422, 1), (503, 1)])
def test_an_error_may_be_mapped(clients, status, calls):
    with Server(reply(f"{status} x", {"message": "No."})) as server:
        client = clients(server.url)
        with pytest.raises(_OwnError, match=str(status)):
            client.image_actions.post(7, {"type": "convert"}, error_map={status: _OwnError})
        with pytest.raises(_OwnError, match=str(status)):
            client.images.get(7, error_map={status: _OwnError}, retry_total=0)
    assert server.count("POST") == calls  # never sent again
    assert server.count("GET") == 1


@pytest.mark.parametrize(
    ("client_says", "call_says", "tries"), [(1, None, 2), (5, 0, 1), (0, 2, 3)]
)
def test_how_often_a_read_is_tried_can_be_said(clients, client_says, call_says, tries):
    given = {} if call_says is None else {"retry_total": call_says}
    with Server(reply("500 x", {"message": "No."})) as server:
        client = clients(server.url, retry_total=client_says)
        with pytest.raises(HttpResponseError):
            client.images.list(**given)
        with pytest.raises(HttpResponseError):
            client.image_actions.post(7, {"type": "convert"}, retry_total=9)
    assert server.count("GET") == tries
    assert server.count("POST") == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"id": "no", "message": "Bad region."}, "Bad region."),
        ({"error": {"code": "c", "message": "Bad region."}}, "Bad region."),
        ({"error": "Bad region."}, "Bad region."),
        ({"message": None}, None),
        ({}, None),
    ],
)
def test_the_usual_way_to_print_an_error_works(clients, body, said):
    no = reply("422 Unprocessable Entity", body)
    with Server(no) as server, pytest.raises(HttpResponseError) as raised:
        clients(server.url).image_actions.post(7, {"type": "convert"})
    error = raised.value
    printed = f"Error: {error.status_code} {error.reason}: {error.error.message}"
    assert printed == f"Error: 422 Unprocessable Entity: {said}"
    assert error.message == (said or "Unprocessable Entity")
    assert error.error == body
    assert (error.error.target, error.error.details, error.error.innererror) == (None, [], {})
    assert error.error.code == ("c" if isinstance(body.get("error"), dict) else None)


@pytest.mark.parametrize("written", [b"", b"<html>", b"[1]", b'"x"', b"null"])
def test_an_error_without_an_object_has_none(clients, written):
    with (
        Server(reply("502 Bad Gateway", raw=written)) as server,
        pytest.raises(HttpResponseError) as raised,
    ):
        clients(server.url).image_actions.post(7, {"type": "convert"})
    assert raised.value.error is None
    assert raised.value.response.read() == written
    assert raised.value.response.content_type == "application/json"
