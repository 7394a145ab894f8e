"""Signatures over heads of the audit log: Ed25519, by `cryptography` (`image-bot[signing]`).

Signed are the UTF-8 bytes of a JSON text that holds `at`, `hash` and `position`, in that order and
without spaces. A key is known by the first 16 hexadecimal digits of the SHA-256 of its public half.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from bot.domain.canonical import canonical
from bot.errors import BotError, SettingsError

if TYPE_CHECKING:  # it is loaded only where a key is used
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_MAKE = "Make one with `openssl genpkey -algorithm ed25519`."


class Signer:
    """Signs heads.

    Args:
        pem: the private key, as `openssl genpkey -algorithm ed25519` writes it.

    Attributes:
        key: by what the key is known.
        public: its public half, 32 bytes in hexadecimal.

    Raises:
        SettingsError: it is no such key, or `cryptography` is not installed.
    """

    def __init__(self, pem: str) -> None:
        try:
            from cryptography.hazmat.primitives import serialization
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        except ImportError:
            raise SettingsError(
                "IMAGE_BOT_ANCHOR_KEY needs a package that is not installed.",
                "Install image-bot[signing].",
            ) from None
        try:
            private = serialization.load_pem_private_key(pem.encode(), None)
        except (ValueError, TypeError):  # what it says may show some of the key
            private = None
        if not isinstance(private, Ed25519PrivateKey):
            raise SettingsError("IMAGE_BOT_ANCHOR_KEY holds no Ed25519 key in PEM.", _MAKE)
        self._private = private
        raw = private.public_key().public_bytes_raw()
        self.key, self.public = _known_by(raw), raw.hex()

    def sign(self, at: float, position: int, head: str) -> str:
        """The signature of a head, in hexadecimal."""
        return self._private.sign(_signed(at, position, head)).hex()


class Keys:
    """Public keys, by what they are known.

    Args:
        files: each holds one in PEM, as `openssl pkey -pubout` writes it.

    Raises:
        BotError: a file holds none, or `cryptography` is not installed.
    """

    def __init__(self, files: list[Path]) -> None:
        self._known: dict[str, Ed25519PublicKey] = {}
        for file in files:
            key = _read(file)
            self._known[_known_by(key.public_bytes_raw())] = key

    def problem(self, at: float, position: int, head: str, key: str, signature: str) -> str:
        """Why a signed head cannot be believed; empty: it can."""
        if not signature:
            return "is not signed"
        if key not in self._known:
            return f"is signed with another key, {key}"
        from cryptography.exceptions import InvalidSignature

        try:
            self._known[key].verify(bytes.fromhex(signature), _signed(at, position, head))
        except (InvalidSignature, ValueError):
            return "has a signature that does not hold"
        return ""


def _read(file: Path) -> Ed25519PublicKey:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise BotError(
            "--key needs a package that is not installed.", "Install image-bot[signing]."
        ) from None
    try:
        found = serialization.load_pem_public_key(file.read_bytes())
    except (OSError, ValueError):
        found = None
    if not isinstance(found, Ed25519PublicKey):
        raise BotError(
            f"{file} holds no public Ed25519 key in PEM.",
            "`openssl pkey -in KEY -pubout` writes the public half of a key.",
        )
    return found


def _signed(at: float, position: int, head: str) -> bytes:
    return canonical({"at": at, "hash": head, "position": position}).encode()


def _known_by(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:16]
