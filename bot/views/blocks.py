"""The pieces that messages and views are put together from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    MarkdownTextObject,
    SectionBlock,
)

SECTION_LIMIT = 3_000
BUTTON_LIMIT = 75
_LABEL_LIMIT = 75
"""Characters of a label for screen readers (Slack's reference of the button element)."""


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
    about: str = "",
) -> ButtonElement:
    """A button; `value` is an id, `about` in plain text what a screen reader says it is about."""
    return ButtonElement(
        text=text[:BUTTON_LIMIT],
        action_id=action_id,
        value=value,
        style=style,
        confirm=confirm,
        accessibility_label=_spoken(text, about),
    )


def labelled(drawn: Sequence[Block], about: str) -> list[Block]:
    """The blocks, each of their buttons with what it is about for a screen reader."""
    for block in drawn:
        for element in block.elements if isinstance(block, ActionsBlock) else ():
            if isinstance(element, ButtonElement) and element.text is not None:
                element.accessibility_label = _spoken(element.text.text or "", about)
    return list(drawn)


def _spoken(text: str, about: str) -> str | None:
    return f"{text}: {about}"[:_LABEL_LIMIT] if about else None


def paragraphs(lines: Iterable[str], limit: int = SECTION_LIMIT) -> list[str]:
    """The lines, in as few paragraphs as hold them; a line is never cut in two."""
    found: list[str] = []
    for line in lines:
        if found and len(found[-1]) + 1 + len(line) <= limit:
            found[-1] = f"{found[-1]}\n{line}"
        else:
            found.append(line[:limit])
    return found
