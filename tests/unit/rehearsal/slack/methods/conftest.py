"""Shared by the tests of the Web API's methods."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from rehearsal.slack.rates import Limits


@pytest.fixture
def error_of() -> Any:
    """The error a call is answered with."""

    def call(function: Any, *args: Any, **kwargs: Any) -> str:
        with pytest.raises(SlackApiError) as raised:
            function(*args, **kwargs)
        return str(raised.value.response["error"])

    return call


@pytest.fixture(autouse=True)
def _no_paces(sandbox: Any) -> None:
    sandbox.slack.rates.limits = Limits(post_burst=1000, tier_factor=100)
