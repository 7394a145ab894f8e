"""The form, from the moment it is opened: what it shows, and what its menu finds.

A form is opened at once, light, while its `trigger_id` lives; what must be looked up is drawn
into it afterwards.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.digitalocean import DigitalOceanError
from bot.digitalocean.catalogue import Catalogue
from bot.domain.resources import Image
from bot.domain.search import Asker, Search
from bot.errors import BotError
from bot.operations.available import choices, regions_for
from bot.requests.after_ack import AfterAck
from bot.slack.web_api import Slack
from bot.store import read_cache
from bot.store.transaction import Store
from bot.views import answers, form
from bot.views.form import Draft, Place

log = logging.getLogger(__name__)

MENU_SECONDS = 2.0
"""How long a menu waits for DigitalOcean: Slack gives up after 3 s."""


class Forms:
    """Opens the form and keeps it true; every call returns at once, but `suggest`.

    Args:
        after_ack: runs what must reach Slack within the life of a `trigger_id`.
    """

    def __init__(
        self, store: Store, catalogue: Catalogue, slack: Slack, after_ack: AfterAck
    ) -> None:
        self._store = store
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
            draft = self._draft(place, known_image, choice)
        else:
            draft = Draft(place, looking=image_id)
        self._after_ack.run(asker, lambda: self._open(asker, trigger_id, draft, choice))

    def _open(self, asker: Asker, trigger_id: str, draft: Draft, choice: str) -> None:
        view_id = self._slack.open_view(trigger_id, form.draw(draft))
        if draft.looking:
            self.choose(asker, view_id, draft.place, draft.looking, choice)

    def choose(
        self, asker: Asker, view_id: str, place: Place, image_id: int, choice: str = ""
    ) -> None:
        """An image, or what to do with it, was chosen: show what is possible then."""
        self._lookers.submit(
            self._after_ack.told, asker, lambda: self._fill(view_id, place, image_id, choice)
        )

    def _fill(self, view_id: str, place: Place, image_id: int, choice: str) -> None:
        try:
            image = self._catalogue.known(image_id) or self._catalogue.image(image_id)
        except DigitalOceanError as error:
            problem = f"{answers.error(error)} Choose the image again in a moment."
            draft = Draft(place, problem=problem)
        else:
            draft = Draft(place, problem=answers.no_such_image(image_id))
            if image is not None:
                draft = self._draft(place, image, choice)
        self._slack.update_view(view_id, form.draw(draft))

    def _draft(self, place: Place, image: Image, choice: str) -> Draft:
        with self._store.read() as connection:
            live = read_cache.regions(connection)
        return Draft(place, image=image, choice=choice, regions=regions_for(image, live))

    def suggest(self, typed: str) -> list[dict[str, Any]]:
        """The options for what was typed into the image menu; within `MENU_SECONDS`."""
        try:
            listing = self._catalogue.soon(MENU_SECONDS)
        except BotError as error:
            log.warning("the form's menu is empty: %s", error.problem)
            return form.no_options("DigitalOcean does not answer now. Type again in a moment.")
        search = Search(text=typed)
        fitting = [i for i in listing.images if search.fits(i) and choices(i)]
        fitting.sort(key=lambda image: (image.name.lower(), image.id))
        return form.options(fitting) or form.no_options("No images match. Type less of it.")

    def close(self) -> None:
        """Begin no other look-up."""
        self._lookers.shutdown(wait=False, cancel_futures=True)
        self._catalogue.close()
