"""`schedule`: let a schedule's command run by the clock, without asking each time.

It is asked and approved as what the command would do just now, and sends nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.blockers import Blocker
from bot.domain.evidence import SeenImage
from bot.domain.occasions import Occasion
from bot.domain.resources import Image
from bot.domain.steps import StepSpec, Target, TargetKind
from bot.operations.arguments import Help
from bot.operations.base import Account, Api, Finished, Operation, Params, Resend, Wording
from bot.operations.consequence import Consequence, ConsequenceKind

STANDING = "schedule"


class StandingParams(Params):
    """`terms`: the schedule as its file has it; `steps`: what its command would do just now.

    `deletes`: later runs delete what is too many or too old then. `only_alike`: just now it would
    do nothing; the steps tell of what kind they would be.
    """

    terms: dict[str, Any]
    steps: list[dict[str, Any]]
    only_alike: bool = False
    deletes: bool = False


class StandingApproval(Operation):
    """No subcommand: a schedule asks for it."""

    name = STANDING
    arguments = ()
    help = Help("schedules", "let a command run by the clock", ())
    params = StandingParams
    target = TargetKind.SCHEDULE
    scopes = frozenset()
    resend = Resend.SAFE
    is_looked_up = False

    def preflight(self, image: Image, step: StepSpec, account: Account) -> Blocker | None:
        return None

    def inner(self, step: StepSpec) -> Sequence[StepSpec]:
        return tuple(StepSpec.from_json(each) for each in step.params["steps"])

    def call(self, step: StepSpec) -> str:
        return ""

    def body(self, step: StepSpec) -> Mapping[str, Any]:
        return {}

    def start(self, api: Api, step: StepSpec) -> Finished:
        return Finished()

    def wording(self, step: StepSpec) -> Wording:
        terms = step.params["terms"]
        return Wording(
            noun="standing approval",
            imperative="Let",
            past="approved",
            detail=f"{terms['in_words']}, {terms['time_zone']}",
            joint="to run",
            arrow="run",
        )

    def consequences(self, seen: SeenImage, step: StepSpec) -> Sequence[Consequence]:
        return (Consequence(ConsequenceKind.SCHEDULED, step.params["terms"]),)


def standing_step(occasion: Occasion, steps: Sequence[StepSpec]) -> StepSpec:
    """The one step of the request for a standing approval.

    Args:
        steps: what the command would do just now.
    """
    return StepSpec(
        STANDING,
        Target(TargetKind.SCHEDULE, occasion.schedule),
        {
            "terms": dict(occasion.terms),
            "steps": [step.as_json() for step in steps],
            "only_alike": occasion.only_alike,
            "deletes": occasion.deletes,
        },
    )
