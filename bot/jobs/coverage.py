"""What the account has copies of, read from DigitalOcean: for an answer, and for Home."""

from __future__ import annotations

from http import HTTPStatus

from bot.digitalocean import HttpResponseError
from bot.digitalocean.catalogue import Catalogue
from bot.domain.coverage import Account, Coverage, coverage


def read_account(catalogue: Catalogue, wanted: Coverage, now: float) -> Account:
    """All that is wanted, as it is at `now` (epoch seconds); a token that may not read Droplets is
    no error.

    Raises:
        bot.digitalocean.DigitalOceanError: images or Droplets cannot be listed now.
    """
    listing = catalogue.recent()
    try:
        droplets, all_known = catalogue.recent_droplets()
    except HttpResponseError as error:
        if error.status_code != HTTPStatus.FORBIDDEN:
            raise
        lines = coverage(wanted, listing.images, ())
        return Account(lines, listing.complete, droplets_read=False, seen_at=now)
    lines = coverage(wanted, listing.images, droplets)
    return Account(lines, listing.complete and all_known, droplets_read=True, seen_at=now)
