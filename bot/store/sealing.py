"""Secrets of people as the database holds them: encrypted by `cryptography`, each for its person.

AES-256 in GCM, which also tells whose it is: a secret that was copied to another row opens nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from bot.errors import BotError, SettingsError

if TYPE_CHECKING:  # it is loaded only where a key is set
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_SHORTEST = 32
_NONCE_BYTES = 12
_MAKE = "Make one with `openssl rand -hex 32`, and keep it away from the database's backups."


class CannotOpen(BotError):
    """It was sealed with another key, for somebody else, or changed since."""


class Sealer:
    """Seals and opens.

    Args:
        keys: one key, or several with commas between them, each of 32 characters or more that
            nobody can guess. The first seals, all open: so keys are rotated.

    Raises:
        SettingsError: a key is too short, or `cryptography` is not installed.
    """

    def __init__(self, keys: str) -> None:
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError:
            raise SettingsError(
                "IMAGE_BOT_SECOND_FACTOR_KEY needs a package that is not installed.",
                "Install image-bot[step-up].",
            ) from None
        given = [key.strip() for key in keys.split(",")]
        if any(len(key) < _SHORTEST for key in given):
            said = f"IMAGE_BOT_SECOND_FACTOR_KEY holds a key of fewer than {_SHORTEST} characters."
            raise SettingsError(said, _MAKE)
        # What is long and random needs no slow derivation.
        self._ciphers: list[AESGCM] = [
            AESGCM(hashlib.sha256(key.encode()).digest()) for key in given
        ]

    def seal(self, person: str, secret: bytes) -> str:
        """The secret as the database may hold it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[0].encrypt(nonce, secret, person.encode())
        return b64encode(nonce + sealed).decode()

    def open(self, person: str, sealed: str) -> bytes:
        """The secret that was sealed for a person.

        Raises:
            CannotOpen: no key opens it.
        """
        from cryptography.exceptions import InvalidTag

        for cipher in self._ciphers:
            try:
                raw = b64decode(sealed, validate=True)
                return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], person.encode())
            except (InvalidTag, ValueError):
                continue
        raise CannotOpen(
            f"The second factor of {person} cannot be opened.",
            "Give IMAGE_BOT_SECOND_FACTOR_KEY the key that it was enrolled with, or reset it.",
        )
