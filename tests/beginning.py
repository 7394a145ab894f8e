"""When a world with schedules begins: at noon, so that no test depends on when it is run."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

_SETTING = "IMAGE_BOT_TESTS_BEGIN"
"""Another beginning, such as `2027-03-28T00:59:58Z`: to see that nothing depends on noon either."""


def until_it_begins() -> float:
    """Seconds from now until such worlds begin: noon UTC, far from midnight and nightly hours.

    More than a day ahead, always: a test that takes the real time for the world's fails at once,
    not only when it is run in the evening.
    """
    now = datetime.now(UTC)
    return max(0.0, _beginning(now + timedelta(days=1)).timestamp() - time.time())


def _beginning(earliest: datetime) -> datetime:
    if given := os.environ.get(_SETTING):
        return datetime.fromisoformat(given)
    noon = earliest.replace(hour=12, minute=0, second=0, microsecond=0)
    return noon if noon >= earliest else noon + timedelta(days=1)
