from __future__ import annotations

import tomllib
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.policy.given import EXAMPLE, policy

from bot.errors import PolicyError
from bot.policy.fields import duration, duration_text
from bot.policy.load import BrokenPolicy, load
from bot.toml.lines import lines_of

FREEZE = "[[freeze]]\ntime_zone = 'UTC'\n"
RULE = '[[rule]]\nname = "prod"\napprovers = ["U0BOB"]\n'

ONE_PROBLEM = [
    # text, then what its one problem holds
    ("", ["rule: missing", "[[rule]]"]),
    ("[rule]\nname = 'x'", ["line 1", "found a table", "two brackets"]),
    ("rule = [3]", ["line 1", "rule 1", "found 3"]),
    ("[[rule]]\nname = ", ["line 2", "not TOML"]),
    ("[[rule]]\nname = 'a'\nname = 'b'", ["line 3", "not TOML"]),
    (f"{RULE}[[freezes]]\nname = 'x'", ["line 4", "freezes", "did you mean “freeze”"]),
    (f"{RULE}aprovals = 2", ["line 4, rule “prod”, aprovals", "did you mean “approvals”"]),
    (f"{RULE}zzz = 2", ["line 4", "unknown key", "image_actions"]),
    (f"{RULE}approvals = '1'", ["line 4", 'found "1"', "a whole number from 0"]),
    (f"{RULE}approvals = true", ["line 4", "found true", "a whole number"]),
    (f"{RULE}approvals = -1", ["line 4", "found -1", "a whole number from 0"]),
    (f"{RULE}approvals = 1.0", ["line 4", "found 1.0"]),
    (f"{RULE}approvals = 2", ["line 3", "approvers", "never be reached by 1"]),
    ("[[rule]]\nname = 'x'", ["line 1, rule “x”, approvers", "needs approvers"]),
    ("[[rule]]\napprovals = 0\nbreak_glass = true", ["rule 1, approvers", "second person"]),
    (f"{RULE}self_approval = 'yes'", ["line 4", 'found "yes"', "true or false"]),
    (f"{RULE}self_approval = 1", ["line 4", "found 1", "true or false"]),
    (f"{RULE}regions = 'nyc3'", ["line 4", 'found "nyc3"', 'such as ["nyc1", "nyc3"]']),
    (f"{RULE}regions = ['NYC3']", ["line 4", 'found "NYC3"', "did you mean “nyc3”"]),
    (f"{RULE}regions = [\n'nyc1',\n'new york',\n]", ["line 6", 'found "new york"']),
    (f"{RULE}regions = []", ["line 4", "found []", "leave the key out"]),
    (f"{RULE}image_actions = ['tranfer']", ["line 4", "did you mean “transfer”"]),
    (f"{RULE}channels = ['#prod']", ["line 4", 'found "#prod"', "C0PROD"]),
    (f"{RULE}requesters = ['@bob']", ["line 4", 'found "@bob"', "U0BOB"]),
    (f"{RULE}requesters = ['C0PROD']", ["line 4", "user id"]),
    (f"{RULE}notify = ['D0X']", ["line 4", 'found "D0X"', "C0APPROVALS"]),
    (f"{RULE}image_names = ['']", ["line 4", "printable"]),
    (f"{RULE}expires_after = 4", ["line 4", "found 4", "4h"]),
    (f"{RULE}expires_after = '59s'", ["line 4", 'found "59s"', "1h30m"]),
    (f"{RULE}expires_after = ''", ["line 4", "a duration"]),
    (f"{RULE}expires_after = '31d'", ["line 4", "from 1 minute to 30 days"]),
    (f"{RULE}expires_after = '0m'", ["line 4", "from 1 minute to 30 days"]),
    (f"{RULE}expires_after = '٤h'", ["line 4", "a duration"]),
    (f"{RULE}hours = 3", ["line 4", "found 3", "a table"]),
    (f"{RULE}hours = {{ from = '09:00' }}", ["line 4", "hours.time_zone: missing"]),
    (f"{RULE}[rule.hours]\ntime_zone = 'Berlin'", ["line 5", "Europe/Berlin"]),
    (f"{RULE}[rule.hours]\ntime_zone = 'Europe'", ["line 5", 'found "Europe"']),
    (f"{RULE}[rule.hours]\ntime_zone = '../etc'", ["line 5", "a time zone"]),
    (f"{RULE}[rule.hours]\ntime_zone = 'UTC'\nfrom = '9:00'", ["line 6", '"09:00"']),
    (f"{RULE}[rule.hours]\ntime_zone = 'UTC'\nto = '24:01'", ["line 6", "24:00"]),
    (f"{RULE}[rule.hours]\ntime_zone = 'UTC'\nto = '00:00'", ["line 6", "the same time"]),
    (f"{RULE}[rule.hours]\ntime_zone = 'UTC'\nfrom = 09:00:30", ["line 6", "09:00"]),
    (f"{RULE}[rule.hours]\ntime_zone = 'UTC'\nfrom = '24:00'", ["line 6", "write"]),
    (f"{RULE}[rule.hours]\ntime_zone = 'UTC'\ndays = []", ["line 6", "a list of days"]),
    (f"{RULE}[rule.hours]\ntime_zone = 'UTC'\ndays = ['mon-fri-sun']", ["line 6", "a span"]),
    (f"{RULE}[rule.hours]\ntime_zone = 'UTC'\ndays = [1]", ["line 6", "a span"]),
    (f"a = {'[' * 100_000}", ["line 1"]),
    (f"{RULE}[rule.hours]\ntime_zone = 'UTC'\ndays = ['mon-fry']", ["line 6", "mon, tue"]),
    (f"{RULE}quota = {{ requests = 0, per = '1d' }}", ["line 4", "quota.requests", "1 to 1000"]),
    (f"{RULE}image_actions = ['convert']\nregions = ['nyc3']", ["line 5", "no region"]),
    (f"{RULE}{RULE}", ["line 5", "name", "given twice"]),
    (f"{RULE}[[freeze]]\ntime_zone = 'UTC'", ["line 4", "freeze 1", "needs from and to"]),
    (
        f"{RULE}{FREEZE}from = 2026-01-02T00:00:00\nto = 2026-01-01T00:00:00",
        ["line 7", "later than from"],
    ),
    (
        f"{RULE}{FREEZE}from = 2026-01-02\nto = 'mon 08:00'",
        ["line 6", "found 2026-01-02", "2026-12-20T18:00:00"],
    ),
    (
        f"{RULE}{FREEZE}from = 'fri 16:00'\nto = '08:00'",
        ["line 7", "in the same way"],
    ),
    (
        f"{RULE}{FREEZE}days = ['fri']\nfrom = 'fri 16:00'\nto = 'mon 08:00'",
        ["line 6", "times of day"],
    ),
    (
        f"{RULE}{FREEZE}from = 'fri 16:00'\nto = 'fri 16:00'",
        ["line 7", "the same moment"],
    ),
    (
        f"{RULE}{FREEZE}from = 0001-01-01T00:00:00\nto = 'fri 16:00'",
        ["line 6", "2000"],
    ),
    (f"{RULE}{FREEZE}from = 3\nto = 'fri 16:00'", ["line 6", "found 3"]),
    (f"{RULE}{FREEZE}from = '2026-01-02'\nto = 'fri 16:00'", ["line 6", "time is missing"]),
    (f"{RULE}{FREEZE}from = 'soon'\nto = 'fri 16:00'", ["line 6", 'found "soon"']),
    (f"{RULE}[regions]\nEurope = ['ams3']", ["line 5, regions.Europe", 'found "Europe"', "small"]),
    (f"{RULE}[regions]\nto = ['ams3']", ["line 5, regions.to", "word of a command"]),
    (f"{RULE}[regions]\nfra1 = ['ams3']", ["line 5, regions.fra1", "look like a region"]),
    (f"{RULE}[regions]\nnew-york = ['nyc3']", ["line 5, regions.new-york", "city"]),
    (f"{RULE}[regions]\nnyc = ['nyc3']", ["line 5, regions.nyc", "city"]),
    (f"{RULE}[regions]\neurope = 'ams3'", ["line 5, regions.europe", 'found "ams3"', "a table"]),
    (f"{RULE}[regions]\neurope = []", ["line 5, regions.europe", "found []"]),
    (
        f"{RULE}[regions]\neurope = [\n'ams3',\n'amsterdam',\n]",
        ["line 7, regions.europe", 'found "amsterdam"'],
    ),
    (f"{RULE}[regions]\neu = ['ams3']\nall-eu = ['eu']", ["line 6", "regions.all-eu"]),
    (
        f"{RULE}regions = ['eurpe']\n[regions]\neurope = ['ams3']",
        ["line 4, rule “prod”, regions", "[regions]", "did you mean “europe”"],
    ),
    (f"{RULE}regions = ['europe']\n[regions]\neurope = ['x']", ["line 6, regions.europe"]),
    (f"{RULE}[[regions]]\neurope = ['ams3']", ["line 4, regions", "a table"]),
]


