"""When a world begins: at noon, whatever time it is, so that no test depends on when it is run."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

_SETTING = "IMAGE_BOT_TESTS_BEGIN"
"""Another beginning, such as `2027-03-28T00:59:58Z`: to see that nothing depends on noon either."""


def until_it_begins() -> float:
    """Seconds from now until worlds begin; they never begin in the past, as what is real is then.

    Noon UTC is far from midnight, and from the nightly hours of the schedules in tests.
    """
    now = time.time()
    return max(0.0, _beginning(datetime.fromtimestamp(now, UTC)).timestamp() - now)


def _beginning(now: datetime) -> datetime:
    if given := os.environ.get(_SETTING):
        return datetime.fromisoformat(given)
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    return noon if noon >= now else noon + timedelta(days=1)
