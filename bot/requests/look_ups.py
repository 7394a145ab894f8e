"""Look-ups: a command that must see DigitalOcean first, and how it goes on with what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.looked_up import LookedUp
from bot.domain.occasions import Occasion
from bot.domain.pruning import Pruning, Selection, kept_with
from bot.domain.resources import Image
from bot.domain.search import Asker, Named, Search, Trial, Wanted, from_json, may_ask, to_json
from bot.domain.steps import StepSpec
from bot.operations.available import DELETE
from bot.operations.registry import steps_for
from bot.requests import look_up_log
from bot.requests.commands import BySender, Opened, RequestDraft
from bot.requests.idempotency import OUTCOME, TEXT, taken_once
from bot.requests.outcomes import DONE, Outcome, Refused
from bot.requests.query import explain_in, history_in, reader_of, status_of_image
from bot.requests.submission import open_draft
from bot.requests.telling import tell
from bot.requests.trials import previewed, trial
from bot.requests.unit_of_work import UnitOfWork
from bot.store import lookups
from bot.views import answers


@dataclass(frozen=True)
class Look(BySender):
    """Look for something at DigitalOcean."""

    wanted: Wanted


@dataclass(frozen=True)
class ChooseImage(BySender):
    """Take one of several images with the name that was typed.

    Attributes:
        look_up_id: the look-up that offered them.
    """

    look_up_id: int
    image_id: int


@taken_once(TEXT)
def look(uow: UnitOfWork, command: Look) -> str:
    """Ask for a look at the images; what is found goes to the person alone."""
    wanted = command.wanted
    added = lookups.add(uow.tx, command.by.asker, to_json(wanted))
    look_up_log.note_asked(uow.tx, added)
    return answers.looking(wanted if isinstance(wanted, Named) else None)


@taken_once(OUTCOME)
def choose_image(uow: UnitOfWork, command: ChooseImage) -> Outcome:
    """Go on with the image that was chosen."""
    asked = lookups.load(uow.tx.connection, command.look_up_id)
    wanted = from_json(asked.wanted) if asked else None
    by = command.by.asker
    if (
        asked is None
        or asked.asker.person != by.person
        or not isinstance(wanted, Named)
        or (may_ask(wanted) and not look_up_log.is_typed(uow.tx.connection, asked, uow.tx.now))
    ):
        return Refused(tell(uow.tx, by, answers.choice_gone()))
    asker = Asker(by.person, asked.asker.channel, "", by.response_url)
    go_on(uow, asker, wanted, [command.image_id])
    return DONE


def prune(
    uow: UnitOfWork,
    asker: Asker,
    wanted: Pruning,
    selection: Selection,
    occasion: Occasion | None = None,
) -> Opened:
    """Ask for what `prune` found to be deleted, or tell what would become of it."""
    going = selection.going
    if occasion and not going:  # approved for what it will find
        occasion, going = replace(occasion, only_alike=True), selection.staying[-1:]
    steps = tuple(
        step
        for image in going
        for step in steps_for(DELETE, [image.id], [{"unless_last_of": kept_with(image, selection)}])
    )
    return ask(uow, asker, wanted, steps, occasion)


def ask(
    uow: UnitOfWork,
    asker: Asker,
    wanted: LookedUp,
    steps: tuple[StepSpec, ...],
    occasion: Occasion | None = None,
    seen: Sequence[Image] = (),
) -> Opened:
    """Ask for the steps that a command was found to mean, or tell what would become of it.

    Args:
        seen: what they are done to; empty: whoever calls shows it.
    """
    if occasion:
        occasion = replace(occasion, deletes=wanted.deletes)
    draft = RequestDraft(
        asker.person, asker.channel, steps, wanted.reason, wanted.break_glass, occasion
    )
    if wanted.dry_run and seen:
        return Opened("\n".join(previewed(uow.deps, uow.tx.connection, draft, seen)))
    if wanted.dry_run:
        return Opened(explain_in(uow.deps, uow.tx.connection, draft))
    return open_draft(uow, draft, asker.response_url)


def go_on(
    uow: UnitOfWork,
    asker: Asker,
    command: Named,
    images: Sequence[int],
    occasion: Occasion | None = None,
    said: str = "",
    image: Image | None = None,
) -> Opened | None:
    """Do what a command asked that named its images, now that they are known; what was opened,
    if anything was to be.

    Args:
        said: told before the answer: which image was found.
        image: the only one, where it was looked up just now.
    """
    tx = uow.tx
    draft = RequestDraft(
        asker.person,
        asker.channel,
        steps_for(command.operation, images, command.params) if command.operation else (),
        command.reason,
        command.break_glass,
        occasion,
    )
    match command.purpose:
        case "open":
            opened = open_draft(uow, draft, asker.response_url)
            if not occasion:
                tell(tx, asker, f"{said}\n{opened.text}".lstrip())
            return opened
        case "explain":
            explained = explain_in(uow.deps, tx.connection, draft, image=image)
            tell(tx, asker, f"{said}\n{explained}".lstrip())
        case "dry-run":
            if image is None:  # chosen out of several, or several: each is looked at by its number
                glass = command.break_glass
                of = (command.operation, tuple(images), command.params, command.reason, glass)
                lookups.add(tx, asker, to_json(Trial(*of)))
            else:
                tried = trial(uow.deps, tx.connection, draft, {images[0]: image})
                tell(tx, asker, f"{said}\n{tried}".lstrip())
        case "status":
            reader = reader_of(tx.connection, asker)
            tell(tx, asker, status_of_image(tx.connection, reader, images[0]))
        case "history":
            tell(tx, asker, history_in(tx.connection, asker, images[0]))
        case _:
            lookups.add(tx, asker, to_json(Search(image_id=images[0])))
    return None
