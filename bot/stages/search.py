"""search: look images up at DigitalOcean for one person, who alone sees what is found."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from bot.digitalocean import Client, DigitalOceanError, HttpResponseError
from bot.image_actions import Image
from bot.messages import answers, images
from bot.search import Search
from bot.store import cards
from bot.store.transaction import Store

_PAGES = 5
"""At the most this many pages of 200 images are searched."""


class SearchImages:
    """The stage `search`; its key is a `Search`."""

    def __init__(self, store: Store, client: Client) -> None:
        self._store = store
        self._client = client

    def __call__(self, key: str) -> None:
        """Look once, and answer; a search is not worth retrying, it can be typed again."""
        search = Search(**json.loads(key))
        try:
            text = self._one(search) if search.image_id else self._many(search)
        except DigitalOceanError as error:
            text = answers.error(error)
        with self._store.write() as tx:
            cards.add_answer(tx, None, search.person, search.response_url, text)

    def _one(self, search: Search) -> str:
        try:
            body = self._client.images.get(search.image_id)
        except HttpResponseError as error:
            if error.status_code == 404:
                return answers.no_such_image(search.image_id)
            raise
        return images.one(Image.model_validate(body.get("image")))

    def _many(self, search: Search) -> str:
        fitting = [image for image in self._all(search) if _fits(image, search)]
        fitting.sort(key=lambda image: (image.name.lower(), image.id))
        first = (search.page - 1) * images.PER_PAGE
        shown = fitting[first : first + images.PER_PAGE]
        return images.found(shown, len(fitting), search.page, search.asked)

    def _all(self, search: Search) -> list[Image]:
        wanted: dict[str, Any] = {"tag_name": search.tag} if search.tag else {"private": True}
        found = []
        pages = self._client.images.pages(per_page=200, **wanted)
        for _, page in zip(range(_PAGES), pages, strict=False):
            for body in page.get("images", ()):
                try:
                    found.append(Image.model_validate(body))
                except ValidationError:
                    continue  # one unreadable image must not hide the others
        return found


def _fits(image: Image, search: Search) -> bool:
    return (
        not image.public
        and search.text.lower() in f"{image.name} {image.id} {image.description}".lower()
        and search.type in ("", image.type)
        and (not search.region or search.region in image.regions)
    )
