"""Arguments as Slack reads them: from a form, a query or JSON."""

from __future__ import annotations

import pytest

from rehearsal.slack.methods.arguments import Arguments
from rehearsal.slack.workspace import SlackError


def test_absent_null_and_empty_are_the_same():
    given = Arguments({"null": None, "empty": ""})
    assert [given.text(name, "x") for name in ("absent", "null", "empty")] == ["x"] * 3
    for name in ("absent", "null", "empty"):
        with pytest.raises(SlackError, match="invalid_arguments"):
            given.need(name)


def test_structures_come_as_json_or_in_a_string():
    given = Arguments({"list": [1], "text": "[1]", "none": "", "empty": [], "broken": "["})
    assert given.structure("list") == given.structure("text") == [1]
    assert given.structure("none") is None
    assert given.structure("empty") == []
    with pytest.raises(SlackError, match="invalid_arguments"):
        given.structure("broken")


def test_flags_and_numbers():
    given = Arguments({"yes": "1", "true": True, "no": "false", "n": "7", "bad": "-1"})
    assert [given.flag(name) for name in ("yes", "true", "no", "absent")] == [
        True,
        True,
        False,
        False,
    ]
    assert (given.number("n", 1), given.number("absent", 3)) == (7, 3)
    with pytest.raises(SlackError):
        given.number("bad", 1)
