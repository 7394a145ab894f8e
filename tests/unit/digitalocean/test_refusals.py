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
        (422, "The image already exists in the requested region", Refusal.DONE_ALREADY),
        (422, "Image is already available in nyc3.", Refusal.DONE_ALREADY),
        (422, "nyc3 already has this image", Refusal.DONE_ALREADY),
        (422, "This image is already a snapshot", Refusal.DONE_ALREADY),
        (409, "Image is already in that region", Refusal.DONE_ALREADY),
        (400, "The image is in that region already", Refusal.DONE_ALREADY),
        (422, "This image is already located in the region you specified", Refusal.DONE_ALREADY),
        (422, "Image already resides in region nyc3", Refusal.DONE_ALREADY),
        (422, "This image has already been transferred", Refusal.DONE_ALREADY),
        (422, "You already have this image in nyc3", Refusal.DONE_ALREADY),
        (422, "Image was already deleted", Refusal.NEVER),
        (422, "Your account is currently locked, please contact support", Refusal.NEVER),
        (422, "Billing: a payment is still pending", Refusal.NEVER),
        (422, "Snapshot name already in use", Refusal.NEVER),
        (422, "It is running on an unsupported kernel", Refusal.NEVER),
        (422, "Please wait until the current transfer completes", Refusal.NOT_YET),
        (422, "Service temporarily unavailable", Refusal.NOT_YET),
        (422, "There is an active transfer for this image", Refusal.NOT_YET),
        (422, "The image is queued.", Refusal.NOT_YET),
        (422, "Image is under maintenance, try later", Refusal.NOT_YET),
        (422, "A backup must be converted before a transfer", Refusal.STILL_A_BACKUP),
        (422, "Snapshot limit already reached", Refusal.NEVER),
        (422, "You already have the maximum number of snapshots", Refusal.NEVER),
        (422, "Name is already taken", Refusal.NEVER),
        (422, "Image is already in the process of deletion", Refusal.NEVER),
        (422, "Transfer already in progress", Refusal.NOT_YET),
        (422, "another transfer is running", Refusal.NOT_YET),
        (422, "The image is not available yet", Refusal.NOT_YET),
        (422, "Image is in use", Refusal.NOT_YET),
        (400, "Image has a pending event", Refusal.NOT_YET),
        (412, "The resource is locked", Refusal.NOT_YET),
        (412, "no", Refusal.NEVER),
        (425, "", Refusal.NOT_YET),
        (409, "Backups can not be transfered", Refusal.STILL_A_BACKUP),
        (422, "Can't transfer a backup to another region", Refusal.STILL_A_BACKUP),
        (422, "Convert the backup to a snapshot first", Refusal.STILL_A_BACKUP),
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
        (307, "", Refusal.UNCERTAIN),
        (303, "", Refusal.UNCERTAIN),
    ],
)
def test_an_answer_has_one_meaning(status: int, message: str, meaning: Refusal) -> None:
    assert refusal_of(HttpResponseError(Response(status), {"message": message})) is meaning
