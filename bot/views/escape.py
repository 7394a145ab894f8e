"""Any text, made harmless inside Slack mrkdwn.

Names of images, reasons, typed words and DigitalOcean's own messages all go
through `safe` before they stand in a message.
"""

from __future__ import annotations

import html
import re
import unicodedata

_JOINERS = "\u200c\u200d"
"""Invisible, yet part of written Persian and of many emoji."""

_HARMLESS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "'", "@": "@\u200b"}
# An `@` counts where Slack could read a mention from it; that in ann@example.com does not.
_MENTION = re.compile(r"<(?:[@#]|!subteam\^)([A-Z0-9]+)(?:\|[^>]*)?>")
_HARMFUL = re.compile(r"[&<>`]|(?<!\w)@(?=\w)|@(?=here|channel|everyone|group)", re.IGNORECASE)


def plain(text: str) -> str:
    """The text as one line, without control characters and invisible ones.

    Line breaks and tabs become spaces. What reorders text from right to left goes,
    because a reviewer must see what will be done; joiners inside emoji stay.
    """
    if text.isascii() and text.isprintable():
        return text  # nearly all text
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    if character.isspace() and not "\x1c" <= character <= "\x1f":
        return " "
    if character in _JOINERS:
        return character
    # Cc control, Cf format, Cs half of a surrogate pair, which no UTF-8 can carry
    return "" if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character


def safe(text: str, limit: int = 255) -> str:
    """One line that pings nobody, draws no link and breaks no code span.

    Args:
        text: whatever anybody wrote.
        limit: the most characters of the result, with its escapes; beyond it the
            text is cut and ends in `…`. An escape is never cut in two.
    """
    line = " ".join(plain(text).split())
    parts = _escaped(line)
    if sum(map(len, parts)) <= limit:
        return "".join(parts)
    kept: list[str] = []
    room = limit - 1
    for part in parts:
        if len(part) > room:
            break
        kept.append(part)
        room -= len(part)
    return ("".join(kept).rstrip() + "…")[: max(limit, 0)]


def unmarked(text: str) -> str:
    """mrkdwn of ours as plain text, for where Slack draws no markup: under a field of a form."""
    return html.unescape(_MENTION.sub(lambda m: m.group(1), text)).replace("\u200b", "")


def _escaped(line: str) -> list[str]:
    """The line in parts that stay whole: single characters and escapes."""
    parts: list[str] = []
    end = 0
    for match in _HARMFUL.finditer(line):
        parts.extend(line[end : match.start()])
        parts.append(_HARMLESS[match.group()])
        end = match.end()
    parts.extend(line[end:])
    return parts
