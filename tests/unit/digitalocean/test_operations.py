"""Paths, queries, pages, what is refused before it leaves, and the live list of regions."""

import json
import threading
import time
from enum import IntEnum
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.digitalocean import (
    DigitalOceanError,
    HttpResponseError,
    InvalidBody,
    ServiceRequestError,
    images,
    operations,
)
from bot.domain.resources import DOCUMENTED_REGIONS

from .server import Server, raw, reply, silence

ACTION = {"action": {"id": 1}}
ATLANTA = {"type": "transfer", "region": "atl1"}
REGIONS = {
    "regions": [
        {"slug": "nyc3", "features": ["image_transfer"]},
        {"slug": "atl1", "features": ["backups", "image_transfer"]},
        {"slug": "old9", "features": ["backups"]},
        {"slug": "nul1", "features": None},
        {"features": ["image_transfer"]},
        "not a region",
    ],
    "links": {},
}


class Number(IntEnum):
    SEVEN = 7


def by_path(**replies):
    """Answer by what the path ends with."""

    def script(connection, request):
        replies[request.path.rpartition("/")[2]](connection, request)

    return script


@pytest.mark.parametrize(
    ("call", "path", "query"),
    [
        (lambda c: c.actions.get(5), "/v2/actions/5", {}),
        (lambda c: c.actions.list(), "/v2/actions", {"per_page": "20", "page": "1"}),
        (
            lambda c: c.regions.list(per_page=7, page=3),
            "/v2/regions",
            {"per_page": "7", "page": "3"},
        ),
        (lambda c: c.images.get(7), "/v2/images/7", {}),
        (lambda c: c.images.get(Number.SEVEN), "/v2/images/7", {}),
        (
            lambda c: c.images.list(type="application", private=True, tag_name="a&b=c"),
            "/v2/images",
            {
                "type": "application",
                "private": "true",
                "tag_name": "a&b=c",
                "per_page": "20",
                "page": "1",
            },
        ),
        (
            lambda c: c.images.list(private=False),
            "/v2/images",
            {"private": "false", "per_page": "20", "page": "1"},
        ),
        (lambda c: c.image_actions.get(7, 5), "/v2/images/7/actions/5", {}),
        (
            lambda c: c.image_actions.list(7, per_page=200),
            "/v2/images/7/actions",
            {"per_page": "200", "page": "1"},
        ),
    ],
)
def test_what_is_asked(clients, call, path, query):
    with Server(reply("200 OK", {"some": "thing"})) as server:
        assert call(clients(server.url)) == {"some": "thing"}
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", path)
    assert {k: v for k, (v,) in parse_qs(urlsplit(request.target).query).items()} == query


@pytest.mark.parametrize("number", [0, -1, True, False, 1.0, "", "-7", None, "7/actions", [7]])
@pytest.mark.parametrize(
    "call",
    [
        lambda c, n: c.images.get(n),
        lambda c, n: c.actions.get(n),
        lambda c, n: c.image_actions.list(n),
        lambda c, n: c.image_actions.pages(n),
        lambda c, n: c.image_actions.get(n, 5),
        lambda c, n: c.image_actions.get(5, n),
        lambda c, n: c.image_actions.post(n, {"type": "convert"}),
    ],
)
def test_an_id_that_is_no_number_is_never_sent(clients, refusing, call, number):
    with pytest.raises(ValueError, match="whole number above 0"):
        call(clients(refusing), number)


@pytest.mark.parametrize(
    "paging", [{"per_page": 0}, {"per_page": 201}, {"page": 0}, {"page": -1}, {"per_page": -5}]
)
def test_a_page_that_cannot_be_is_never_asked(clients, refusing, paging):
    with pytest.raises(ValueError, match="page"):
        clients(refusing).images.list(**paging)


