"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Microseconds since 1970 in SQLite.
TIME = sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
# Only INTEGER is a row's own number in SQLite.
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TASK_STATE = (
    "state IN ('none', 'removed', 'scheduled', 'queued', 'running', 'success', 'restarting', 'failed', "
    "'up_for_retry', 'up_for_reschedule', 'upstream_failed', 'skipped', 'deferred')"
)


def upgrade() -> None:
    _create_backfill()
    _create_connection()
    _create_dag()
    _create_dag_file()
    _create_dag_run()
    _create_dag_source()
    _create_dag_version()
    _create_engine_lease()
    _create_import_error()
    _create_job()
    _create_outbox()
    _create_pool()
    _create_role()
    _create_user_account()
    _create_variable()
    _create_callback()
    _create_task_instance()
    _create_task_try()
    _create_user_role()
    _create_xcom()
    _create_rendered_fields()
    _insert_first_rows()


def _create_backfill() -> None:
    op.create_table(
        "backfill",
        sa.Column("backfill_id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("dag_id", sa.Text(), nullable=False),
        sa.Column("from_date", TIME, nullable=False),
        sa.Column("to_date", TIME, nullable=False),
        sa.Column("max_active_runs", sa.Integer(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("reprocess", sa.Text(), nullable=False),
        sa.Column("run_backwards", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("completed_at", TIME, nullable=True),
        sa.Column("conf", sa.Text(), nullable=False),
        sa.CheckConstraint("reprocess IN ('none', 'failed', 'completed')", name="ck_backfill_reprocess"),
    )
    op.create_index("ix_backfill_dag", "backfill", ["dag_id"])


def _create_connection() -> None:
    op.create_table(
        "connection",
        sa.Column("conn_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("conn_type", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("schema", sa.Text(), nullable=True),
        sa.Column("login", sa.Text(), nullable=True),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("is_encrypted", sa.Boolean(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("extra", sa.Text(), nullable=True),
    )


def _create_dag() -> None:
    op.create_table(
        "dag",
        sa.Column("dag_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("fileloc", sa.Text(), nullable=False),
        sa.Column("relative_fileloc", sa.Text(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("is_stale", sa.Boolean(), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=False),
        sa.Column("last_parsed_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=True),
        sa.Column("next_logical_date", TIME, nullable=True),
        sa.Column("next_interval_start", TIME, nullable=True),
        sa.Column("next_interval_end", TIME, nullable=True),
        sa.Column("next_run_after", TIME, nullable=True),
        sa.Column("paused_reason", sa.Text(), nullable=False, server_default=""),
    )
    op.create_index("ix_dag_file", "dag", ["file"])


def _create_dag_file() -> None:
    op.create_table(
        "dag_file",
        sa.Column("file", sa.Text(), primary_key=True, nullable=False),
        sa.Column("relative", sa.Text(), nullable=False),
        sa.Column("source_digest", sa.Text(), nullable=False),
        sa.Column("parsed_at", TIME, nullable=False),
    )


def _create_dag_run() -> None:
    op.create_table(
        "dag_run",
        sa.Column("run_key", sa.BigInteger(), primary_key=True, nullable=False, autoincrement=False),
        sa.Column("dag_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("run_type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=False),
        sa.Column("run_after", TIME, nullable=False),
        sa.Column("logical_date", TIME, nullable=True),
        sa.Column("data_interval_start", TIME, nullable=True),
        sa.Column("data_interval_end", TIME, nullable=True),
        sa.Column("queued_at", TIME, nullable=True),
        sa.Column("start_date", TIME, nullable=True),
        sa.Column("end_date", TIME, nullable=True),
        sa.Column("clear_number", sa.Integer(), nullable=False),
        sa.Column("triggered_by", sa.Text(), nullable=False),
        sa.Column("triggering_user", sa.Text(), nullable=True),
        sa.Column("backfill_id", sa.Integer(), nullable=True),
        sa.Column("expanded", sa.Boolean(), nullable=False),
        sa.Column("callback_pending", sa.Boolean(), nullable=False),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("conf", sa.Text(), nullable=False),
        sa.CheckConstraint("(state IN ('success', 'failed')) = (end_date IS NOT NULL)", name="ck_dag_run_end"),
        sa.CheckConstraint("(data_interval_start IS NULL) = (data_interval_end IS NULL)", name="ck_dag_run_interval"),
        sa.CheckConstraint("state IN ('queued', 'running', 'success', 'failed')", name="ck_dag_run_state"),
        sa.CheckConstraint(
            "run_type IN ('scheduled', 'manual', 'backfill', 'asset_triggered')", name="ck_dag_run_type"
        ),
        sa.UniqueConstraint("dag_id", "logical_date", name="uq_dag_run_logical_date"),
        sa.UniqueConstraint("dag_id", "run_id", name="uq_dag_run_run_id"),
    )
    op.create_index(
        "ix_dag_run_automated",
        "dag_run",
        ["dag_id", "logical_date"],
        sqlite_where=sa.text("run_type <> 'manual'"),
        postgresql_where=sa.text("run_type <> 'manual'"),
    )
    op.create_index("ix_dag_run_newest", "dag_run", ["dag_id", "run_after", "run_key"])
    op.create_index("ix_dag_run_state", "dag_run", ["state", "run_after"])
    op.create_index(
        "ix_dag_run_unfinished",
        "dag_run",
        ["run_after", "run_key"],
        sqlite_where=sa.text("state IN ('queued', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )


def _create_dag_source() -> None:
    op.create_table(
        "dag_source",
        sa.Column("source_digest", sa.Text(), primary_key=True, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
    )


def _create_dag_version() -> None:
    op.create_table(
        "dag_version",
        sa.Column("version_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("dag_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("spec_digest", sa.Text(), nullable=False),
        sa.Column("source_digest", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.UniqueConstraint("dag_id", "number", name="uq_dag_version_number"),
    )
    op.create_index("ix_dag_version_source", "dag_version", ["source_digest"])


def _create_engine_lease() -> None:
    op.create_table(
        "engine_lease",
        sa.Column("shard", sa.Integer(), primary_key=True, nullable=False, autoincrement=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("engine_id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
    )


def _create_import_error() -> None:
    op.create_table(
        "import_error",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("dag_id", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
    )
    op.create_index("ix_import_error_file", "import_error", ["file"])


def _create_job() -> None:
    op.create_table(
        "job",
        sa.Column("job_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("hostname", sa.Text(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("heartbeat_at", TIME, nullable=False),
    )
    op.create_index("ix_job_kind", "job", ["kind", "heartbeat_at"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", SEQUENCE, primary_key=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dag_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("run_key", sa.BigInteger(), nullable=True),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("map_index", sa.Integer(), nullable=False),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.Column("try_number", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    op.create_index("ix_outbox_run", "outbox", ["run_key", "task_id"])


def _create_pool() -> None:
    op.create_table(
        "pool",
        sa.Column("name", sa.Text(), primary_key=True, nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("include_deferred", sa.Boolean(), nullable=False),
        sa.CheckConstraint("slots >= -1", name="ck_pool_slots"),
    )


def _create_role() -> None:
    op.create_table(
        "role",
        sa.Column("name", sa.Text(), primary_key=True, nullable=False),
    )


def _create_user_account() -> None:
    op.create_table(
        "user_account",
        sa.Column("username", sa.Text(), primary_key=True, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.UniqueConstraint("email", name="uq_user_account_email"),
    )


def _create_variable() -> None:
    op.create_table(
        "variable",
        sa.Column("key", sa.Text(), primary_key=True, nullable=False),
        sa.Column("is_encrypted", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
    )


def _create_callback() -> None:
    op.create_table(
        "callback",
        sa.Column("callback_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("run_key", sa.BigInteger(), sa.ForeignKey("dag_run.run_key", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("map_index", sa.Integer(), nullable=False),
        sa.Column("try_id", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
    )
    op.create_index(
        "ix_callback_pending",
        "callback",
        ["created_at"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index("ix_callback_run", "callback", ["run_key"])


def _create_task_instance() -> None:
    op.create_table(
        "task_instance",
        sa.Column(
            "run_key",
            sa.BigInteger(),
            sa.ForeignKey("dag_run.run_key", ondelete="CASCADE"),
            primary_key=True,
            nullable=False,
        ),
        sa.Column("task_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("map_index", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("try_number", sa.Integer(), nullable=False),
        sa.Column("max_tries", sa.Integer(), nullable=False),
        sa.Column("try_id", sa.Text(), nullable=True),
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("pool_slots", sa.Integer(), nullable=False),
        sa.Column("priority_weight", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("scheduled_at", TIME, nullable=True),
        sa.Column("queued_at", TIME, nullable=True),
        sa.Column("start_date", TIME, nullable=True),
        sa.Column("end_date", TIME, nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("first_started_at", TIME, nullable=True),
        sa.Column("reschedule_count", sa.Integer(), nullable=False),
        sa.Column("fresh_interpreter", sa.Boolean(), nullable=False),
        sa.Column("hostname", sa.Text(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=True),
        sa.Column("unixname", sa.Text(), nullable=False),
        sa.Column("rendered_map_index", sa.Text(), nullable=True),
        sa.Column("waiting_for", sa.Text(), nullable=False),
        sa.Column("waiting_since", TIME, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("map_index >= -1", name="ck_task_instance_map_index"),
        sa.CheckConstraint(
            TASK_STATE,
            name="ck_task_instance_state",
        ),
        sa.CheckConstraint("try_number >= 0", name="ck_task_instance_try_number"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_task_instance_notable",
        "task_instance",
        ["state", "run_key"],
        sqlite_where=sa.text("state NOT IN ('none', 'success', 'skipped', 'removed')"),
        postgresql_where=sa.text("state NOT IN ('none', 'success', 'skipped', 'removed')"),
    )


def _create_task_try() -> None:
    op.create_table(
        "task_try",
        sa.Column("try_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("run_key", sa.BigInteger(), sa.ForeignKey("dag_run.run_key", ondelete="CASCADE"), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("map_index", sa.Integer(), nullable=False),
        sa.Column("try_number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=False),
        sa.Column("queued_at", TIME, nullable=False),
        sa.Column("start_date", TIME, nullable=True),
        sa.Column("end_date", TIME, nullable=True),
        sa.Column("engine_id", sa.Text(), nullable=False),
        sa.Column("executor", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("hostname", sa.Text(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=True),
        sa.Column("start_ticks", sa.BigInteger(), nullable=False),
        sa.Column("unixname", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("log_path", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("signal", sa.Text(), nullable=True),
        sa.Column("peak_rss_kb", sa.BigInteger(), nullable=True),
        sa.Column("cpu_s", sa.Double(), nullable=True),
        sa.Column("forked", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.CheckConstraint(
            TASK_STATE,
            name="ck_task_try_state",
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_task_try_active",
        "task_try",
        ["run_key"],
        sqlite_where=sa.text("state IN ('queued', 'restarting', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'restarting', 'running')"),
    )
    op.create_index("ix_task_try_instance", "task_try", ["run_key", "task_id", "map_index"])


def _create_user_role() -> None:
    op.create_table(
        "user_role",
        sa.Column(
            "username",
            sa.Text(),
            sa.ForeignKey("user_account.username", ondelete="CASCADE"),
            primary_key=True,
            nullable=False,
        ),
        sa.Column("role", sa.Text(), sa.ForeignKey("role.name"), primary_key=True, nullable=False),
    )


def _create_xcom() -> None:
    op.create_table(
        "xcom",
        sa.Column(
            "run_key",
            sa.BigInteger(),
            sa.ForeignKey("dag_run.run_key", ondelete="CASCADE"),
            primary_key=True,
            nullable=False,
        ),
        sa.Column("task_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("map_index", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("key", sa.Text(), primary_key=True, nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=True),
        sa.Column("created_at", TIME, nullable=True),
        sa.Column("value", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )


def _create_rendered_fields() -> None:
    op.create_table(
        "rendered_fields",
        sa.Column(
            "try_id", sa.Text(), sa.ForeignKey("task_try.try_id", ondelete="CASCADE"), primary_key=True, nullable=False
        ),
        sa.Column("fields", sa.Text(), nullable=False),
    )


def _insert_first_rows() -> None:
    pool = sa.table("pool", *(sa.column(name) for name in ("name", "slots", "description", "include_deferred")))
    op.bulk_insert(
        pool, [{"name": "default_pool", "slots": 128, "description": "Default pool", "include_deferred": False}]
    )
    role = sa.table("role", sa.column("name"))
    op.bulk_insert(role, [{"name": name} for name in ("Admin", "Op", "User", "Viewer", "Public")])
    names = ("shard", "epoch", "engine_id", "host", "pid")
    lease = sa.table("engine_lease", *(sa.column(name) for name in names))
    op.bulk_insert(lease, [{"shard": shard, "epoch": 0, "engine_id": "", "host": "", "pid": 0} for shard in range(256)])
