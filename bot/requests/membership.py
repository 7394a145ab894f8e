"""Whether whoever acts belongs to us: known from memory, kept in the database, asked of Slack."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from concurrent.futures import Executor, Future
from concurrent.futures import TimeoutError as TooSlow
from contextlib import suppress

from bot.domain.membership import Account, Actor, Standing, Workspaces
from bot.errors import StoreUnavailable
from bot.slack.errors import NoSuchPerson, SlackFailure
from bot.slack.web_api import Slack
from bot.store import read_cache
from bot.store.transaction import Store

log = logging.getLogger(__name__)

ASK_SECONDS = 1.5
"""How long an ack may wait for Slack's word about an account; it must leave within 3 s."""
_AGAIN_SECONDS = 5.0
"""`auth.test` is asked again after this while it has not answered."""
_REMEMBER_SECONDS = 3600.0
_REMEMBERED = 10_000


def token_digest(token: str) -> str:
    """What rows say of the bot token they were read with; the token cannot be derived from it."""
    return hashlib.sha256(b"image-bot workspace " + token.encode()).hexdigest()


class Membership:
    """The workspaces whose people may use the bot.

    What is not known is refused: before `auth.test` has answered once, everybody is. The ids are
    kept with a digest of the token, so that a restart while Slack is away refuses nobody, and
    another workspace's token inherits nothing.

    Args:
        token: `token_digest` of the bot token.
        background: where Slack is asked.
    """

    def __init__(self, store: Store, slack: Slack, token: str, background: Executor) -> None:
        self._store = store
        self._slack = slack
        self._token = token
        self._background = background
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._answers: OrderedDict[Actor, tuple[Standing, float]] = OrderedDict()
        self._ours = Workspaces()
        with suppress(StoreUnavailable), store.read() as connection:
            self._ours = read_cache.own_workspace(connection, token)

    @property
    def workspaces(self) -> frozenset[str]:
        """The ids of the workspaces that are known to be ours; empty until Slack has told."""
        return self._ours.teams

    def learn(self) -> None:
        """Ask Slack which workspace the token is of, and keep the answer.

        Raises:
            SlackFailure: it does not tell; what was known stays.
            StoreUnavailable: it could not be kept; it is known until the process ends.
        """
        me = self._slack.who_am_i()
        team, enterprise = str(me.get("team_id") or ""), str(me.get("enterprise_id") or "")
        if not team or (team in self._ours.teams and enterprise == self._ours.enterprise):
            return
        self._ours = Workspaces(frozenset([team]), enterprise)
        self._answers.clear()
        with self._store.write() as tx:
            read_cache.put_own_workspace(tx, self._token, team, enterprise)

    def replace_token(self, token: str) -> None:
        """The bot token (`token_digest` of it) is another of the same workspace from now on.

        Where that cannot be kept, a restart asks Slack again.
        """
        self._token = token
        for team in self._ours.teams:
            with suppress(StoreUnavailable), self._store.write() as tx:
                read_cache.put_own_workspace(tx, token, team, self._ours.enterprise)

    def is_ours(self, team: str, enterprise: str) -> bool:
        """Whether a token of this workspace is one of ours; yes while none is known."""
        ours = self._ours
        return not ours.teams or (team in ours.teams and enterprise == ours.enterprise)

    def learn_in_time(self) -> None:
        """Ask again and again while nothing is known; returns once it is, or after `close`."""
        while not self._ours.teams and not self._closing.wait(_AGAIN_SECONDS):
            try:
                self.learn()
            except (SlackFailure, StoreUnavailable) as failure:
                log.warning("which workspace the bot is in is not known: %s", failure.problem)

    def close(self) -> None:
        """Ask no more."""
        self._closing.set()

    def __call__(self, actor: Actor) -> Standing:
        """Whether this person may use the bot.

        Waits for Slack, at most `ASK_SECONDS`, where the payload does not tell: for somebody of
        another workspace on Enterprise Grid, and where it names no workspace at all. The answer
        is remembered.
        """
        if not self._ours.teams:
            return Standing.UNKNOWN
        standing = self._ours.standing(actor.team)
        if standing is not Standing.UNKNOWN:
            return standing
        remembered = self._answers.get(actor)
        if remembered and time.monotonic() < remembered[1]:
            return remembered[0]
        try:
            asked: Future[Standing] = self._background.submit(self._ask, actor)
            return asked.result(ASK_SECONDS)
        except (SlackFailure, TooSlow, RuntimeError) as failure:  # RuntimeError: it is stopping
            log.warning("it is not known where %s belongs: %s", actor.person, failure)
            return Standing.UNKNOWN

    def _ask(self, actor: Actor) -> Standing:
        ours = self._ours
        try:
            account = self._slack.account(actor.person)
        except NoSuchPerson:
            account = Account("", "", frozenset(), is_external=True)
        standing = ours.account_standing(account)
        if standing is Standing.MEMBER and actor.team and actor.team not in account.teams:
            standing = Standing.STRANGER  # the payload and Slack name different workspaces
        if standing is Standing.MEMBER:
            self._is_here(actor.person)
        with self._lock:
            self._answers[actor] = (standing, time.monotonic() + _REMEMBER_SECONDS)
            while len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
        return standing

    def _is_here(self, person: str) -> None:
        """Somebody of whom it was kept that they are not there has come since."""
        with suppress(StoreUnavailable):
            with self._store.read() as connection:
                if not read_cache.StoredDirectory(connection, 0.0).has_left(person):
                    return
            with self._store.write() as tx:
                read_cache.put_users(tx, {person: False})