@pytest.mark.parametrize(("text", "holds"), ONE_PROBLEM)
def test_a_broken_file_is_told_with_line_place_found_and_expected(
    text: str, holds: list[str]
) -> None:
    with pytest.raises(BrokenPolicy) as caught:
        load(text, "etc/policy.toml")
    (problem,) = caught.value.problems
    assert all(part in str(problem) for part in holds), str(problem)
    assert str(caught.value).startswith("etc/policy.toml has 1 problem:")
    assert caught.value.help


@pytest.mark.parametrize(
    ("ends", "start", "end"),
    [
        ("from = 16:00:00\nto = '17:00'", "16:00", "17:00"),
        ("from = 'FRI 16:00'\nto = 'mon 08:00'", "fri 16:00", "mon 08:00"),
        ("from = '2026-01-01 08:00'\nto = 2026-01-02T08:00:00Z", "2026-01-01T08:00:00", None),
    ],
)
def test_spellings_of_a_freeze(ends: str, start: str, end: str | None) -> None:
    (freeze,) = policy(f"{RULE}{FREEZE}{ends}").freeze
    assert freeze.from_ == start
    assert end is None or freeze.to == end


SETS = "[regions]\neurope = ['ams3', 'fra1', 'ams3']\nasia = ['sgp1', 'blr1']\n"


