"""The follower: reads what the plan says, and remembers when it saw what. No database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from bot.digitalocean import Client, DigitalOceanError, HttpResponseError
from bot.digitalocean.call_budget import RateLimitBudget
from bot.domain.backoff import backoff
from bot.domain.resources import ImageAction, readable_actions
from bot.jobs.polling.listing import PER_PAGE, Listing
from bot.jobs.polling.plan import InFlightAction, Page, Rhythm, Round, cheapest, plan, round_calls

log = logging.getLogger(__name__)

ROUND_SECONDS = 30.0
"""A round ends after so long, and what it did not come to is still due."""
_SEARCHES = 25
"""How often in one round those that a page did not show are looked for on another."""
_SLOWEST_RETRY = 60.0
"""The longest pause, in seconds, after failures."""
_LIST_PAUSE_SECONDS = 600.0
"""After the account's list could not be read, actions are read one by one for so long."""
_FAILURES = 3
"""Reads of single actions that may fail in one round: the trouble may be the action's alone."""

Tell = Callable[[InFlightAction, ImageAction | None], object]
"""Called with each action that was read; None: DigitalOcean does not know it."""


class _Enough(Exception):
    """The budget, or the round's time, is used up; or another process follows now."""


class Poller:
    """Follows actions in flight; used by one thread at a time.

    Args:
        client: whose calls `account` observes.
        account: what the token's budget allows.
        poll_seconds: the shortest pause between looks at one action.
        clock: epoch seconds.
    """

    def __init__(
        self,
        client: Client,
        account: RateLimitBudget,
        poll_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self.account = account
        self._client = client
        self._poll_seconds = poll_seconds
        self._clock = clock
        self._listing = Listing()
        self._looked: dict[int, float] = {}
        self._turn: dict[int, float] = {}
        """When a look at an action failed that was not told: it is due again after a pause."""
        self._looked_before = 0.0
        self._last_at, self._last_calls = 0.0, 0
        self._most = 0
        self._seen: set[int] = set()
        self._not_before = 0.0
        self._failures = 0
        self._no_list_until = 0.0
        self._may_go_on: Callable[[], bool] = lambda: True

    def looked(self, action_id: int, since: float) -> float | None:
        """When an action that began at `since` was last read (epoch seconds)."""
        before = self._looked_before if self._looked_before > since else None
        return self._looked.get(action_id, before)

    def tried(self, action_id: int, since: float) -> float | None:
        """The same, with reads that failed: when its turn was last."""
        read, failed = self.looked(action_id, since), self._turn.get(action_id)
        return failed if read is None else max(read, failed or 0.0)

    def take_over(self, round_at: float, round_calls: int) -> None:
        """Go on where another process stopped: it looked at everything at `round_at`."""
        self._looked_before = max(self._looked_before, min(round_at, self._clock()))
        self._last_at, self._last_calls = self._looked_before, round_calls

    def plan(self, in_flight: Sequence[InFlightAction]) -> Round:
        """What to read now, or when to ask again."""
        followed, now = {followed.action_id for followed in in_flight}, self._clock()
        # No time lies in the future, or nothing would be due after a clock was set back.
        self._looked = {k: min(v, now) for k, v in self._looked.items() if k in followed}
        self._turn = {k: min(v, now) for k, v in self._turn.items() if k in followed}
        self._last_at = min(self._last_at, now)
        self._not_before = min(self._not_before, now + _SLOWEST_RETRY)
        self._listing.keep(followed)
        self._no_list_until = min(self._no_list_until, now + _LIST_PAUSE_SECONDS)
        self._listing.readable = now >= self._no_list_until
        rhythm = Rhythm(self._poll_seconds, self._last_at, self._last_calls, self._not_before)
        return plan(in_flight, self._listing, self.account.budget(), rhythm, now)

    def look(
        self,
        what: Round,
        in_flight: Iterable[InFlightAction],
        tell: Tell,
        may_go_on: Callable[[], bool] = lambda: True,
    ) -> None:
        """Read what a plan said, and tell of each action as soon as it is read.

        Args:
            may_go_on: asked before each call; False ends the round.
        """
        self._may_go_on = may_go_on
        self._last_at, self._last_calls = self._clock(), 0
        self._seen = set()
        self._most = round_calls(self.account.budget())
        by_action = {followed.action_id: followed for followed in in_flight}
        try:
            alone = [*what.alone, *self._by_pages(what.pages, by_action, tell)]
            self._one_by_one(alone, by_action, tell)
        except _Enough:
            log.info("following stops for now: the round's calls, its time or its lease are over")
        except DigitalOceanError as error:
            self._back_off(error)
        else:
            self._failures = 0

    def _by_pages(
        self, pages: Iterable[Page], by_action: Mapping[int, InFlightAction], tell: Tell
    ) -> list[int]:
        """Read pages, and others for what those did not show; what is to be read alone."""
        alone: list[int] = []
        done: set[int] = set()
        wanted = list(pages)
        for _ in range(_SEARCHES):
            missed: set[int] = set()
            for page in wanted:
                try:
                    missed |= self._page(page, by_action, tell)
                except DigitalOceanError as error:
                    if _is_wait(error):
                        raise
                    return alone + self._without_list(wanted, error)
                done.add(page.number)
            missed -= self._seen  # what moved down was met on the next page
            if not missed:
                return alone
            again = cheapest(self._listing.places(missed))
            wanted = [call for call in again if call.number and call.number not in done]
            alone += [i for call in again if call not in wanted for i in call.expected]
        return alone + [i for call in wanted for i in call.expected]

    def _without_list(self, pages: Iterable[Page], error: DigitalOceanError) -> list[int]:
        """The list fails, for one call or for weeks, while single reads may work."""
        log.warning("the account's list of actions cannot be read: %s", error.problem)
        self._no_list_until = self._clock() + _LIST_PAUSE_SECONDS
        return [i for page in pages for i in page.expected if i not in self._seen]

    def _page(self, page: Page, by_action: Mapping[int, InFlightAction], tell: Tell) -> set[int]:
        self._spend()
        body = self._client.actions.list(per_page=PER_PAGE, page=page.number)
        listed = list(readable_actions(body.get("actions")))
        ids = [action.id for action in listed]
        missed = self._listing.note(page.number, ids, _total(body), page.expected, by_action)
        for action in listed:
            if action.id in by_action:
                self._saw(by_action[action.id], action, tell)
        return missed

    def _one_by_one(
        self, action_ids: Iterable[int], by_action: Mapping[int, InFlightAction], tell: Tell
    ) -> None:
        failures = 0
        for action_id in action_ids:
            followed = by_action[action_id]
            try:
                self._saw(followed, self._read(followed), tell)
            except DigitalOceanError as error:
                if not _is_wait(error) and self._on_top_page(followed, by_action, tell):
                    continue
                failures += 1
                if failures >= _FAILURES or _is_wait(error):
                    raise
                log.warning("action %s cannot be read: %s", action_id, error.problem)
                self._turn[action_id] = self._clock()  # the others' turn, then its own again

    def _on_top_page(
        self, followed: InFlightAction, by_action: Mapping[int, InFlightAction], tell: Tell
    ) -> bool:
        """Single reads fail while the list may work: whether its first page shows the action."""
        if not self._listing.readable:
            return False
        try:
            self._page(Page(1, (followed.action_id,)), by_action, tell)
        except DigitalOceanError as error:
            self._without_list((), error)
        return followed.action_id in self._seen

    def _read(self, followed: InFlightAction) -> ImageAction | None:
        """One action alone; None: DigitalOcean knows neither it nor its image.

        Where one form of the call fails the other is taken; only two clear answers that it is
        not there make it unknown.
        """
        problem: DigitalOceanError | None = None
        own = self._client.droplet_actions if followed.of_droplet else self._client.image_actions
        for of_image in (True, False):  # the account's own list outlives the image
            self._spend()
            try:
                body = (
                    own.get(followed.image_id, followed.action_id)
                    if of_image
                    else self._client.actions.get(followed.action_id)
                )
            except DigitalOceanError as error:
                if _is_wait(error):
                    raise
                if not _is_not_found(error):
                    problem = error
                continue
            for action in readable_actions([body.get("action", body)]):
                if action.id == followed.action_id:
                    return action
            problem = DigitalOceanError("DigitalOcean's answer does not hold the action.")
        if problem:
            raise problem
        return None

    def _saw(self, followed: InFlightAction, action: ImageAction | None, tell: Tell) -> None:
        self._looked[followed.action_id] = self._clock()
        self._seen.add(followed.action_id)
        tell(followed, action)

    def _spend(self) -> None:
        """Before each call: what was planned may not be there any more."""
        now, budget = self._clock(), self.account.budget()
        over = now - self._last_at > ROUND_SECONDS or self._last_calls >= self._most
        if over or min(budget.left, budget.burst) < 1 or budget.waits_until > now:
            raise _Enough
        if not self._may_go_on():
            raise _Enough
        self._last_calls += 1

    def _back_off(self, error: DigitalOceanError) -> None:
        self._failures += 1
        now = self._clock()
        asked = error.retry_after if isinstance(error, HttpResponseError) else None
        if asked is not None:
            self.account.wait(asked)
        if not (_is_wait(error) and self.account.waits_until > now):
            self._not_before = now + backoff(self._failures, _SLOWEST_RETRY, jitter=0.0)
        wait = max(self._not_before, self.account.waits_until) - now
        log.warning("following waits %.0f s: %s", wait, error.problem)


def _is_not_found(error: DigitalOceanError) -> bool:
    return isinstance(error, HttpResponseError) and error.is_not_found


def _is_wait(error: DigitalOceanError) -> bool:
    too_many = HTTPStatus.TOO_MANY_REQUESTS
    return isinstance(error, HttpResponseError) and error.status_code == too_many


def _total(body: Mapping[str, Any]) -> int | None:
    """`meta.total`, where the reply has it."""
    meta = body.get("meta")
    total = meta.get("total") if isinstance(meta, Mapping) else None
    return total if isinstance(total, int) and not isinstance(total, bool) else None
