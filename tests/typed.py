"""What a person reads of a text that is no command."""

from __future__ import annotations

import pytest

from bot.errors import CommandError
from handlers.commands.grammar import Ask, parse
from handlers.commands.model import NamedImage


def refused(text: str, *, allow_names: bool = False) -> str:
    """What a person reads: the problem, then the help."""
    with pytest.raises(CommandError) as caught:
        parse(text, allow_names=allow_names)
    assert caught.value.problem
    assert caught.value.help
    return str(caught.value)


def transfer(
    image: NamedImage,
    regions: tuple[str, ...],
    reason: str = "",
    break_glass: str | None = None,
) -> Ask:
    """A transfer as the grammar reads it."""
    params = tuple({"region": region} for region in regions)
    return Ask("transfer", (image,), params, reason, break_glass)


def convert(image: NamedImage, reason: str = "", break_glass: str | None = None) -> Ask:
    """A conversion as the grammar reads it."""
    return Ask("convert", (image,), ({},), reason, break_glass)
