"""DigitalOcean's API, as much of it as the bot uses, with the surface of the official client.

Dictionaries in, JSON out. Whoever knows `pydo` (0.36 and later) knows this one: what that takes
for these calls, this takes, and it returns the same. Where it differs:

- A 404 raises `ResourceNotFoundError`, an `HttpResponseError`; pydo returns the error's body.
- The body of an image action is looked at before it leaves: a type that the API does not know,
  or a transfer to a region that is nowhere offered, is an `InvalidBody`, as is no body at all.
  Other keys are sent as they are. Text, bytes and files are read, and their JSON is sent.
- An id is a number above 0 or its digits, or (`images.get`) a slug; what else pydo would put into
  the address is a ValueError, and so is a page that cannot be.
- POST, PUT and DELETE are never sent twice, at any layer; pydo 0.44 sends a POST four times when
  it gets a 500. `retry_total` is for GETs alone, what else is said of retries is not listened to.
  Redirects are not followed.
- A success without a JSON object raises `ServiceResponseError`; pydo returns None or the list.
- One time limit, 30 s, holds for all that a call does; there it is 120 s, and for the retries.
- Plain http is for loopback addresses only, whatever `enforce_https` says.
- Beyond it: `pages` iterates lists, and `image_actions.list` takes `per_page` and `page`.
- Of azure-core's keyword arguments some are honoured and the others taken without effect:
  `bot.digitalocean.options` says which.
- A body may be JSON as text, too; pydo would send it as a JSON string. `error` is a dictionary with
  pydo's attributes, and `str()` of an error says what to do next.
"""

from bot.digitalocean.client import Client
from bot.digitalocean.decode import RateLimit
from bot.digitalocean.errors import (
    ClientAuthenticationError,
    DigitalOceanError,
    HttpResponseError,
    InvalidBody,
    ResourceExistsError,
    ResourceNotFoundError,
    ResourceNotModifiedError,
    ServiceRequestError,
    ServiceResponseError,
)
from bot.digitalocean.transport import Call

__all__ = [
    "Call",
    "Client",
    "ClientAuthenticationError",
    "DigitalOceanError",
    "HttpResponseError",
    "InvalidBody",
    "RateLimit",
    "ResourceExistsError",
    "ResourceNotFoundError",
    "ResourceNotModifiedError",
    "ServiceRequestError",
    "ServiceResponseError",
]
