"""Slack's certificate is checked, and what it is checked with is read once."""

from __future__ import annotations

import ssl
from urllib.error import URLError

import pytest

from bot.slack.command_name import NamedCommandClient
from bot.slack.tls import verifying


def test_names_and_certificates_are_checked() -> None:
    context = verifying()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.cert_store_stats() == ssl.create_default_context().cert_store_stats()


def test_every_client_uses_the_same_one() -> None:
    for _ in range(2):
        client = NamedCommandClient("/image", base_url="https://127.0.0.1:9/", retry_handlers=[])
        with pytest.raises(URLError):
            client.api_call("api.test")
        assert client.ssl is verifying()


def test_a_stand_in_without_tls_needs_none() -> None:
    client = NamedCommandClient("/image", base_url="http://127.0.0.1:9/", retry_handlers=[])
    with pytest.raises(URLError):
        client.api_call("api.test")
    assert client.ssl is None
