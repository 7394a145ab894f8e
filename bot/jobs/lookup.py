"""lookup: look images up at DigitalOcean for one person, who alone sees what is found."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from bot.digitalocean import DigitalOceanError
from bot.digitalocean.catalogue import Catalogue, Listing
from bot.digitalocean.refusals import trouble_of
from bot.domain import volume_snapshotting
from bot.domain.backoff import backoff
from bot.domain.coverage import Coverage
from bot.domain.droplets import WhichDroplets, meant
from bot.domain.latest import BeingTaken, coming, fitting, made_of, newest
from bot.domain.looked_up import LookedUp
from bot.domain.occasions import occasion_of
from bot.domain.pruning import Pruning, select
from bot.domain.resources import Droplet, Image
from bot.domain.restoring import Restoring, backups_of, chosen, step_of
from bot.domain.search import By, Named, Search, Trial, Wanted, from_json, named, newest_first
from bot.domain.snapshotting import Snapshotting, are_a_series, plan, steps_of
from bot.domain.steps import TargetKind
from bot.domain.volume_snapshotting import VolumeSnapshotting, meant_volumes
from bot.jobs.coverage import read_account
from bot.operations.available import SNAPSHOT
from bot.operations.image_actions import AVAILABLE
from bot.operations.registry import latest_type, steps_for
from bot.requests import Opened, RequestDraft, look_ups
from bot.requests.look_up_log import asks, finish, is_to_be_answered
from bot.requests.looks import found
from bot.requests.schedule_commands import is_typed
from bot.requests.schedule_runs import LOOK_AGAIN_SECONDS, can_wait, must_wait, note_opened
from bot.requests.trials import trial
from bot.requests.unit_of_work import Dependencies, UnitOfWork
from bot.store import lookups, outbox, read_cache, requests
from bot.store.lookups import LookUp
from bot.views import (
    answers,
    coverage,
    images,
    latest,
    mistaken,
    pruning,
    restoring,
    snapshots,
    volume_snapshots,
)
from bot.views.blocks import paragraphs, section
from bot.views.message import Message, message

log = logging.getLogger(__name__)

_SLOWEST_RETRY = 30.0
"""The longest pause, in seconds, between tries while DigitalOcean is out of reach."""
_Command = Named | LookedUp
_MOST_DROPLETS = 10
"""Droplets of a tag that one command asks snapshots of: a request each."""
PATIENCE_SECONDS = 1800.0
"""How long a command that names its image waits for DigitalOcean; its answer's address lives
as long."""


class LookUpImages:
    """The job `lookup`; its key is a look-up's id."""

    def __init__(self, deps: Dependencies, catalogue: Catalogue) -> None:
        self._deps = deps
        self._store = deps.store
        self._catalogue = catalogue

    def __call__(self, key: str) -> None:
        """Look, and answer; or, for a command that waits for it, go on with the command."""
        with self._store.read() as connection:
            asked = lookups.load(connection, int(key))
        if asked is None or asked.answered or not self._is_meant(asked):
            return
        wanted = from_json(asked.wanted)
        try:
            self._look(asked, wanted)
        except DigitalOceanError as error:
            if isinstance(wanted, Search | Coverage | Trial):  # it can be typed again
                self._answer(asked, Message(answers.error(error)))
            else:
                self._later(asked, wanted, error)

    def _look(self, asked: LookUp, wanted: Wanted) -> None:
        match wanted:
            case Search():
                self._answer(asked, found(self._catalogue, wanted))
            case Coverage():
                self._coverage(asked, wanted)
            case Trial():
                self._try(asked, wanted)
            case Pruning():
                self._prune(asked, *self._of_a_droplet(wanted, self._catalogue.fresh()))
            case Snapshotting():
                self._snapshot(asked, wanted)
            case VolumeSnapshotting():
                self._snapshot_volume(asked, wanted)
            case Restoring():
                self._restore(asked, wanted)
            case Named(by=By.NAME):
                self._go_on(asked, wanted, self._catalogue.fresh())
            case Named():
                self._latest(asked, wanted, self._catalogue.fresh())

    def _is_meant(self, asked: LookUp) -> bool:
        """Whether a person typed it, or a schedule says so now; else it is dropped."""
        occasion = occasion_of(asked.wanted)
        if occasion is None and not asks(asked):
            return True
        end = self._store.log_end.row  # before the database is read: it has that row then
        with self._deps.unit_of_work() as uow:
            if occasion is None:
                meant = is_to_be_answered(uow.tx.connection, asked, end, uow.tx.now)
            else:
                meant = is_typed(uow, asked, occasion)
            if not meant:
                schedule = occasion.schedule if occasion else "-"
                log.error("look-up %s was not typed, schedule %s", asked.id, schedule)
                finish(uow.tx, asked, keep=False)
        return meant

    def _coverage(self, asked: LookUp, wanted: Coverage) -> None:
        account = read_account(self._catalogue, wanted, self._store.clock())
        if wanted == Coverage():
            with self._store.write() as tx:
                read_cache.put_coverage(tx, account)
        self._answer(asked, coverage.shown(wanted, account))

    def _try(self, asked: LookUp, wanted: Trial) -> None:
        draft = RequestDraft(
            asked.asker.person,
            asked.asker.channel,
            steps_for(wanted.operation, wanted.images, wanted.params),
            wanted.reason,
            wanted.break_glass,
        )
        images = {image_id: self._catalogue.image(image_id) for image_id in wanted.images}
        with self._store.read() as connection:
            text = trial(self._deps, connection, draft, images)
        self._answer(asked, _paragraphs(text))

    def _go_on(self, asked: LookUp, command: Named, listing: Listing) -> None:
        found: list[Image] = []
        for name in (command.name, *(each for each in command.also if isinstance(each, str))):
            exact, holding = named(name, listing.images)
            # Quotes mean a name; digits in quotes mean the id only where no name holds them.
            exact = exact or [i for i in listing.images if not holding and str(i.id) == name]
            if len(exact) != 1 or not listing.complete:  # a name is unique only among all
                self._unsure(asked, command, name, exact, holding, complete=listing.complete)
                return
            found += exact
        self._take(asked, command, found)

    def _unsure(
        self,
        asked: LookUp,
        command: Named,
        name: str,
        exact: list[Image],
        holding: list[Image],
        *,
        complete: bool,
    ) -> None:
        """A name may mean several images, or none; of one command's several none is chosen."""
        possible = sorted(exact or holding, key=newest_first)
        instead = "" if exact else self._instead(name, TargetKind.IMAGE)
        text = answers.no_such_name(name, complete=complete)
        drawn = Message(text if possible else text + instead)
        if possible and command.also:
            drawn = Message(images.not_one_of_several(name, possible, exact=bool(exact)))
            possible = []
        elif possible and occasion_of(asked.wanted) is None:
            drawn = images.several(
                name, possible, asked.id, exact=bool(exact), complete=complete, instead=instead
            )
        self._ask_which(asked, possible, drawn)

    def _latest(self, asked: LookUp, command: Named, listing: Listing) -> None:
        type_, complete = latest_type(command.operation), listing.complete
        if command.by is By.LATEST_OF:
            of = Snapshotting(command.name)
            droplets, all_known = self._catalogue.droplets()
            found = meant(of, droplets)
            if len(found) != 1 or not all_known:
                text = snapshots.not_one(of, found, droplets, 1, all_known)
                text += self._instead(of.name, TargetKind.DROPLET) if not found else ""
                self._ask_which(asked, [], Message(text))
                return
            own = {*found[0].snapshot_ids, *found[0].backup_ids}
            pattern, of_it = "*", [image for image in listing.images if image.id in own]
            taken = [each for each in self._being_taken() if each.droplet_id == found[0].id]
            complete = complete or own <= {image.id for image in listing.images}
            possible = newest(made_of(found[0], type_, listing.images, AVAILABLE))
        else:
            pattern, of_it, taken = command.name, list(listing.images), self._being_taken()
            possible = newest(fitting(command.name, type_, listing.images, AVAILABLE))
        soon = coming(pattern, type_, of_it, taken, self._store.clock())
        if soon and self._put_off(asked):
            return
        if len(possible) == 1 and complete:
            self._take(asked, command, possible, latest.found(command, possible[0], soon))
        else:
            drawn = latest.unsure(command, possible, asked.id, type_, complete=complete)
            self._ask_which(asked, possible, drawn)

    def _being_taken(self) -> list[BeingTaken]:
        with self._store.read() as connection:
            return requests.being_taken(connection, SNAPSHOT)

    def _put_off(self, asked: LookUp) -> bool:
        """Have a run look again soon: what it copied now would be what it copied before."""
        with self._store.write() as tx:
            waits = can_wait(asked, tx.now)
            if waits:
                lookups.put_off(tx, asked, tx.now + LOOK_AGAIN_SECONDS)
        return waits

    def _take(self, asked: LookUp, command: Named, found: Sequence[Image], said: str = "") -> None:
        """Go on with those that are meant."""
        occasion = occasion_of(asked.wanted)
        numbers = [each for each in command.also if isinstance(each, int)]
        ids = list(dict.fromkeys([*(image.id for image in found), *numbers]))
        image = found[0] if len(ids) == 1 else None
        with self._deps.unit_of_work() as uow:
            if finish(uow.tx, asked, keep=False):
                opened = look_ups.go_on(uow, asked.asker, command, ids, occasion, said, image)
                if occasion and opened:
                    note_opened(uow, occasion, opened)

    def _ask_which(self, asked: LookUp, possible: Sequence[Image], drawn: Message) -> None:
        """A person is shown what may be meant; a schedule has nobody who could choose."""
        chosen_later = bool(possible) and occasion_of(asked.wanted) is None
        with self._deps.unit_of_work() as uow:
            if finish(uow.tx, asked, keep=chosen_later):
                self._say(uow, asked, drawn, Opened(drawn.text, refused=True))

    def _of_a_droplet(self, wanted: Pruning, listing: Listing) -> tuple[Pruning, Listing]:
        """A name that no image has may be a Droplet's."""
        if wanted.is_a_name and not any(map(wanted.fits, listing.images)):
            found = self._catalogue.mistaken(wanted.pattern, TargetKind.IMAGE)
            if found and found.kind is TargetKind.DROPLET:
                wanted = replace(wanted, pattern="", droplet=wanted.pattern)
        return wanted, listing

    def _prune(self, asked: LookUp, wanted: Pruning, listing: Listing) -> None:
        occasion = occasion_of(asked.wanted)
        which = WhichDroplets(wanted.droplet, wanted.by_number)
        droplets, all_known = self._catalogue.droplets() if wanted.droplet else ((), True)
        of = meant(which, droplets) if wanted.droplet else []
        with self._deps.unit_of_work() as uow:
            own = of[0].snapshot_ids if of else ()
            selection = select(wanted, listing.images, uow.tx.now, own)
            if not finish(uow.tx, asked, keep=False):
                return
            if wanted.droplet and (len(of) != 1 or not all_known):
                text = snapshots.not_one(which, of, droplets, 1, all_known)
                text += self._instead(wanted.droplet, TargetKind.DROPLET) if not of else ""
                self._say(uow, asked, _paragraphs(text), Opened(text, refused=True))
                return
            to_approve = occasion is not None and occasion.due_at is None and selection.staying
            if selection.going or to_approve:
                text = pruning.shown(wanted, selection, complete=listing.complete)
                opened = look_ups.prune(uow, asked.asker, wanted, selection, occasion)
                text = f"{text}\n{opened.text}"
            else:
                text = pruning.nothing_goes(wanted, selection, complete=listing.complete)
                opened = Opened(text)
            self._say(uow, asked, _paragraphs(text), opened)

    def _snapshot(self, asked: LookUp, wanted: Snapshotting) -> None:
        occasion = occasion_of(asked.wanted)
        droplets, complete = self._catalogue.droplets()
        listing = self._catalogue.fresh() if wanted.keep else None
        images = listing.images if listing else ()
        chosen = meant(wanted, droplets)
        instead = "" if chosen else self._instead(wanted.droplet, TargetKind.DROPLET)
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
                self._say(uow, asked, _paragraphs(text), Opened(text, refused=True))
                return
            if alone := _without_a_series(wanted, chosen):
                text = snapshots.no_series(wanted.image_name, alone)
                self._say(uow, asked, _paragraphs(text), Opened(text, refused=True))
                return
            if occasion and occasion.due_at is None:  # one approval for all Droplets of a tag
                steps = tuple(step for each in planned for step in steps_of(each))
                opened = look_ups.ask(uow, asked.asker, wanted, steps, occasion)
                self._say(uow, asked, Message(opened.text), opened)
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
                self._say(uow, asked, _paragraphs(text), opened)

    def _restore(self, asked: LookUp, wanted: Restoring) -> None:
        droplets, complete = self._catalogue.droplets()
        listing = self._catalogue.fresh()
        found = meant(wanted, droplets)
        instead = "" if found else self._instead(wanted.droplet, TargetKind.DROPLET)
        with self._deps.unit_of_work() as uow:
            if not finish(uow.tx, asked, keep=False):
                return
            if len(found) != 1 or not complete:
                text = snapshots.not_one(wanted, found, droplets, 1, complete) + instead
                self._say(uow, asked, _paragraphs(text), Opened(text, refused=True))
                return
            backups = backups_of(found[0], listing.images)
            fitting = chosen(wanted, backups)
            sure = listing.complete or bool(wanted.backup_id and fitting)
            if len(fitting) != 1 or not sure:
                text = restoring.not_one(wanted, found[0], fitting, backups, complete=sure)
                self._say(uow, asked, _paragraphs(text), Opened(text, refused=True))
                return
            steps = (step_of(found[0], fitting[0]),)
            seen = [found[0].as_image()]
            opened = look_ups.ask(uow, asked.asker, wanted, steps, seen=seen)
            lines = [restoring.shown(found[0], fitting[0])] if wanted.dry_run else []
            self._say(uow, asked, _paragraphs("\n".join([*lines, opened.text])), opened)

    def _snapshot_volume(self, asked: LookUp, wanted: VolumeSnapshotting) -> None:
        occasion = occasion_of(asked.wanted)
        volumes, complete = self._catalogue.volumes()
        found = meant_volumes(wanted, volumes)
        one = found[0] if len(found) == 1 and complete else None
        there = self._catalogue.volume_snapshots(str(one.id)) if one else ()
        instead = "" if found else self._instead(wanted.volume, TargetKind.VOLUME)
        with self._deps.unit_of_work() as uow:
            if not finish(uow.tx, asked, keep=False):
                return
            if one is None:
                text = volume_snapshots.not_one(wanted, found, volumes, complete=complete)
                text += instead
                self._say(uow, asked, _paragraphs(text), Opened(text, refused=True))
                return
            step = volume_snapshotting.step_of(wanted, one, [each.id for each in there], uow.tx.now)
            seen = [one.as_image()]
            opened = look_ups.ask(uow, asked.asker, wanted, (step,), occasion, seen)
            lines = [volume_snapshots.shown(one, step)] if wanted.dry_run else []
            self._say(uow, asked, _paragraphs("\n".join([*lines, opened.text])), opened)

    def _instead(self, typed: str, besides: TargetKind) -> str:
        """What of another kind is called so, in words."""
        return mistaken.in_words(self._catalogue.mistaken(typed, besides) if typed else None)

    def _say(self, uow: UnitOfWork, asked: LookUp, drawn: Message, opened: Opened) -> None:
        """To whoever asked; a schedule's owner hears only what went wrong."""
        occasion = occasion_of(asked.wanted)
        if occasion:
            note_opened(uow, occasion, opened)
        else:
            outbox.add_answer(uow.tx, None, asked.asker, drawn.text, drawn.blocks)

    def _answer(self, asked: LookUp, drawn: Message) -> None:
        turning = bool(asked.wanted.get("turning"))
        with self._store.write() as tx:
            if finish(tx, asked, keep=False):
                outbox.add_answer(tx, None, asked.asker, drawn.text, drawn.blocks, turning=turning)

    def _later(self, asked: LookUp, command: _Command, error: DigitalOceanError) -> None:
        """DigitalOcean cannot be asked now: the person is told once, and it is tried again."""
        with self._deps.unit_of_work() as uow:
            if uow.tx.now - asked.created_at > PATIENCE_SECONDS:
                self._give_up(uow, asked, command)
                return
            if asked.attempts == 0 and occasion_of(asked.wanted) is None:
                text = answers.still_looking(_typed(command), trouble_of(error), error.problem)
                outbox.add_answer(uow.tx, None, asked.asker, text)
            lookups.put_off(uow.tx, asked, uow.tx.now + backoff(asked.attempts, _SLOWEST_RETRY))

    def _give_up(self, uow: UnitOfWork, asked: LookUp, command: _Command) -> None:
        if finish(uow.tx, asked, keep=False):
            text = answers.looked_too_long(_typed(command))
            self._say(uow, asked, Message(text), Opened(text, refused=True))


def _without_a_series(wanted: Snapshotting, droplets: Sequence[Droplet]) -> list[Droplet]:
    """The Droplets of whose snapshots `keep` would never find an older one."""
    if wanted.keep is None:
        return []
    return [each for each in droplets if not are_a_series(wanted.image_name, each)]


def _typed(command: _Command) -> str:
    return command.typed if isinstance(command, Named) else command.name


def _paragraphs(text: str) -> Message:
    return message(text, [section(part) for part in paragraphs(text.split("\n"))])
