"""Why DigitalOcean cannot be asked just now, as data; `bot.views.troubles` has the sentences."""

from __future__ import annotations

from enum import StrEnum


class Trouble(StrEnum):
    """What is wrong. The value is stored: never change one."""

    UNREACHABLE = "unreachable"
    """No answer came."""
    TOO_MANY = "too-many"
    """A limit on calls."""
    TOKEN = "token"  # noqa: S105 - a word, no password
    """The token is wrong, expired or revoked: people have to set another."""
    SCOPE = "scope"
    """The token may not do this: people have to give it a scope."""
    BROKEN = "broken"
    """An answer came, and it is of no use."""
