"""DigitalOcean's API, as much of it as the bot uses, with the surface of the official client.

Dictionaries in, JSON out. Whoever knows `pydo` knows this one; where it differs:

- A 404 raises `HttpResponseError`, where pydo returns the body of the error.
- Bodies are validated before they leave.
- The POST is never sent twice, at any layer; pydo 0.44 sends it four times when it gets a 500.
- Pages are iterated (`pages`), and each call has one time limit for all that it does.
"""

from bot.digitalocean.client import Client
from bot.digitalocean.decode import RateLimit
from bot.digitalocean.errors import (
    DigitalOceanError,
    HttpResponseError,
    InvalidBody,
    ServiceRequestError,
    ServiceResponseError,
)
from bot.digitalocean.transport import Call

__all__ = [
    "Call",
    "Client",
    "DigitalOceanError",
    "HttpResponseError",
    "InvalidBody",
    "RateLimit",
    "ServiceRequestError",
    "ServiceResponseError",
]
