"""A person's look at images: answered behind its ack, with no row in the database.

Nothing is lost with the process: whoever looked sees no answer, and looks again. What goes on with
a command (`bot.domain.search.Named`, a prune, a snapshot) is kept until it is answered.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from bot.digitalocean import DigitalOceanError
from bot.digitalocean.catalogue import Catalogue
from bot.domain.search import Asker, Search, newest_first
from bot.domain.steps import TargetKind
from bot.requests.after_ack import AfterAck
from bot.requests.commands import Sender
from bot.requests.look_ups import Look, look
from bot.requests.unit_of_work import Dependencies
from bot.views import answers, images, mistaken
from bot.views.message import Message

_THREADS, _MOST_WAITING = 4, 32


class Looks:
    """Looks that begin at once; what is too many of them, or has no `response_url`, is queued.

    So is each look of a process that does not ask DigitalOcean itself.
    """

    def __init__(self, deps: Dependencies, catalogue: Catalogue, after_ack: AfterAck) -> None:
        self._deps = deps
        self._catalogue = catalogue
        self._after_ack = after_ack
        self._places = threading.BoundedSemaphore(_MOST_WAITING)
        self._lookers = ThreadPoolExecutor(_THREADS, thread_name_prefix="look")

    def look(self, asker: Asker, search: Search, delivery: str) -> str:
        """Look, and answer the person alone; what the ack says meanwhile.

        Raises:
            bot.errors.StoreUnavailable: it had to be queued, and could not be.
        """
        here = asker.response_url and self._catalogue.is_here
        if not here or not self._places.acquire(blocking=False):
            return look(self._deps, Look(Sender(delivery, asker), search))
        try:
            self._lookers.submit(self._after_ack.told, asker, lambda: self._answer(asker, search))
        except RuntimeError:  # the bot is stopping: the next one answers
            self._places.release()
            return look(self._deps, Look(Sender(delivery, asker), search))
        return answers.looking()

    def close(self) -> None:
        """Begin no other look."""
        self._lookers.shutdown(wait=False, cancel_futures=True)

    def _answer(self, asker: Asker, search: Search) -> None:
        try:
            drawn = found(self._catalogue, search)
        except DigitalOceanError as error:
            drawn = Message(answers.error(error))
        finally:
            self._places.release()
        self._after_ack.say(asker, drawn, turning=search.turning)


def found(catalogue: Catalogue, search: Search) -> Message:
    """What a search finds now: one image in full, or a page of many.

    Raises:
        DigitalOceanError: DigitalOcean cannot be asked.
    """
    if search.image_id is not None:
        image = catalogue.image(search.image_id)
        return images.one(image) if image else _none_such(catalogue, search.image_id)
    listing = catalogue.recent()
    fitting = sorted(filter(search.fits, listing.images), key=newest_first)
    first = (search.page - 1) * images.PER_PAGE
    shown = fitting[first : first + images.PER_PAGE]
    return images.found(shown, len(fitting), search, complete=listing.complete)


def _none_such(catalogue: Catalogue, image_id: int) -> Message:
    other = catalogue.mistaken(str(image_id), TargetKind.IMAGE)
    return Message(answers.no_such_image(image_id) + mistaken.in_words(other))
