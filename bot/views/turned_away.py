"""What is said to whom the bot does not serve, or not now."""

from __future__ import annotations

import math

STRANGER = "Only people of the workspace that image-bot is installed in can use it."
UNKNOWN = (
    "Nothing was done: Slack has not told me yet whether you belong to the workspace that I am"
    " installed in. Try again in a minute."
)
TOO_MANY_LETTERS = "Those are too many commands. Type again in a minute."
TOO_MANY_VISITS = "Too many people, or machines, look at these pages. Try again in a minute."
FROM_ANOTHER_SITE = "This form was sent from another site. Open the link in Slack anew."
IT_HAS_A_FORM = "This page has a form."


def too_fast(limit: int, what: str, wait: float) -> str:
    """More than `limit` of something in a minute; the next one is taken in `wait` seconds."""
    return (
        f"That is more than {limit} {what} in a minute. Nothing was changed;"
        f" the next one is taken in {math.ceil(wait)} s."
    )
