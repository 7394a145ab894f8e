"""Planned misbehaviour is matched by method and channel."""

from __future__ import annotations

import pytest

from rehearsal.slack.faults import SlackFaults


@pytest.mark.parametrize(
    ("planned", "method", "channel", "fits"),
    [
        ({"method": "chat.postMessage"}, "chat.postMessage", "C1", True),
        ({"method": "chat.postMessage"}, "chat.update", "C1", False),
        ({"method": "chat.*"}, "chat.update", None, True),
        ({"method": "chat.*", "channel": "C1"}, "chat.update", "C1", True),
        ({"method": "chat.*", "channel": "C1"}, "chat.update", "C2", False),
    ],
)
def test_what_fits(planned, method, channel, fits):
    faults = SlackFaults()
    faults.fail(error="x", **planned)
    found = faults.take(lambda plan: plan.fits(method, channel))
    assert (found is not None) is fits


def test_ratelimited_is_a_429_unless_said_otherwise():
    faults = SlackFaults()
    assert faults.fail("chat.*", error="ratelimited").status == 429
    assert faults.fail("chat.*", error="is_archived").status == 200
    assert faults.fail("chat.*", status=503).status == 503


def test_cleared_with_the_repeats():
    faults = SlackFaults()
    faults.hang("chat.*", times=None)
    faults.deliver_twice(times=None)
    faults.clear()
    assert (faults.pending, faults.repeats.pending) == (0, 0)
