"""The promise under attack: what `gate_machine` does, with enemies, two instances and time travel.

To it come policies that are weakened, hardened, frozen and put back at any moment, with and without
four eyes; groups that change; escalation; emergency access; approvals that are taken back; backups
that are restored; a second instance that works, in between two calls of the first too; and a
hostile writer who changes the tables behind everybody's back. Tables can then say anything. What
must hold is asked at the moment of each POST, of the audit log as an outsider would read it, and
of what people really did, which the machine remembers itself:

- the log holds who asked for exactly this, which policy held, and as many approvals as it asks for,
  by different people who may, who said so since the last restore and did not take it back;
- one request is POSTed once, however often the database is restored, unless as many as had to
  approve chose to send it again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from gate_machine import IMAGE, Gate
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from promise_world import (
    AS_NEW,
    ATTACKS,
    ESCALATES_SECONDS,
    GROUP_IS_KNOWN_FOR,
    LEADER,
    NAMED,
    PEOPLE,
    POLICIES,
    WAITS_SECONDS,
    Groups,
    Terms,
    Truth,
    Watched,
)

from bot.domain.events import Event
from bot.domain.search import Asker
from bot.domain.states import State
from bot.jobs.restored import ask_again
from bot.operations.available import transfer_to
from bot.policy.file import PolicyFile
from bot.policy.review import Choice
from bot.requests import RequestDraft, Sender
from bot.requests.approval import approve, take_vote_back
from bot.requests.cancelling import Cancel, cancel
from bot.requests.policy_changes import PolicyInForce, ProposePolicy, VoteOnPolicy, vote_on_policy
from bot.requests.policy_in_force import read
from bot.requests.policy_log import note_policy
from bot.store import audit, backup, rows
from bot.store.database import open_database
from bot.store.transaction import Store


class Promise(Gate):
    """The same workspace, with enemies."""

    policies = POLICIES
    policy_text = POLICIES["two"].text
    """What is in force at first."""
    set_back = 0.0
    """By how many seconds somebody has set the clock back."""

    def _restart(self) -> None:
        if not hasattr(self, "truth"):
            self._begin()
        self.instances = []
        for _ in range(2):
            self.policy = PolicyFile(self.policy.path, self.clock)
            self.policy.governed_by(PolicyInForce(self.store))
            super()._restart()
            propose = ProposePolicy(self.store, self.policy)
            self.instances.append((self.policy, self.deps, self.jobs, propose))
        self._act_as(0)

    def _begin(self) -> None:
        self.truth = Truth()
        self.done: Counter[str] = Counter()
        self.backup: Path | None = None
        self.copies = 0
        self.digitalocean = self._account()
        self.slack = Groups()
        for terms in self.policies.values():
            path = Path(self.folder.name) / "other.toml"
            path.write_text(terms.text, encoding="utf-8")
            self.truth.terms[PolicyFile(path).current.digest] = terms
        self._note_groups()

    def _account(self) -> Any:
        return Watched(self.clock, self._look_at_the_post)

    def _act_as(self, which: int) -> None:
        self.policy, self.deps, self.jobs, _ = self.instances[which]

    def _note_groups(self) -> None:
        self.truth.members.append((self.clock(), dict(self.slack.groups)))

    def _identity(self, request_id: int) -> str:
        with self.store.read() as connection:
            return self._asked(list(audit.entries(connection, ops_request=request_id))).hash

    @staticmethod
    def _asked(log: list[audit.Entry]) -> audit.Entry:
        return next(row for row in log if row.event == "requested")

    def _rounds(self, rounds: int) -> None:
        for *_, propose in self.instances:
            propose()
        super()._rounds(rounds)

    # What people do; the machine remembers it.

    def _approve(self, who: str, request_id: int) -> None:
        before = self._votes(request_id)
        approve(self.deps, self._click(who, request_id))
        if who in self._votes(request_id) - before:
            self.truth.approved[self._identity(request_id)].add(who)
            at = self.clock() + self.set_back
            self.truth.approved_at[self._identity(request_id)][who] = at

    def _votes(self, request_id: int) -> set[str]:
        found = next((r for r in self._all() if r.id == request_id), None)
        return {vote.person for vote in found.approvals} if found else set()

    @precondition(lambda self: self._in(State.PENDING))
    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 9), work=st.booleans())
    def approve(self, who: str, which: int, work: bool) -> None:
        pending = self._in(State.PENDING)
        self._approve(who, pending[which % len(pending)])
        self._rounds(int(work))

    @rule(who=st.sampled_from(PEOPLE), request_id=st.integers(1, 6))
    def approve_whatever(self, who: str, request_id: int) -> None:
        if self._state(request_id) is not None:
            self._approve(who, request_id)

    @precondition(lambda self: self._in(State.PENDING))
    @rule(which=st.integers(0, 9))
    def all_approve(self, which: int) -> None:
        pending = self._in(State.PENDING)
        for who in PEOPLE:
            self._approve(who, pending[which % len(pending)])
        self._rounds(2)

    def _voted_on(self) -> list[int]:
        return [number for number in self._in(State.PENDING) if self._votes(number)]

    @precondition(lambda self: self._voted_on())
    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 9))
    def take_an_approval_back(self, who: str, which: int) -> None:
        voted_on = self._voted_on()
        request_id = voted_on[which % len(voted_on)]
        for person in (who, min(self._votes(request_id))):
            self._take_back(person, request_id)

    def _take_back(self, who: str, request_id: int) -> None:
        stood = who in self._votes(request_id)
        take_vote_back(self.deps, self._click(who, request_id))
        if stood and who not in self._votes(request_id):
            self.done["taken back"] += 1
            self.truth.approved[self._identity(request_id)].discard(who)

    @precondition(lambda self: self._in(State.NEEDS_ATTENTION))
    @rule(
        who=st.sampled_from(PEOPLE),
        choice=st.sampled_from(["adopt", "post_again", "post_again", "give_up"]),
        work=st.booleans(),
    )
    def attend(self, who: str, choice: str, work: bool) -> None:
        request_id = self._in(State.NEEDS_ATTENTION)[0]
        log = self._log()
        self._choose(choice, self._click(who, request_id))
        said = [
            r for r in self._log()[len(log) :] if r.actor == who and r.event[:10] == "post-again"
        ]
        if said:
            key = self._identity(request_id)
            self.truth.again[key].add(who)
            if said[-1].event == "post-again":
                self._allow_again(key, request_id)
        self._rounds(int(work))

    @precondition(lambda self: self._in(State.PENDING))
    @rule(which=st.integers(0, 9), mood=st.sampled_from(["lost before", "lost after"]))
    def an_answer_is_lost(self, which: int, mood: str) -> None:
        """And people are asked what became of the POST, if its time has gone by."""
        self.digitalocean.mood = mood
        self.all_approve(which)
        self.clock.now += 61
        self._rounds(2)
        self.done["lost"] += 1

    @precondition(lambda self: self._in(State.NEEDS_ATTENTION))
    @rule()
    def all_choose_to_send_again(self) -> None:
        before = set(self._in(State.NEEDS_ATTENTION))
        for who in PEOPLE:
            if set(self._in(State.NEEDS_ATTENTION)) == before:
                self.attend(who, "post_again", work=False)
        self._rounds(2)

    def _allow_again(self, key: str, request_id: int) -> None:
        """As many chose it as had to approve: else what follows is a POST too many."""
        mine = [row for row in self._log() if row.ops_request == request_id]
        told = [json.loads(row.facts) for row in mine]
        asked = max((facts.get("approvals", 0) for facts in told), default=0)
        glass = any(row.event == "break-glass-used" for row in mine)
        if len(self.truth.again.pop(key)) >= (1 if glass else max(1, asked)):
            self.truth.allowed_again[key] += 1
            self.done["sent again"] += 1

    @precondition(lambda self: self._in(State.APPROVED, State.SUBMITTING, State.IN_PROGRESS))
    @rule(which=st.integers(0, 9))
    def take_back(self, which: int) -> None:
        """Whether it is in time only the log knows here."""
        under_way = self._in(State.APPROVED, State.SUBMITTING, State.IN_PROGRESS)
        request_id = under_way[which % len(under_way)]
        requester = next(r.requester for r in self._all() if r.id == request_id)
        cancel(self.deps, Cancel(self._click(requester, request_id), by_button=True))
        self._rounds(1)

    @rule(who=st.sampled_from(PEOPLE), region=st.sampled_from(["nyc3", "sfo3"]))
    def ask_in_emergency(self, who: str, region: str) -> None:
        steps = (transfer_to(IMAGE, region),)
        before = self._log()
        self._open(RequestDraft(who, "C0OPS", steps, "", "down"), self._key())
        self._rounds(3)
        self._note_new("break-glass-used", before)

    @rule(who=st.sampled_from(PEOPLE), region=st.sampled_from(["nyc3", "sfo3"]))
    def join(self, who: str, region: str) -> None:
        steps = (transfer_to(IMAGE, region),)
        before = self._log()
        self._open(RequestDraft(who, "C0ELSE", steps, "me too"), self._key())
        self._note_new("joined", before)

    def _note_new(self, event: str, before: list[audit.Entry]) -> None:
        self.done[event] += sum(row.event == event for row in self._log()[len(before) :])

    # What changes around them.

    @rule(name=st.sampled_from(sorted(POLICIES)))
    def edit_policy(self, name: str) -> None:
        self._write_policy(name)
        for policy, *_ in self.instances:
            policy.refresh()
            with self.store.write() as tx:
                note_policy(tx, policy)

    @rule(name=st.sampled_from(sorted(POLICIES)))
    def edit_policy_unseen(self, name: str) -> None:
        """Each instance finds it at its next look."""
        self._write_policy(name)

    def _write_policy(self, name: str) -> None:
        self.policy.path.write_text(self.policies[name].text, encoding="utf-8")
        self.done["policy"] += 1

    @rule(who=st.sampled_from(PEOPLE), deny=st.sampled_from([False, False, False, True]))
    def vote_for_the_policy(self, who: str, deny: bool) -> None:
        for *_, propose in self.instances:
            propose()
        with self.store.read() as connection:
            waiting = read(connection).open
        if waiting is None:
            return
        if not deny:
            self.truth.for_policies[waiting.id].add(who)
        choice = Choice.DENY if deny else Choice.APPROVE
        by = Sender(self._key(), Asker(who, response_url="https://example.invalid/r"))
        vote_on_policy(self.deps, VoteOnPolicy(by, waiting.id, choice))
        self.done["policy votes"] += 1

    @rule(name=st.sampled_from(sorted(POLICIES)))
    def a_policy_is_voted_in(self, name: str) -> None:
        """Where the policy in force asks for that; else it is in force at once."""
        self.edit_policy(name)
        for who in ("U0ANN", "U0BOB"):
            self.vote_for_the_policy(who, deny=False)
        self._rounds(1)

    @rule(
        security=st.sets(st.sampled_from(PEOPLE), max_size=3),
        operations=st.sets(st.sampled_from(PEOPLE), max_size=3),
        silent=st.sampled_from([False, False, True]),
    )
    def edit_groups(self, security: set[str], operations: set[str], silent: bool) -> None:
        self.slack.groups = {"S0SEC": frozenset(security), "S0OPS": frozenset(operations)}
        self.slack.silent = silent
        self._note_groups()
        self.done["groups"] += 1

    @precondition(lambda self: self._in(State.PENDING))
    @rule(which=st.integers(0, 9))
    def approve_late(self, which: int) -> None:
        """Somebody has the database give more time, and people click on what they see."""
        pending = self._in(State.PENDING)
        request_id = pending[which % len(pending)]
        self._write(request_id, ATTACKS["more time"])
        self.clock.now += WAITS_SECONDS + 10
        for who in PEOPLE:
            self._approve(who, request_id)
        self._rounds(2)

    @precondition(lambda self: self._in(State.PENDING))
    @rule(which=st.integers(0, 9))
    def approve_by_a_clock_that_is_set_back(self, which: int) -> None:
        """The bot's host has its clock set back once a request has waited too long."""
        pending = self._in(State.PENDING)
        request_id = pending[which % len(pending)]
        self.clock.now += WAITS_SECONDS + 10
        with self.store.write() as tx:  # whatever is written in between
            audit.append(tx, Event.RECONCILED, audit.BOT)
        self.clock.now -= WAITS_SECONDS + 10
        self.set_back = WAITS_SECONDS + 10
        for who in PEOPLE:
            self._approve(who, request_id)
        self._rounds(2)
        self.clock.now += self.set_back
        self.set_back = 0.0
        self.done["set back"] += 1

    @precondition(lambda self: self._in(State.PENDING))
    @rule()
    def wait_for_the_escalation(self) -> None:
        before = self._log()
        self.clock.now += ESCALATES_SECONDS + 10
        self._rounds(2)
        self._note_new("escalated", before)

    @rule(which=st.integers(0, 1))
    def another_instance_acts(self, which: int) -> None:
        self._act_as(which)

    @precondition(lambda self: self._in(State.APPROVED, State.PENDING, State.CHECKING))
    @rule(
        what=st.sampled_from(["works", "policy", "cancel", "take back", "attack"]),
        name=st.sampled_from(sorted(POLICIES)),
        approve=st.sampled_from([True, True, True, False]),
        call=st.sampled_from(["get", "list"]),
    )
    def meanwhile(self, what: str, name: str, approve: bool, call: str = "get") -> None:
        """Something happens while an instance waits for an answer of DigitalOcean's."""
        request_id = self._in(State.APPROVED, State.PENDING, State.CHECKING)[0]

        def happens() -> None:
            self.done[f"meanwhile {what}"] += 1
            mine = self.policy, self.deps, self.jobs
            self._act_as(1 if self.deps is self.instances[0][1] else 0)
            self._happens(what, name, request_id)
            self.policy, self.deps, self.jobs = mine

        self.digitalocean.meanwhile, self.digitalocean.meanwhile_at = happens, call
        if approve and self._state(request_id) is State.PENDING:
            for who in PEOPLE:
                self._approve(who, request_id)
        self._rounds(2)
        self.digitalocean.meanwhile = None

    def _happens(self, what: str, name: str, request_id: int) -> None:
        if what == "works":
            super()._rounds(1)
        elif what == "policy":
            self.edit_policy(name)
        elif what == "take back":
            self._take_back("U0BOB", request_id)
        else:
            requester = next(r.requester for r in self._all() if r.id == request_id)
            cancel(self.deps, Cancel(self._click(requester, request_id), by_button=True))
            if what == "attack" and self._state(request_id) is State.CANCELLED:
                self._write(request_id, AS_NEW)

    # Enemies.

    @precondition(lambda self: self._all())
    @rule(attack=st.sampled_from(sorted(ATTACKS)), also=st.booleans(), which=st.integers(0, 9))
    def write_in_the_database(self, attack: str, also: bool, which: int) -> None:
        known = self._all()
        self._attack(known[which % len(known)].id, ATTACKS[attack], also=also)

    def _attack(self, request_id: int, statements: tuple[str, ...], *, also: bool) -> None:
        self._write(request_id, (*statements, *(AS_NEW if also else ())))
        self.done["attacks"] += 1
        self._rounds(3)

    def _write(self, request_id: int, statements: tuple[str, ...]) -> None:
        self.ended.pop(request_id, None)
        try:
            with self.store.write() as tx:
                for statement in statements:
                    tx.execute(sa.text(statement), {"id": request_id})
        except sa.exc.IntegrityError:
            return  # the same is asked for by another one: the database itself refuses

    @rule()
    def back_up(self) -> None:
        self.backup = Path(self.folder.name) / f"backup-{self.delivery}-{self.copies}"
        self.copies += 1
        url = self.store._engine.url.render_as_string(hide_password=False)
        backup.back_up(url, self.backup)

    def _room_for_a_restore(self) -> str:
        """The address of a database that is not there yet."""
        return f"sqlite:///{Path(self.folder.name) / f'restored-{self.copies}.db'}"

    @precondition(lambda self: self.backup)
    @rule()
    def restore(self) -> None:
        assert self.backup is not None
        self.copies += 1
        url = self._room_for_a_restore()
        try:
            backup.restore(self.backup, url, ask_again, self.clock)
        except backup.BotError:
            return  # somebody had written in it
        self._count_rows()
        self.store.close()
        self.store = Store(open_database(url), lambda *_: None, self.clock)
        self.truth.approved.clear()
        self.truth.again.clear()
        self.ended.clear()
        self.done["restored"] += 1
        self._restart()

    def _count_rows(self) -> None:
        """What happened, as the log has it: for whoever asks whether a run tried anything."""
        for row in self._log():
            approved = row.event == "policy-changed" and "proposal" in json.loads(row.facts)
            self.done["policy-approved" if approved else f"row {row.event}"] += 1

    def teardown(self) -> None:
        if hasattr(self, "done"):
            self._count_rows()
        super().teardown()

    # What must hold.

    def _log(self) -> list[audit.Entry]:
        with self.store.read() as connection:
            return list(audit.entries(connection))

    def _look_at_the_post(self, image_id: int, body: Mapping[str, Any]) -> None:
        log = self._log()
        place = max(n for n, row in enumerate(log) if row.event == "intent")
        intent = log[place]
        before = [row for row in log[:place] if row.ops_request == intent.ops_request]
        assert json.loads(intent.facts)["body"] == body
        self._was_promised(intent, before, log[:place])
        arrives = self.digitalocean.mood in ("ok", "lost after", "killed after")
        key = self._asked(before).hash
        self.truth.arrived[key] += arrives
        assert self.truth.arrived[key] <= 1 + self.truth.allowed_again[key], "sent twice"
        self.done["posts"] += arrives
        assert image_id == IMAGE

    def _was_promised(
        self, intent: audit.Entry, mine: list[audit.Entry], log: list[audit.Entry]
    ) -> None:
        facts, asked = json.loads(intent.facts), self._asked(mine)
        told = json.loads(asked.facts)
        self._is_what_was_asked(facts, told["steps"][facts["position"]])
        ended = {"cancelled", "denied", "expired", "superseded"} & {row.event for row in mine}
        assert not ended, ended
        policies = [row for row in log if row.event == "policy-changed"]
        assert json.loads(policies[-1].facts)["digest"] == facts["policy_digest"]
        terms = self.truth.terms[facts["policy_digest"]]
        if any(row.event == "break-glass-used" for row in mine):
            assert told["break_glass"]
            return
        asked = self._approved_in(asked, mine, log)
        assert not terms.frozen
        assert facts["needed"] == terms.needed
        self._are_enough(asked, facts, terms)
        self._are_in_time(mine, facts)

    def _are_in_time(self, mine: list[audit.Entry], facts: Mapping[str, Any]) -> None:
        """Whoever counts said so while it waited: since it was opened, or asked anew."""
        began = 0.0
        for row in mine:
            if row.event == "asked-again" or (row.event == "pending" and not began):
                began = row.at
        said = self.truth.approved_at[self._asked(mine).hash]
        late = {who for who in facts["votes"] if said.get(who, 0.0) >= began + WAITS_SECONDS}
        assert not (began and late), late

    def _is_what_was_asked(self, facts: Mapping[str, Any], step: Mapping[str, Any]) -> None:
        assert facts["body"] == {"type": "transfer", "region": step["params"]["region"]}

    def _approved_in(
        self, asked: audit.Entry, _mine: list[audit.Entry], _log: list[audit.Entry]
    ) -> audit.Entry:
        """The first row of the request on whose card people approved."""
        return asked

    def _are_enough(self, asked: audit.Entry, facts: Mapping[str, Any], terms: Terms) -> None:
        said = self.truth.approved[asked.hash] - {asked.actor}
        counted = set(facts["votes"]) & said
        if not terms.by_groups:
            assert len(counted & NAMED) >= terms.needed, (facts, said)
            return
        since = self.clock() - GROUP_IS_KNOWN_FOR
        seats = {who: place for who, place in facts["tally"]["counted"].items() if who in said}
        assert sorted(seats.values()) == [0, 1], (facts, said)
        for who, place in seats.items():
            group = ("S0SEC", "S0OPS")[place]
            late = who == LEADER and self.clock() >= asked.at + ESCALATES_SECONDS
            assert late or who in self.truth.were_in(group, since), (who, group)

    def _approved_by_rightful_people(self, request: rows.OpsRequest, posted: bool) -> None:
        """The tables are no witness here; each POST was looked at."""

    def _one_post_each(self, found: list[rows.OpsRequest], log: list[audit.Entry]) -> None:
        """No POST broke the promise; no policy came into force unapproved where that was asked."""
        assert self.digitalocean.broken == []
        eyes = 0
        for row in log:
            if row.event != "policy-changed":
                continue
            facts = json.loads(row.facts)
            voted = self.truth.for_policies[facts.get("proposal", "")] & {"U0ANN", "U0BOB"}
            assert len(voted) >= eyes, facts
            eyes = self.truth.terms[facts["digest"]].eyes
