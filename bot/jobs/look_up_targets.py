"""Look-ups of Droplets and volumes, which an operation is then asked of."""

from __future__ import annotations

from collections.abc import Sequence

from bot.digitalocean.catalogue import Catalogue
from bot.domain import volume_snapshotting
from bot.domain.droplets import WhichDroplets, meant
from bot.domain.looked_up import LookedUp, OnTarget
from bot.domain.occasions import occasion_of
from bot.domain.resources import Droplet, Volume
from bot.domain.restoring import Restoring, backups_of, chosen, step_of
from bot.domain.snapshotting import Snapshotting, are_a_series, plan, steps_of
from bot.domain.steps import StepSpec, TargetKind
from bot.domain.volume_snapshotting import VolumeSnapshotting, meant_volumes
from bot.jobs.look_up_answers import Answers, in_paragraphs
from bot.operations.base import Account
from bot.operations.registry import OPERATIONS, steps_for
from bot.requests import look_ups
from bot.requests.look_up_log import finish
from bot.requests.schedule_runs import LOOK_AGAIN_SECONDS, must_wait
from bot.requests.unit_of_work import Dependencies, UnitOfWork
from bot.store import lookups
from bot.store.lookups import LookUp
from bot.views import restoring, snapshots, trials, volume_snapshots
from bot.views.message import Message

_MOST_DROPLETS = 10
"""Droplets of a tag that one command asks snapshots of: a request each."""

OfTarget = Snapshotting | VolumeSnapshotting | Restoring | OnTarget
"""What is asked of a Droplet or a volume."""


