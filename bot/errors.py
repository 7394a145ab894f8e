"""The error tree. Every error says what went wrong, and what a person can do next."""

from __future__ import annotations


class BotError(Exception):
    """The root of what image-bot raises on purpose.

    Args:
        problem: what went wrong, in a sentence a person can read.
        help: what to do next, in a sentence; empty where nothing can be done.
    """

    def __init__(self, problem: str, help: str = "") -> None:  # noqa: A002 - the plain word
        super().__init__(problem)
        self.problem = problem
        self.help = help

    def __str__(self) -> str:
        return f"{self.problem} {self.help}".strip()


class SettingsError(BotError):
    """A setting is missing or makes no sense: the bot does not start."""


class PolicyError(BotError):
    """The policy file is missing or broken: the line, the field, what was expected."""


class SchedulesError(BotError):
    """The schedules file is missing or broken: the line, the field, what was expected."""


class CommandError(BotError):
    """What a person typed cannot be understood: told to its sender alone, changes nothing.

    Args:
        meant: the words after `/image` that were probably meant, whole and ready to be run.
        misread: where only one word is wrong: its beginning and end in the text, and the right one.
    """

    def __init__(
        self,
        problem: str,
        help: str = "",  # noqa: A002 - the plain word
        *,
        meant: str = "",
        misread: tuple[int, int, str] | None = None,
    ) -> None:
        super().__init__(problem, help)
        self.meant = meant
        self.misread = misread


class StoreUnavailable(BotError):
    """The database cannot take a write now: the command was not taken."""


class NoDatabase(BotError):
    """There is no file at the path that DATABASE_URL names."""


class SchemaMismatch(BotError):
    """The database's schema is not the one this version knows: the bot does not start."""
