"""What a person reads of a text that is no command."""

from __future__ import annotations

import pytest

from bot.errors import CommandError
from handlers.commands.grammar import parse


def refused(text: str, *, allow_names: bool = False) -> str:
    """What a person reads: the problem, then the help."""
    with pytest.raises(CommandError) as caught:
        parse(text, allow_names=allow_names)
    assert caught.value.problem
    assert caught.value.help
    return str(caught.value)
