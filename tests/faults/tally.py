"""What a fault cost: requests lost, second POSTs, repeated messages; and the table of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rehearsal import Sandbox

COLUMNS = ("fault", "times tried", "requests lost", "second POSTs", "repeated messages")

QUESTIONS = {"approve", "deny", "cancel", "adopt", "post_again", "give_up"}
"""The buttons of a request that waits for people."""
TRY_AGAIN = "try again in a moment"
"""Stands in the answer to what was not taken: each gesture has one of its own."""


@dataclass(frozen=True)
class Row:
    """One fault, tried `times` times in one way; rows of the same fault add up."""

    fault: str
    times: int
    lost: int
    second_posts: int
    repeated: int

    def __add__(self, other: Row) -> Row:
        return Row(
            self.fault,
            self.times + other.times,
            self.lost + other.lost,
            self.second_posts + other.second_posts,
            self.repeated + other.repeated,
        )


def as_property(row: Row) -> dict[str, Any]:
    """A row in a form that travels from a pytest worker to whoever prints the table."""
    return asdict(row)


def merged(found: Iterable[dict[str, Any]]) -> list[Row]:
    """One row a fault, in the order of their names."""
    rows: dict[str, Row] = {}
    for each in found:
        row = Row(**each)
        rows[row.fault] = rows[row.fault] + row if row.fault in rows else row
    return [rows[name] for name in sorted(rows)]


def as_markdown(rows: Sequence[Row]) -> str:
    """The table, with a line of sums at its end."""
    total = sum(rows, Row("**all**", 0, 0, 0, 0))
    lines = [f"| {' | '.join(COLUMNS)} |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {row.fault} | {row.times} | {row.lost} | {row.second_posts} | {row.repeated} |"
        for row in [*rows, total]
    ]
    return "\n".join(lines)


def ended(sandbox: Sandbox, channel: str, image_id: int, word: str = "completed") -> bool:
    """Whether people can see the end of what was asked for this image.

    The last reply in its thread holds the word, and its card asks nothing any more. (After a
    crash an older copy of the card may stand above it.)
    """
    roots = [m for m in sandbox.slack.messages(channel) if str(image_id) in m.everything]
    if not roots:
        return False
    said = replies(sandbox, channel, image_id)
    asks = {
        element["action_id"]
        for block in roots[-1].blocks
        if block["type"] == "actions"
        for element in block["elements"]
    }
    return bool(said) and word in said[-1].text and not asks & QUESTIONS


def replies(sandbox: Sandbox, channel: str, image_id: int) -> list[Any]:
    """All replies about an image, oldest first."""
    roots = [m for m in sandbox.slack.messages(channel) if str(image_id) in m.everything]
    found = [m for root in roots for m in sandbox.slack.thread(channel, root.ts)]
    return sorted(found, key=lambda message: float(message.ts))


def second_posts(sandbox: Sandbox) -> int:
    """Image actions that DigitalOcean was asked for more than once, and accepted."""
    posts = Counter((p.image_id, *sorted(p.body.items())) for p in sandbox.digitalocean.posts)
    return sum(times - 1 for times in posts.values())


def repeated_messages(sandbox: Sandbox) -> int:
    """How many messages too many stand in Slack."""
    return sum(_repeats(sandbox))


def most_repeated(sandbox: Sandbox) -> int:
    """How often the message that was repeated most often was repeated."""
    return max(_repeats(sandbox), default=0)


def _repeats(sandbox: Sandbox) -> list[int]:
    """For each message how often too often it stands there: it is known by the card it carries."""
    slack = sandbox.slack
    cards = Counter(
        message.metadata["event_payload"]["card"]
        for channel in slack.channels
        for root in slack.messages(channel)
        for message in [root, *slack.thread(channel, root.ts)]
        if message.metadata
    )
    # Two gestures may be answered in the same words; one gesture is answered so only once.
    whispers = Counter(slack._thread.call(lambda: list(slack.response_urls.said)))
    return [times - 1 for times in [*cards.values(), *whispers.values()]]
