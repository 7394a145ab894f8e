"""Random policies and requests, out of few names so that they often meet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from unit.policy.given import Groups

from bot.domain.resources import Image
from bot.policy.match import PastRequest, PolicyInput, Step
from bot.policy.schema import Policy

PEOPLE = ["U0ANN", "U0BOB", "U0CAT"]
GROUPS = ["S0OPS", "S0LEADS"]
CHANNELS = ["C0PROD", "C0DEV"]
REGIONS = ["nyc3", "ams3"]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
NAMES = ["prod-db", "DEV-web", "", "a[b"]
GLOBS = ["prod-*", "dev-?eb", "*", "[", "[!d]*"]
CLOCKS = ["00:00", "02:30", "09:00", "18:00", "23:59"]


def _some(items: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(items), min_size=1, max_size=3)


_hours = st.fixed_dictionaries(
    {"time_zone": st.sampled_from(ZONES)},
    optional={
        "days": _some(["mon", "tue-thu", "sat-mon"]),
        "from": st.sampled_from(CLOCKS),
        "to": st.sampled_from([*CLOCKS[1:], "24:00"]),
    },
)
_quota = st.fixed_dictionaries(
    {"requests": st.integers(1, 3), "per": st.sampled_from(["1m", "4h", "30d"])}
)
_rule = st.fixed_dictionaries(
    {"approvals": st.integers(0, 3)},
    optional={
        "image_actions": _some(["transfer", "convert"]),
        "regions": _some(REGIONS),
        "channels": _some(CHANNELS),
        "requesters": _some(PEOPLE + GROUPS),
        "image_names": _some(GLOBS),
        "image_tags": _some(GLOBS),
        "hours": _hours,
        "approvers": _some(PEOPLE + GROUPS),
        "notify": _some(CHANNELS + PEOPLE),
        "self_approval": st.booleans(),
        "expires_after": st.sampled_from(["1m", "4h", "30d"]),
        "break_glass": st.booleans(),
        "quota": _quota,
    },
)
_FREEZE_TIMES: list[dict[str, Any]] = [
    {"from": "fri 16:00", "to": "mon 08:00"},
    {"days": ["mon", "wed"], "from": "22:00", "to": "06:00"},
    {"days": ["mon-sun"]},
    {"from": "2026-03-01T00:00:00", "to": "2026-04-01T00:00:00"},
]
_freeze = st.builds(
    lambda when, keys: {**when, **keys},
    st.sampled_from(_FREEZE_TIMES),
    st.fixed_dictionaries(
        {"time_zone": st.sampled_from(ZONES), "break_glass": st.booleans()},
        optional={"regions": _some(REGIONS), "image_actions": _some(["transfer", "convert"])},
    ),
)


def _mended(rule: dict[str, Any]) -> dict[str, Any]:
    """The same rule, with what the schema would refuse put right."""
    approvers = rule.get("approvers", [])
    if rule["approvals"] > len(set(approvers)) or (rule.get("break_glass") and not approvers):
        rule = rule | {"approvers": [*approvers, "S0LEADS"]}
    return _without_idle_regions(rule)


def _without_idle_regions(table: dict[str, Any]) -> dict[str, Any]:
    if set(table.get("image_actions", ())) == {"convert"}:
        table = {key: value for key, value in table.items() if key != "regions"}
    if table.get("hours", {}).get("from", "00:00") == table.get("hours", {}).get("to", "24:00"):
        table = {key: value for key, value in table.items() if key != "hours"}
    return table


policies: st.SearchStrategy[Policy] = st.fixed_dictionaries(
    {
        "rule": st.lists(_rule.map(_mended), min_size=1, max_size=4),
        "freeze": st.one_of(st.just([]), st.lists(_freeze.map(_without_idle_regions), max_size=2)),
    }
).map(Policy.model_validate)

_gate = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["gate", "gate", "gate", "other"]),
        "approvals": st.integers(1, 3),
        "approvers": _some([*PEOPLE, "U0DAN", "S0LEADS", "S0LEADS"]),
        "self_approval": st.booleans(),
    }
)
gates: st.SearchStrategy[Policy] = _gate.map(
    lambda rule: Policy.model_validate({"rule": [_mended(rule)]})
)
"""One rule for everything, which asks for approvals."""

times = st.integers(1_770_000_000, 1_796_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))
"""From February to November 2026."""
steps = st.one_of(
    st.just(Step("convert")),
    st.sampled_from(REGIONS).map(lambda slug: Step("transfer", slug)),
)
images = st.builds(
    Image,
    id=st.just(1),
    name=st.sampled_from(NAMES),
    tags=st.lists(st.sampled_from(NAMES), max_size=2).map(tuple),
)
_steps_on_one_image = st.builds(
    lambda asked, image: tuple(replace(step, image=image) for step in asked),
    st.lists(steps, min_size=1, max_size=3),
    st.one_of(st.none(), images, images),
)
requests = st.builds(
    PolicyInput,
    steps=_steps_on_one_image,
    requester=st.sampled_from(PEOPLE),
    channel=st.sampled_from(CHANNELS),
    at=times,
    break_glass=st.booleans(),
    earlier=st.lists(
        st.builds(PastRequest, rule=st.sampled_from(["rule 1", "rule 2"]), at=times), max_size=4
    ).map(tuple),
)
_members = st.frozensets(st.sampled_from([*PEOPLE, "U0DAN"]))
full_directories = st.fixed_dictionaries({group: _members for group in GROUPS}).map(Groups)
directories = st.one_of(
    st.dictionaries(st.sampled_from(GROUPS), _members).map(Groups), full_directories
)
