"""The form, from the moment it is opened: what it shows, and what its menu finds.

A form is opened at once, light, while its `trigger_id` lives; what must be looked up is drawn
into it afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine import Connection

from bot.digitalocean import DigitalOceanError
from bot.digitalocean.catalogue import Catalogue, NotAskedHere
from bot.domain.evidence import gather
from bot.domain.resources import Image, LiveRegion
from bot.domain.search import Asker, Search
from bot.domain.steps import StepSpec, image_target
from bot.errors import BotError
from bot.operations.available import CONVERT, choices, regions_for, steps_of
from bot.policy.decide import Decision, Verdict, decide
from bot.policy.file import PolicyFile
from bot.policy.match import PolicyInput
from bot.requests.after_ack import AfterAck
from bot.requests.assessment import policy_steps
from bot.slack.web_api import Slack
from bot.store import durations, read_cache
from bot.store.transaction import Store
from bot.views import answers, consequences, form, policy_text
from bot.views.form import Draft, Place

log = logging.getLogger(__name__)

MENU_SECONDS = 2.0
"""How long a menu waits for DigitalOcean: Slack gives up after 3 s."""


@dataclass(frozen=True)
class Filled:
    """What was chosen beside the image: what to do, where to, and other images of the same."""

    choice: str = ""
    regions: tuple[str, ...] = ()
    more: tuple[int, ...] = ()


class Forms:
    """Opens the form and keeps it true; every call returns at once, but `suggest`.

    Args:
        policy: whose named sets of regions are offered.
        after_ack: runs what must reach Slack within the life of a `trigger_id`.
    """

    def __init__(
        self,
        store: Store,
        policy: PolicyFile,
        catalogue: Catalogue,
        slack: Slack,
        after_ack: AfterAck,
    ) -> None:
        self._store = store
        self._policy = policy
        self._catalogue = catalogue
        self._slack = slack
        self._after_ack = after_ack
        self._lookers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="form")

    def open(
        self,
        asker: Asker,
        trigger_id: str,
        place: Place,
        image_id: int | None = None,
        choice: str = "",
    ) -> None:
        """Open it; with an image already chosen where one is given. A failure is told `asker`."""
        known_image = self._catalogue.known(image_id) if image_id else None
        if known_image is not None:
            draft = self._draft(asker, place, [known_image], Filled(choice))
        else:
            draft = Draft(place, looking=image_id)
        self._after_ack.run(asker, lambda: self._open(asker, trigger_id, draft, choice))

    def _open(self, asker: Asker, trigger_id: str, draft: Draft, choice: str) -> None:
        view_id = self._slack.open_view(trigger_id, form.draw(draft))
        if draft.looking:
            self.choose(asker, view_id, draft.place, draft.looking, Filled(choice))

    def choose(
        self, asker: Asker, view_id: str, place: Place, image_id: int, filled: Filled
    ) -> None:
        """An image, what to do with it, or where to, was chosen: show what is possible then."""
        self._lookers.submit(
            self._after_ack.told,
            asker,
            lambda: self._fill(asker, view_id, place, image_id, filled),
        )

    def _fill(
        self, asker: Asker, view_id: str, place: Place, image_id: int, filled: Filled
    ) -> None:
        try:
            image = self._image(image_id)
            others = [self._image(each) for each in filled.more if each != image_id]
        except NotAskedHere as error:
            draft = Draft(place, problem=answers.error(error))
        except DigitalOceanError as error:
            draft = Draft(place, problem=form.not_looked_up(answers.error(error)))
        else:
            draft = Draft(place, problem=answers.no_such_image(image_id))
            if image is not None:
                images = [image, *(each for each in others if each is not None)]
                draft = self._draft(asker, place, images, filled)
        self._slack.update_view(view_id, form.draw(draft))

    def _image(self, image_id: int) -> Image | None:
        return self._catalogue.known(image_id) or self._catalogue.image(image_id)

    def _draft(self, asker: Asker, place: Place, images: Sequence[Image], filled: Filled) -> Draft:
        image, regions = images[0], filled.regions
        with self._store.read() as connection:
            live = read_cache.regions(connection)
            draft = Draft(
                place,
                image=image,
                choice=filled.choice,
                regions=_free(images, live),
                sets=self._policy.current.regions,
            )
            possible = choices(image)
            what = filled.choice if filled.choice in possible else "".join(possible[:1])
            if not what or (what != CONVERT and not regions):
                return draft
            if form.asks_where(place):  # which rule holds may hang on the channel
                maybe = any(rule.break_glass for rule in self._policy.current.rule)
                return replace(draft, emergency=maybe)
            steps = steps_of(what, image.id, regions, [each.id for each in images[1:]])
            decision = self._decide(connection, asker, images, steps, emergency=False)
            instead = self._decide(connection, asker, images, steps, emergency=True)
            evidence = gather(images, steps, asker.person, decision.rule or "")
            said = consequences.of_steps(steps, evidence, self._store.clock())
            seconds = durations.slowest(connection, steps, image)
        runs = instead.verdict is Verdict.RUN and instead.break_glass
        preview = tuple(policy_text.preview(decision, said, seconds))
        return replace(draft, preview=preview, emergency=runs)

    def _decide(
        self,
        connection: Connection,
        asker: Asker,
        images: Sequence[Image],
        steps: tuple[StepSpec, ...],
        *,
        emergency: bool,
    ) -> Decision:
        now, policy = self._store.clock(), self._policy.current
        asked = PolicyInput(
            steps=policy_steps(steps, {image_target(each.id): each for each in images}),
            requester=asker.person,
            channel=asker.channel,
            at=datetime.fromtimestamp(now, UTC),
            break_glass=emergency,
        )
        return decide(policy, asked, read_cache.StoredDirectory(connection, now))

    def suggest(self, typed: str, beside: int | None = None) -> list[dict[str, Any]]:
        """The options for what was typed into a menu of images; within `MENU_SECONDS`.

        Args:
            beside: an image that is chosen already: others of its type are meant.
        """
        if not self._catalogue.is_here:
            return form.no_options(form.NOT_ASKED_HERE)
        try:
            listing = self._catalogue.soon(MENU_SECONDS)
        except BotError as error:
            log.warning("the form's menu is empty: %s", error.problem)
            return form.no_options(form.NO_ANSWER)
        search = Search(text=typed)
        first = self._catalogue.known(beside) if beside else None
        fitting = [
            image
            for image in listing.images
            if search.fits(image)
            and choices(image)
            and image.id != beside
            and (first is None or choices(image) == choices(first))
        ]
        fitting.sort(key=lambda image: (image.name.lower(), image.id))
        return form.options(fitting) or form.no_options(form.NONE_FIT)

    def close(self) -> None:
        """Begin no other look-up."""
        self._lookers.shutdown(wait=False, cancel_futures=True)
        self._catalogue.close()


def _free(images: Sequence[Image], live: Mapping[str, LiveRegion]) -> list[LiveRegion]:
    """The regions to which one of the images at least can be transferred."""
    found = {region.slug: region for image in images for region in regions_for(image, live)}
    return [found[slug] for slug in sorted(found)]
