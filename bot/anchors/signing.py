"""Signatures over heads of the audit log: Ed25519, by `cryptography` (`image-bot[signing]`).

Signed are the UTF-8 bytes of a JSON text that holds `at`, `hash` and `position`, in that order and
without spaces. A key is known by the first 16 hexadecimal digits of the SHA-256 of its public half.
The private half is a file's, or stays with a key service that a command asks.
"""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot.anchors.command import Endless, run
from bot.domain.canonical import canonical
from bot.ed25519 import known_by, need_package, private_key, public_key, signature_in
from bot.errors import BotError, SettingsError

if TYPE_CHECKING:  # it is loaded only where a key is used
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

log = logging.getLogger(__name__)

COMMAND_SECONDS = 10.0
"""How long a command may take to sign."""
_MOST_BYTES = 4096
"""More than any way to write 64 bytes takes."""
_MAKE = "Make one with `openssl genpkey -algorithm ed25519`."


class Signer(Protocol):
    """Signs heads; any number of threads may ask.

    Attributes:
        key: by what the key is known.
        public: its public half, 32 bytes in hexadecimal.
    """

    key: str
    public: str

    def sign(self, at: float, position: int, head: str) -> str:
        """The signature of a head, in hexadecimal.

        Raises:
            SigningFailed: whoever holds the key did not sign.
        """


class SigningFailed(BotError):
    """Whoever holds the key did not sign."""


class FileSigner:
    """Signs with a private key that the bot holds.

    Args:
        pem: the private key, as `openssl genpkey -algorithm ed25519` writes it.

    Raises:
        SettingsError: it is no such key, or `cryptography` is not installed.
    """

    def __init__(self, pem: str) -> None:
        need_package("IMAGE_BOT_ANCHOR_KEY")
        private = private_key(pem.encode())
        if private is None:
            raise SettingsError("IMAGE_BOT_ANCHOR_KEY holds no Ed25519 key in PEM.", _MAKE)
        self._private = private
        raw = private.public_key().public_bytes_raw()
        self.key, self.public = known_by(raw), raw.hex()

    def sign(self, at: float, position: int, head: str) -> str:
        """The signature of a head, in hexadecimal."""
        return self._private.sign(_signed(at, position, head)).hex()


class CommandSigner:
    """Has a command sign: of a KMS, an HSM or a signing service, which alone holds the key.

    Args:
        command: its words, as a shell takes them apart; no shell runs it. It reads what is to be
            signed from its standard input, and writes the 64 bytes of the signature: as they are,
            or in base64 or hexadecimal.
        pem: the public key, in PEM.
        environment: what the command sees of it.

    Raises:
        SettingsError: no such command or key, or `cryptography` is not installed.
    """

    def __init__(self, command: str, pem: str, environment: Mapping[str, str]) -> None:
        need_package("IMAGE_BOT_ANCHOR_COMMAND")
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise SettingsError(
                f"IMAGE_BOT_ANCHOR_COMMAND cannot be read: {error}.", "Mind its quotes."
            ) from None
        public = public_key(pem.encode())
        if public is None:
            raise SettingsError(
                "IMAGE_BOT_ANCHOR_PUBLIC_KEY holds no public Ed25519 key in PEM.",
                "Have the key service export the public half of the key.",
            )
        self._public = public
        self._environment = dict(environment)
        raw = public.public_bytes_raw()
        self.key, self.public = known_by(raw), raw.hex()

    def sign(self, at: float, position: int, head: str) -> str:
        """The signature of a head, in hexadecimal; one that does not hold is not given out.

        Raises:
            SigningFailed: the command failed, took too long, or signed with another key.
        """
        from cryptography.exceptions import InvalidSignature

        what = _signed(at, position, head)
        signature = signature_in(self._run(what))
        try:
            self._public.verify(signature, what)
        except InvalidSignature:
            raise SigningFailed(
                "IMAGE_BOT_ANCHOR_COMMAND wrote no signature by IMAGE_BOT_ANCHOR_PUBLIC_KEY.",
                "It has to sign what it reads, unhashed, by that key's private half.",
            ) from None
        return signature.hex()

    def _run(self, what: bytes) -> bytes:
        env, seconds = self._environment, COMMAND_SECONDS
        try:
            done = run(self._words, what, env, seconds=seconds, most_bytes=_MOST_BYTES)
        except Endless as error:
            said = f"{error}: it has {seconds:g} s to write one signature"
        except OSError as error:
            said = f"cannot be run: {error.strerror}"
        else:
            if done.status == 0:
                return done.written
            said = f"ended with {done.status}"
            log.error("%s: %s", said, done.complained[:500])
        raise SigningFailed(f"IMAGE_BOT_ANCHOR_COMMAND {said}.", "The log has what it wrote.")


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
            self._known[known_by(key.public_bytes_raw())] = key

    def unused(self, by: Iterable[str]) -> list[str]:
        """Those that are none of the keys that signed."""
        return sorted(self._known.keys() - set(by))

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
    need_package("--key")
    try:
        found = public_key(file.read_bytes())
    except OSError:
        found = None
    if found is None:
        raise BotError(
            f"{file} holds no public Ed25519 key in PEM.",
            "`openssl pkey -in KEY -pubout` writes the public half of a key.",
        )
    return found


def _signed(at: float, position: int, head: str) -> bytes:
    return canonical({"at": at, "hash": head, "position": position}).encode()
