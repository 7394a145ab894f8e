"""the first schema"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_POLICY_ROWS = "event IN ('policy-changed', 'policy-proposed', 'policy-voted', 'policy-withdrawn')"
_SCHEDULE_ROWS = (
    "event IN ('schedule-paused', 'schedule-resumed', 'schedule-void', 'schedule-forgotten',"
    " 'restored')"
)
_SCHEDULE_RUN_ROWS = (
    "event IN ('schedule-due', 'schedule-started', 'schedule-begun', 'schedule-ended')"
)
_LOOK_UP_ROWS = "event IN ('look-up-asked', 'look-up-taken')"


def upgrade() -> None:
    op.create_table(
        "account_finding",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("at", sa.Float(), nullable=True),
        sa.Column("found_at", sa.Float(), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "number", name=op.f("pk_account_finding")),
    )
    with op.batch_alter_table("account_finding", schema=None) as batch_op:
        batch_op.create_index("ix_account_finding_verdict", ["verdict"], unique=False)

    op.create_table(
        "account_image",
        sa.Column("image_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_account_image")),
    )
    op.create_table(
        "anchor_sink",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("kept_at", sa.Float(), nullable=True),
        sa.Column("next_at", sa.Float(), nullable=False),
        sa.Column("failing_since", sa.Float(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_anchor_sink")),
    )
    op.create_table(
        "audit",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column(
            "ops_request", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("image_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("evidence_digest", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_image_id", ["image_id"], unique=False)
        batch_op.create_index("ix_audit_ops_request", ["ops_request"], unique=False)
        batch_op.create_index(
            "ix_audit_policy",
            ["position"],
            unique=False,
            sqlite_where=sa.text(_POLICY_ROWS),
            postgresql_where=sa.text(_POLICY_ROWS),
        )
        batch_op.create_index(
            "ix_audit_schedule",
            ["position"],
            unique=False,
            sqlite_where=sa.text(_SCHEDULE_ROWS),
            postgresql_where=sa.text(_SCHEDULE_ROWS),
        )
        batch_op.create_index(
            "ix_audit_schedule_run",
            ["position"],
            unique=False,
            sqlite_where=sa.text(_SCHEDULE_RUN_ROWS),
            postgresql_where=sa.text(_SCHEDULE_RUN_ROWS),
        )
        batch_op.create_index(
            "ix_audit_look_up",
            ["position"],
            unique=False,
            sqlite_where=sa.text(_LOOK_UP_ROWS),
            postgresql_where=sa.text(_LOOK_UP_ROWS),
        )

    op.create_table(
        "call_budget",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("hourly", sa.Integer(), nullable=True),
        sa.Column("remaining", sa.Integer(), nullable=True),
        sa.Column("reset", sa.Float(), nullable=True),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.Column("waits_until", sa.Float(), nullable=False),
        sa.Column("recent", sa.JSON(), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("held_until", sa.Float(), nullable=False),
        sa.Column("round_at", sa.Float(), nullable=False),
        sa.Column("round_calls", sa.Integer(), nullable=False),
        sa.Column("every", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_call_budget")),
    )
    op.create_table(
        "reconciliation",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("began_at", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("looked_at", sa.Float(), nullable=True),
        sa.Column("next_at", sa.Float(), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("held_until", sa.Float(), nullable=False),
        sa.Column("failing_since", sa.Float(), nullable=True),
        sa.Column("failing_told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_reconciliation")),
    )
    op.create_table(
        "processed_delivery",
        sa.Column("delivery", sa.String(length=255), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("delivery", name=op.f("pk_processed_delivery")),
    )
    with op.batch_alter_table("processed_delivery", schema=None) as batch_op:
        batch_op.create_index("ix_processed_delivery_at", ["at"], unique=False)

    op.create_table(
        "channel_queue",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("post_at", sa.Float(), nullable=False),
        sa.Column("free_at", sa.Float(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channel_queue")),
    )
    op.create_table(
        "live_region",
        sa.Column("slug", sa.String(length=16), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_live_region")),
    )
    op.create_table(
        "coverage",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage")),
    )
    op.create_table(
        "workspace",
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("enterprise", sa.String(length=32), nullable=False),
        sa.Column("bot_token", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("team", name=op.f("pk_workspace")),
    )
    op.create_table(
        "schedule",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.Column("tended_at", sa.Float(), nullable=False),
        sa.Column("asked_for", sa.String(length=64), nullable=False),
        sa.Column("asked_as", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "approved_as", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("failing", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    op.create_table(
        "schedule_run",
        sa.Column("schedule", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("taken_at", sa.Float(), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("why", sa.String(length=24), nullable=False),
        sa.Column("joined_as", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("schedule", "due_at", name=op.f("pk_schedule_run")),
    )
    with op.batch_alter_table("schedule_run", schema=None) as batch_op:
        batch_op.create_index("ix_schedule_run_outcome", ["outcome"], unique=False)

    op.create_table(
        "slack_channel",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_channel")),
    )
    op.create_table(
        "look_up",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("thread_ts", sa.String(length=32), nullable=False),
        sa.Column("response_url", sa.Text(), nullable=False),
        sa.Column("wanted", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("retry_at", sa.Float(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_up")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("look_up", schema=None) as batch_op:
        batch_op.create_index("ix_look_up_open", ["answered", "retry_at"], unique=False)

    op.create_table(
        "ops_request",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("requester", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("break_glass", sa.Text(), nullable=False),
        sa.Column("followers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("response_url", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=True),
        sa.Column("remind_at", sa.Float(), nullable=True),
        sa.Column("escalate_at", sa.Float(), nullable=True),
        sa.Column("escalated_at", sa.Float(), nullable=True),
        sa.Column("finished_at", sa.Float(), nullable=True),
        sa.Column("retry_at", sa.Float(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("decision", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("evidence", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("evidence_digest", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("review", sa.String(length=8), nullable=False),
        sa.Column("permalink", sa.Text(), nullable=False),
        sa.Column("schedule", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=True),
        sa.Column(
            "retried_as", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint(
            "state IN ('checking', 'pending', 'approved', 'submitting', 'in-progress', 'completed', 'errored', 'denied', 'cancelled', 'expired', 'refused', 'needs-attention')",
            name=op.f("ck_ops_request_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ops_request")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ops_request", schema=None) as batch_op:
        batch_op.create_index("ix_ops_request_open", ["state", "expires_at"], unique=False)
        batch_op.create_index("ix_ops_request_requester", ["requester", "created_at"], unique=False)

    op.create_table(
        "preference",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("notify", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_preference")),
    )
    op.create_table(
        "user_group",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("members", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_group")),
    )
    op.create_table(
        "slack_user",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("has_left", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_user")),
    )
    op.create_table(
        "outbox_message",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "ops_request", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("queue", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("note", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ts", sa.String(length=32), nullable=False),
        sa.Column("desired_version", sa.Integer(), nullable=False),
        sa.Column("delivered_version", sa.Integer(), nullable=False),
        sa.Column("sending_until", sa.Float(), nullable=True),
        sa.Column("sent_before", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ops_request"],
            ["ops_request.id"],
            name=op.f("fk_outbox_message_ops_request_ops_request"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint(
            "ops_request", "place", name=op.f("uq_outbox_message_ops_request_place")
        ),
    )
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_behind",
            ["queue", "id"],
            unique=False,
            sqlite_where=sa.text("delivered_version < desired_version AND failure = ''"),
            postgresql_where=sa.text("delivered_version < desired_version AND failure = ''"),
        )

    op.create_table(
        "ops_step",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "ops_request", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("operation", sa.String(length=32), nullable=False),
        sa.Column("target_kind", sa.String(length=16), nullable=False),
        sa.Column("target_id", sa.String(length=280), nullable=False),
        sa.Column("resolved_id", sa.BigInteger(), nullable=True),
        sa.Column("params", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("params_key", sa.String(length=200), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.Column("size_gigabytes", sa.Float(), nullable=True),
        sa.Column("source_region", sa.String(length=16), nullable=False),
        sa.Column("fence", sa.String(length=32), nullable=False),
        sa.Column("intent_at", sa.Float(), nullable=True),
        sa.Column("ambiguous", sa.Boolean(), nullable=False),
        sa.Column("look_first", sa.Boolean(), nullable=False),
        sa.Column("candidates", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("action_id", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.Float(), nullable=True),
        sa.Column("completed_at", sa.Float(), nullable=True),
        sa.Column("looked_at", sa.Float(), nullable=True),
        sa.Column("missing_since", sa.Float(), nullable=True),
        sa.Column("stuck_told", sa.Boolean(), nullable=False),
        sa.Column("unfollowed", sa.Boolean(), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("resend_votes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("retry_at", sa.Float(), nullable=True),
        sa.Column("refused_for_good", sa.Boolean(), nullable=False),
        sa.Column("not_yet_since", sa.Float(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("error_reference", sa.String(8), nullable=False),
        sa.Column("cause", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('checking', 'pending', 'approved', 'submitting', 'in-progress', 'completed', 'errored', 'denied', 'cancelled', 'expired', 'refused', 'needs-attention')",
            name=op.f("ck_ops_step_state"),
        ),
        sa.ForeignKeyConstraint(
            ["ops_request"],
            ["ops_request.id"],
            name=op.f("fk_ops_step_ops_request_ops_request"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ops_step")),
        sa.UniqueConstraint("action_id", name=op.f("uq_ops_step_action_id")),
        sa.UniqueConstraint(
            "ops_request", "position", name=op.f("uq_ops_step_ops_request_position")
        ),
    )
    with op.batch_alter_table("ops_step", schema=None) as batch_op:
        batch_op.create_index(
            "ix_step_duration",
            ["operation", "source_region", "params_key", "completed_at"],
            unique=False,
        )
        batch_op.create_index("ix_step_state", ["state", "retry_at"], unique=False)
        batch_op.create_index("ix_step_target", ["target_id", "ops_request"], unique=False)
        batch_op.create_index(
            "uq_step_unfinished",
            ["target_id", "target_kind", "operation", "params_key"],
            unique=True,
            sqlite_where=sa.text("NOT finished"),
            postgresql_where=sa.text("NOT finished"),
        )

    op.create_table(
        "vote",
        sa.Column(
            "ops_request", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("choice", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("step_up", sa.String(length=8), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ops_request"], ["ops_request.id"], name=op.f("fk_vote_ops_request_ops_request")
        ),
        sa.PrimaryKeyConstraint("ops_request", "person", name=op.f("pk_vote")),
    )
    op.create_table(
        "second_factor",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.Float(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("paused_until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "step_up_link",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column(
            "ops_request", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("about", sa.String(length=32), nullable=False),
        sa.Column("evidence_digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.Column("ended_as", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_step_up_link")),
    )
    with op.batch_alter_table("step_up_link", schema=None) as batch_op:
        batch_op.create_index("ix_step_up_link_person", ["person", "ops_request"], unique=False)
        batch_op.create_index("ix_step_up_link_state", ["state"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("step_up_link", schema=None) as batch_op:
        batch_op.drop_index("ix_step_up_link_state")
        batch_op.drop_index("ix_step_up_link_person")

    op.drop_table("step_up_link")
    op.drop_table("second_factor")
    op.drop_table("vote")
    with op.batch_alter_table("ops_step", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_step_unfinished",
            sqlite_where=sa.text("NOT finished"),
            postgresql_where=sa.text("NOT finished"),
        )
        batch_op.drop_index("ix_step_state")
        batch_op.drop_index("ix_step_target")
        batch_op.drop_index("ix_step_duration")

    op.drop_table("ops_step")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_behind",
            sqlite_where=sa.text("delivered_version < desired_version AND failure = ''"),
            postgresql_where=sa.text("delivered_version < desired_version AND failure = ''"),
        )

    op.drop_table("outbox_message")
    op.drop_table("slack_user")
    op.drop_table("user_group")
    op.drop_table("preference")
    with op.batch_alter_table("ops_request", schema=None) as batch_op:
        batch_op.drop_index("ix_ops_request_requester")
        batch_op.drop_index("ix_ops_request_open")

    op.drop_table("ops_request")
    with op.batch_alter_table("look_up", schema=None) as batch_op:
        batch_op.drop_index("ix_look_up_open")

    op.drop_table("look_up")
    op.drop_table("slack_channel")
    with op.batch_alter_table("schedule_run", schema=None) as batch_op:
        batch_op.drop_index("ix_schedule_run_outcome")

    op.drop_table("schedule_run")
    op.drop_table("schedule")
    op.drop_table("workspace")
    op.drop_table("coverage")
    op.drop_table("live_region")
    op.drop_table("channel_queue")
    with op.batch_alter_table("processed_delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_processed_delivery_at")

    op.drop_table("processed_delivery")
    op.drop_table("reconciliation")
    op.drop_table("call_budget")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_audit_look_up",
            sqlite_where=sa.text(_LOOK_UP_ROWS),
            postgresql_where=sa.text(_LOOK_UP_ROWS),
        )
        batch_op.drop_index(
            "ix_audit_schedule_run",
            sqlite_where=sa.text(_SCHEDULE_RUN_ROWS),
            postgresql_where=sa.text(_SCHEDULE_RUN_ROWS),
        )
        batch_op.drop_index(
            "ix_audit_schedule",
            sqlite_where=sa.text(_SCHEDULE_ROWS),
            postgresql_where=sa.text(_SCHEDULE_ROWS),
        )
        batch_op.drop_index(
            "ix_audit_policy",
            sqlite_where=sa.text(_POLICY_ROWS),
            postgresql_where=sa.text(_POLICY_ROWS),
        )
        batch_op.drop_index("ix_audit_ops_request")
        batch_op.drop_index("ix_audit_image_id")

    op.drop_table("audit")
    op.drop_table("account_image")
    with op.batch_alter_table("account_finding", schema=None) as batch_op:
        batch_op.drop_index("ix_account_finding_verdict")

    op.drop_table("account_finding")
