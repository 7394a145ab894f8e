"""Random people, clicks, lost answers, clock jumps and restarts against the real use cases.

The real use cases, jobs, policy and SQLite run; only DigitalOcean and Slack are fakes, at
their ports. What must hold, whatever happens:

- no POST without the approvals that the rule asks for, from distinct people who may;
- at most one POST for a request, unless a person chose to send it again;
- a finished request never moves.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.digitalocean import HttpResponseError, ServiceRequestError, ServiceResponseError
from bot.digitalocean.errors import Response
from bot.domain.search import Asker
from bot.domain.states import FINISHED, State
from bot.jobs.check import Check
from bot.jobs.deliver import Deliver
from bot.jobs.expire import Expire
from bot.jobs.poll import Poll
from bot.jobs.reconcile import Reconciler, RefreshCandidates
from bot.jobs.submit import Submit
from bot.operations.available import transfer_to
from bot.policy.file import PolicyFile
from bot.requests import Click, Dependencies, RequestDraft, Sender, approval, recovery, resending
from bot.requests.approval import Deny
from bot.requests.assessment import Assessor
from bot.requests.cancelling import Cancel, cancel
from bot.requests.recovery import Adopt
from bot.requests.submission import OpenRequest, open_request
from bot.slack.web_api import Posted
from bot.store import audit, requests, rows, schema
from bot.store.database import open_database
from bot.store.due import due
from bot.store.transaction import Store

PEOPLE = ("U0ANN", "U0BOB", "U0CAT", "U0DAN")
APPROVERS = {"U0ANN", "U0BOB", "U0CAT"}
POLICY = """
[[rule]]
name = "free"
regions = ["ams3"]
approvals = 0

[[rule]]
name = "two of three"
approvals = 2
approvers = ["U0ANN", "U0BOB", "U0CAT"]
"""
IMAGE = 62137902


def action_in(made: Sequence[Mapping[str, Any]], action_id: int) -> Mapping[str, Any]:
    """DigitalOcean's answer about one of the actions that were made."""
    found = next((action for action in made if action["id"] == action_id), None)
    if found is None:
        raise HttpResponseError(Response(404), {"id": "not_found"})
    return {"action": found}


class FakeDigitalOcean:
    """DigitalOcean at the client's port. `mood` says what becomes of the next POST."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.mood = "ok"
        self.name = "web"
        self.regions_of_image = ["nyc1"]
        self.made: list[dict[str, Any]] = []
        self.images = self.image_actions = self.actions = self.regions = self

    def get(self, image_id: int, action_id: int | None = None) -> Mapping[str, Any]:
        if action_id is not None:
            return action_in(self.made, action_id)
        body = {"id": image_id, "name": self.name, "type": "snapshot", "size_gigabytes": 2}
        return {"image": body | {"regions": self.regions_of_image, "status": "available"}}

    def list(self, _image_id: int = 0, **_: Any) -> Mapping[str, Any]:
        if self.mood == "broken":
            raise ServiceRequestError("refused")
        return {"actions": self.made}

    def pages(self, *_: Any, **__: Any) -> Any:
        yield self.list()

    def post(self, image_id: int, body: Mapping[str, Any]) -> Mapping[str, Any]:
        mood, self.mood = self.mood, "ok"
        if mood == "refused":
            raise ServiceRequestError("connection refused")
        if mood == "lost before":
            raise ServiceResponseError("reset, and it never arrived")
        if mood == "busy":
            raise HttpResponseError(Response(429), retry_after=3.0)
        if mood == "no":
            raise HttpResponseError(Response(422))
        action = {
            "id": 1000 + len(self.made),
            "status": "in-progress",
            "type": body["type"],
            "started_at": self.clock.iso(),
            "resource_id": image_id,
            "region_slug": body.get("region"),
        }
        self.made.append(action)
        if mood == "lost after":
            raise ServiceResponseError("reset, and it did arrive")
        if mood == "killed after":
            raise KeyboardInterrupt
        return {"action": dict(action)}


class FakeSlack:
    """Slack at the port that `Deliver` uses."""

    def __init__(self) -> None:
        self.posted = 0

    def post(self, channel: str, _drawn: Any, **_: Any) -> Posted:
        self.posted += 1
        return Posted(channel, f"1.{self.posted:06}")

    def has_left(self, _person: str) -> bool:
        return False

    def edit(self, channel: str, ts: str, _drawn: Any) -> Posted:
        return Posted(channel, ts)

    def answer(self, _url: str, _drawn: Any, **_: Any) -> None:
        return None

    def whisper(self, *_: Any) -> None:
        return None

    def find(self, *_: Any) -> None:
        return None

    def permalink(self, *_: Any) -> str:
        return ""

    def group_members(self, _group: str) -> frozenset[str]:
        return frozenset()


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def iso(self) -> str:
        from datetime import UTC, datetime

        return datetime.fromtimestamp(self.now, UTC).isoformat()


@lru_cache
def _empty_database() -> bytes:
    """A SQLite file with all tables: made once, since migrating takes longer than a whole run."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        database = open_database(f"sqlite:///{file}")
        schema.prepare(database)
        database.dispose()
        return file.read_bytes()


