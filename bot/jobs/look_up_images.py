"""Look-ups of images: by a name, as the newest, of a series, or only to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.digitalocean.catalogue import Catalogue, Listing
from bot.domain.coverage import Coverage
from bot.domain.droplets import WhichDroplets, meant
from bot.domain.latest import BeingTaken, coming, fitting, made_of, newest
from bot.domain.occasions import occasion_of
from bot.domain.pruning import Pruning, select
from bot.domain.resources import Image
from bot.domain.search import By, Named, Trial, named, newest_first
from bot.domain.steps import TargetKind
from bot.jobs.coverage import read_account
from bot.jobs.look_up_answers import Answers, in_paragraphs
from bot.operations.available import SNAPSHOT
from bot.operations.image_actions import AVAILABLE
from bot.operations.registry import latest_type, steps_for
from bot.requests import Opened, RequestDraft, look_ups
from bot.requests.look_up_log import finish
from bot.requests.schedule_runs import LOOK_AGAIN_SECONDS, can_wait, note_opened
from bot.requests.trials import trial
from bot.requests.unit_of_work import Dependencies
from bot.store import lookups, read_cache, requests
from bot.store.lookups import LookUp
from bot.views import answers, coverage, images, latest, pruning, snapshots
from bot.views.message import Message


class ImageLookUps:
    """Finds the images that a command means, and goes on with it."""

    def __init__(self, deps: Dependencies, catalogue: Catalogue, answers: Answers) -> None:
        self._deps = deps
        self._store = deps.store
        self._catalogue = catalogue
        self._answers = answers

    def coverage(self, asked: LookUp, wanted: Coverage) -> None:
        account = read_account(self._catalogue, wanted, self._store.clock())
        if wanted == Coverage():
            with self._store.write() as tx:
                read_cache.put_coverage(tx, account)
        self._answers.answer(asked, coverage.shown(wanted, account))

    def try_out(self, asked: LookUp, wanted: Trial) -> None:
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
        self._answers.answer(asked, in_paragraphs(text))

    def by_name(self, asked: LookUp, command: Named, listing: Listing) -> None:
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

    def latest(self, asked: LookUp, command: Named, listing: Listing) -> None:
        type_, complete = latest_type(command.operation), listing.complete
        if command.by is By.LATEST_OF:
            of = WhichDroplets(command.name)
            droplets, all_known = self._catalogue.droplets()
            found = meant(of, droplets)
            if len(found) != 1 or not all_known:
                text = snapshots.not_one(of, found, droplets, 1, all_known)
                text += self._answers.instead(of.name, TargetKind.DROPLET) if not found else ""
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

    def _meant_as(self, wanted: Pruning, listing: Listing) -> Pruning:
        """A name that no image has may be a Droplet's."""
        if wanted.is_a_name and not any(map(wanted.fits, listing.images)):
            found = self._catalogue.mistaken(wanted.pattern, TargetKind.IMAGE)
            if found and found.kind is TargetKind.DROPLET:
                return replace(wanted, pattern="", droplet=wanted.pattern)
        return wanted

    def prune(self, asked: LookUp, wanted: Pruning, listing: Listing) -> None:
        occasion = occasion_of(asked.wanted)
        wanted = self._meant_as(wanted, listing)
        which = WhichDroplets(wanted.droplet, wanted.by_number)
        droplets, all_known = self._catalogue.droplets() if wanted.droplet else ((), True)
        of = meant(which, droplets) if wanted.droplet else []
        instead = ""
        if wanted.droplet and not of:
            instead = self._answers.instead(wanted.droplet, TargetKind.DROPLET)
        with self._deps.unit_of_work() as uow:
            own = of[0].snapshot_ids if of else ()
            selection = select(wanted, listing.images, uow.tx.now, own)
            if not finish(uow.tx, asked, keep=False):
                return
            if wanted.droplet and (len(of) != 1 or not all_known):
                text = snapshots.not_one(which, of, droplets, 1, all_known)
                self._answers.refuse(uow, asked, text + instead)
                return
            to_approve = occasion is not None and occasion.due_at is None and selection.staying
            if selection.going or to_approve:
                text = pruning.shown(wanted, selection, complete=listing.complete)
                opened = look_ups.prune(uow, asked.asker, wanted, selection, occasion)
                text = f"{text}\n{opened.text}"
            else:
                text = pruning.nothing_goes(wanted, selection, complete=listing.complete)
                opened = Opened(text)
            self._answers.say(uow, asked, in_paragraphs(text), opened)

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
        instead = "" if exact else self._answers.instead(name, TargetKind.IMAGE)
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
                self._answers.say(uow, asked, drawn, Opened(drawn.text, refused=True))
