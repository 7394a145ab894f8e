"""schedules: have each schedule do what it needs now."""

from __future__ import annotations

import logging
import uuid

from sqlalchemy.exc import IntegrityError

from bot.errors import StoreUnavailable
from bot.requests import OpsRequests
from bot.requests.scheduling import ReadCommand
from bot.schedules.file import SchedulesFile

log = logging.getLogger(__name__)


class RunSchedules:
    """The job `schedules`; its key means nothing. The sweep asks for it every few seconds."""

    def __init__(self, core: OpsRequests, file: SchedulesFile, read_command: ReadCommand) -> None:
        self._core = core
        self._file = file
        self._read_command = read_command

    def __call__(self, _key: str) -> None:
        """One that goes wrong does not keep the others."""
        for schedule in self._file.current:
            try:
                self._core.tend(schedule, self._read_command)
            except StoreUnavailable:
                raise
            except IntegrityError:
                log.info("schedule %s: another process was faster", schedule.name)
            except Exception:
                reference = uuid.uuid4().hex[:8]
                log.exception("schedule %s failed, reference %s", schedule.name, reference)
