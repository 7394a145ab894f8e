"""`decode`: status, headers, bytes in; a JSON object or a typed error out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digitalocean import HttpResponseError, RateLimit, ServiceResponseError
from bot.digitalocean.decode import decode, retry_after

NOT_FOUND = {"id": "not_found", "message": "The resource was not found.", "request_id": "r-1"}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"image": {"id": 1}}', {"image": {"id": 1}}),
        (201, b'{"action": {}}', {"action": {}}),
        (299, b" {} ", {}),
        (200, '{"a": "é"}'.encode(), {"a": "é"}),
        (200, '\ufeff{"a": 1}'.encode(), {"a": 1}),
    ],
)
def test_success(status, body, expected):
    assert decode(status, {}, body) == expected


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"action": {"id": 1', id="cut off"),
        pytest.param(b"<html></html>", id="html"),
        pytest.param(b"[]", id="list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"3", id="number"),
        pytest.param(b'{"a": NaN}', id="not a number"),
        pytest.param(b'{"a": -Infinity}', id="infinity"),
        pytest.param(b'{"a": "\xff"}', id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="too deep"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="too many digits"),
    ],
)
def test_a_success_that_cannot_be_read_may_have_been_done(body):
    with pytest.raises(ServiceResponseError) as raised:
        decode(201, {"X-Request-Id": "r-2"}, body)
    assert raised.value.status_code == 201
    assert raised.value.request_id == "r-2"
    assert "look before asking again" in str(raised.value)


def test_an_error_has_the_attributes_of_the_official_clients():
    with pytest.raises(HttpResponseError) as raised:
        decode(404, {"X-Thing": "1"}, json.dumps(NOT_FOUND).encode(), "Not Found")
    error = raised.value
    assert (error.status_code, error.reason, error.message) == (
        404,
        "Not Found",
        "The resource was not found.",
    )
    assert error.error == NOT_FOUND
    assert (error.error_id, error.request_id, error.retry_after) == ("not_found", "r-1", None)
    assert error.response.headers == {"x-thing": "1"}
    assert error.response.json() == NOT_FOUND
    assert json.loads(error.response.text()) == NOT_FOUND
    assert str(error).startswith(
        "DigitalOcean answered 404 not_found: The resource was not found (request_id r-1)."
    )


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (500, b"<html>oops</html>", "Internal Server Error"),
        (503, b"", "Service Unavailable"),
        (418, b"[1]", "I'm a Teapot"),
        (422, b'{"message": 5, "id": {}}', "Unprocessable"),
        (302, b"", "Found"),
        (799, b"", "an unknown status"),
    ],
)
def test_an_error_without_an_explanation_is_told_by_its_status(status, body, message):
    with pytest.raises(HttpResponseError) as raised:
        decode(status, {"x-request-id": "r-3"}, body)
    assert raised.value.message.lower().startswith(message.lower())
    assert raised.value.error_id is None
    assert raised.value.request_id == "r-3"


def test_half_a_surrogate_pair_does_not_reach_a_log():
    with pytest.raises(HttpResponseError) as raised:
        decode(422, {}, b'{"message": "a\\ud800b"}')
    assert raised.value.message == "a?b"
    assert str(raised.value).encode()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "５"}, None),
        ({"retry-after": "5, 5"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "soon"}, None),
        (
            {
                "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT",
                "date": "Wed, 21 Oct 2026 07:28:00 GMT",
            },
            30.0,
        ),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT"}, 0.0),
    ],
)
def test_retry_after(headers, expected):
    assert retry_after(headers) == expected


def test_a_429_carries_its_pause():
    with pytest.raises(HttpResponseError) as raised:
        decode(429, {"Retry-After": "12"}, b'{"id": "too_many_requests"}')
    assert raised.value.retry_after == 12.0
    assert "wait 12 s" in str(raised.value)


@pytest.mark.parametrize(
    ("limit", "remaining", "reset", "expected"),
    [
        ("5000", "4816", "1444931833", RateLimit(5000, 4816, 1444931833)),
        (" 250 ", "0", "1", RateLimit(250, 0, 1)),
        ("5000", None, "1444931833", None),
        ("5000", "-1", "1444931833", None),
        ("5000", "", "1444931833", None),
        ("5000", "9" * 5000, "1444931833", None),
    ],
)
def test_rate_limit(limit, remaining, reset, expected):
    sent = {
        "RateLimit-Limit": limit,
        "ratelimit-remaining": remaining,
        "RATELIMIT-RESET": reset,
    }
    headers = {name: value for name, value in sent.items() if value is not None}
    assert RateLimit.from_headers(headers) == expected


NAMES = st.sampled_from(
    ["retry-after", "Date", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]
)
HEADERS = st.dictionaries(NAMES | st.text(), st.text() | st.from_regex(r"\A[0-9]{1,30}\Z"))
BODIES = st.binary() | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
).map(lambda value: json.dumps(value).encode())


@given(st.integers(100, 999), HEADERS, BODIES, st.text())
def test_nothing_but_an_object_or_a_typed_error_comes_out(status, headers, body, reason):
    RateLimit.from_headers(headers)
    came = outcome(status, headers, body, reason)
    if isinstance(came, HttpResponseError):
        assert not 200 <= status < 300
        assert came.retry_after is None or came.retry_after >= 0
    else:
        assert 200 <= status < 300
        assert isinstance(came, dict | ServiceResponseError)
    assert str(came).encode("utf-8", "surrogatepass" if isinstance(came, dict) else "strict")


def outcome(*arguments):
    try:
        return decode(*arguments)
    except (HttpResponseError, ServiceResponseError) as error:
        return error


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "id": st.none() | st.text() | st.integers() | st.lists(st.none()),
            "message": st.none() | st.text(max_size=2000) | st.integers(),
            "request_id": st.none() | st.text() | st.booleans(),
        },
    )
)
def test_any_error_body_is_kept_whole_and_can_be_printed(body):
    with pytest.raises(HttpResponseError) as raised:
        decode(422, {}, json.dumps(body).encode())
    assert raised.value.error == body
    assert str(raised.value).encode()
    assert len(str(raised.value)) < 4000
