"""Cards that wait for approval follow the policy: called by whoever sweeps."""

from __future__ import annotations

from collections import deque

from bot.domain.states import State
from bot.jobs.card_copies import places
from bot.policy.decide import Verdict
from bot.policy.file import PolicyFile
from bot.requests.assessment import Assessor, images_seen
from bot.requests.gate import as_of_now
from bot.store import homes, outbox
from bot.store.requests import load, pending
from bot.store.rows import OpsRequest, gate_columns
from bot.store.transaction import Store
from bot.store.transitions import update

_AT_ONCE = 20
"""Cards looked at in one sweep: a policy that changes must not hold up everything else."""
_AGAIN_SECONDS = 30.0
"""When those are looked at again of which Slack has not told yet who may approve them."""


class FollowPolicy:
    """After each change of the policy, and after a start, looks at every request that waits.

    One that the same rule decides still, and that it asks for other approvals now, is drawn
    anew, its copies too, and whoever may approve it now is asked. Where another rule decides,
    whoever clicks is told.
    """

    def __init__(self, store: Store, policy: PolicyFile, assessor: Assessor) -> None:
        self._store = store
        self._policy = policy
        self._assessor = assessor
        self._digest = ""
        self._left: deque[int] = deque()
        self._undecided: list[int] = []
        self._again_at = 0.0

    def __call__(self) -> None:
        """Look at the next of them."""
        digest = self._policy.current.digest
        if digest != self._digest:
            with self._store.read() as connection:
                self._left = deque(pending(connection))
            self._digest, self._undecided = digest, []
        if self._undecided and self._store.clock() >= self._again_at:
            self._left.extend(self._undecided)
            self._undecided = []
        for _ in range(min(_AT_ONCE, len(self._left))):
            self._look(self._left.popleft())

    def _look(self, request_id: int) -> None:
        with self._store.write() as tx:
            request = load(tx.connection, request_id, for_update=True)
            if request is None or request.state is not State.PENDING:
                return
            decision = self._assessor.decided_in(tx, request, images_seen(request))
            if decision.groups_needed:
                self._undecided.append(request_id)
                self._again_at = tx.now + _AGAIN_SECONDS
                return
            if decision.rule != request.rule or decision.verdict is not Verdict.ASK:
                return
            gate = as_of_now(request.gate, decision)
            if gate == request.gate:
                return
            update(tx, request.id, decision=gate_columns(gate))
            outbox.refresh(tx, request.id)
            new = set(gate.people) - set(request.gate.people)
            for person in new & set(places(tx, request, decision, asked=True)):
                outbox.add_copy(tx, request.id, person)
            homes.refresh(tx, _concerned(request, gate.people))


def _concerned(request: OpsRequest, people: tuple[str, ...]) -> set[str]:
    return {request.requester, *request.followers, *people}