def paged(pages, next_page=True):
    def script(connection, request):
        number = int(parse_qs(urlsplit(request.target).query)["page"][0])
        # The address points elsewhere on purpose: it must not be followed.
        more = {"pages": {"next": "https://evil.example.com/v2/x?page=2"}}
        links = more if number < pages and next_page else {}
        reply("200 OK", {"images": [number], "links": links})(connection, request)

    return script


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.images.pages(type="application"),
        lambda c: c.actions.pages(per_page=200),
        lambda c: c.image_actions.pages(7),
        lambda c: c.regions.pages(),
    ],
)
def test_pages_are_iterated_one_call_at_a_time(clients, call):
    with Server(paged(3)) as server:
        pages = call(clients(server.url))
        assert server.requests == []
        assert next(pages)["images"] == [1]
        assert len(server.requests) == 1
        assert [page["images"] for page in pages] == [[2], [3]]
        queries = [parse_qs(urlsplit(r.target).query) for r in server.requests]
    assert [q["page"] for q in queries] == [["1"], ["2"], ["3"]]
    assert all(q["per_page"] == ["200"] for q in queries)


@pytest.mark.parametrize("links", [None, [], "x", {"pages": None}, {"pages": {"next": ""}}])
def test_pages_end_where_no_next_is_named(clients, links):
    with Server(reply("200 OK", {"actions": [], "links": links})) as server:
        assert len(list(clients(server.url).actions.pages())) == 1


def test_endless_pages_end_in_an_error(clients, monkeypatch):
    monkeypatch.setattr(operations, "MOST_PAGES", 3)
    with Server(paged(10**9)) as server:
        pages = clients(server.url).actions.pages()
        assert [next(pages)["images"] for _ in range(3)] == [[1], [2], [3]]
        with pytest.raises(DigitalOceanError, match="more than 3 pages"):
            next(pages)


@pytest.mark.parametrize("region", sorted(DOCUMENTED_REGIONS))
def test_a_documented_region_needs_no_look_up(clients, region):
    body = {"type": "transfer", "region": region}
    with Server(reply("201 Created", ACTION)) as server:
        assert clients(server.url).image_actions.post(image_id=7, body=body) == ACTION
    assert [(r.method, json.loads(r.body)) for r in server.requests] == [("POST", body)]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "not a mapping"),
        ([], "not a mapping"),
        ("convert", "not a mapping"),
        ({}, "type"),
        ({"type": "delete"}, "convert"),
        ({"type": "transfer"}, "region: Field required"),
        ({"type": "transfer", "region": None}, "region"),
        ({"type": "transfer", "region": 3}, "region"),
        ({"type": "transfer", "region": ""}, "region"),
        ({"type": "transfer", "region": "NYC3"}, "NYC3"),
        ({"type": "transfer", "region": "nyc3\n"}, "region"),
        ({"type": "transfer", "region": "../../actions"}, "region"),
        ({"type": "transfer", "region": "x" * 40_000}, "region"),
        ({"type": "transfer", "region": "atl 1", "force": True}, "region"),
        ({"type": "convert", 3: 4}, "3"),
        ({"type": "convert", "at": float("nan")}, "no JSON"),
        ({"type": "convert", "at": object()}, "no JSON"),
        (b"{", "no JSON"),
        (b"[]", "not a mapping"),
        (b"\xff", "no JSON"),
    ],
)
def test_a_body_that_cannot_be_meant_is_never_sent(clients, refusing, body, said):
    with pytest.raises(InvalidBody) as raised:
        clients(refusing).image_actions.post(7, body)
    assert isinstance(raised.value, ValueError)
    assert said in str(raised.value)
    assert 'Expected {"type": "convert"}' in str(raised.value)
    assert len(str(raised.value)) < 1500


def test_a_live_region_is_looked_up_once(clients):
    with Server(
        by_path(regions=reply("200 OK", REGIONS), actions=reply("201 x", ACTION))
    ) as server:
        client = clients(server.url)
        for _ in range(3):
            assert client.image_actions.post(7, ATLANTA) == ACTION
        assert server.count("GET") == 1
        assert server.count("POST") == 3


def test_the_live_list_is_read_anew_after_a_while(clients, monkeypatch):
    monkeypatch.setattr(images, "LIVE_REGIONS_SECONDS", 0.0)
    with Server(
        by_path(regions=reply("200 OK", REGIONS), actions=reply("201 x", ACTION))
    ) as server:
        client = clients(server.url)
        client.image_actions.post(7, ATLANTA)
        client.image_actions.post(7, ATLANTA)
        assert server.count("GET") == 2


