"""One-time codes by the clock (RFC 6238), as every authenticator app makes them. Pure.

SHA-1, six digits, 30 seconds: apps take other values from an address, and many ignore them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote, urlencode

DIGITS = 6
STEP_SECONDS = 30
SECRET_BYTES = 20
"""As long as the hash, as RFC 4226 recommends."""
_AROUND = (-1, 0, 1)
"""A phone's clock may be some seconds off, and typing takes some."""


def code_of(secret: bytes, counter: int, digits: int = DIGITS) -> str:
    """The code of one step of time (RFC 4226, section 5.3)."""
    digest = hmac.digest(secret, counter.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def counter_at(at: float) -> int:
    """The step of time at `at` (epoch seconds)."""
    return int(at) // STEP_SECONDS


def matching(secret: bytes, typed: str, at: float, used: int) -> int | None:
    """The step of time whose code was typed; None: it is no code of about now, or was used.

    Takes the same time whatever was typed.

    Args:
        typed: as somebody typed it; spaces do not count.
        used: the newest step whose code was taken: it and those before it are used up.
    """
    given = "".join(typed.split()).encode()
    found = None
    for counter in (counter_at(at) + step for step in _AROUND):
        same = hmac.compare_digest(code_of(secret, counter).encode(), given)
        if same and counter > used:
            found = counter
    return found


def in_base32(secret: bytes) -> str:
    """The secret as it is typed into an app."""
    return base64.b32encode(secret).decode().rstrip("=")


def address(secret: bytes, account: str, issuer: str) -> str:
    """The `otpauth` address that an app opens or scans."""
    label = f"{quote(issuer)}:{quote(account)}"
    return f"otpauth://totp/{label}?{urlencode({'secret': in_base32(secret), 'issuer': issuer})}"
