"""lookup: look something up at DigitalOcean for one person, who alone sees what is found."""

from __future__ import annotations

import logging

from bot.digitalocean import DigitalOceanError
from bot.digitalocean.catalogue import Catalogue
from bot.digitalocean.refusals import trouble_of
from bot.domain.backoff import backoff
from bot.domain.coverage import Coverage
from bot.domain.looked_up import LookedUp, OnTarget
from bot.domain.occasions import occasion_of
from bot.domain.pruning import Pruning
from bot.domain.restoring import Restoring
from bot.domain.search import By, Named, Search, Trial, Wanted, from_json
from bot.domain.snapshotting import Snapshotting
from bot.domain.volume_snapshotting import VolumeSnapshotting
from bot.jobs.look_up_answers import Answers
from bot.jobs.look_up_images import ImageLookUps
from bot.jobs.look_up_targets import TargetLookUps
from bot.requests import Opened
from bot.requests.look_up_log import asks, finish, is_to_be_answered
from bot.requests.looks import found
from bot.requests.schedule_commands import is_typed
from bot.requests.unit_of_work import Dependencies, UnitOfWork
from bot.store import lookups, outbox
from bot.store.lookups import LookUp
from bot.views import answers
from bot.views.message import Message

log = logging.getLogger(__name__)

_SLOWEST_RETRY = 30.0
"""The longest pause, in seconds, between tries while DigitalOcean is out of reach."""
_Command = Named | LookedUp
PATIENCE_SECONDS = 1800.0
"""How long a command that names its image waits for DigitalOcean; its answer's address lives
as long."""


class LookUpImages:
    """The job `lookup`; its key is a look-up's id."""

    def __init__(self, deps: Dependencies, catalogue: Catalogue) -> None:
        self._deps = deps
        self._store = deps.store
        self._catalogue = catalogue
        self._answers = Answers(deps, catalogue)
        self._images = ImageLookUps(deps, catalogue, self._answers)
        self._targets = TargetLookUps(deps, catalogue, self._answers)

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
                self._answers.answer(asked, Message(answers.error(error)))
            else:
                self._later(asked, wanted, error)

    def _look(self, asked: LookUp, wanted: Wanted) -> None:
        match wanted:
            case Search():
                self._answers.answer(asked, found(self._catalogue, wanted))
            case Coverage():
                self._images.coverage(asked, wanted)
            case Trial():
                self._images.try_out(asked, wanted)
            case Pruning():
                self._images.prune(asked, wanted, self._catalogue.fresh())
            case Snapshotting() | VolumeSnapshotting() | Restoring() | OnTarget():
                self._targets(asked, wanted)
            case Named(by=By.NAME):
                self._images.by_name(asked, wanted, self._catalogue.fresh())
            case Named():
                self._images.latest(asked, wanted, self._catalogue.fresh())

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
            self._answers.say(uow, asked, Message(text), Opened(text, refused=True))


def _typed(command: _Command) -> str:
    return command.typed if isinstance(command, Named) else command.name
