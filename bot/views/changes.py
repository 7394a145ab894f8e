"""What has changed since people decided, in words."""

from __future__ import annotations

from bot.domain.evidence import Change, Changed


def in_words(change: Change) -> str:
    """A part of a sentence: `renamed from “a” to “b”`."""
    before, now = change.before, change.now
    match change.what:
        case Changed.NAME:
            return f"renamed from “{before}” to “{now}”"
        case Changed.TYPE:
            return f"its type was {before} and is now {now}"
        case Changed.SIZE:
            return f"its size was {before:g} GB and is now {now:g} GB"
        case Changed.MADE_ANEW:
            return "it was made at another time than the image that was approved"
        case Changed.RULE:
            return f"rule “{before}” no longer decides this; “{now}” does"
