"""What people do on the page, by name: each takes the JSON it was sent, and blocks."""

from __future__ import annotations

from collections.abc import Callable

from rehearsal.page_site import typed
from rehearsal.page_site.controls import Controls
from rehearsal.page_site.difference import Json
from rehearsal.slack.acks import Ack
from rehearsal.slack.facade import Slack
from rehearsal.slack.messages import Message, View

Gesture = Callable[[Json], Json]


class Gestures:
    """Called on threads of their own, for the façade blocks.

    A gesture raises `LookupError`, `ValueError` or `TypeError` where what it was sent
    makes no sense; the text says why.
    """

    def __init__(self, slack: Slack, controls: Controls) -> None:
        self._slack, self._controls = slack, controls
        self.by_name: dict[str, Gesture] = {
            "enter": self._enter,
            "click": self._click,
            "select": self._select,
            "options": self._options,
            "submit": self._submit,
            "close": self._close,
            "home": lambda given: _told(self._slack.open_home(given["user"])),
            "shortcut": self._shortcut,
            "switch": self._switch,
            "clock": self._clock,
            "end_action": self._end_action,
            "remove_image": self._remove_image,
            "use_up_calls": self._use_up_calls,
        }

    def _enter(self, given: Json) -> Json:
        said = typed.enter(
            self._slack, given["user"], given["channel"], str(given["text"]), given.get("thread")
        )
        return {"said": said}

    def _click(self, given: Json) -> Json:
        return _told(
            self._slack.click(
                given["user"],
                self._where(given),
                given["action_id"],
                given.get("value"),
                given.get("block_id"),
                given.get("values"),
            )
        )

    def _select(self, given: Json) -> Json:
        return _told(
            self._slack.select(
                given["user"],
                self._where(given),
                given["action_id"],
                given["chosen"],
                given.get("block_id"),
                given.get("values"),
            )
        )

    def _options(self, given: Json) -> Json:
        where = self._where(given)
        ack = self._slack.options(
            given["user"], where, given["action_id"], given["typed"], given.get("block_id")
        )
        return {**_told(ack), "options": ack.options}

    def _submit(self, given: Json) -> Json:
        return _told(self._slack.submit_view(given["user"], self._view(given), given.get("values")))

    def _close(self, given: Json) -> Json:
        ack = self._slack.close_view(given["user"], self._view(given))
        return _told(ack) if ack else {}

    def _shortcut(self, given: Json) -> Json:
        message = self._message(given) if given.get("message") else None
        return _told(self._slack.shortcut(given["user"], given["callback_id"], message))

    def _switch(self, given: Json) -> Json:
        self._controls.switch(given["name"], given["on"] is True)
        return {}

    def _clock(self, given: Json) -> Json:
        self._controls.set_clock(float(given["speed"]))
        return {}

    def _end_action(self, given: Json) -> Json:
        self._controls.end_action(int(given["id"]), given["outcome"])
        return {}

    def _remove_image(self, given: Json) -> Json:
        self._controls.remove_image(int(given["id"]))
        return {}

    def _use_up_calls(self, given: Json) -> Json:
        self._controls.use_up_calls(int(given["left"]))
        return {}

    def _where(self, given: Json) -> Message | View:
        return self._view(given) if given.get("view") else self._message(given)

    def _view(self, given: Json) -> View:
        user, wanted = given["user"], given["view"]
        home = self._slack.home(user)
        for view in [*self._slack.views(user), *([home] if home else [])]:
            if view.id == wanted:
                return view
        raise LookupError("this form is not open any more")

    def _message(self, given: Json) -> Message:
        channel, ts = given["message"]
        for message in self._slack.ephemerals(given["user"]):
            if (message.channel, message.ts) == (channel, ts):
                return message
        return self._slack.message(channel, ts)


def _told(ack: Ack) -> Json:
    """What the page needs of an ack: Slack's own error, if any."""
    return {"error": ack.error, "seconds": round(ack.seconds, 3)}