def test_a_set_of_regions_stands_for_its_slugs_in_rules_and_freezes() -> None:
    days = "days = ['sat']\n"
    held = policy(
        f"{RULE}regions = ['fra1', 'europe', 'nyc3']\n{FREEZE}{days}regions = ['asia']\n{SETS}"
    )
    assert held.rule[0].regions == ("fra1", "ams3", "nyc3")
    assert held.freeze[0].regions == ("sgp1", "blr1")
    assert held.regions == {"europe": ("ams3", "fra1"), "asia": ("sgp1", "blr1")}


def test_the_digest_holds_the_sets_and_not_their_order() -> None:
    held = policy(RULE + SETS)
    other = policy(f"{RULE}[regions]\nasia = ['sgp1', 'blr1']\neurope = ['ams3', 'fra1']\n")
    assert held.digest == other.digest
    assert held.digest != policy(RULE + SETS.replace("'sgp1'", "'sgp1', 'syd1'")).digest
    assert held.digest != policy(RULE).digest


@pytest.mark.parametrize("spelling", ["90m", "1h30m", timedelta(minutes=90)])
def test_spellings_of_a_duration(spelling: object) -> None:
    assert duration(spelling) == timedelta(minutes=90)
    assert duration_text(duration(spelling)) == "1h30m"


def test_every_problem_is_told_at_once_in_the_order_of_lines() -> None:
    text = (
        '[[rule]]\nname = "a"\napprovals = "x"\napprovers = ["bob", "U0BOB"]\n'
        '[[rule]]\nname = "a"\nregion = ["nyc3"]\n'
        '[[freeze]]\nname = "f"\n'
    )
    with pytest.raises(PolicyError) as caught:
        load(text, "policy.toml")
    lines = [problem.line for problem in caught.value.problems]  # type: ignore[attr-defined]
    assert lines == [3, 4, 6, 7, 8]


def test_two_complaints_about_one_rule_are_both_told() -> None:
    text = "[[rule]]\nimage_actions = ['convert']\nregions = ['nyc3']\napprovals = 2\n"
    with pytest.raises(BrokenPolicy) as caught:
        load(text, "policy.toml")
    assert [problem.field for problem in caught.value.problems] == ["approvers", "regions"]


def test_a_message_stays_one_line_a_problem_whatever_is_in_the_file() -> None:
    text = RULE + '"a\\nb" = 1\nregions = ["x\\n\\u202ey", "' + "z" * 5000 + '"]\n'
    with pytest.raises(BrokenPolicy) as caught:
        load(text, "policy.toml")
    assert len(caught.value.problems) == 3
    assert all(len(str(problem)) < 600 for problem in caught.value.problems)
    assert str(caught.value).count("\n") == 4
    assert "\u202e" not in str(caught.value)


