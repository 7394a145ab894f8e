"""Which conversations are public, learnt from what Slack says of them in each payload."""

from __future__ import annotations

import logging

from bot.domain.visibility import is_private
from bot.errors import StoreUnavailable
from bot.store import read_cache
from bot.store.transaction import Store

log = logging.getLogger(__name__)


class Channels:
    """What is public and what is private, kept in the database; a change is written at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._written: dict[str, bool] = {}

    def note(self, channel_id: str, name: str) -> None:
        """Take over what a payload says; without a name, or an id, it says nothing."""
        private = is_private(channel_id, name)
        if not (channel_id and name) or self._written.get(channel_id) is private:
            return
        try:
            with self._store.write() as tx:
                read_cache.put_channel(tx, channel_id, private)
        except StoreUnavailable as failure:  # the next payload from there says it again
            log.warning("whether %s is private was not kept: %s", channel_id, failure.problem)
            return
        self._written[channel_id] = private
