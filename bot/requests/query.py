"""What people ask that changes nothing: how things stand, what happened, what would be."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from bot.domain.resources import LiveRegion
from bot.domain.states import State
from bot.domain.steps import image_target
from bot.policy.explain import explain
from bot.policy.match import PolicyInput
from bot.requests.assessment import policy_steps
from bot.requests.idempotency import RequestDraft, Taking
from bot.store import audit, outbox, read_cache, requests
from bot.store.rows import OpsRequest
from bot.views import answers, offers, policy_text
from bot.views.message import Message

_MOST_OPEN, _MOST_OF_IMAGE = 20, 5
"""Requests that a list of them shows."""


_MOST_SEARCHED = 500


def _waits_for(person: str, request: OpsRequest) -> bool:
    """Whether somebody could vote on a request now."""
    asked = request.state is State.PENDING and person in request.gate.people
    return asked and person not in {request.requester, *(vote.person for vote in request.votes)}


class Reading(Taking):
    """Answers from the database alone."""

    def status(
        self, subject: int | None, wanted: str = "", whose: str = "", person: str = ""
    ) -> Message:
        """One ops request by its number or by its action's, with what can be decided about it.

        Of an image, its newest requests; without a subject all that is open.

        Args:
            wanted: the `action_id` of the button that the person looks for.
            whose: `mine` or `waiting`: of what is open, what `person` asked for, or may approve.
        """
        with self._store.read() as connection:
            if subject is None:
                mine = person if whose == "mine" else ""
                most = _MOST_SEARCHED if whose == "waiting" else _MOST_OPEN
                found = requests.newest(connection, requester=mine, open_only=True, limit=most)
                if whose == "waiting":
                    found = [r for r in found if _waits_for(person, r)][:_MOST_OPEN]
                if whose and not found:
                    return Message(answers.nothing_open(whose))
                return offers.overview(found, _MOST_OPEN, wanted)
            request = requests.load(connection, subject) or requests.of_action(connection, subject)
            if request is not None:
                return offers.status(request, self._store.clock(), wanted)
            of_image = requests.newest(
                connection, target=image_target(subject), limit=_MOST_OF_IMAGE
            )
        if of_image:
            return Message(answers.of_image(subject, of_image))
        return Message(answers.unknown_request(subject))

    def history(self, image_id: int | None) -> str:
        """The newest rows of the audit log, of one image or of all."""
        with self._store.read() as connection:
            return self.history_in(connection, image_id)

    def history_in(self, connection: Connection, image_id: int | None) -> str:
        """The same, as the caller sees the database."""
        rows = list(audit.entries(connection, image_id=image_id, newest=20))
        return answers.history(rows, image_id)

    def explain(self, draft: RequestDraft) -> str:
        """Which rule would match, who could approve, who would be told; nothing is asked."""
        with self._store.read() as connection:
            return self.explain_in(connection, draft)

    def explain_in(self, connection: Connection, draft: RequestDraft) -> str:
        """The same, as the caller sees the database."""
        now = self._store.clock()
        asked = PolicyInput(
            steps=policy_steps(draft.steps),
            requester=draft.requester,
            channel=draft.channel,
            at=datetime.fromtimestamp(now, UTC),
            break_glass=bool(draft.break_glass),
        )
        directory = read_cache.StoredDirectory(connection, now)
        found = explain(self._policy.current, asked, directory)
        return policy_text.explanation(found.text(), found.decision)

    def request_of_thread(self, channel: str, thread_ts: str) -> OpsRequest | None:
        """The ops request whose card, or a copy of it, is the root of this thread."""
        with self._store.read() as connection:
            found = outbox.request_at(connection, channel, thread_ts)
            return requests.load(connection, found) if found is not None else None

    def regions(self) -> list[LiveRegion]:
        """The live regions, as last read; empty while they were never read."""
        with self._store.read() as connection:
            return list(read_cache.regions(connection).values())
