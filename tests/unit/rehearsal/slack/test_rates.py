"""Slack's paces."""

from __future__ import annotations

import time

from rehearsal.slack.rates import Limits, Rates


def test_three_at_once_then_one_a_second():
    rates = Rates(Limits())
    assert [rates.wait_to_post("C1") for _ in range(4)] == [0, 0, 0, 1]
    assert rates.wait_to_post("C2") == 0


def test_tokens_come_back():
    rates = Rates(Limits(post_burst=1, posts_per_second=50))
    rates.wait_to_post("C1")
    assert rates.wait_to_post("C1") == 1
    time.sleep(0.03)
    assert rates.wait_to_post("C1") == 0


def test_a_tier_is_an_allowance_a_minute():
    rates = Rates(Limits())
    assert [rates.wait_to_call("chat.update", 3) for _ in range(51)] == [0] * 50 + [2]
    assert rates.wait_to_call("views.open", 4) == 0


def test_the_wait_is_long_enough():
    rates = Rates(Limits(post_burst=1, posts_per_second=0.1))
    rates.wait_to_post("C1")
    assert rates.wait_to_post("C1") == 10
