"""Files that are in force only where one of the given keys signed them: policy and schedules.

`policy.toml.sig` beside `policy.toml` holds the Ed25519 signature over the bytes of the file: 64
bytes as they are, or in base64 or hexadecimal.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING

from bot.ed25519 import known_by, need_package, private_key, public_key, signature_in
from bot.errors import BotError, SettingsError
from bot.toml.file import FileCheck, signature_of, unchecked

if TYPE_CHECKING:  # it is loaded only where a key is used
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_PEM = re.compile(r"-----BEGIN [^-]+-----.*?-----END [^-]+-----", re.DOTALL)


class FileKeys:
    """Who may sign.

    Args:
        pem: one public key or several, in PEM, one after the other.

    Raises:
        SettingsError: one is no Ed25519 key, there is none, or `cryptography` is not installed.
    """

    def __init__(self, pem: str) -> None:
        need_package("IMAGE_BOT_POLICY_KEYS")
        self._keys: dict[str, Ed25519PublicKey] = {}
        for block in _PEM.findall(pem):
            key = public_key(block.encode())
            if key is None:
                raise SettingsError(
                    "IMAGE_BOT_POLICY_KEYS holds a key that is no public Ed25519 key in PEM.",
                    "`openssl pkey -in KEY -pubout` writes the public half of a key.",
                )
            self._keys[known_by(key.public_bytes_raw())] = key
        if not self._keys:
            raise SettingsError("IMAGE_BOT_POLICY_KEYS holds no public key in PEM.", "Put one in.")

    def problem(self, path: Path, content: bytes) -> str:
        """Why what a file holds may not be in force; empty: one of the keys signed it."""
        beside = signature_of(path)
        try:
            if beside.exists() and not beside.is_file():
                return f"{beside} is no file."
            signature = signature_in(beside.read_bytes())
        except FileNotFoundError:
            return f"{path} is not signed: there is no {beside.name}."
        except OSError as error:
            return f"{beside} cannot be read: {error.strerror}."
        if self.signer(content, signature):
            return ""
        return (
            f"{beside.name} is no signature over {path} as it is now, by a key of"
            f" IMAGE_BOT_POLICY_KEYS."
        )

    def signer(self, content: bytes, signature: bytes) -> str:
        """By what the key that signed is known; empty: none of these did."""
        from cryptography.exceptions import InvalidSignature

        for name, key in self._keys.items():
            try:
                key.verify(signature, content)
            except InvalidSignature:
                continue
            return name
        return ""


def file_check(pem: str) -> FileCheck:
    """What decides whether a file may be in force; without keys any may.

    Raises:
        SettingsError: as `FileKeys`.
    """
    return FileKeys(pem).problem if pem else unchecked


def sign(path: Path, key: Path) -> str:
    """Write the signature beside a file, in base64; by what the key is known.

    Raises:
        BotError: the file or the key cannot be read, or the signature not be written.
    """
    need_package("policy sign")
    try:
        private, content = private_key(key.read_bytes()), path.read_bytes()
        if private is None:
            raise BotError(
                f"{key} holds no private Ed25519 key in PEM, or one behind a password.",
                f"`openssl pkeyutl -sign -rawin -inkey {key} -in {path} -out {path}.sig` asks for a"
                " password; `openssl genpkey -algorithm ed25519` makes a key.",
            )
        new = signature_of(path).with_suffix(".sig-new")
        new.write_bytes(base64.b64encode(private.sign(content)) + b"\n")
        new.replace(signature_of(path))
    except OSError as error:
        raise BotError(
            f"{error.filename} cannot be read or written: {error.strerror}.", "Check its path."
        ) from error
    return known_by(private.public_key().public_bytes_raw())