@pytest.mark.parametrize("region", ["old9", "nul1", "nyc4"])
def test_a_region_that_the_live_list_does_not_offer_is_refused(clients, region):
    with Server(reply("200 OK", REGIONS)) as server:
        with pytest.raises(InvalidBody, match=f"'{region}' is not a documented region"):
            clients(server.url).image_actions.post(7, {"type": "transfer", "region": region})
        assert server.count("POST") == 0


@pytest.mark.parametrize("regions", [None, 3, "atl1", {"atl1": {}}, [None], []])
def test_a_live_list_without_a_region_says_nothing_and_is_read_again(clients, regions):
    with Server(reply("200 OK", {"regions": regions})) as server:
        client = clients(server.url)
        for _ in range(2):
            with pytest.raises(ServiceRequestError, match="without a region"):
                client.image_actions.post(7, ATLANTA)
        assert (server.count("GET"), server.count("POST")) == (2, 0)


@pytest.mark.parametrize("odd", [{"features": None}, {"features": "image_transfer"}, {"slug": ""}])
def test_a_region_that_does_not_say_that_it_takes_images_is_not_offered(clients, odd):
    atlanta = {"slug": "atl1", "features": ["image_transfer"], **odd}
    nyc3 = {"slug": "nyc3", "features": ["image_transfer"]}
    with Server(reply("200 OK", {"regions": [atlanta, nyc3]})) as server:
        with pytest.raises(InvalidBody):
            clients(server.url).image_actions.post(7, ATLANTA)
        assert server.count("POST") == 0


@pytest.mark.parametrize(
    ("script", "raises"),
    [
        pytest.param(reply("500 x", {}), ServiceRequestError, id="500"),
        pytest.param(reply("302 Found", {}), ServiceRequestError, id="302"),
        pytest.param(reply("200 OK", []), ServiceRequestError, id="a list"),
        pytest.param(raw(b""), ServiceRequestError, id="closed"),
        pytest.param(silence, ServiceRequestError, id="silence"),
        pytest.param(reply("429 x", {}, retry_after="3"), HttpResponseError, id="429"),
        pytest.param(reply("403 Forbidden", {"id": "forbidden"}), HttpResponseError, id="403"),
    ],
)
def test_a_look_up_that_fails_never_looks_like_a_post_that_may_have_arrived(
    clients, script, raises
):
    with Server(script) as server:
        with pytest.raises(raises) as raised:
            clients(server.url, timeout=0.7).image_actions.post(7, ATLANTA)
        assert server.count("POST") == 0
    if isinstance(raised.value, HttpResponseError):
        assert raised.value.status_code < 500


def test_look_up_and_post_share_one_limit(clients):
    def slowly(connection, request):
        time.sleep(0.5)
        reply("200 OK", REGIONS)(connection, request)

    with Server(by_path(regions=slowly, actions=silence)) as server:
        started = time.monotonic()
        with pytest.raises(DigitalOceanError):
            clients(server.url, timeout=1.0).image_actions.post(7, ATLANTA)
        assert time.monotonic() - started < 1.45
        assert server.count("POST") == 1


def test_all_pages_of_a_look_up_share_one_limit(clients):
    def slowly(connection, request):
        time.sleep(0.4)
        paged(10)(connection, request)

    with Server(slowly) as server:
        with pytest.raises(ServiceRequestError):
            clients(server.url, timeout=0.6).image_actions.post(7, ATLANTA)
        assert len(server.requests) == 2


def test_threads_share_one_look_up(clients):
    def slowly(connection, request):
        time.sleep(0.2)
        reply("200 OK", REGIONS)(connection, request)

    with Server(by_path(regions=slowly, actions=reply("201 x", ACTION))) as server:
        client = clients(server.url)
        threads = [
            threading.Thread(target=client.image_actions.post, args=(7, ATLANTA)) for _ in range(8)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join(30)
        assert server.count("GET") == 1
        assert server.count("POST") == 8
