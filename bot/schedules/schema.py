"""What the schedules file may say. Each field's description says what is expected of it.

`load` turns a file into these; `docs/schedules.md` explains every key. All of it is frozen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated

from pydantic import (
    AfterValidator,
    Field,
    StrictInt,
    StrictStr,
    ValidationInfo,
    field_validator,
)

from bot.errors import CommandError
from bot.policy import fields
from bot.schedules.when import EXPECTED, cron_of, spelled
from bot.toml.table import Complaint, Table, repeated_names

LONGEST_NAME = 40
LONGEST_COMMAND = 500
LONGEST_APPROVAL = 90
"""Days for which a standing approval can hold."""

CommandCheck = Callable[[str], None]
"""Raises a `CommandError` for a text that cannot be run by the clock."""

CHECK_COMMAND = "check_command"
"""Where the validation's context has the `CommandCheck`."""

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def _name(name: str) -> str:
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise ValueError(
            f"expected 1 to {LONGEST_NAME} small letters, digits and single hyphens,"
            ' such as "nightly-web"'
        )
    return name


def _command(command: str) -> str:
    if not command.strip() or len(command) > LONGEST_COMMAND or not command.isprintable():
        raise ValueError(f"expected one line of 1 to {LONGEST_COMMAND} printable characters")
    return command.strip()


class Schedule(Table):
    """One `[[schedule]]`: a command, and when it runs in whose name."""

    name: Annotated[StrictStr, AfterValidator(_name)] = Field(
        description='a name such as "nightly-web", given to no other schedule'
    )
    when: Annotated[StrictStr, AfterValidator(spelled)] = Field(description=EXPECTED)
    time_zone: fields.TimeZone = Field("UTC", description='a time zone such as "Europe/Berlin"')
    command: Annotated[StrictStr, AfterValidator(_command)] = Field(
        description='what one would type after /image, such as "prune web-* keep 3"'
    )
    channel: fields.Channel = Field(description='a Slack channel id such as "C0OPS"')
    owner: fields.User = Field(description='a Slack user id such as "U0ANN"')
    notify: tuple[fields.Notified, ...] = Field(
        (),
        min_length=1,
        description='a list of Slack channel, user or user group ids such as ["C0APPROVALS"]',
    )
    approval_days: Annotated[StrictInt, Field(ge=1, le=LONGEST_APPROVAL)] = Field(
        LONGEST_APPROVAL, description=f"a whole number from 1 to {LONGEST_APPROVAL}"
    )

    @field_validator("command")
    @classmethod
    def _can_be_run(cls, command: str, info: ValidationInfo) -> str:
        """The grammar is not known here: whoever loads a file hands in what knows it."""
        check: CommandCheck | None = (info.context or {}).get(CHECK_COMMAND)
        if check is not None:
            try:
                check(command)
            except CommandError as error:
                raise ValueError(str(error)) from None
        return command

    @property
    def cron(self) -> str:
        """`when` as the five fields of cron, by the wall clock of `time_zone`."""
        return cron_of(self.when)


class Schedules(Table):
    """The whole file."""

    schedule: tuple[Schedule, ...] = Field(
        (), description="[[schedule]] tables, in two brackets each"
    )

    def _complaints(self) -> Iterator[Complaint]:
        yield from repeated_names("schedule", self.schedule)