class TargetLookUps:
    """Finds the Droplet or the volume that a command means, and asks for its steps."""

    def __init__(self, deps: Dependencies, catalogue: Catalogue, answers: Answers) -> None:
        self._deps = deps
        self._catalogue = catalogue
        self._answers = answers

    def __call__(self, asked: LookUp, wanted: OfTarget) -> None:
        """Look it up, and ask; or say what stands in the way."""
        match wanted:
            case Snapshotting():
                self._snapshot(asked, wanted)
            case VolumeSnapshotting():
                self._snapshot_volume(asked, wanted)
            case Restoring():
                self._restore(asked, wanted)
            case OnTarget():
                self._operation(asked, wanted)

    def _snapshot(self, asked: LookUp, wanted: Snapshotting) -> None:
        occasion = occasion_of(asked.wanted)
        droplets, complete = self._catalogue.droplets()
        listing = self._catalogue.fresh() if wanted.keep else None
        images = listing.images if listing else ()
        chosen = meant(wanted, droplets)
        instead = "" if chosen else self._answers.instead(wanted.droplet, TargetKind.DROPLET)
        with self._deps.unit_of_work() as uow:
            planned = [plan(wanted, each, images, uow.tx.now) for each in chosen]
            if must_wait(uow, asked, [steps_of(each) for each in planned]):
                lookups.put_off(uow.tx, asked, uow.tx.now + LOOK_AGAIN_SECONDS)
                return
            if not finish(uow.tx, asked, keep=False):
                return
            if not chosen or len(chosen) > (_MOST_DROPLETS if wanted.tag else 1) or not complete:
                text = snapshots.not_one(wanted, chosen, droplets, _MOST_DROPLETS, complete)
                text += instead
                self._answers.refuse(uow, asked, text)
                return
            if alone := _without_a_series(wanted, chosen):
                self._answers.refuse(uow, asked, snapshots.no_series(wanted.image_name, alone))
                return
            if occasion and occasion.due_at is None:  # one approval for all Droplets of a tag
                steps = tuple(step for each in planned for step in steps_of(each))
                opened = look_ups.ask(uow, asked.asker, wanted, steps, occasion)
                self._answers.say(uow, asked, Message(opened.text), opened)
                return
            for each in planned:
                opened = look_ups.ask(
                    uow, asked.asker, wanted, steps_of(each), occasion, [each.droplet.as_image()]
                )
                lines = [opened.text]
                if wanted.dry_run or opened.request_id is not None:
                    all_known = listing is None or listing.complete
                    shown = snapshots.shown(each, dry_run=wanted.dry_run, complete=all_known)
                    lines = [*shown, opened.text]
                text = "\n".join(lines)
                self._answers.say(uow, asked, in_paragraphs(text), opened)

    def _restore(self, asked: LookUp, wanted: Restoring) -> None:
        listing = self._catalogue.fresh()
        found = self._droplet(wanted)
        with self._deps.unit_of_work() as uow:
            if not finish(uow.tx, asked, keep=False):
                return
            if isinstance(found, str):
                self._answers.refuse(uow, asked, found)
                return
            backups = backups_of(found, listing.images)
            fitting = chosen(wanted, backups)
            sure = listing.complete or bool(wanted.backup_id and fitting)
            if len(fitting) != 1 or not sure:
                text = restoring.not_one(wanted, found, fitting, backups, complete=sure)
                self._answers.refuse(uow, asked, text)
                return
            shown = restoring.shown(found, fitting[0])
            self._ask(uow, asked, wanted, found, step_of(found, fitting[0]), shown)

    def _snapshot_volume(self, asked: LookUp, wanted: VolumeSnapshotting) -> None:
        found = self._volume(wanted.volume)
        there = () if isinstance(found, str) else self._catalogue.volume_snapshots(str(found.id))
        with self._deps.unit_of_work() as uow:
            if not finish(uow.tx, asked, keep=False):
                return
            if isinstance(found, str):
                self._answers.refuse(uow, asked, found)
                return
            ids = [each.id for each in there]
            step = volume_snapshotting.step_of(wanted, found, ids, uow.tx.now)
            self._ask(uow, asked, wanted, found, step, volume_snapshots.shown(found, step))

    def _operation(self, asked: LookUp, wanted: OnTarget) -> None:
        """Any operation that needs nothing but its target."""
        operation = OPERATIONS[wanted.operation]
        found = (
            self._volume(wanted.typed)
            if operation.target is TargetKind.VOLUME
            else self._droplet(WhichDroplets(wanted.typed, wanted.by_number))
        )
        with self._deps.unit_of_work() as uow:
            if not finish(uow.tx, asked, keep=False):
                return
            if isinstance(found, str):
                self._answers.refuse(uow, asked, found)
                return
            (step,) = steps_for(wanted.operation, [str(found.id)], [wanted.params])
            image = found.as_image()
            blocker = operation.preflight(image, step, Account())
            self._ask(uow, asked, wanted, found, step, trials.of_one(image, step, blocker))

    def _droplet(self, which: WhichDroplets) -> Droplet | str:
        """The one that is meant; or why none is, in words."""
        droplets, complete = self._catalogue.droplets()
        found = meant(which, droplets)
        if len(found) == 1 and complete:
            return found[0]
        instead = "" if found else self._answers.instead(which.droplet, TargetKind.DROPLET)
        return snapshots.not_one(which, found, droplets, 1, complete) + instead

    def _volume(self, typed: str) -> Volume | str:
        """The one that is meant; or why none is, in words."""
        volumes, complete = self._catalogue.volumes()
        found = meant_volumes(typed, volumes)
        if len(found) == 1 and complete:
            return found[0]
        instead = "" if found else self._answers.instead(typed, TargetKind.VOLUME)
        return volume_snapshots.not_one(typed, found, volumes, complete=complete) + instead

    def _ask(
        self,
        uow: UnitOfWork,
        asked: LookUp,
        wanted: LookedUp,
        found: Droplet | Volume,
        step: StepSpec,
        shown: str,
    ) -> None:
        """Ask for the step, or show what it would be."""
        occasion, seen = occasion_of(asked.wanted), [found.as_image()]
        opened = look_ups.ask(uow, asked.asker, wanted, (step,), occasion, seen)
        lines = [shown] if wanted.dry_run else []
        self._answers.say(uow, asked, in_paragraphs("\n".join([*lines, opened.text])), opened)


def _without_a_series(wanted: Snapshotting, droplets: Sequence[Droplet]) -> list[Droplet]:
    """The Droplets of whose snapshots `keep` would never find an older one."""
    if wanted.keep is None:
        return []
    return [each for each in droplets if not are_a_series(wanted.image_name, each)]
