"""The pieces that messages and views are put together from."""

from __future__ import annotations

from collections.abc import Iterable

from slack_sdk.models.blocks import (
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    MarkdownTextObject,
    SectionBlock,
)

SECTION_LIMIT = 3_000
BUTTON_LIMIT = 75


def section(text: str, accessory: ButtonElement | None = None) -> SectionBlock:
    """A paragraph, with a button beside it where one is given."""
    return SectionBlock(text=MarkdownTextObject(text=text), accessory=accessory)


def small(text: str) -> ContextBlock:
    """A line in small grey print."""
    return ContextBlock(elements=[MarkdownTextObject(text=text)])


def button(
    text: str,
    action_id: str,
    value: str,
    style: str | None = None,
    confirm: ConfirmObject | None = None,
) -> ButtonElement:
    """A button; `value` is an id."""
    return ButtonElement(
        text=text[:BUTTON_LIMIT], action_id=action_id, value=value, style=style, confirm=confirm
    )


def paragraphs(lines: Iterable[str], limit: int = SECTION_LIMIT) -> list[str]:
    """The lines, in as few paragraphs as hold them; a line is never cut in two."""
    found: list[str] = []
    for line in lines:
        if found and len(found[-1]) + 1 + len(line) <= limit:
            found[-1] = f"{found[-1]}\n{line}"
        else:
            found.append(line[:limit])
    return found
