"""Every problem of a schedules file is told, with its line, its field and what is expected."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.schedules.given import EXAMPLE, anything, loaded, utc

from bot.errors import CommandError, SchedulesError
from bot.schedules.due import next_due
from bot.schedules.file import read
from bot.schedules.load import BrokenSchedules, load
from bot.schedules.when import in_words

WHOLE = """[[schedule]]
name = "nightly"
when = "daily 03:00"
command = "prune web-* keep 3"
channel = "C0OPS"
owner = "U0ANN"
"""
NO_WHEN = WHOLE.replace('when = "daily 03:00"\n', "")
NO_COMMAND = WHOLE.replace('command = "prune web-* keep 3"\n', "")

ONE_PROBLEM = [
    # text, then what its one problem holds
    ("[[schedule]", ["line 1", "not TOML"]),
    ("[schedule]\nname = 'x'", ["line 1", "found a table", "two brackets"]),
    ("schedule = [3]", ["line 1", "schedule 1", "found 3"]),
    (f"{WHOLE}[[schedules]]\nname = 'x'", ["line 7", "did you mean “schedule”"]),
    (f"{WHOLE}chanel = 'C0X'", ["line 7, schedule “nightly”, chanel", "did you mean “channel”"]),
    (f"{WHOLE}{WHOLE}", ["line 8, schedule “nightly”, name", "given twice"]),
    (NO_WHEN, ["line 1, schedule “nightly”, when", "missing", "weekly mon 03:00"]),
    (WHOLE.replace("nightly", "Nightly web"), ["line 2", "small letters", "nightly-web"]),
    (WHOLE.replace("nightly", "a" * 41), ["line 2", "1 to 40"]),
    (WHOLE.replace("nightly", "-a"), ["line 2", "single hyphens"]),
    (WHOLE.replace("C0OPS", "#ops"), ["line 5", 'found "#ops"', "C0PROD"]),
    (WHOLE.replace("C0OPS", "D0OPS"), ["line 5", "channel id"]),
    (WHOLE.replace("U0ANN", "S0LEADS"), ["line 6", 'found "S0LEADS"', "a Slack user id"]),
    (f"{WHOLE}time_zone = 'Berlin'", ["line 7", 'found "Berlin"', "Europe/Berlin"]),
    (f"{WHOLE}notify = ['D0X']", ["line 7", 'found "D0X"', "C0APPROVALS"]),
    (f"{WHOLE}notify = []", ["line 7", "found []", "leave the key out"]),
    (f"{WHOLE}approval_days = 0", ["line 7", "found 0", "from 1 to 90"]),
    (f"{WHOLE}approval_days = 91", ["line 7", "found 91", "from 1 to 90"]),
    (f"{WHOLE}approval_days = true", ["line 7", "found true", "from 1 to 90"]),
    (f"{NO_COMMAND}command = ''", ["line 6", "1 to 500"]),
    (f"{NO_COMMAND}command = '{'a' * 501}'", ["line 6", "1 to 500"]),
    (f'{NO_COMMAND}command = "a\\nb"', ["line 6", "one line"]),
    (f"{NO_WHEN}when = 3", ["line 6", "found 3", "five fields of cron"]),
    (f"{NO_WHEN}when = ''", ["line 6", "printable"]),
    (f"{NO_WHEN}when = 'every night'", ["line 6", "daily 03:00", "five fields of cron"]),
    (f"{NO_WHEN}when = 'daily'", ["line 6", "daily 03:00"]),
    (f"{NO_WHEN}when = 'daily 3:00'", ["line 6", "a time of day"]),
    (f"{NO_WHEN}when = 'daily 24:00'", ["line 6", "23:59"]),
    (f"{NO_WHEN}when = 'weekly monday 03:00'", ["line 6", "mon, tue"]),
    (f"{NO_WHEN}when = 'monthly 31 03:00'", ["line 6", "from 1 to 28", "0 3 L * *"]),
    (f"{NO_WHEN}when = '0 0 3 * * *'", ["line 6", "five fields of cron"]),
    (f"{NO_WHEN}when = '0 24 * * *'", ["line 6", "its hour is wrong"]),
    (f"{NO_WHEN}when = '0 3 31 feb *'", ["line 6", "its day-of-month is wrong"]),
    (f"{NO_WHEN}when = '0 3 LW * */6'", ["line 6", "no day is ever like this"]),
    (f"{NO_WHEN}when = '*/10 * * * *'", ["line 6", "15 minutes or more", "10 minutes apart"]),
    (f"{NO_WHEN}when = '* * * * *'", ["line 6", "15 minutes or more", "1 minute apart"]),
    (f"{NO_WHEN}when = '0,14 3 * * *'", ["line 6", "14 minutes apart"]),
    (f"{NO_WHEN}when = '0,50 0,23 * * *'", ["line 6", "10 minutes apart"]),
]


@pytest.mark.parametrize(("text", "told"), ONE_PROBLEM)
def test_one_problem_is_told_with_its_place(text: str, told: list[str]) -> None:
    with pytest.raises(BrokenSchedules) as caught:
        loaded(text)
    (problem,) = caught.value.problems
    assert all(part in str(problem) for part in told), str(problem)


def test_problems_are_told_at_once_and_in_order() -> None:
    with pytest.raises(BrokenSchedules) as caught:
        loaded('[[schedule]]\nowner = "x"\nname = "x y"\n[[schedule]]\nwhen = "hourly"\n')
    assert [problem.field for problem in caught.value.problems] == [
        *("when", "command", "channel", "owner", "name"),
        *("name", "command", "channel", "owner"),
    ]
    assert str(caught.value).startswith("schedules.toml has 9 problems:")
    assert "schedules.example.toml" in caught.value.help


def test_whoever_loads_says_which_commands_can_run() -> None:
    asked = []

    def check(command: str) -> None:
        asked.append(command)
        if not command.startswith("prune"):
            raise CommandError("This is no prune.", "Write one.")

    assert len(load(WHOLE, "schedules.toml", check)) == 1
    with pytest.raises(BrokenSchedules) as caught:
        load(f'{NO_COMMAND}command = " dance "\n', "schedules.toml", check)
    assert asked == ["prune web-* keep 3", "dance"]
    (problem,) = caught.value.problems
    assert str(problem) == (
        'line 6, schedule “nightly”, command: found " dance "; This is no prune. Write one.'
    )


@pytest.mark.parametrize("when", ["0,15,30,45 * * * *", "*/15 9-17 * * 1-5", "50 23,0 * * *"])
def test_once_in_15_minutes_is_not_too_often(when: str) -> None:
    assert len(loaded(f"{NO_WHEN}when = '{when}'")) == 1


def test_defaults_and_spaces() -> None:
    (read_one,) = loaded(f"{NO_WHEN}when = ' Weekly  MON 03:00 '\n")
    assert read_one.when == "Weekly MON 03:00"
    assert read_one.cron == "0 3 * * mon"
    assert (read_one.time_zone, read_one.notify, read_one.approval_days) == ("UTC", (), 90)


def test_the_example_loads() -> None:
    nightly, weekly = loaded(EXAMPLE)
    assert nightly.command == "snapshot web-1 to fra1 keep 3 because nightly copy"
    assert (nightly.when, nightly.time_zone) == ("daily 03:00", "Europe/Berlin")
    assert weekly.command == "prune web-* keep 3"


def test_a_file_may_hold_no_schedule() -> None:
    assert loaded("# none yet\n") == ()


@given(st.text(alphabet="0123456789*/,-#LW monjan", max_size=30))
def test_whatever_stands_as_when_is_taken_or_refused(when: str) -> None:
    with suppress(BrokenSchedules):
        (taken,) = loaded(f"{NO_WHEN}when = '{when}'")
        assert next_due(taken, utc("2026-03-04 11:30"))
        assert in_words(taken.when)


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(SchedulesError, match=r"schedules example >schedules\.toml"):
        read(tmp_path / "schedules.toml", anything)


def test_a_file_is_read_with_its_mark_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "schedules.toml"
    path.write_text(WHOLE, encoding="utf-8-sig")
    assert len(read(path, anything)) == 1
    path.write_bytes(b"# fine\n# \xff\n")
    with pytest.raises(SchedulesError, match="line 2: this is not UTF-8"):
        read(path, anything)
    with pytest.raises(SchedulesError, match="cannot be read"):
        read(tmp_path, anything)
