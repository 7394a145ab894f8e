"""Ed25519 keys and signatures as people hand them over; `cryptography` (`image-bot[signing]`)."""

from __future__ import annotations

import binascii
import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

from bot.errors import SettingsError

if TYPE_CHECKING:  # it is loaded only where a key is used
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

SIGNATURE_BYTES = 64


def need_package(what: str) -> None:
    """Go on where `cryptography` is installed.

    Raises:
        SettingsError: it is not, and `what` needs it.
    """
    try:
        import cryptography  # noqa: F401 - whether it is there
    except ImportError:
        raise SettingsError(
            f"{what} needs a package that is not installed.", "Install image-bot[signing]."
        ) from None


def public_key(pem: bytes) -> Ed25519PublicKey | None:
    """The public key in a PEM text; None: it holds no Ed25519 key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        found = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return found if isinstance(found, Ed25519PublicKey) else None


def private_key(pem: bytes) -> Ed25519PrivateKey | None:
    """The private key in a PEM text; None: it holds no Ed25519 key, or one behind a password."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        found = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # its text may show some of the key
        return None
    return found if isinstance(found, Ed25519PrivateKey) else None


def signature_in(written: bytes) -> bytes:
    """64 bytes as they are, in hexadecimal or in base64; anything else as it is."""
    if len(written) == SIGNATURE_BYTES:
        return written
    text = b"".join(written.split())
    for decode in (binascii.unhexlify, binascii.a2b_base64):
        with suppress(ValueError):
            if len(found := decode(text)) == SIGNATURE_BYTES:
                return found
    return written


def known_by(public: bytes) -> str:
    """By what a key is known: 16 hexadecimal digits of the SHA-256 of its public half."""
    return hashlib.sha256(public).hexdigest()[:16]
