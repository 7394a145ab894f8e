"""Images offered to other teams and accounts: `/v2/images/{image_id}/account_transfer`.

Source: DigitalOcean's OpenAPI specification. What it says of refusals are statuses alone; the
sentences are this stand-in's.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rehearsal.digitalocean.account import Image

OWN_TEAM = "9cc10173-e9ea-4176-9dbc-a4cee4c4ff30"
"""Another team in which the token's owner has the rights: it takes an image at once."""
_FIRST_ID = 51_000
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{40}", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Offer:
    """One transfer that waits to be accepted, or was taken."""

    id: int
    image_id: int
    recipient: str
    taken: bool = False


class Offers:
    """The account's transfers; an image that is taken leaves `images`."""

    def __init__(self, images: dict[int, Image]) -> None:
        self._images = images
        self._ids = itertools.count(_FIRST_ID)
        self.all: dict[int, Offer] = {}

    def why_not(self, image: Image, body: dict[str, Any]) -> str:
        """Why it cannot be offered; empty: it can."""
        team, email = body.get("recipient_uuid"), body.get("recipient_email")
        if (team is None) == (email is None):
            return "Exactly one of recipient_uuid and recipient_email is required."
        if team is not None and not (isinstance(team, str) and _UUID.fullmatch(team)):
            return "recipient_uuid is invalid."
        if email is not None and not (isinstance(email, str) and _EMAIL.fullmatch(email)):
            return "recipient_email is invalid."
        if image.type != "snapshot" or image.public:
            return "Only snapshot images may be transferred."
        waiting = any(o.image_id == image.id and not o.taken for o in self.all.values())
        return "The image already has a transfer." if waiting else ""

    def make(self, image: Image, body: dict[str, Any]) -> Offer:
        """Offer an image; a team in which the token's owner has the rights takes it at once."""
        recipient = str(body.get("recipient_uuid") or body.get("recipient_email"))
        offer = Offer(next(self._ids), image.id, recipient)
        self.all[offer.id] = offer
        return self.accept(offer.id) if recipient.lower() == OWN_TEAM else offer

    def accept(self, offer_id: int) -> Offer:
        """The recipient takes it: the image is not in this account any more."""
        offer = self.all[offer_id]
        self._images.pop(offer.image_id, None)
        self.all[offer_id] = Offer(offer.id, offer.image_id, offer.recipient, taken=True)
        return self.all[offer_id]

    def cancel(self, image_id: int, offer_id: Any) -> bool:
        """The sender takes it back; False: there is no such offer."""
        offer = self.all.get(offer_id) if isinstance(offer_id, int) else None
        if offer is None or offer.taken or offer.image_id != image_id:
            return False
        del self.all[offer.id]
        return True
