"""What one person looks for among the images. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Search:
    """What one person looks for. `image_id` alone: one image in full."""

    person: str
    response_url: str
    asked: str
    """As it was typed after `/image`, to be shown and typed again."""
    image_id: int = 0
    text: str = ""
    type: str = ""
    region: str = ""
    tag: str = ""
    page: int = 1

    def key(self) -> str:
        """The search as a stage's key."""
        return json.dumps(asdict(self), sort_keys=True)
