"""The session under the client: what it sends, TLS, proxies, and replies made of anything."""

import contextlib
import gzip
import json
import os
import ssl
import time

import pytest
from certificates import write_certificate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bot
from bot.digitalocean import (
    DigitalOceanError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from .server import SOON, TOKEN, Server, drip, head, raw, reply, silence

CONVERT = {"type": "convert"}
ACTION = {"action": {"id": 1}}


@pytest.fixture
def environment(monkeypatch):
    """No proxy and no CA bundle but those that a test names."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.endswith("CA_BUNDLE"):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of 127.0.0.1 and its key, in one file that is also the CA bundle."""
    return write_certificate(tmp_path_factory.mktemp("tls") / "both.pem")


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_what_is_sent(clients):
    with Server(reply("201 Created", ACTION)) as server:
        clients(server.url + "/").image_actions.post(7, {"type": "transfer", "region": "nyc3"})
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/v2/images/7/actions")
    assert request.body == b'{"type": "transfer", "region": "nyc3"}'
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["user-agent"].startswith(f"image-bot/{bot.__version__} (+")
    assert request.headers["connection"] == "close"


def test_cookies_are_not_kept(clients):
    with Server(reply("200 OK", ACTION, set_cookie="__cf_bm=1; path=/")) as server:
        client = clients(server.url)
        client.actions.get(1)
        client.actions.get(1)
    assert not any("cookie" in r.headers for r in server.requests)


def test_netrc_does_not_replace_the_token(clients, environment, tmp_path, tls, certificate):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    environment.setenv("NETRC", str(netrc))
    environment.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with Server(reply("200 OK", ACTION), tls=tls) as server:
        clients(server.url).actions.get(1)
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_loopback_endpoint_in_the_clear_goes_through_no_proxy(clients, environment, refusing):
    environment.setenv("HTTP_PROXY", refusing)
    environment.setenv("ALL_PROXY", refusing)
    with Server(reply("200 OK", ACTION)) as server:
        assert clients(server.url).actions.get(1) == ACTION


def test_an_https_proxy_sees_a_tunnel_and_no_token(clients, environment):
    with Server(raw(head("502 Bad Gateway", {}))) as proxy:
        environment.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(ServiceRequestError, match="502 Bad Gateway"):
            clients("https://api.example.com").image_actions.post(7, CONVERT)
    (request,) = proxy.requests
    assert (request.method, request.target) == ("CONNECT", "api.example.com:443")
    assert TOKEN not in str(request)


@pytest.mark.parametrize("script", [silence, drip(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 300)])
def test_a_proxy_that_keeps_one_waiting_is_never_arrived(clients, environment, script):
    with Server(script) as proxy:
        environment.setenv("HTTPS_PROXY", proxy.url)
        started = time.monotonic()
        with pytest.raises(ServiceRequestError):
            clients("https://api.example.com", timeout=0.6).image_actions.post(7, CONVERT)
        assert time.monotonic() - started < SOON


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(lambda c, r: None, id="not TLS"),
        pytest.param(silence, id="silence"),
    ],
)
def test_tls_that_fails_is_never_arrived(clients, environment, script):
    # The server reads a line of plain HTTP: what it makes of a TLS hello is nothing.
    with Server(script) as server:
        endpoint = server.url.replace("http:", "https:")
        client = clients(endpoint, timeout=1.0, connect_timeout=0.4)
        with pytest.raises(ServiceRequestError):
            client.image_actions.post(7, CONVERT)
        assert server.count("POST") == 0


def test_a_certificate_that_is_not_trusted_is_never_arrived(clients, environment, tls):
    with Server(reply("201 Created", ACTION), tls=tls) as server:
        with pytest.raises(ServiceRequestError, match="certificate verify failed"):
            clients(server.url).image_actions.post(7, CONVERT)
        assert server.requests == []


def test_a_ca_bundle_that_is_missing_is_never_arrived(clients, environment, tls, tmp_path):
    environment.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with Server(reply("201 Created", ACTION), tls=tls) as server:
        with pytest.raises(ServiceRequestError):
            clients(server.url).image_actions.post(7, CONVERT)
        assert server.requests == []


@pytest.mark.parametrize(("kept", "connections"), [("keep-alive", 3), ("close", 4)])
def test_tls_that_works(clients, environment, tls, certificate, kept, connections):
    environment.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with Server(reply("200 OK", ACTION, connection=kept), tls=tls) as server:
        client = clients(server.url)
        for _ in range(2):
            assert client.image_actions.post(7, CONVERT) == ACTION
            assert client.actions.get(1) == ACTION
        assert server.connections == connections


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("kept", ["keep-alive", "close"])
def test_a_large_body_arrives_whole(clients, kept, encoding):
    value = {"actions": [{"id": number, "text": "x" * 500} for number in range(4000)]}
    data = json.dumps(value).encode()
    packed = gzip.compress(data) if encoding == "gzip" else data
    script = reply("200 OK", raw=packed, connection=kept, content_encoding=encoding)
    with Server(script) as server:
        assert clients(server.url).actions.list() == value


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(silence, id="silence"),
        pytest.param(drip(b"HTTP/1.1 201 Created\r\nx: ", b"y" * 300), id="headers"),
        pytest.param(drip(head("201 Created", {"content-length": "300"}), b" " * 300), id="body"),
    ],
)
def test_the_limit_holds_over_tls(clients, environment, tls, certificate, script):
    environment.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with Server(script, tls=tls) as server:
        started = time.monotonic()
        with pytest.raises(ServiceResponseError):
            clients(server.url, timeout=0.6).image_actions.post(7, CONVERT)
        assert time.monotonic() - started < SOON
        assert server.count("POST") == 1


HEADS = st.sampled_from(
    [b"", b"HTTP/1.1 201 Created\r\n", b"HTTP/1.1 500 \r\n", b"HTTP/1.1 302 Found\r\nLocation: "]
)
ENCODED = st.sampled_from(
    [
        b"",
        b"content-length: 5\r\n\r\n",
        b"content-length: -5\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n",
        b"content-encoding: gzip\r\n\r\n",
        b"content-encoding: deflate, gzip\r\n\r\n",
        b"\r\n",
    ]
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.builds(lambda *parts: b"".join(parts), HEADS, ENCODED, st.binary(max_size=200)))
def test_any_bytes_become_a_typed_error_and_one_post(clients, data):
    with Server(raw(data)) as server:
        client = clients(server.url, timeout=2.0)
        with contextlib.suppress(HttpResponseError, ServiceResponseError):
            assert isinstance(client.image_actions.post(7, CONVERT), dict)
        assert server.count("POST") == 1
        client.close()


def test_a_closed_client_can_be_asked_again(clients):
    with Server(reply("200 OK", ACTION)) as server:
        with clients(server.url) as client:
            client.actions.get(1)
        assert client.actions.get(1) == ACTION
        assert server.connections == 2


def test_all_errors_have_one_root_and_help(clients, refusing):
    with pytest.raises(DigitalOceanError) as raised:
        clients(refusing, timeout=0.2).images.get(7)
    assert raised.value.help
