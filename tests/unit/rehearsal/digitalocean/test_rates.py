"""The two limits of a token."""

from __future__ import annotations

import time

from rehearsal.digitalocean.rates import RateLimits


def test_the_minute_answers_with_retry_after():
    rates = RateLimits(minutely=2)
    assert rates.check().allowed
    assert rates.check().allowed
    refused = rates.check()
    assert not refused.allowed
    assert 1 <= int(refused.headers["retry-after"]) <= 61


def test_the_hour_answers_without_it():
    rates = RateLimits(hourly=2, minutely=100)
    rates.check()
    rates.check()
    refused = rates.check()
    assert not refused.allowed
    assert "retry-after" not in refused.headers
    assert refused.headers["ratelimit-remaining"] == "0"


def test_reset_is_when_the_oldest_expires():
    headers = RateLimits().check().headers
    assert headers["ratelimit-limit"] == "5000"
    assert headers["ratelimit-remaining"] == "4999"
    assert abs(int(headers["ratelimit-reset"]) - (time.time() + 3600)) < 3


def test_another_program_can_use_up_the_hour():
    rates = RateLimits()
    rates.use_up(left=1)
    assert [rates.check().allowed, rates.check().allowed] == [True, False]
