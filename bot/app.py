"""The composition root: the only file that sees everything. Nothing is built at import."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import Engine

import handlers
from bot import __version__
from bot.anchors.choose import choose_signer, choose_sinks
from bot.background import Background
from bot.config import Settings
from bot.domain.jobs import Job
from bot.doors import Doors
from bot.errors import SettingsError, StoreUnavailable
from bot.jobs.failures import Failures
from bot.observability.health import Readiness, failing_sinks
from bot.observability.metrics import Metrics
from bot.observability.tracing import Tracing
from bot.oidc.client import client_of
from bot.outside import Outside
from bot.policy.file import PolicyFile
from bot.queue import SWEEP_SECONDS
from bot.queue.acks import Acks
from bot.queue.choose import choose_engine
from bot.requests import Dependencies, step_ups
from bot.requests.after_ack import AfterAck
from bot.requests.form import Forms
from bot.requests.looks import Looks
from bot.requests.membership import Membership, token_digest
from bot.requests.policy_changes import PolicyInForce
from bot.requests.query import places_in
from bot.requests.rotation import Rotation, Taker, takers_of
from bot.requests.second_factors import SecondFactors
from bot.requests.step_ups import StepUps
from bot.role import Role
from bot.schedules.file import SchedulesFile
from bot.signed_files import file_check
from bot.slack.socket_mode import Health
from bot.store import anchors, call_budget, moved, schema, sending
from bot.store.backup import refuse_to_run_on_one
from bot.store.database import is_sqlite, open_database
from bot.store.sealing import Sealer
from bot.store.stats import Stats
from bot.store.transaction import Clock, Store
from bot.views import step_up as views

__all__ = ["STOP_SECONDS", "Bot", "Role"]

log = logging.getLogger(__name__)

STOP_SECONDS = 10.0
"""How long stopping may take (a Procfile host kills 10 to 30 s after SIGTERM)."""


class Bot:
    """One running image-bot.

    Args:
        settings: all of them.
        clock: epoch seconds.
        role: what this process does; on SQLite there is one process, which does all.
        secret_files: the files that secrets came from, by `NAME_FILE`; read again when they change.
        sweep_seconds: how often the database is asked for what waits.
        post_pause: seconds between two posts in one channel.

    Attributes:
        store, policy: for whoever looks from outside, such as the command line.

    Raises:
        bot.errors.PolicyError: there is no policy, or a broken one.
        bot.errors.SettingsError: the role and the database do not go together.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock = time.time,
        role: Role = Role.ALL,
        secret_files: Mapping[str, Path] | None = None,
        sweep_seconds: float = SWEEP_SECONDS,
        post_pause: float = sending.POST_PAUSE_SECONDS,
    ) -> None:
        if is_sqlite(settings.database_url) and role is not Role.ALL:
            raise SettingsError(
                f"--role {role} needs PostgreSQL: a SQLite file belongs to one process.",
                "Set DATABASE_URL=postgresql://…, or leave --role out.",
            )
        self._settings = settings
        self._role = role
        self._signer = choose_signer(settings) if role is not Role.WEB else None
        self._signed = file_check(settings.policy_keys)
        self.policy = PolicyFile(settings.policy_path, check=self._signed)
        database = _open(settings.database_url)
        self._engine = choose_engine(database, clock, sweep_seconds)
        self._acks = Acks()
        self.store = Store(database, self._engine.enqueue_in, clock)
        self.policy.governed_by(PolicyInForce(self.store))
        self._tracing = Tracing(settings.otlp_endpoint)
        self._metrics = Metrics(
            self._read_stats, self.not_ready, self._socket_health, lambda: self.policy.problem
        )
        self._outside = outside = Outside(settings, clock, self._metrics, self._tracing)
        self.schedules = SchedulesFile(
            settings.schedules_path,
            self._check_scheduled,
            lambda: self.policy.current.digest,
            self._signed,
        )
        self._deps = Dependencies(
            self.store,
            self.policy,
            self.schedules,
            handlers.read_scheduled,
            _step_ups(settings),
        )
        self._background = Background(
            settings,
            self._deps,
            outside,
            choose_sinks(settings, outside.slack),
            self._signer,
            post_pause,
        )
        self._at_once = ThreadPoolExecutor(max_workers=4, thread_name_prefix="at-once")
        digest = token_digest(outside.slack.token)
        self._membership = Membership(self.store, outside.slack, digest, self._at_once)
        self._rotation = Rotation(secret_files or {}, self._takers())
        after_ack = AfterAck(self.store, outside.slack, self._at_once)
        self._forms = Forms(self.store, self.policy, outside.catalogue, outside.slack, after_ack)
        self._looks = Looks(self._deps, outside.catalogue, after_ack)
        self._doors = self._open_to_slack(after_ack)
        self._readiness = Readiness(
            self.store,
            self._membership.learn,
            self._engine_works,
            self._socket_health,
            outside.token_health.problem,
            self._at_once,
        )

    @property
    def port(self) -> int:
        """The port that the web server listens on; 0: this role has none."""
        return self._doors.port

    def start(self) -> None:
        """Take up what a dead process left, then open the doors."""
        if self._engine.is_alone:
            with self.store.write() as tx:
                sending.release(tx.connection)
        threading.Thread(target=self._first_look, name="first-look", daemon=True).start()
        if self._signer is not None:
            with self.store.write() as tx:
                anchors.note_key(tx, self._signer.key, self._signer.public)
        if self._role is not Role.WEB:
            watched = Failures(self.store).told(self._background.jobs())
            jobs = self._acks.before(self._tracing.jobs(watched))
            self._engine.start(jobs, self._background.due, self._background.release)
        self._doors.open()
        self._rotation.start()

    def stop(self) -> bool:
        """Take no new work; finish or hand back what is under way; False: some was cut off."""
        log.info("stopping")
        self._rotation.stop()
        end = time.monotonic() + STOP_SECONDS
        self._doors.close()
        done = self._engine.stop(max(0.0, end - time.monotonic() - 1.0))
        with suppress(StoreUnavailable):
            self._background.poll.stop()
        self._at_once.shutdown(wait=False, cancel_futures=True)
        self._forms.close()
        self._looks.close()
        self._membership.close()
        self._tracing.stop()
        if done:
            self._outside.client.close()
            self.store.close()
        return done

    def lacks_for_step_up(self) -> str:
        """What a rule that asks for a second factor lacks to be followed; empty: nothing."""
        settings, policy = self._settings, self.policy.current
        lacks = step_ups.not_followed(policy, settings.public_url, has=settings.step_ups)
        return views.not_followed(lacks) if lacks else ""

    def _check_scheduled(self, text: str) -> None:
        with self.store.read() as connection:
            places = places_in(connection, self.policy.current)
        handlers.check_scheduled(text, places)

    def _first_look(self) -> None:
        """Every process looks once itself, so that it is ready by what it has seen."""
        try:
            if self._role is not Role.WEB:
                self._engine.enqueue(Job.CLEANUP, "all")
            self._background.refresh("all")
        except Exception:
            log.exception("the first look failed, reference %s", uuid.uuid4().hex[:8])
        finally:
            self._readiness.looked()
        if lacks := self.lacks_for_step_up():
            log.error("%s", lacks)
        self._membership.learn_in_time()
        log.info(
            "image-bot %s works as %s in workspace %s, %s, with %s policy rules",
            __version__,
            self._role,
            ", ".join(sorted(self._membership.workspaces)) or "not known",
            "over Socket Mode" if self._settings.slack_app_token else "over HTTP",
            len(self.policy.current.rule),
        )

    def _open_to_slack(self, after_ack: AfterAck) -> Doors:
        return Doors(
            self._settings,
            self._role,
            self._deps,
            after_ack,
            self._forms,
            self._looks,
            slack=self._outside.slack,
            web_client=self._outside.web_client,
            membership=self._membership,
            signatures=self._outside.signatures,
            acks=self._acks,
            tracing=self._tracing,
            metrics=self._metrics,
            not_ready=self.not_ready,
            problems=self._problems,
        )

    def _problems(self) -> Mapping[str, str]:
        """What an operator should fix, though the bot works."""
        return {**self._rotation.problems(), **failing_sinks(self.store, self._background.sinks)}

    def _takers(self) -> Mapping[str, Taker]:
        outside = self._outside
        return takers_of(
            self._settings,
            outside.slack,
            outside.slack_by,
            self._membership,
            outside.client if outside.catalogue.is_here else None,
            outside.digitalocean_by,
            lambda token: self._background.poll.use_key(call_budget.key_of(token)),
            outside.signatures,
        )

    def _socket_health(self) -> Health | None:
        return self._doors.socket_health()

    def _engine_works(self) -> bool:
        return self._role is Role.WEB or self._engine.is_working()

    def _read_stats(self) -> Stats:
        return self._background.read_stats()

    def not_ready(self) -> Mapping[str, str]:
        """What keeps the bot from its work now, by part; empty: nothing."""
        return self._readiness()


def _step_ups(settings: Settings) -> StepUps:
    key = settings.second_factor_key
    totp = SecondFactors(Sealer(key.get_secret_value())) if key else None
    return StepUps(settings.public_url, totp, client_of(settings))


def _open(url: str) -> Engine:
    """The database, whose schema is as this version needs it."""
    refuse_to_run_on_one(url)
    database = open_database(url)
    moved.refuse(database)
    schema.prepare(database)
    return database