def test_defaults() -> None:
    (rule,) = policy('[[rule]]\napprovers = ["U0BOB"]').rule
    assert rule.name == "rule 1"
    assert (rule.approvals, rule.self_approval, rule.break_glass) == (1, False, False)
    assert rule.expires_after.total_seconds() == 4 * 3600
    assert rule.hours is None
    assert rule.quota is None


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_byte_order_mark_and_windows_line_ends_are_taken(newline: str) -> None:
    assert load("\ufeff" + EXAMPLE.replace("\n", newline), "policy.toml") == policy(EXAMPLE)


def test_live_regions_newer_than_the_documentation_are_taken() -> None:
    assert policy(RULE + "regions = ['atl1', 'nyc3']").rule[0].regions == ("atl1", "nyc3")


def test_digest_is_of_what_is_said_and_not_of_how() -> None:
    plain = policy(
        RULE + "expires_after = '90m'\nhours = { time_zone = 'UTC', days = ['mon-tue'] }"
    )
    other = policy(
        "# a comment\n[[rule]]\napprovers = [ 'U0BOB' ]\nname = 'prod'\nexpires_after='1h30m'\n"
        "[rule.hours]\ndays=['tue','mon']\ntime_zone='UTC'\nfrom=00:00:00\n"
    )
    assert plain.digest == other.digest
    assert len(plain.digest) == 64
    assert policy(RULE).digest != policy(RULE + "approvals = 0").digest


def _paths(found: object, at: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    items = (
        found.items()
        if isinstance(found, dict)
        else enumerate(found)
        if isinstance(found, list)
        else ()
    )
    return {at} | {path for key, value in items for path in _paths(value, (*at, key))}


TRICKY = r'''
a = 1 # [not] a = "table"
"q.u\"oted" = "# no comment ]" # comment
b.c . d = [ 1, [ "x,]", 'y\', """z
"] """" ], { k = "}", "l m" = [2, ] } , # end
]
e = """
[[fake]]
f = 1 \""" g = 2
"""
h = 1979-05-27 07:32:00
[ t . "u v" ]
x = 'c:\'
[[ arr ]]
k = [
  # comment, with ] in it
  1,
  { a.b = 1 },
]
[arr.sub]
z = -inf
[[arr]]
[[arr.deep]]
[[arr.deep]]
k = { }
'''


def test_lines_are_known_for_all_that_tomllib_finds() -> None:
    lines = lines_of(TRICKY)
    assert _paths(tomllib.loads(TRICKY)) - {()} <= set(lines)
    rows = TRICKY.split("\n")
    assert rows[lines["arr", 0, "k", 1] - 1] == "  { a.b = 1 },"
    assert rows[lines["arr", 1, "deep", 1, "k"] - 1] == "k = { }"
    assert rows[lines["t", "u v", "x"] - 1] == "x = 'c:\\'"
    assert rows[lines["h",] - 1].startswith("h = ")


_values = st.recursive(
    st.one_of(
        st.integers(-9, 9).map(str),
        st.sampled_from(
            ['"a]#"', "'b}'", '"\\""', '"""m\n[x]\n"""', "'''n\n'''", "true", "09:00:00"]
        ),
    ),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: "[\n" + ",\n".join(items) + "]"),
    max_leaves=5,
)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "[t]", "[[r]] # ]", "[r.s]", '["q ]"]']),
            st.lists(st.tuples(st.sampled_from(["k", "'l.m'", "n.o"]), _values), max_size=3),
        ),
        max_size=4,
    )
)
def test_lines_of_any_toml(tables: list[tuple[str, list[tuple[str, str]]]]) -> None:
    text = ""
    for header, pairs in tables:
        text += f"{header}\n" + "".join(f"{key} = {value}\n" for key, value in pairs)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = lines_of(text)
    assert _paths(document) - {()} <= set(lines)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


@settings(deadline=None)
@given(st.text(alphabet="[]{}=\"'\n#, .ruleafp1\\-:", max_size=60))
def test_any_text_loads_or_is_refused_as_a_policy(text: str) -> None:
    with pytest.raises(PolicyError):
        load(text, "policy.toml")
