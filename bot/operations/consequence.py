"""What follows from a step, as data: the facts, and their kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ConsequenceKind(StrEnum):
    """What an approval brings about, in kinds that `bot.views.consequences` has a sentence for."""

    COPIED = "copied"
    SNAPSHOT_TAKEN = "snapshot-taken"
    CONVERTED = "converted"
    DELETED = "deleted"
    VOLUME_SNAPSHOT_TAKEN = "volume-snapshot-taken"
    GIVEN = "given"
    RESTORED = "restored"
    SCHEDULED = "scheduled"
    AS_SAID = "as-said"
    """What an operation says itself, with `said`."""


@dataclass(frozen=True)
class Consequence:
    """One thing that follows from a step: cost, undo, or what else people should know.

    Facts by kind: SNAPSHOT_TAKEN `name`, `status` (of the Droplet), `gigabytes` and
    `usd_a_month`, both at the most; VOLUME_SNAPSHOT_TAKEN the same but for the status, with
    `attached` (to a Droplet) and `regions`; COPIED none; CONVERTED `gigabytes`, `usd_a_month`;
    DELETED `image`, `image_id`, `created_at` (epoch seconds or None),
    `gigabytes`, `regions`, `saved_usd_a_month`; GIVEN the same, with `recipient`, and `by_email`,
    whether that is an e-mail address; RESTORED `droplet`, `droplet_id`, `image`, `image_name`,
    `made_at` (of the backup, epoch seconds or None); SCHEDULED the schedule as its file has it, and
    `in_words`, when it runs; AS_SAID `sentence`, and its own.
    """

    kind: ConsequenceKind
    facts: Mapping[str, Any] = field(default_factory=dict)


def said(sentence: str, **facts: str) -> Consequence:
    """A consequence in an operation's own words.

    Args:
        sentence: with a `{field}` for each fact; the views make what is put there harmless.
        facts: names and texts, as DigitalOcean or people wrote them.
    """
    return Consequence(ConsequenceKind.AS_SAID, {"sentence": sentence, **facts})
