"""Which commands can run by the clock."""

from __future__ import annotations

import pytest

from bot.errors import CommandError
from handlers.commands.scheduled import check_scheduled


@pytest.mark.parametrize(
    "command",
    [
        "prune web-* keep 3",
        "transfer 62137902 fra1 because nightly copy",
        "transfer web-1 fra1",
        "convert 62137902",
    ],
)
def test_work_on_images_can(command: str) -> None:
    check_scheduled(command)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("give 62137902 to ops@example.com", "a person asks for it, each time"),
        ("give latest web-* to ops@example.com", "a person asks for it, each time"),
        ("restore web-1 from latest", "a person asks for it, each time"),
        ("dance", "not a subcommand"),
        ("transfer 62137902", "region"),
        ("status", "changes nothing"),
        ("help", "changes nothing"),
        ("list web", "changes nothing"),
        ("cancel 17", "changes nothing"),
        ("policy explain transfer 62137902 fra1", "changes nothing"),
        ("transfer 62137902 fra1 --dry-run", "without `--dry-run`"),
        ("prune web-* keep 3 --dry-run", "without `--dry-run`"),
        ('transfer 62137902 fra1 --break-glass "site down"', "Emergency access"),
        ('prune web-* keep 3 --break-glass "site down"', "Emergency access"),
    ],
)
def test_what_cannot_is_refused_in_words(command: str, told: str) -> None:
    with pytest.raises(CommandError) as caught:
        check_scheduled(command)
    assert told in str(caught.value)
    assert caught.value.help
