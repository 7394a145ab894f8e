"""schedules: have each schedule do what it needs now."""

from __future__ import annotations

import logging
import uuid

from sqlalchemy.exc import IntegrityError

from bot.errors import StoreUnavailable
from bot.requests import scheduling
from bot.requests.unit_of_work import Dependencies

log = logging.getLogger(__name__)


class RunSchedules:
    """The job `schedules`; its key means nothing. The sweep asks for it every few seconds."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps

    def __call__(self, _key: str) -> None:
        """One that goes wrong does not keep the others."""
        scheduling.forget_gone(self._deps)
        for schedule in self._deps.schedules.current:
            try:
                scheduling.tend(self._deps, schedule)
            except StoreUnavailable:
                raise
            except IntegrityError:
                log.info("schedule %s: another process was faster", schedule.name)
            except Exception:
                reference = uuid.uuid4().hex[:8]
                log.exception("schedule %s failed, reference %s", schedule.name, reference)
