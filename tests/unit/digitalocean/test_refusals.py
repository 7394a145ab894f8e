"""What DigitalOcean's answers other than a success mean."""

from __future__ import annotations

import pytest

from bot.digitalocean.errors import HttpResponseError, Response
from bot.digitalocean.refusals import Refusal, refusal_of


@pytest.mark.parametrize(
    ("status", "message", "meaning"),
    [
        (422, "Image is already in that region", Refusal.DONE_ALREADY),
        (422, "Image is already being transferred", Refusal.NOT_YET),
        (422, "Droplet already has a pending event.", Refusal.NOT_YET),
        (422, "Backups can not be transfered to other regions", Refusal.STILL_A_BACKUP),
        (422, "This image is not a snapshot", Refusal.NEVER),
        (409, "conflict", Refusal.NOT_YET),
        (423, "locked", Refusal.NOT_YET),
        (401, "Unable to authenticate you", Refusal.TOKEN),
        (403, "You do not have access for the attempted action.", Refusal.SCOPE),
        (404, "The resource you were accessing could not be found.", Refusal.GONE),
        (408, "", Refusal.UNCERTAIN),
        (429, "Too many requests", Refusal.TOO_MANY),
        (500, "", Refusal.UNCERTAIN),
        (505, "already done", Refusal.UNCERTAIN),
        (400, "bad request", Refusal.NEVER),
        (418, "", Refusal.NEVER),
        (307, "", Refusal.NEVER),
    ],
)
def test_an_answer_has_one_meaning(status: int, message: str, meaning: Refusal) -> None:
    assert refusal_of(HttpResponseError(Response(status), {"message": message})) is meaning
