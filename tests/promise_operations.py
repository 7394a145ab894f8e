"""The promise with all kinds of work: what is sent once, what may be sent again, plans, a schedule.

To what `promise_machine` plays come renaming (safe to repeat), deletion (nothing brings it back), a
snapshot with its copy and what is deleted after it, pruning, and a schedule whose runs the clock
begins, that people pause and run, and whose rows a hostile writer edits. What must hold besides:

- the call is the one that was asked for, on the image that was, in the order of its plan;
- only what is harmless twice is sent again by itself, and only where its answer was lost;
- a run is begun once for each time at which it was due, or somebody had it run, and for none at
  which it was paused, under an approval that people gave it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from gate_machine import Gate
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from postgres import fresh_database
from promise_account import ARRIVES, IMAGE, OLD, Account
from promise_machine import Promise
from promise_world import ATTACKS, PEOPLE, POLICIES, SCHEDULE_ATTACKS

from bot.digitalocean.catalogue import Catalogue
from bot.domain.pruning import Pruning
from bot.domain.search import Asker
from bot.domain.snapshotting import Snapshotting
from bot.domain.states import State
from bot.domain.steps import StepSpec
from bot.jobs.check import Check
from bot.jobs.lookup import LookUpImages
from bot.jobs.schedules import RunSchedules
from bot.operations.registry import steps_for
from bot.requests import Click, Dependencies, RequestDraft, Sender
from bot.requests.assessment import Assessor
from bot.requests.look_ups import Look, look
from bot.requests.schedule_control import Change, ChangeSchedule, change_schedule
from bot.schedules.file import SchedulesFile
from bot.store import audit
from handlers import check_scheduled, read_scheduled

DAY = 86_400.0
_DUE = 3 * 3600.0
"""Three in the morning, each day."""
_WORK = 'image_actions = ["transfer", "rename", "delete", "snapshot"]\n'
_SCHEDULE = """
[[schedule]]
name = "nightly"
when = "daily 03:00"
command = "snapshot web-1 to {0} keep 2"
channel = "C0OPS"
owner = "U0DAN"
approval_days = 30
"""
SCHEDULES = {"to fra1": _SCHEDULE.format("fra1"), "to ams3": _SCHEDULE.format("ams3"), "none": ""}
ALL_ATTACKS = ATTACKS | SCHEDULE_ATTACKS
_SAFE = ("rename", "delete")
"""Harmless twice."""


class Operations(Promise):
    """The same workspace, with more to ask for."""

    policies: ClassVar = {
        name: replace(
            terms,
            text=terms.text.replace("break_glass = true\n", _WORK + "break_glass = true\n", 1),
        )
        for name, terms in POLICIES.items()
    }
    policy_text = policies["two"].text

    def _account(self) -> Account:
        self.given: dict[str, set[str]] = defaultdict(
            set
        )  # approvals; a restore voids none of them
        self.lost: Counter[tuple[str, int]] = Counter()
        self.started: set[float] = set()
        self.pauses: list[tuple[float, bool]] = [(0.0, False)]
        self.runs: dict[float, str] = {}
        self.written: list[tuple[float, str]] = [(0.0, "none")]
        self.schedules_path = Path(self.folder.name) / "schedules.toml"
        self.schedules_path.write_text("", encoding="utf-8")
        return Account(self.clock, self._look_at_the_call)

    def _restart(self) -> None:
        super()._restart()
        self.instances = [self._with_schedules(*each) for each in self.instances]
        self._act_as(0)

    def _with_schedules(self, policy: Any, _deps: Any, jobs: Any, propose: Any) -> tuple[Any, ...]:
        client: Any = self.digitalocean
        slack: Any = self.slack
        schedules = SchedulesFile(
            self.schedules_path, check_scheduled, lambda: policy.current.digest
        )
        deps = Dependencies(self.store, policy, schedules, read_scheduled)
        more = {
            "check": Check(self.store, Assessor(self.store, client, slack, policy), schedules),
            "lookup": LookUpImages(deps, Catalogue(client)),
            "schedules": RunSchedules(deps),
        }
        return policy, deps, jobs | more, propose

    def _rounds(self, rounds: int) -> None:
        for _ in range(rounds):
            self._wake("schedules", "all")
            self.digitalocean.settle()
            super()._rounds(1)

    def _click(self, who: str, request_id: int) -> Click:
        """About the first step that needs attention, if one does."""
        request = next((r for r in self._all() if r.id == request_id), None)
        steps = request.steps if request else ()
        asking = (s.position for s in steps if s.state is State.NEEDS_ATTENTION)
        return replace(super()._click(who, request_id), position=next(asking, 0))

    # What people do.

    def _approve(self, who: str, request_id: int) -> None:
        super()._approve(who, request_id)
        key = self._identity(request_id)
        self.given[key] |= self.truth.approved[key] & {who}

    def _take_back(self, who: str, request_id: int) -> None:
        super()._take_back(who, request_id)
        if who not in self._votes(request_id):
            self.given[self._identity(request_id)].discard(who)

    def _sender(self, who: str) -> Sender:
        return Sender(self._key(), Asker(who, "C0OPS"))

    def _ask_for(self, who: str, steps: tuple[StepSpec, ...]) -> None:
        self._open(RequestDraft(who, "C0OPS", steps), self._key())
        self._rounds(2)

    @rule(who=st.sampled_from(PEOPLE), name=st.sampled_from(["golden", "web"]))
    def ask_for_a_name(self, who: str, name: str) -> None:
        self._ask_for(who, steps_for("rename", [IMAGE], [{"name": name}]))

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, len(OLD) - 1))
    def ask_for_a_deletion(self, who: str, which: int) -> None:
        if OLD[which] in self.digitalocean.stock:
            self._ask_for(who, steps_for("delete", [OLD[which]], [{}]))

    @rule(who=st.sampled_from(PEOPLE), keep=st.integers(1, 2))
    def prune(self, who: str, keep: int) -> None:
        look(self.deps, Look(self._sender(who), Pruning("web-1-*", keep=keep)))
        self._rounds(3)

    @rule(who=st.sampled_from(PEOPLE))
    def ask_for_a_snapshot(self, who: str) -> None:
        wanted = Snapshotting("web-1", regions=("fra1",), keep=2)
        look(self.deps, Look(self._sender(who), wanted))
        self._rounds(3)

    @rule(name=st.sampled_from(["to fra1", "to fra1", "to ams3", "none"]))
    def edit_schedules(self, name: str) -> None:
        self.written.append((self.clock(), name))
        self.schedules_path.write_text(SCHEDULES[name], encoding="utf-8")
        self.done["schedules"] += 1
        self._rounds(3)

    @rule(name=st.sampled_from(["to fra1", "to ams3"]))
    def a_schedule_is_approved_and_runs(self, name: str) -> None:
        self.edit_schedules(name)
        for request_id in self._in(State.PENDING):
            for who in PEOPLE:
                self._approve(who, request_id)
        self._rounds(2)
        self.the_night_comes(1)

    @rule(who=st.sampled_from(PEOPLE), what=st.sampled_from(["pause", "resume", "run"]))
    def change_the_schedule(self, who: str, what: str) -> None:
        log = self._log()
        change_schedule(self.deps, ChangeSchedule(self._sender(who), "nightly", Change(what)))
        said = [row.event for row in self._log()[len(log) :] if row.actor == who]
        if "schedule-started" in said:
            self.started.add(self.clock())
        elif {"schedule-paused", "schedule-resumed"} & set(said):
            self.pauses.append((self.clock(), "schedule-paused" in said))
            self.done["paused"] += 1
        self._rounds(2)

    @rule(days=st.sampled_from([1, 1, 1, 2, 31]))
    def the_night_comes(self, days: int) -> None:
        now = self.clock.now
        self.clock.now = now - now % DAY + days * DAY + _DUE + 5
        self._rounds(4)

    @rule(status=st.sampled_from(["completed", "completed", "errored"]))
    def end_an_action(self, status: str) -> None:
        Gate.end_an_action(self, status)
        self._rounds(2)

    @precondition(lambda self: self._all())
    @rule(attack=st.sampled_from(sorted(ALL_ATTACKS)), also=st.booleans(), which=st.integers(0, 9))
    def write_in_the_database(self, attack: str, also: bool, which: int) -> None:
        known = self._all()
        self._attack(known[which % len(known)].id, ALL_ATTACKS[attack], also=also)

    @precondition(lambda self: self.backup)
    @rule()
    def restore(self) -> None:
        """A pause after the backup is forgotten, and so is what the schedule was meanwhile."""
        before = self.done["restored"]
        super().restore()
        if self.done["restored"] > before:
            told = [r for r in self._log() if r.event in ("schedule-paused", "schedule-resumed")]
            said = ((row.at, row.event == "schedule-paused") for row in told)
            self.pauses = [(0.0, False), *said]
            self.written = [(0.0, self.written[-1][1])]

    # What must hold.

    def _look_at_the_call(self, call: str, body: Mapping[str, Any]) -> None:
        log = self._log()
        place = max(n for n, row in enumerate(log) if row.event == "intent")
        intent = log[place]
        facts = json.loads(intent.facts)
        assert (facts["call"], facts["body"]) == (call, body)
        before = [row for row in log[:place] if row.ops_request == intent.ops_request]
        self._was_promised(intent, before, log[:place])
        key = (self._asked(before).hash, facts["position"])
        told = json.loads(self._asked(before).facts)["steps"][facts["position"]]
        mood = self.digitalocean.mood
        arrives = mood in ARRIVES
        self.truth.arrived[str(key)] += arrives
        allowed = 1 + self.truth.allowed_again[key[0]]
        if told["operation"] in _SAFE:
            allowed += self.lost[key] + self.done["restored"]
        assert self.truth.arrived[str(key)] <= allowed, f"sent twice: {call} {body}"
        self.lost[key] += mood in ("lost after", "killed after")
        self.done["posts"] += arrives
        self.done[str(told["operation"])] += arrives

    def _is_what_was_asked(self, facts: Mapping[str, Any], step: Mapping[str, Any]) -> None:
        params, target = step["params"], step["target"]
        which = target["id"]
        if target["kind"] == "new-image":
            which = self.digitalocean.named(which.partition(":")[2])
            assert which is not None, "it is not there yet"
        assert (facts["call"], facts["body"]) == {
            "snapshot": (
                f"POST /v2/droplets/{which}/actions",
                {"type": "snapshot", "name": params.get("name")},
            ),
            "transfer": (
                f"POST /v2/images/{which}/actions",
                {"type": "transfer", "region": params.get("region")},
            ),
            "rename": (f"PUT /v2/images/{which}", {"name": params.get("name")}),
            "delete": (f"DELETE /v2/images/{which}", {}),
        }[step["operation"]]
        stay = params.get("unless_last_of")
        if stay:
            new = self.digitalocean.named(params.get("successor", "").partition(":")[2])
            assert new or set(stay) & set(self.digitalocean.stock), "the last of them"

    def _approved_in(
        self, asked: audit.Entry, mine: list[audit.Entry], log: list[audit.Entry]
    ) -> audit.Entry:
        due_at = json.loads(asked.facts).get("due_at")
        covered = [json.loads(r.facts) for r in mine if r.event == "standing-approval"]
        if due_at is None:
            assert not covered
            return asked
        self._was_due(due_at, log)
        assert self.runs.setdefault(due_at, asked.hash) == asked.hash, "begun twice"
        self.done["runs"] += 1
        if not covered:
            return asked
        granted = [row for row in log if row.ops_request == covered[-1]["standing"]]
        first = self._asked(granted)
        terms = json.loads(first.facts)["steps"][0]["params"]["terms"]
        begun = next(row for row in mine if row.event == "standing-approval")
        given = next(row for row in granted if row.event == "completed")
        written = [name for at, name in self.written if at <= begun.at]
        since = [name for at, name in self.written if given.at < at <= begun.at]
        assert terms["command"] in SCHEDULES[written[-1]]
        assert set(since) <= {"none", written[-1]}, "it was changed since it was approved"
        self.truth.approved[first.hash] |= self.given[first.hash]
        return first

    def _was_due(self, due_at: float, log: list[audit.Entry]) -> None:
        if due_at in self.started:
            return
        assert due_at % DAY == _DUE, "not the time for it"
        taken_up = [
            row
            for row in log
            if row.event == "schedule-due" and json.loads(row.facts)["due_at"] == due_at
        ]
        at, paused = max(pause for pause in self.pauses if pause[0] <= taken_up[-1].at)
        forgotten = any(row.event == "schedule-forgotten" and row.at >= at for row in log)
        assert forgotten or not paused, "it was paused"


class OnPostgreSQL(Operations):
    """The same, where several can write at once and a row is locked by itself."""

    def _new_database(self, folder: Path) -> str:
        self.databases = ExitStack()
        return self.databases.enter_context(fresh_database())

    def _room_for_a_restore(self) -> str:
        return self.databases.enter_context(fresh_database())

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "databases"):
            self.databases.close()
