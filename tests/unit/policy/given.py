"""What the policy tests are given: people, a directory, short ways to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.domain.resources import Image
from bot.policy.load import load
from bot.policy.match import PolicyInput, Step
from bot.policy.schema import Policy

REPOSITORY = Path(__file__).parents[3]
EXAMPLE = (REPOSITORY / "policy.example.toml").read_text(encoding="utf-8")
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
"""A Wednesday in winter time."""
ANN, BOB, CAT, DAN = "U0ANN", "U0BOB", "U0CAT", "U0DAN"
CONVERT = Step("convert")


@dataclass(frozen=True)
class Groups:
    """A directory of the groups given; others are not known."""

    known: Mapping[str, frozenset[str]] = field(default_factory=dict)

    left: frozenset[str] = frozenset()

    def members(self, group_id: str, /) -> frozenset[str] | None:
        return self.known.get(group_id)

    def has_left(self, user_id: str, /) -> bool:
        return user_id in self.left


LEADS = Groups({"S0LEADS": frozenset({BOB, CAT}), "S0OPS": frozenset({ANN})})
NO_GROUPS = Groups()


def transfer(region: str = "nyc3") -> Step:
    return Step("transfer", region)


def image(name: str = "prod-db", *tags: str) -> Image:
    return Image(id=62137902, name=name, tags=tags)


def asked(*steps: Step, **changes: Any) -> PolicyInput:
    """Ann asks in C0PROD for one transfer to nyc3, at noon, of an image that is known."""
    seen = changes.pop("image", image())
    usual: dict[str, Any] = {
        "steps": tuple(replace(step, image=seen) for step in steps or (transfer(),)),
        "requester": ANN,
        "channel": "C0PROD",
        "at": NOON,
    }
    return PolicyInput(**(usual | changes))


def policy(text: str) -> Policy:
    return load(text, "policy.toml")


def rule(**keys: Any) -> Policy:
    """A policy of one rule: one approval by Bob, unless said otherwise."""
    return Policy.model_validate({"rule": [{"name": "only", "approvers": [BOB]} | keys]})


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)
