"""What can be seen of the workspace: by people, and by whoever judges the bot."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from rehearsal.log import EventLog
from rehearsal.slack.acks import Ack
from rehearsal.slack.delivery import Delivery
from rehearsal.slack.messages import Message, View
from rehearsal.slack.people import Channel, User, UserGroup
from rehearsal.slack.violations import Violation, ViolationLog
from rehearsal.slack.web_api import Call, WebApi
from rehearsal.slack.workspace import Workspace
from rehearsal.thread import LoopThread

T = TypeVar("T")
_LONGEST_PAUSE = 0.05


class Sights:
    """Copies of what is there at the moment; blocking, from any thread."""

    _thread: LoopThread
    _log: EventLog
    workspace: Workspace
    violation_log: ViolationLog
    api: WebApi
    delivery: Delivery

    def messages(self, channel: str) -> list[Message]:
        """The roots in a channel, oldest first."""
        return self._thread.call(self.workspace.roots, channel)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """The replies to a root, oldest first."""
        return self._thread.call(self.workspace.replies, channel, ts)

    def message(self, channel: str, ts: str) -> Message:
        """One message as it is now."""
        found = self._thread.call(self.workspace.message, channel, ts)
        if found is None:
            raise LookupError(f"no message {ts} in {channel}")
        return found

    def ephemerals(self, user: str) -> list[Message]:
        """What only this person saw, newest last."""
        return self._thread.call(lambda: list(self.workspace.ephemerals.get(user, ())))

    def direct_messages(self, user: str) -> list[Message]:
        """Everything in the direct messages with the bot, oldest first."""
        return self._thread.call(lambda: self.workspace.all_messages("D" + user[1:]))

    def views(self, user: str) -> list[View]:
        """The modal views this person has open, the topmost last."""
        return self._thread.call(lambda: list(self.workspace.modals.get(user, ())))

    def home(self, user: str) -> View | None:
        """This person's App Home, None until the bot published one."""
        return self._thread.call(lambda: self.workspace.homes.get(user))

    @property
    def channels(self) -> dict[str, Channel]:
        return self._thread.call(lambda: dict(self.workspace.channels))

    @property
    def users(self) -> dict[str, User]:
        return self._thread.call(lambda: dict(self.workspace.users))

    @property
    def user_groups(self) -> dict[str, UserGroup]:
        return self._thread.call(lambda: dict(self.workspace.groups))

    @property
    def calls(self) -> list[Call]:
        """Every Web API call, in the order they were answered."""
        return self._thread.call(lambda: list(self.api.calls))

    @property
    def violations(self) -> list[Violation]:
        """What Slack would hold against the bot; planned faults are not among it."""
        return self._thread.call(lambda: list(self.violation_log.violations))

    @property
    def repeated(self) -> list[Ack]:
        """The bot's answers to payloads that were delivered once more."""
        return self._thread.call(lambda: list(self.delivery.repeated))

    def wait_for(
        self, condition: Callable[[], T], seconds: float = 30.0, what: str = "the condition"
    ) -> T:
        """Ask `condition` again and again until it holds, and return what it returned.

        Raises:
            AssertionError: it did not hold within `seconds`; it names `what`, and shows
                the recent events.
        """
        deadline, pause = time.monotonic() + seconds, 0.005
        while True:
            found = condition()
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{what} did not come within {seconds} s; recent events:\n{self._log.tail(40)}"
                )
            time.sleep(pause)
            pause = min(1.5 * pause, _LONGEST_PAUSE)
