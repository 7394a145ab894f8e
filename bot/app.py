"""The composition root: the only file that sees everything. Nothing is built at import."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from slack_bolt import App
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
from bot.domain.search import Asker
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
from bot.observability.health import Readiness
from bot.observability.metrics import Metrics
from bot.observability.token_health import TokenHealth
from bot.observability.tracing import Tracing
from bot.oidc.client import client_of
from bot.on_call import on_call_of
from bot.policy.file import PolicyFile
from bot.queue import SWEEP_SECONDS, JobFunctions
from bot.queue.acks import Acks, Seats
from bot.queue.choose import choose_engine
from bot.requests import Dependencies, step_ups
from bot.requests.after_ack import AfterAck
from bot.requests.assessment import Assessor
from bot.requests.channels import Channels
from bot.requests.form import Forms
from bot.requests.looks import Looks
from bot.requests.membership import Membership, token_digest
from bot.requests.policy_changes import PolicyInForce
from bot.requests.query import places_in
from bot.requests.rotation import Rotation, Taker, bot_token, digitalocean_token, signing_secrets
from bot.requests.second_factors import SecondFactors
from bot.requests.step_ups import StepUps
from bot.schedules.file import SchedulesFile
from bot.signed_files import file_check
from bot.slack.bolt_app import bolt_app
from bot.slack.command_name import NamedCommandClient
from bot.slack.rate_limit import PerPerson
from bot.slack.signatures import Signatures
from bot.slack.socket_mode import Health, SocketMode
from bot.slack.web_api import CALL_SECONDS, Slack
from bot.slack.web_server import WebServer, site
from bot.store import anchors, call_budget, moved, outbox, reconciliation, schema, stats
from bot.store.backup import refuse_to_run_on_one
from bot.store.database import is_sqlite, open_database
from bot.store.due import due
from bot.store.sealing import Sealer
from bot.store.transaction import Clock, JobKey, Store
from bot.views import step_up as views
from handlers import middleware
from handlers.payload_schema import is_known
from handlers.payloads import asker

log = logging.getLogger(__name__)

STOP_SECONDS = 10.0
"""How long stopping may take (a Procfile host kills 10 to 30 s after SIGTERM)."""

_CLICKS_A_COMMAND = 5
"""Clicks and letters in a menu that a person may send for each command they may type."""


_NO_HEADS = "it takes no heads of the audit log; the bot's log says why"


class Role(StrEnum):
    """What one process of the bot does."""

    ALL = "all"
    WEB = "web"
    """Takes what Slack sends and answers it; asks for jobs and runs none."""
    WORKER = "worker"
    """Runs jobs; takes nothing from Slack. Opens a port only for looks at it, if one is set."""


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
        post_pause: float = outbox.POST_PAUSE_SECONDS,
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
        self._seat = Seats().taken if is_sqlite(settings.database_url) else nullcontext
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
        self._bolt = self._bolt_app()
        self._web = self._web_server()
        self._socket = self._socket_mode() if role is not Role.WORKER else None
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
        return self._web.port if self._web else 0

    def start(self) -> None:
        """Take up what a dead process left, then open the doors."""
        if self._engine.is_alone:
            with self.store.write() as tx:
                outbox.release(tx.connection)
        threading.Thread(target=self._first_look, name="first-look", daemon=True).start()
        if self._signer is not None:
            with self.store.write() as tx:
                anchors.note_key(tx, self._signer.key, self._signer.public)
        if self._role is not Role.WEB:
            watched = Failures(self.store).told(self._jobs())
            jobs = self._acks.before(self._tracing.jobs(watched))
            self._engine.start(jobs, self._sweep, self._release)
        if self._web is not None:
            self._web.start()
            log.info("listening on http://%s:%s", self._settings.host, self.port)
        if self._socket is not None:
            self._socket.start()
        self._rotation.start()

    def stop(self) -> bool:
        """Take no new work; finish or hand back what is under way; False: some was cut off."""
        log.info("stopping")
        self._rotation.stop()
        end = time.monotonic() + STOP_SECONDS
        if self._socket is not None:
            self._socket.stop()
        if self._web is not None:
            self._web.stop()
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
        settle = Reconciler(
            store,
            client,
            http_seconds=settings.http_seconds,
            settle_seconds=settings.settle_seconds,
        )
        return {
            Job.CHECK: Check(store, assessor, self.schedules),
            Job.SUBMIT: Submit(store, client, assessor, settle, self._heads),
            Job.CANDIDATES: RefreshCandidates(store, settle),
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
                outbox.release(tx.connection, key)
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

    def _bolt_app(self) -> App:
        settings = self._settings
        bolt = bolt_app(
            lambda: self._slack.token,
            self._web_client(None),
            middleware.answering(self._tracing.span, self._acks, self._seat),
            settings.command,
        )
        middleware.register(
            bolt,
            PerPerson(settings.commands_per_minute),
            PerPerson(_CLICKS_A_COMMAND * settings.commands_per_minute),
            self._metrics.took,
            self._membership,
            Channels(self.store).note,
            self._after_ack.tell,
        )
        handlers.register(
            bolt,
            self._deps,
            self._forms,
            self._looks,
            self._open_view,
            self._after_ack.tell,
            self._after_ack.whisper,
            self.store.clock,
            settings.command,
        )
        return bolt

    def _open_view(self, asker: Asker, trigger_id: str, view: dict[str, Any]) -> None:
        self._after_ack.run(asker, lambda: self._slack.open_view(trigger_id, view))

    def _web_server(self) -> WebServer | None:
        settings, signed = self._settings, self._signatures
        port: int | None = settings.port
        if self._role is Role.WORKER:
            port, signed = settings.worker_port, None
        if port is None:
            return None
        pages = None
        if settings.step_ups and self._role is not Role.WORKER:
            pages = handlers.Pages(self._deps, settings.public_url)
        application = site(
            self._bolt, signed, is_known, self.not_ready, self._metrics, self._problems, pages
        )
        return WebServer(application, settings.host, port)

    def _problems(self) -> Mapping[str, str]:
        """What an operator should fix, though the bot works."""
        return {**self._rotation.problems(), **self._failing_sinks()}

    def _failing_sinks(self) -> Mapping[str, str]:
        if not self._sinks:
            return {}
        try:
            with self.store.read() as connection:
                known = anchors.states(connection)
        except StoreUnavailable:
            return {}  # told already
        failing = (known[name] for name in self._sinks if name in known)
        return {f"anchor {sink.name}": _NO_HEADS for sink in failing if sink.failing_since}

    def _signatures_taken(self) -> Signatures | None:
        present = self._settings.slack_signing_secret
        old = self._settings.slack_signing_secret_old
        if present is None:
            return None
        return Signatures(present.get_secret_value(), old.get_secret_value() if old else "")

    def _takers(self) -> Mapping[str, Taker]:
        """What is done with each secret that may change while the bot runs."""
        settings = self._settings
        in_use = settings.digitalocean_token.get_secret_value()
        takers = {
            "SLACK_BOT_TOKEN": bot_token(
                self._slack.token, self._slack, self._membership, self._slack_by
            )
        }
        if self._catalogue.is_here:
            takers["DIGITALOCEAN_TOKEN"] = digitalocean_token(
                in_use, self._client, self._follow_with, self._digitalocean_by
            )
        if self._signatures is not None and settings.slack_signing_secret is not None:
            old = settings.slack_signing_secret_old
            present = settings.slack_signing_secret.get_secret_value()
            before = old.get_secret_value() if old else ""
            takers |= signing_secrets(present, before, self._signatures)
        return takers

    def _slack_by(self, token: str) -> Slack:
        return Slack(self._web_client(token), self._settings.command)

    def _digitalocean_by(self, token: str) -> Client:
        settings = self._settings
        return Client(token, endpoint=settings.digitalocean_api_url, timeout=settings.http_seconds)

    def _follow_with(self, token: str) -> None:
        self._poll.use_key(call_budget.key_of(token))

    def _socket_mode(self) -> SocketMode | None:
        token = self._settings.slack_app_token
        if token is None:
            return None
        client = self._web_client(token.get_secret_value())
        return SocketMode(
            self._bolt,
            client,
            self._metrics.acked,
            is_known,
            lambda body, rest: self._after_ack.tell(asker(body), rest),
        )

    def _socket_health(self) -> Health | None:
        return self._socket.health() if self._socket is not None else None

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
