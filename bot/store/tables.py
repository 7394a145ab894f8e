"""The tables. Times are epoch seconds (UTC) as floats; sizes are GB; ids are DigitalOcean's."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.domain.states import State

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_STATES = ", ".join(f"'{state}'" for state in State)
_JSON = JSON(none_as_null=True)
_ID = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by INTEGER alone


def _state() -> Column[str]:
    return Column("state", String(16), nullable=False)


ops_request = Table(
    "ops_request",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    _state(),
    Column("requester", String(32), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("break_glass", Text, nullable=False, default=""),
    Column("followers", _JSON, nullable=False),  # people who asked for the same meanwhile
    Column("response_url", Text, nullable=False, default=""),  # dropped once the card is posted
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),  # while checking or pending
    Column("remind_at", Float),  # when those who may approve, or have to decide, are reminded
    Column("escalate_at", Float),  # while pending: when others may approve as well
    Column("escalated_at", Float),  # since when they may
    Column("finished_at", Float),
    Column("retry_at", Float),  # while checking: not before
    Column("attempts", Integer, nullable=False, default=0),
    Column("rule", Text, nullable=False, default=""),
    Column("decision", _JSON),  # approvals, approvers, notify: as they were when asked
    Column("evidence", _JSON),  # what is approved
    Column("evidence_digest", String(64), nullable=False, default=""),
    Column("cause", _JSON),  # a Cause: why it ended so
    Column("review", String(8), nullable=False, default=""),  # after break-glass: open, closed
    Column("permalink", Text, nullable=False, default=""),
    Column("schedule", String(40), nullable=False, default=""),  # whose run it is, or approval
    Column("due_at", Float),  # of that run; empty for what a person asked
    Column("retried_as", _ID),  # the ops request that asks again for what failed in this one
    CheckConstraint(f"state IN ({_STATES})", name="state"),
    Index("ix_ops_request_open", "state", "expires_at"),
    Index("ix_ops_request_requester", "requester", "created_at"),
    sqlite_autoincrement=True,  # a number that people were told is never given again
)

ops_step = Table(
    "ops_step",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("ops_request", _ID, ForeignKey("ops_request.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("after", Integer),  # the position that must be completed first
    _state(),
    Column("operation", String(32), nullable=False),
    Column("target_kind", String(16), nullable=False),
    Column("target_id", String(280), nullable=False),
    Column("resolved_id", BigInteger),  # the image that a step before it made
    Column("params", _JSON, nullable=False),
    Column("params_key", String(200), nullable=False, default=""),  # the same, to compare by
    Column("finished", Boolean, nullable=False, default=False),
    Column("size_gigabytes", Float),
    Column("source_region", String(16), nullable=False, default=""),
    Column("fence", String(32), nullable=False, default=""),  # who may POST, rewritten each time
    Column("intent_at", Float),
    Column("ambiguous", Boolean, nullable=False, default=False),  # the reply is known to be lost
    Column("look_first", Boolean, nullable=False, default=False),  # a person said: post again
    Column("candidates", _JSON),  # DigitalOcean's actions that could be ours
    Column("action_id", BigInteger, unique=True),  # owned once
    Column("started_at", Float),
    Column("completed_at", Float),
    Column("looked_at", Float),  # the last look that worked, as far as the card shows it
    Column("missing_since", Float),  # DigitalOcean does not know the action any more
    Column("stuck_told", Boolean, nullable=False, default=False),
    Column("unfollowed", Boolean, nullable=False, default=False),  # a person closed it, unended
    Column("offered", Boolean, nullable=False, default=False),  # and taken by nobody, as we know
    Column("resend_votes", _JSON),  # who chose to send it again, while more people are needed
    Column("retry_at", Float),
    Column("refused_for_good", Boolean, nullable=False, default=False),  # so would the next be
    Column("not_yet_since", Float),  # DigitalOcean says: not yet
    Column("attempts", Integer, nullable=False, default=0),
    Column("withdrawn", Boolean, nullable=False, default=False),  # taken back before it was sent
    Column("error_reference", String(8), nullable=False, default=""),  # of a defect that was told
    Column("cause", _JSON),  # a Cause: why it waits, ended, or needs a person
    UniqueConstraint("ops_request", "position"),
    CheckConstraint(f"state IN ({_STATES})", name="state"),
    Index(
        "uq_step_unfinished",
        "target_id",
        "target_kind",
        "operation",
        "params_key",
        unique=True,
        sqlite_where=text("NOT finished"),  # on PostgreSQL too: see `ix_outbox_behind`
    ),
    Index("ix_step_state", "state", "retry_at"),
    Index("ix_step_target", "target_id", "ops_request"),
    Index("ix_step_duration", "operation", "source_region", "params_key", "completed_at"),
)

vote = Table(
    "vote",
    metadata,
    Column("ops_request", _ID, ForeignKey("ops_request.id"), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("choice", String(8), nullable=False),  # approve or deny
    Column("reason", Text, nullable=False, default=""),
    Column("step_up", String(8), nullable=False, default=""),  # by what it was confirmed
    Column("at", Float, nullable=False),
)

second_factor = Table(
    "second_factor",
    metadata,
    Column("person", String(32), primary_key=True),
    Column("sealed", Text, nullable=False),  # the secret, encrypted for this person
    Column("enrolled_at", Float, nullable=False),
    Column("used", BigInteger, nullable=False, default=0),  # the newest step of time that was taken
    Column("wrong", Integer, nullable=False, default=0),  # wrong codes in a row
    Column("paused_until", Float, nullable=False, default=0.0),
)

step_up_link = Table(
    "step_up_link",
    metadata,
    Column("token", String(64), primary_key=True),  # a digest of it, never the token
    Column("purpose", String(8), nullable=False),
    Column("method", String(8), nullable=False, default=""),  # by what it is to be confirmed
    Column("person", String(32), nullable=False),
    Column("ops_request", _ID),
    Column("about", String(32), nullable=False, default=""),  # a step's place, a proposal's id
    Column("evidence_digest", String(64), nullable=False, default=""),  # what they clicked on
    Column(
        "sealed", Text, nullable=False, default=""
    ),  # a new secret that waits for its first code
    Column("state", String(64), nullable=False, default=""),  # a digest: of a sign-in under way
    Column("wrong", Integer, nullable=False, default=0),
    Column("expires_at", Float, nullable=False),
    Column("ended_as", String(16), nullable=False, default=""),  # a Refusal: what it is from now on
    Index("ix_step_up_link_person", "person", "ops_request"),
    Index("ix_step_up_link_state", "state"),
)

processed_delivery = Table(
    "processed_delivery",
    metadata,
    Column("delivery", String(255), primary_key=True),
    Column("answer", Text, nullable=False),
    Column("at", Float, nullable=False),
    Index("ix_processed_delivery_at", "at"),
)

outbox_message = Table(
    "outbox_message",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("ops_request", _ID, ForeignKey("ops_request.id")),  # null: an answer about none
    Column("place", String(300), nullable=False),  # root, copy:C0…, note:…, answer:…, home
    Column("queue", String(64), nullable=False),  # those of a queue are sent one at a time
    Column("channel", String(64), nullable=False),
    Column("note", _JSON),  # a reply's or an answer's facts; null: the card itself
    Column("ts", String(32), nullable=False, default=""),
    Column("desired_version", Integer, nullable=False, default=1),  # the version to be shown
    Column("delivered_version", Integer, nullable=False, default=0),  # the version Slack shows
    Column("sending_until", Float),  # whoever sends it holds it until then
    Column("sent_before", Boolean, nullable=False, default=False),  # a send was begun
    Column("failure", Text, nullable=False, default=""),  # given up, and why
    UniqueConstraint("ops_request", "place"),
    Index(
        "ix_outbox_behind",
        "queue",
        "id",
        # The migrations say `postgresql_where` as well. Here it would load all of PostgreSQL's
        # dialect at each start of a bot on SQLite.
        sqlite_where=text("delivered_version < desired_version AND failure = ''"),
    ),
)

channel_queue = Table(
    "channel_queue",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("post_at", Float, nullable=False, default=0.0),  # Slack's pace: no post before
    Column("free_at", Float, nullable=False, default=0.0),  # Slack said wait, or did not answer
    Column("failures", Integer, nullable=False, default=0),  # in a row
)

look_up = Table(
    "look_up",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("person", String(32), nullable=False),
    Column("channel", String(32), nullable=False, default=""),
    Column("thread_ts", String(32), nullable=False, default=""),
    Column("response_url", Text, nullable=False, default=""),
    Column("wanted", _JSON, nullable=False),  # a search, or a command that names its image
    Column("created_at", Float, nullable=False),
    Column("retry_at", Float),
    Column("attempts", Integer, nullable=False, default=0),
    Column("answered", Boolean, nullable=False, default=False),  # kept for its buttons only
    Index("ix_look_up_open", "answered", "retry_at"),
    sqlite_autoincrement=True,  # a button of an old one must not mean a new one
)

preference = Table(
    "preference",
    metadata,
    Column("person", String(32), primary_key=True),
    Column("notify", String(16), nullable=False),  # a DirectMessages
)

POLICY_ROWS = "event IN ('policy-changed', 'policy-proposed', 'policy-voted', 'policy-withdrawn')"
"""The rows about the policy, in the words of their index: only so it is used."""
SCHEDULE_ROWS = (
    "event IN ('schedule-paused', 'schedule-resumed', 'schedule-void', 'schedule-forgotten',"
    " 'restored')"
)
"""The same of schedules and their approvals."""
SCHEDULE_RUN_ROWS = (
    "event IN ('schedule-due', 'schedule-started', 'schedule-begun', 'schedule-ended')"
)
"""The same of their runs."""
LOOK_UP_ROWS = "event IN ('look-up-asked', 'look-up-taken')"
"""The same of look-ups that people asked for."""
audit = Table(
    "audit",
    metadata,
    Column("position", _ID, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("event", String(40), nullable=False),
    Column("actor", String(32), nullable=False),
    Column("ops_request", _ID),
    Column("image_id", BigInteger),
    Column("channel", String(32), nullable=False, default=""),
    Column("rule", Text, nullable=False, default=""),
    Column("evidence_digest", String(64), nullable=False, default=""),
    Column("facts", Text, nullable=False, default="{}"),  # canonical JSON, as it was hashed
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_ops_request", "ops_request"),
    Index("ix_audit_image_id", "image_id"),
    Index("ix_audit_policy", "position", sqlite_where=text(POLICY_ROWS)),  # see `ix_outbox_behind`
    Index("ix_audit_schedule", "position", sqlite_where=text(SCHEDULE_ROWS)),
    Index("ix_audit_schedule_run", "position", sqlite_where=text(SCHEDULE_RUN_ROWS)),
    Index("ix_audit_look_up", "position", sqlite_where=text(LOOK_UP_ROWS)),
)

live_region = Table(
    "live_region",
    metadata,
    Column("slug", String(16), primary_key=True),
    Column("body", _JSON, nullable=False),  # as GET /v2/regions gave it
    Column("seen_at", Float, nullable=False),
)

coverage = Table(
    "coverage",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1: there is one
    Column("body", _JSON, nullable=False),  # as `bot.domain.coverage.Account` writes it
    Column("seen_at", Float, nullable=False),
)

user_group = Table(
    "user_group",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("members", _JSON, nullable=False),
    Column("seen_at", Float, nullable=False),
)

slack_user = Table(
    "slack_user",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("has_left", Boolean, nullable=False),  # deactivated, or gone
    Column("seen_at", Float, nullable=False),
)

workspace = Table(
    "workspace",
    metadata,
    Column("team", String(32), primary_key=True),  # ours, as `auth.test` said
    Column("enterprise", String(32), nullable=False, default=""),  # its organisation, on Grid
    Column("bot_token", String(64), nullable=False),  # a digest of the token it was read with
    Column("seen_at", Float, nullable=False),
)

schedule = Table(
    "schedule",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("seen_at", Float, nullable=False),  # what was due before is not made up for
    Column("tended_at", Float, nullable=False),  # when a process last had it in its file
    Column("asked_for", String(64), nullable=False, default=""),  # digest of what a card asked
    Column("asked_as", _ID),  # the ops request whose approval is the standing one, once it has it
    Column("approved_as", _ID),  # the ops request whose approval stands
    Column("failing", Boolean, nullable=False, default=False),  # the last run failed, and was told
)

schedule_run = Table(
    "schedule_run",
    metadata,
    Column("schedule", String(40), primary_key=True),
    Column("due_at", Float, primary_key=True),  # one run for each time, whatever the replicas
    Column("taken_at", Float, nullable=False),
    Column("outcome", String(24), nullable=False),
    Column("why", String(24), nullable=False, default=""),  # a RunProblem, where it failed
    Column("joined_as", _ID),  # somebody's ops request that did the same already
    Column("ended_at", Float),
    Index("ix_schedule_run_outcome", "outcome"),
)

slack_channel = Table(
    "slack_channel",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("is_private", Boolean, nullable=False),  # as the last payload from there told
    Column("seen_at", Float, nullable=False),
)

call_budget = Table(
    "call_budget",
    metadata,
    Column("token", String(64), primary_key=True),  # a digest of it, never the token
    Column("hourly", Integer),  # the newest `ratelimit-*` headers, and when they came
    Column("remaining", Integer),
    Column("reset", Float),
    Column("seen_at", Float, nullable=False, default=0.0),
    Column("waits_until", Float, nullable=False, default=0.0),  # DigitalOcean said 429
    Column("recent", JSON, nullable=False),  # calls of the last hour: [minute, how many]
    Column("holder", String(32), nullable=False, default=""),  # the one process that follows
    Column("held_until", Float, nullable=False, default=0.0),
    Column("round_at", Float, nullable=False, default=0.0),  # the last round began
    Column("round_calls", Integer, nullable=False, default=0),
    Column("every", Float, nullable=False, default=0.0),  # seconds between looks, as things are
)

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("name", String(16), primary_key=True),  # one row: the account
    Column("began_at", Float, nullable=False),  # what is older is nobody's concern
    Column("until", Float, nullable=False),  # the account was looked at up to here
    Column("looked_at", Float),  # the last whole look
    Column("next_at", Float, nullable=False, default=0.0),
    Column("holder", String(32), nullable=False, default=""),  # whoever looks now
    Column("held_until", Float, nullable=False, default=0.0),
    Column("failing_since", Float),  # since then no look was whole
    Column("failing_told", Boolean, nullable=False, default=False),
)

anchor_sink = Table(
    "anchor_sink",
    metadata,
    Column("name", String(16), primary_key=True),  # file, slack, syslog, otlp
    Column("position", BigInteger),  # of the last head of the audit log that it took
    Column("kept_at", Float),
    Column("next_at", Float, nullable=False),
    Column("failing_since", Float),  # since then it took none
    Column("problem", Text, nullable=False, default=""),
    Column("told", Boolean, nullable=False, default=False),
    Column("missed", Integer, nullable=False, default=0),  # POSTs that were sent since then
)

account_finding = Table(
    "account_finding",
    metadata,
    Column("kind", String(16), primary_key=True),  # action or deletion
    Column("number", BigInteger, primary_key=True),  # the action's, or the image's
    Column("verdict", String(16), nullable=False),
    Column("at", Float),  # when it began, by DigitalOcean's clock
    Column("found_at", Float, nullable=False),
    Column("body", _JSON, nullable=False),  # the finding, or the action while it is unsettled
    Index("ix_account_finding_verdict", "verdict"),
)

account_image = Table(
    "account_image",
    metadata,
    Column("image_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(255), nullable=False),
    Column("type", String(16), nullable=False),
    Column("seen_at", Float, nullable=False),
)
