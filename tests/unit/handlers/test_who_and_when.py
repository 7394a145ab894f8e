"""Who acted and when, as every shape of a payload tells it."""

from __future__ import annotations

import pytest

from handlers.identity import actor
from handlers.mention import _late

NOW = 1_796_000_000.0
TWO_HOURS = NOW - 7_200


@pytest.mark.parametrize(
    ("event_time", "ts", "late"),
    [
        (NOW, str(NOW), 0.0),
        (NOW, str(TWO_HOURS), 7_200.0),
        (TWO_HOURS, str(NOW), 7_200.0),
        (None, str(TWO_HOURS), 7_200.0),
        ("soon", str(TWO_HOURS), 7_200.0),
        ([], str(TWO_HOURS), 7_200.0),
        (TWO_HOURS, "", 7_200.0),
        (NOW + 100, "later", 0.0),  # a clock that goes before ours
        (None, None, 0.0),
    ],
)
def test_what_says_that_it_is_older_is_believed(
    event_time: object, ts: object, late: float
) -> None:
    assert _late({"event_time": event_time, "event": {"ts": ts}}, NOW) == late


@pytest.mark.parametrize(
    ("event", "team"),
    [
        ({"user_team": "T0ELSE", "source_team": "T0OURS", "team": "T0OURS"}, "T0ELSE"),
        ({"source_team": "T0ELSE", "team": "T0OURS"}, "T0ELSE"),
        ({"user_profile": {"team": "T0ELSE"}, "team": "T0OURS"}, "T0ELSE"),
        ({"user_team": "T0OURS", "team": "T0ELSE"}, "T0OURS"),
        ({"user_profile": None, "source_team": "", "team": "T0OURS"}, "T0OURS"),
        ({}, ""),
    ],
)
def test_where_a_person_belongs_is_read_off_what_tells_it(event: dict, team: str) -> None:
    """The envelope names the installation, whoever acted."""
    body = {"team_id": "T0OURS", "event": {"user": "U0EVE", **event}}
    assert actor(body).team == team
