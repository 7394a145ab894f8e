"""The composition root: the only file that sees everything. Nothing is built at import."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from slack_sdk import WebClient

import handlers
from bot import __version__
from bot.anchors.choose import choose_signer, choose_sinks
from bot.anchors.sinks import Sink
from bot.config import Settings
from bot.digitalocean import Call, Client
from bot.digitalocean.call_budget import RateLimitBudget
from bot.digitalocean.catalogue import Catalogue
from bot.domain.jobs import Job
from bot.doors import Doors
from bot.errors import SettingsError, StoreUnavailable
from bot.jobs.check import Check
from bot.jobs.cleanup import Cleanup
from bot.jobs.deliver import Deliver
from bot.jobs.expire import Expire
from bot.jobs.failures import Failures
from bot.jobs.follow_policy import FollowPolicy
from bot.jobs.keep_heads import KeepHeads, Telling
from bot.jobs.lookup import LookUpImages
from bot.jobs.poll import Poll
from bot.jobs.reconcile import Reconciler, RefreshCandidates
from bot.jobs.reconcile_account import ReconcileAccount
from bot.jobs.refresh import Refresh, ShowPolicy
from bot.jobs.schedules import RunSchedules
from bot.jobs.submit import Submit
from bot.observability.health import Readiness, failing_sinks
from bot.observability.metrics import Metrics
from bot.observability.token_health import TokenHealth
from bot.observability.tracing import Tracing
from bot.oidc.client import client_of
from bot.on_call import on_call_of
from bot.policy.file import PolicyFile
from bot.queue import SWEEP_SECONDS, JobFunctions
from bot.queue.acks import Acks
from bot.queue.choose import choose_engine
from bot.requests import Dependencies, step_ups
from bot.requests.after_ack import AfterAck
from bot.requests.assessment import Assessor
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
from bot.slack.command_name import NamedCommandClient
from bot.slack.signatures import Signatures
from bot.slack.socket_mode import Health
from bot.slack.web_api import CALL_SECONDS, Slack
from bot.store import anchors, call_budget, moved, reconciliation, schema, sending, stats
from bot.store.backup import refuse_to_run_on_one
from bot.store.database import is_sqlite, open_database
from bot.store.due import due
from bot.store.sealing import Sealer
from bot.store.transaction import Clock, JobKey, Store
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
        self._post_pause = post_pause
        self._signer = choose_signer(settings) if role is not Role.WEB else None
        self._signed = file_check(settings.policy_keys)
        self.policy = PolicyFile(settings.policy_path, check=self._signed)
        refuse_to_run_on_one(settings.database_url)
        database = open_database(settings.database_url)
        moved.refuse(database)
        schema.prepare(database)
        self._engine = choose_engine(database, clock, sweep_seconds)
        self._acks = Acks()
        self.store = Store(database, self._engine.enqueue_in, clock)
        self.policy.governed_by(PolicyInForce(self.store))
        self._tracing = Tracing(settings.otlp_endpoint)
        self._metrics = Metrics(
            self._figures, self.not_ready, self._socket_health, lambda: self.policy.problem
        )
        self._calls = RateLimitBudget(clock)
        self._token_health = TokenHealth()
        self._client = Client(
            settings.digitalocean_token.get_secret_value(),
            endpoint=settings.digitalocean_api_url,
            timeout=settings.http_seconds,
            observe=self._called,
            hold=self._calls.hold,
        )
        self._slack = self._slack_by(settings.slack_bot_token.get_secret_value())
        self._signatures = self._signatures_taken()
        self._token = call_budget.key_of(settings.digitalocean_token.get_secret_value())
        sinks = choose_sinks(settings, self._slack)
        self._sinks = [sink.name for sink in sinks]
        self._heads = self._keep_heads(sinks) if sinks else None
        self._poll = Poll(
            self.store,
            self._client,
            poll_seconds=settings.poll_seconds,
            settle_seconds=settings.settle_seconds,
            account=self._calls,
            key=self._token,
        )
        asks = bool(settings.digitalocean_token.get_secret_value())
        self._catalogue = Catalogue(self._client if asks else None)
        self._show_policy = ShowPolicy(self.store, self.policy)
        self._at_once = ThreadPoolExecutor(max_workers=4, thread_name_prefix="at-once")
        digest = token_digest(self._slack.token)
        self._membership = Membership(self.store, self._slack, digest, self._at_once)
        self._rotation = Rotation(secret_files or {}, self._takers())
        self._after_ack = AfterAck(self.store, self._slack, self._at_once)
        self._forms = Forms(self.store, self.policy, self._catalogue, self._slack, self._after_ack)
        self.schedules = SchedulesFile(
            settings.schedules_path,
            self._check_scheduled,
            lambda: self.policy.current.digest,
            self._signed,
        )
        self._on_call = on_call_of(settings)
        self._refresh = Refresh(
            self.store,
            self._client,
            self._slack,
            self.policy,
            self._catalogue,
            self.schedules,
            self._on_call,
        )
        self._deps = Dependencies(
            self.store,
            self.policy,
            self.schedules,
            handlers.read_scheduled,
            _step_ups(settings),
        )
        self._looks = Looks(self._deps, self._catalogue, self._after_ack)
        self._doors = self._open_to_slack()
        self._readiness = Readiness(
            self.store,
            self._membership.learn,
            self._engine_works,
            self._socket_health,
            self._token_health.problem,
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
            watched = Failures(self.store).told(self._jobs())
            jobs = self._acks.before(self._tracing.jobs(watched))
            self._engine.start(jobs, self._sweep, self._release)
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
            self._poll.stop()
        self._at_once.shutdown(wait=False, cancel_futures=True)
        self._forms.close()
        self._looks.close()
        self._membership.close()
        self._tracing.stop()
        if done:
            self._client.close()
            self.store.close()
        return done

    def lacks_for_step_up(self) -> str:
        """What a rule that asks for a second factor lacks to be followed; empty: nothing."""
        settings, policy = self._settings, self.policy.current
        lacks = step_ups.not_followed(policy, settings.public_url, has=settings.step_ups)
        return views.not_followed(lacks) if lacks else ""

    def _jobs(self) -> JobFunctions:
        settings, store, client = self._settings, self.store, self._client
        assessor = Assessor(store, client, self._slack, self.policy, self._on_call)
        self._follow_policy = FollowPolicy(store, self.policy, assessor)
        reconciler = Reconciler(
            store,
            client,
            http_seconds=settings.http_seconds,
            settle_seconds=settings.settle_seconds,
        )
        return {
            Job.CHECK: Check(store, assessor, self.schedules),
            Job.SUBMIT: Submit(store, client, assessor, reconciler, self._heads),
            Job.CANDIDATES: RefreshCandidates(store, reconciler),
            Job.POLL: self._poll,
            Job.LOOKUP: LookUpImages(self._deps, self._catalogue),
            Job.DELIVER: Deliver(store, self._slack, self.policy, self._post_pause),
            Job.EXPIRE: Expire(store, assessor),
            Job.REFRESH: self._refresh,
            Job.SCHEDULES: RunSchedules(self._deps),
            Job.RECONCILE: ReconcileAccount(store, client, settings.reconcile_channel),
            Job.ANCHOR: self._heads or (lambda _key: None),
            Job.CLEANUP: Cleanup(store, settings.retention_days),
        }

    def _keep_heads(self, sinks: Sequence[Sink]) -> KeepHeads:
        settings = self._settings
        return KeepHeads(
            self.store,
            sinks,
            self._signer,
            every=settings.anchor_seconds,
            required=settings.anchor_required,
            telling=Telling(settings.anchor_channel, settings.reconcile_channel),
        )

    def _check_scheduled(self, text: str) -> None:
        with self.store.read() as connection:
            places = places_in(connection, self.policy.current)
        handlers.check_scheduled(text, places)

    def _release(self, job: str, key: str) -> None:
        """The process that ran this job is dead: what it held waits for nobody."""
        with self.store.write() as tx:
            if job == Job.DELIVER:
                sending.release(tx.connection, key)
            elif job == Job.POLL:
                call_budget.release_leases(tx.connection)

    def _first_look(self) -> None:
        """Every process looks once itself, so that it is ready by what it has seen."""
        try:
            if self._role is not Role.WEB:
                self._engine.enqueue(Job.CLEANUP, "all")
            self._refresh("all")
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

    def _sweep(self) -> Iterator[JobKey]:
        self._show_policy()
        self._follow_policy()
        with self.store.read() as connection:
            yield from list(due(connection, self.store.clock()))
            looks = bool(self._settings.reconcile_channel)
            if looks and reconciliation.is_due(connection, self.store.clock()):
                yield Job.RECONCILE, "all"
            now, every = self.store.clock(), self._settings.anchor_seconds
            if self._sinks and anchors.is_due(connection, self._sinks, now, every):
                yield Job.ANCHOR, "all"
        if self.schedules.is_used:
            yield Job.SCHEDULES, "all"

    def _open_to_slack(self) -> Doors:
        return Doors(
            self._settings,
            self._role,
            self._deps,
            self._after_ack,
            self._forms,
            self._looks,
            slack=self._slack,
            web_client=self._web_client,
            membership=self._membership,
            signatures=self._signatures,
            acks=self._acks,
            tracing=self._tracing,
            metrics=self._metrics,
            not_ready=self.not_ready,
            problems=self._problems,
        )

    def _problems(self) -> Mapping[str, str]:
        """What an operator should fix, though the bot works."""
        return {**self._rotation.problems(), **failing_sinks(self.store, self._sinks)}

    def _signatures_taken(self) -> Signatures | None:
        present = self._settings.slack_signing_secret
        old = self._settings.slack_signing_secret_old
        if present is None:
            return None
        return Signatures(present.get_secret_value(), old.get_secret_value() if old else "")

    def _takers(self) -> Mapping[str, Taker]:
        return takers_of(
            self._settings,
            self._slack,
            self._slack_by,
            self._membership,
            self._client if self._catalogue.is_here else None,
            self._digitalocean_by,
            self._follow_with,
            self._signatures,
        )

    def _slack_by(self, token: str) -> Slack:
        return Slack(self._web_client(token), self._settings.command)

    def _digitalocean_by(self, token: str) -> Client:
        settings = self._settings
        return Client(token, endpoint=settings.digitalocean_api_url, timeout=settings.http_seconds)

    def _follow_with(self, token: str) -> None:
        self._poll.use_key(call_budget.key_of(token))

    def _socket_health(self) -> Health | None:
        return self._doors.socket_health()

    def _engine_works(self) -> bool:
        return self._role is Role.WEB or self._engine.is_working()

    def _figures(self) -> stats.Stats:
        with self.store.read() as connection:
            reconciles = bool(self._settings.reconcile_channel)
            now = self.store.clock()
            return stats.read(connection, now, reconciles=reconciles, sinks=self._sinks)

    def _called(self, call: Call) -> None:
        """One HTTP attempt at DigitalOcean, told by the client in the thread that made it."""
        self._calls.observe(call)
        self._token_health.observe(call)
        self._metrics.called(call)
        self._tracing.called(call)
        level = logging.INFO if call.method == "POST" else logging.DEBUG
        facts = {"request_id": call.request_id or "-", "seconds": round(call.seconds, 3)}
        status = call.status or "no answer"
        log.log(level, "%s %s: %s", call.method, call.path, status, extra={"facts": facts})

    def _web_client(self, token: str | None) -> WebClient:
        return NamedCommandClient(
            self._settings.command,
            token=token,
            base_url=self._settings.slack_api_url,
            timeout=CALL_SECONDS,
            retry_handlers=[self._metrics.slack_retries],
        )

    def not_ready(self) -> Mapping[str, str]:
        """What keeps the bot from its work now, by part; empty: nothing."""
        return self._readiness()


def _step_ups(settings: Settings) -> StepUps:
    key = settings.second_factor_key
    totp = SecondFactors(Sealer(key.get_secret_value())) if key else None
    return StepUps(settings.public_url, totp, client_of(settings))