class Gate(RuleBasedStateMachine):
    """One workspace, one account, and whatever hypothesis thinks of."""

    policy_text = POLICY

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        (folder / "policy.toml").write_text(self.policy_text, encoding="utf-8")
        self.policy = PolicyFile(folder / "policy.toml")
        self.clock = Clock()
        self.digitalocean = FakeDigitalOcean(self.clock)
        self.slack = FakeSlack()
        database = open_database(self._new_database(folder))
        self.store = Store(database, lambda *_: None, self.clock)  # only the sweep wakes jobs
        self.delivery = 0
        self.ended: dict[int, State] = {}
        self.posts_when_ended: dict[int, int] = {}
        self.chosen_again: Counter[int] = Counter()
        self._restart()
        self.prepare()

    def _new_database(self, folder: Path) -> str:
        """The address of a database with all tables, and nothing in them."""
        (folder / "gate.db").write_bytes(_empty_database())
        return f"sqlite:///{folder / 'gate.db'}"

    def prepare(self) -> None:
        """What else a machine of this kind begins with."""

    def _restart(self) -> None:
        """A new process: nothing in memory survives."""
        client: Any = self.digitalocean
        slack: Any = self.slack
        self.deps = Dependencies(self.store, self.policy)
        assessor = Assessor(self.store, client, slack, self.policy)
        settle = Reconciler(self.store, client, http_seconds=30, settle_seconds=60)
        self.jobs = {
            "check": Check(self.store, assessor),
            "submit": Submit(self.store, client, assessor, settle),
            "candidates": RefreshCandidates(self.store, settle),
            "poll": Poll(self.store, client, poll_seconds=5, settle_seconds=60),
            "deliver": Deliver(self.store, slack, self.policy),
            "expire": Expire(self.store, assessor),
        }

    def _key(self) -> str:
        self.delivery += 1
        return f"d{self.delivery}"

    def _click(self, who: str, request_id: int) -> Click:
        return Click(self._key(), who, request_id, response_url="https://example.invalid/r")

    def _open(self, draft: RequestDraft, key: str) -> str:
        by = Sender(key, Asker(draft.requester))
        return open_request(self.deps, OpenRequest(by, draft))

    def _choose(self, choice: str, click: Click) -> None:
        if choice == "adopt":
            recovery.adopt(self.deps, Adopt(click))
        elif choice == "post_again":
            resending.post_again(self.deps, click)
        else:
            getattr(recovery, choice)(self.deps, click)

    def _in(self, *states: State) -> list[int]:
        return [r.id for r in self._all() if r.state in states]

    @rule(
        who=st.sampled_from(PEOPLE),
        region=st.sampled_from(["ams3", "nyc3", "sfo3", "fra1"]),
        twice=st.booleans(),
    )
    def ask(self, who: str, region: str, twice: bool) -> None:
        job_key = RequestDraft(who, "C0OPS", (transfer_to(IMAGE, region),))
        key = self._key()
        answer = self._open(job_key, key)
        if twice:
            assert self._open(job_key, key) == answer
        self._rounds(2)  # the check, and the card

    @precondition(lambda self: self._in(State.PENDING))
    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 9), work=st.booleans())
    def approve(self, who: str, which: int, work: bool) -> None:
        pending = self._in(State.PENDING)
        approval.approve(self.deps, self._click(who, pending[which % len(pending)]))
        self._rounds(int(work))

    @rule(who=st.sampled_from(PEOPLE), request_id=st.integers(1, 6))
    def approve_whatever(self, who: str, request_id: int) -> None:
        approval.approve(self.deps, self._click(who, request_id))

    @precondition(lambda self: self._in(State.PENDING))
    @rule(who=st.sampled_from(PEOPLE), deny=st.booleans())
    def stop_one(self, who: str, deny: bool) -> None:
        if self.delivery % 4:
            return  # seldom, or everything would end before it begins
        click = self._click(who, self._in(State.PENDING)[0])
        if deny:
            approval.deny(self.deps, Deny(click, "no"))
        else:
            cancel(self.deps, Cancel(click, by_button=True))

    @precondition(lambda self: self._in(State.APPROVED, State.SUBMITTING, State.IN_PROGRESS))
    @rule(which=st.integers(0, 9))
    def take_back(self, which: int) -> None:
        under_way = self._in(State.APPROVED, State.SUBMITTING, State.IN_PROGRESS)
        request_id = under_way[which % len(under_way)]
        (request,) = (r for r in self._all() if r.id == request_id)
        cancel(self.deps, Cancel(self._click(request.requester, request_id), by_button=True))
        sent = request.state is not State.APPROVED or request.steps[0].look_first
        assert (self._state(request_id) is State.CANCELLED) is not sent
        self._rounds(1)

    @precondition(lambda self: self._in(State.NEEDS_ATTENTION))
    @rule(
        who=st.sampled_from(PEOPLE),
        choice=st.sampled_from(["adopt", "post_again", "give_up"]),
        work=st.booleans(),
    )
    def attend(self, who: str, choice: str, work: bool) -> None:
        request_id = self._in(State.NEEDS_ATTENTION)[0]
        self._choose(choice, self._click(who, request_id))
        if choice == "post_again" and self._state(request_id) is State.APPROVED:
            self.chosen_again[request_id] += 1
        self._rounds(int(work))

    @rule(
        mood=st.sampled_from(
            ["ok", "refused", "lost before", "lost after", "killed after", "busy", "no", "broken"]
        )
    )
    def mood(self, mood: str) -> None:
        self.digitalocean.mood = mood

    @rule(name=st.sampled_from(["web", "web", "renamed"]))
    def rename(self, name: str) -> None:
        self.digitalocean.name = name

    @rule(status=st.sampled_from(["completed", "errored"]))
    def end_an_action(self, status: str) -> None:
        for action in self.digitalocean.made:
            if action["status"] == "in-progress":
                action["status"] = status
                return

    @rule(seconds=st.sampled_from([1, 2, 6, 31, 61, 61, 3600, 5 * 3600]))
    def time_passes(self, seconds: int) -> None:
        self.clock.now += seconds

    @rule(rounds=st.integers(1, 4))
    def work(self, rounds: int) -> None:
        self._rounds(rounds)

    def _rounds(self, rounds: int) -> None:
        for _ in range(rounds):
            with self.store.read() as connection:
                pending_jobs = list(due(connection, self.clock()))
            for job, key in pending_jobs:
                self._wake(job, key)
            self.clock.now += 1.1

    def _wake(self, job: str, key: str) -> None:
        try:
            self.jobs[job](key)
        except KeyboardInterrupt:
            self._restart()  # the process died between the POST and its answer

    @rule()
    def restart(self) -> None:
        self._restart()

    def _all(self) -> list[rows.OpsRequest]:
        with self.store.read() as connection:
            return requests.newest(connection, limit=100)

    def _state(self, request_id: int) -> State | None:
        return next((r.state for r in self._all() if r.id == request_id), None)

    @invariant()
    def the_gate_holds(self) -> None:
        if not hasattr(self, "store"):
            return
        found = self._all()
        with self.store.read() as connection:
            log = list(audit.entries(connection))
            assert audit.verify(iter(log)) == []
        intents = Counter(e.ops_request for e in log if e.event == "intent")
        not_arrived = Counter(e.ops_request for e in log if e.event == "not-arrived")
        for request in found:
            self._approved_by_rightful_people(request, bool(intents[request.id]))
            self._finished_stays_finished(request)
        self._one_post_each(found, log)
        assert all(intents[r] >= not_arrived[r] for r in not_arrived)

    def _approved_by_rightful_people(self, request: rows.OpsRequest, posted: bool) -> None:
        if posted and request.rule == "two of three":
            rightful = {v.person for v in request.approvals} & APPROVERS - {request.requester}
            assert len(rightful) >= 2, request

    def _finished_stays_finished(self, request: rows.OpsRequest) -> None:
        if request.id in self.ended:
            assert request.state is self.ended[request.id]
        elif request.state in FINISHED:
            self.ended[request.id] = request.state

    def _one_post_each(self, found: list[rows.OpsRequest], log: list[audit.Entry]) -> None:
        """As many actions at DigitalOcean as requests that may have posted, and no more."""
        intended = {e.ops_request for e in log if e.event == "intent"}
        allowed = sum(1 + self.chosen_again[r] for r in intended if r is not None)
        assert len(self.digitalocean.made) <= allowed
        owned = [s.action_id for r in found for s in r.steps if s.action_id]
        assert len(owned) == len(set(owned))

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()
