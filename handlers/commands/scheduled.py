"""Which commands a schedule can run."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.looked_up import LookedUp, OnTarget
from bot.domain.places import Places
from bot.domain.pruning import Pruning
from bot.domain.resources import DOCUMENTED_REGIONS
from bot.domain.restoring import Restoring
from bot.domain.snapshotting import Snapshotting
from bot.domain.volume_snapshotting import VolumeSnapshotting
from bot.errors import CommandError
from bot.operations.available import DELETE, SNAPSHOT, SNAPSHOT_VOLUME, TRANSFER
from bot.operations.registry import OPERATIONS, steps_for
from bot.policy.match import Step
from bot.requests.assessment import policy_steps
from handlers.commands.grammar import parse_with
from handlers.commands.model import Ask

ScheduledWork = Ask | LookedUp
"""What changes something, and may be run by the clock."""

_DOCUMENTED = dict.fromkeys(DOCUMENTED_REGIONS, "")


def judged_as(text: str, places: Places) -> tuple[Step, ...]:
    """What the policy is asked of a schedule's command, as far as no look at the account tells.

    Raises:
        CommandError: as `check_scheduled`.
    """
    command = scheduled_work(text, places)
    if isinstance(command, Ask):
        return policy_steps(steps_for(command.operation, command.numbers or (0,), command.params))
    if isinstance(command, OnTarget):
        return policy_steps(steps_for(command.operation, ("0",), [command.params]))
    if isinstance(command, Pruning):
        return (Step(DELETE),)
    if isinstance(command, VolumeSnapshotting):
        return (Step(SNAPSHOT_VOLUME),)
    if not isinstance(command, Snapshotting):
        return ()  # refused by `check_scheduled`
    copies = [Step(TRANSFER, region) for region in command.regions]
    return (Step(SNAPSHOT), *copies, *([Step(DELETE)] if command.deletes else []))


def check_scheduled(text: str, places: Places | None = None) -> None:
    """Check what stands as the `command` of a schedule.

    Args:
        places: what is known of regions. While it is not known which take images, `all` is taken
            to be those that are documented: it is worked out at each run.

    Raises:
        CommandError: it cannot be understood, or asks for nothing that can be run by the clock.
    """
    scheduled_work(text, places or Places())


def scheduled_work(text: str, known: Places) -> ScheduledWork:
    """What a schedule's command asks for.

    Raises:
        CommandError: as `check_scheduled`.
    """
    command = parse_with(text, replace(known, takers=known.takers or _DOCUMENTED))
    if isinstance(command, Restoring):
        raise CommandError(
            "A restore takes away what is on a Droplet: a person asks for it, each time.",
            "Type it when it is needed.",
        )
    if isinstance(command, Ask | OnTarget) and not OPERATIONS[command.operation].by_the_clock:
        raise CommandError(
            f"A {command.operation} cannot be undone: a person asks for it, each time.",
            "Type it when it is needed.",
        )
    if not isinstance(command, ScheduledWork) or _only_looks(command):
        raise CommandError(
            "This changes nothing, so there is nothing to run.",
            "Write a command that asks for work on images, without `--dry-run`, such as"
            " `prune web-* keep 3`.",
        )
    if command.break_glass:
        raise CommandError(
            "Emergency access is for a person who is there and says why.",
            "Leave `--break-glass` out.",
        )
    return command


def _only_looks(command: ScheduledWork) -> bool:
    """`--dry-run` makes an `Explain` of every other command."""
    return isinstance(command, LookedUp) and command.dry_run
