"""The official client against the stand-in."""

from __future__ import annotations

from typing import Any

import pydo
import pytest
import requests

from rehearsal import Sandbox


@pytest.fixture
def official(sandbox: Sandbox) -> pydo.Client:
    env = sandbox.settings()
    return pydo.Client(token=env["DIGITALOCEAN_TOKEN"], endpoint=env["DIGITALOCEAN_API_URL"])


@pytest.fixture
def ask(sandbox: Sandbox) -> Any:
    """One plain HTTP request with the token; a fresh connection each time."""
    env = sandbox.settings()

    def call(method: str, path: str, **kwargs: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {env['DIGITALOCEAN_TOKEN']}"}
        headers |= kwargs.pop("headers", {})
        url = env["DIGITALOCEAN_API_URL"] + path
        timeout = kwargs.pop("timeout", 5)
        return requests.request(method, url, headers=headers, timeout=timeout, **kwargs)

    return call
