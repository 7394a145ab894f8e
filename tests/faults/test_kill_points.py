"""`kill -9` at every boundary of every effect, then a restart.

A boundary is one call of the bot's, held when it has arrived and nothing of it is done, or
when it is done and its answer has not left; or the moment after an ack. People do what people
do: type, click, be refused, and choose *Send again* where the bot asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from faults.bounds import is_long
from faults.crashing import CrashingWorld, crashing_world
from faults.tally import ended, most_repeated, replies
from faults.traps import Call, Trap
from world import ANN, BOB, DAN, OPS, SNAPSHOT, buttons

pytestmark = pytest.mark.faults

POLICY = """
[[rule]]
name = "one of the leads"
approvals = 1
approvers = ["S0LEADS"]
notify = ["U0BOB"]
"""

POST = "chat.postMessage"
LOOK = f"GET /v2/images/{SNAPSHOT}"
LIST = f"GET /v2/images/{SNAPSHOT}/actions"
TRANSFER = f"POST /v2/images/{SNAPSHOT}/actions"
POLL = "GET /v2/*actions*"


@dataclass(frozen=True)
class Boundary:
    """Where to kill: at a `call`, watched for since the gesture `since`; or after its ack.

    `lost_answer`: DigitalOcean's answer to the first POST is lost before it takes it, so that
    a person has to decide.
    """

    what: str
    since: str = "start"
    call: Call | None = None
    lost_answer: bool = False


BOUNDARIES = [
    Boundary("the live regions", call=Call("GET /v2/regions")),
    Boundary("the command's ack", since="command"),
    Boundary("the look at the image", call=Call(LOOK)),
    Boundary("the user group's members", call=Call("usergroups.users.list")),
    Boundary("auth.test", call=Call("auth.test")),
    Boundary("the root", call=Call(POST, channel=OPS)),
    Boundary("a copy of the card", call=Call(POST, channel=BOB)),
    Boundary("the ack of a refused click", since="refused click"),
    Boundary("response_url", since="refused click", call=Call("response_url")),
    Boundary("the ack of the approval", since="approve"),
    Boundary("the reply Approved", since="approve", call=Call(POST, channel=OPS)),
    Boundary("the first edit of the root", since="approve", call=Call("chat.update", channel=OPS)),
    Boundary("the look before the POST", since="approve", call=Call(LOOK)),
    Boundary("the POST of the image action", since="approve", call=Call(TRANSFER)),
    Boundary("the first poll", since="approve", call=Call(POLL)),
    Boundary("the second poll", since="approve", call=Call(POLL, nth=2)),
    Boundary("the second edit of the root", since="approve", call=Call("chat.update", 2, OPS)),
    Boundary("the reply completed", since="approve", call=Call(POST, 2, OPS)),
    Boundary("the list while settling", "approve", Call(LIST), lost_answer=True),
    Boundary("the reply Needs attention", "approve", Call(POST, 3, OPS), lost_answer=True),
    Boundary("the ack of Send again", "post_again", lost_answer=True),
    Boundary("the look before posting again", "post_again", Call(LIST), lost_answer=True),
    Boundary("the second POST", "post_again", Call(TRANSFER), lost_answer=True),
]


def _moments(each: Boundary) -> tuple[str, ...]:
    """A call that only reads does nothing: held before or after, it is the same."""
    if each.call is None:
        return ("acked",)
    reads = each.call.to.startswith(("GET", "auth", "usergroups"))
    return ("answered",) if reads and not is_long() else ("arrived", "answered")


POINTS = [
    pytest.param(each, moment, id=f"{each.what}, {moment}".replace(" ", "-"))
    for each in BOUNDARIES
    for moment in _moments(each)
]


@pytest.mark.parametrize(("boundary", "moment"), POINTS)
def test_killed(
    boundary: Boundary, moment: str, database: tuple[str, str], tmp_path: Path, cost: Any
) -> None:
    _, url = database
    # A poll late enough for two of them, and an end that comes after both.
    with crashing_world(
        tmp_path, POLICY, started=False, action_seconds=1.0, DATABASE_URL=url
    ) as at_work:
        if boundary.lost_answer:
            at_work.digitalocean.faults.reset(method="POST", path="*/actions")
        story = _Story(at_work, boundary, moment)
        story.play(seconds=90)
        assert at_work.process.kills == 1, f"{boundary.what} was never reached"
        told = [m.text for m in replies(at_work.sandbox, OPS, SNAPSHOT)]
        assert _in_order(["Approved by", "In progress", "completed"], told), told
        cost(f"kill -9 at {boundary.what}", at_work.sandbox, lost=0)
        assert most_repeated(at_work.sandbox) <= 1, f"one crash repeated a message twice: {told}"
        assert len(at_work.digitalocean.posts) == 1


class _Story:
    """What people do about one request, with one crash in it."""

    def __init__(self, at_work: CrashingWorld, boundary: Boundary, moment: str) -> None:
        self._at_work = at_work
        self._boundary = boundary
        self._trap = (
            Trap(at_work.sandbox, boundary.call, answered=moment == "answered")
            if boundary.call
            else None
        )
        self._done: set[str] = set()
        self._clicked = ("", 0)

    def play(self, seconds: float) -> None:
        """Go on until the thread is complete."""
        self._set_trap("start")
        self._at_work.start()
        end = time.monotonic() + seconds
        while not self._is_over():
            if self._trap is not None and self._trap.holds:
                self._trap = None
                self._at_work.crash()
            self._next()
            assert time.monotonic() < end, self._report()
            time.sleep(0.02)

    def _is_over(self) -> bool:
        """The thread is complete, and the bot has nothing more to say."""
        if not ended(self._at_work.sandbox, OPS, SNAPSHOT):
            return False
        held = self._trap is not None and self._trap.holds
        return not held and self._at_work.nothing_waits()

    def _next(self) -> None:
        """The next thing that a person does, as soon as it can be done."""
        card = self._message()
        if "command" not in self._done:
            if not self._at_work.knows_workspace():
                return
            self._do("command", lambda: self._at_work.types(f"transfer {SNAPSHOT} nyc3"))
        elif card is None:
            return
        elif "refused click" not in self._done and "approve" in buttons(card):
            self._do("refused click", lambda: self._at_work.clicks("approve", card, by=DAN))
        elif "approve" not in self._done and self._dan_was_told():
            self._do("approve", lambda: self._at_work.clicks("approve", card, by=BOB))
        elif "post_again" in buttons(card) and self._asked_anew(card):
            self._do("post_again", lambda: self._at_work.clicks("post_again", card, by=BOB))

    def _asked_anew(self, card: Any) -> bool:
        """Whether the card has changed since it was last clicked."""
        seen = (card.ts, len(card.versions))
        before, self._clicked = self._clicked, seen
        return seen != before

    def _do(self, gesture: str, act: Callable[[], Any]) -> None:
        first = gesture not in self._done
        self._done.add(gesture)
        if first:
            self._set_trap(gesture)
        act()
        if first and self._boundary.since == gesture and self._boundary.call is None:
            self._at_work.crash()

    def _set_trap(self, gesture: str) -> None:
        if self._trap is not None and self._boundary.since == gesture:
            self._trap.set()

    def _message(self) -> Any:
        found = [m for m in self._at_work.slack.messages(OPS) if str(SNAPSHOT) in m.everything]
        return found[-1] if found else None

    def _dan_was_told(self) -> bool:
        return any("may approve" in m.text for m in self._at_work.slack.ephemerals(DAN))

    def _report(self) -> str:
        at_work = self._at_work
        texts = [m.text for m in replies(at_work.sandbox, OPS, SNAPSHOT)]
        told = [m.text for m in [*at_work.slack.ephemerals(ANN), *at_work.slack.ephemerals(DAN)]]
        return (
            f"lost: the thread has no end. Replies: {texts}; told: {told}\n"
            f"{at_work.sandbox.log.tail(30)}\n{at_work.process.log()[-3000:]}"
        )


def _in_order(words: list[str], texts: list[str]) -> bool:
    """Whether the words stand one after the other: who approved and what began are one reply."""
    rest = "\n".join(texts)
    for word in words:
        _, found, rest = rest.partition(word)
        if not found:
            return False
    return True
