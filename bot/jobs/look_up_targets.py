"""Look-ups of Droplets and volumes, which an operation is then asked of."""

from __future__ import annotations

from bot.digitalocean.catalogue import Catalogue
from bot.domain import volume_snapshotting
from bot.domain.droplets import meant
from bot.domain.occasions import occasion_of
from bot.domain.restoring import Restoring, backups_of, chosen, step_of
from bot.domain.snapshotting import Snapshotting, plan, steps_of
from bot.domain.steps import TargetKind
from bot.domain.volume_snapshotting import VolumeSnapshotting, meant_volumes
from bot.jobs.look_up_answers import Answers, in_paragraphs
from bot.requests import look_ups
from bot.requests.look_up_log import finish
from bot.requests.schedule_runs import LOOK_AGAIN_SECONDS, must_wait
from bot.requests.unit_of_work import Dependencies
from bot.store import lookups
from bot.store.lookups import LookUp
from bot.views import restoring, snapshots, volume_snapshots
from bot.views.message import Message

_MOST_DROPLETS = 10
"""Droplets of a tag that one command asks snapshots of: a request each."""


class TargetLookUps:
    """Finds the Droplet or the volume that a command means, and asks for its steps."""

    def __init__(self, deps: Dependencies, catalogue: Catalogue, answers: Answers) -> None:
        self._deps = deps
        self._catalogue = catalogue
        self._answers = answers

    def snapshot(self, asked: LookUp, wanted: Snapshotting) -> None:
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

    def restore(self, asked: LookUp, wanted: Restoring) -> None:
        droplets, complete = self._catalogue.droplets()
        listing = self._catalogue.fresh()
        found = meant(wanted, droplets)
        instead = "" if found else self._answers.instead(wanted.droplet, TargetKind.DROPLET)
        with self._deps.unit_of_work() as uow:
            if not finish(uow.tx, asked, keep=False):
                return
            if len(found) != 1 or not complete:
                text = snapshots.not_one(wanted, found, droplets, 1, complete) + instead
                self._answers.refuse(uow, asked, text)
                return
            backups = backups_of(found[0], listing.images)
            fitting = chosen(wanted, backups)
            sure = listing.complete or bool(wanted.backup_id and fitting)
            if len(fitting) != 1 or not sure:
                text = restoring.not_one(wanted, found[0], fitting, backups, complete=sure)
                self._answers.refuse(uow, asked, text)
                return
            steps = (step_of(found[0], fitting[0]),)
            seen = [found[0].as_image()]
            opened = look_ups.ask(uow, asked.asker, wanted, steps, seen=seen)
            lines = [restoring.shown(found[0], fitting[0])] if wanted.dry_run else []
            self._answers.say(uow, asked, in_paragraphs("\n".join([*lines, opened.text])), opened)

    def snapshot_volume(self, asked: LookUp, wanted: VolumeSnapshotting) -> None:
        occasion = occasion_of(asked.wanted)
        volumes, complete = self._catalogue.volumes()
        found = meant_volumes(wanted, volumes)
        one = found[0] if len(found) == 1 and complete else None
        there = self._catalogue.volume_snapshots(str(one.id)) if one else ()
        instead = "" if found else self._answers.instead(wanted.volume, TargetKind.VOLUME)
        with self._deps.unit_of_work() as uow:
            if not finish(uow.tx, asked, keep=False):
                return
            if one is None:
                text = volume_snapshots.not_one(wanted, found, volumes, complete=complete)
                text += instead
                self._answers.refuse(uow, asked, text)
                return
            step = volume_snapshotting.step_of(wanted, one, [each.id for each in there], uow.tx.now)
            seen = [one.as_image()]
            opened = look_ups.ask(uow, asked.asker, wanted, (step,), occasion, seen)
            lines = [volume_snapshots.shown(one, step)] if wanted.dry_run else []
            self._answers.say(uow, asked, in_paragraphs("\n".join([*lines, opened.text])), opened)
