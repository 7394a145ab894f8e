"""What a client can be built with, and what it shows of itself."""

import pytest

import bot.digitalocean
from bot.digitalocean import Client

from .server import TOKEN


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://api.digitalocean.com",
        "https://api.digitalocean.com/",
        "https://127.0.0.1:8443",
        "http://127.0.0.1:8080",
        "http://127.9.9.9",
        "http://localhost:1",
        "http://[::1]:8080",
        "HTTP://LOCALHOST:1",
    ],
)
def test_endpoints_that_are_taken(endpoint):
    with Client(token=TOKEN, endpoint=endpoint) as client:
        assert TOKEN not in repr(client)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://api.digitalocean.com",
        "http://10.0.0.1",
        "http://0.0.0.0:8080",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1@example.com",
        "http://127.0.0.1\\@example.com",
        "http://example.com\\@127.0.0.1",
        "http://example.com#@127.0.0.1",
        "http://[::ffff:1.2.3.4]",
        "https://user:secret@api.digitalocean.com",
        "https://api.digitalocean.com?x=1",
        "ftp://127.0.0.1",
        "api.digitalocean.com",
        "//api.digitalocean.com",
        "https://",
        "https://host:port",
        "https://host:99999",
        "",
    ],
)
def test_endpoints_that_are_refused(endpoint):
    with pytest.raises(ValueError, match="endpoint") as raised:
        Client(token=TOKEN, endpoint=endpoint)
    assert TOKEN not in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("token", [" ", "a b", "secret\n", "secret\r\nx: y", "sécret", 5])
def test_tokens_that_are_refused_are_not_shown(token):
    with pytest.raises(ValueError, match="token") as raised:
        Client(token=token)
    assert "secret" not in str(raised.value)
    assert raised.value.__context__ is None


@pytest.mark.parametrize("name", ["timeout", "connect_timeout"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_times_that_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        Client(token=TOKEN, **{name: value})


def test_what_is_exported():
    for name in bot.digitalocean.__all__:
        assert hasattr(bot.digitalocean, name)
