"""The tables. What may never differ is a constraint here, not a habit of the callers.

Columns that mirror a record of `tradewind.core.records` carry its field names. Long texts stand last in their row, so
that a list that does not show them need not read past them.

On SQLite the tables with a key of several columns are WITHOUT ROWID: the rows of one run lie side by side, so that
loading a run, a grid, or deleting a run reads neighbours (measured on a million rows: a smaller file, deletes 40 %
faster).
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from tradewind.core.states import ACTIVE, RunState, RunType, TaskState
from tradewind.store.column_types import EnumText, JsonObject, UtcTime

REVISIONS: Final = ("0001", "0002", "0003", "0004")
"""Every migration, oldest first. A test compares this with the migration scripts, so that judging a database does not
need Alembic."""
VERSION_TABLE: Final = "tradewind_version"
SHARDS: Final = 256
DEFAULT_POOL: Final = "default_pool"
DEFAULT_POOL_SLOTS: Final = 128
ROLES: Final = ("Admin", "Op", "User", "Viewer", "Public")

metadata = sa.MetaData()


def _any_of(column: str, values: Any) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


# These texts stand in an index and in the queries meant for it: a partial index is used only where the planner sees the
# same condition, in the same words, without parameters.
RUN_UNFINISHED: Final = _any_of("state", (RunState.QUEUED, RunState.RUNNING))
RUN_NOT_MANUAL: Final = "run_type <> 'manual'"
INSTANCE_NOTABLE: Final = "state NOT IN ('none', 'success', 'skipped', 'removed')"
"""Holds a slot, waits for something, or failed: a small share of a long history."""
TRY_ACTIVE: Final = _any_of("state", sorted(ACTIVE))
CALLBACK_PENDING: Final = "done_at IS NULL"
OUTBOX_AUDIT: Final = "kind = 'audit'"

Text, Int, BigInt, Bool = sa.Text, sa.Integer, sa.BigInteger, sa.Boolean


def _required(name: str, kind: Any, *more: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, *more, nullable=False, **options)


def _optional(name: str, kind: Any, *more: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, *more, nullable=True, **options)


def _run_key(*, primary_key: bool = False) -> sa.Column[Any]:
    return _required("run_key", BigInt, sa.ForeignKey("dag_run.run_key", ondelete="CASCADE"), primary_key=primary_key)


tradewind_version = sa.Table(
    VERSION_TABLE,
    metadata,
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="tradewind_version_pkc"),
)

dag = sa.Table(
    "dag",
    metadata,
    _required("dag_id", Text, primary_key=True),
    _required("file", Text),
    _required("fileloc", Text),
    _required("relative_fileloc", Text),
    _required("is_paused", Bool),
    _required("is_stale", Bool),
    _required("version_id", Text),
    _optional("last_parsed_at", UtcTime),
    _optional("created_at", UtcTime),
    _optional("next_logical_date", UtcTime),
    _optional("next_interval_start", UtcTime),
    _optional("next_interval_end", UtcTime),
    _optional("next_run_after", UtcTime),
    _required("paused_reason", Text, server_default=""),
    sa.Index("ix_dag_file", "file"),
)

dag_version = sa.Table(
    "dag_version",
    metadata,
    _required("version_id", Text, primary_key=True),
    _required("dag_id", Text),
    _required("number", Int),
    _required("digest", Text),
    _required("spec_digest", Text),
    _required("source_digest", Text),
    _required("created_at", UtcTime),
    _required("spec", Text),
    sa.UniqueConstraint("dag_id", "number", name="uq_dag_version_number"),
    sa.Index("ix_dag_version_source", "source_digest"),
)

dag_source = sa.Table(
    "dag_source",
    metadata,
    _required("source_digest", Text, primary_key=True),
    _required("created_at", UtcTime),
    _required("source", Text),
)

dag_file = sa.Table(
    "dag_file",
    metadata,
    _required("file", Text, primary_key=True),
    _required("relative", Text),
    _required("source_digest", Text),
    _required("parsed_at", UtcTime),
)

import_error = sa.Table(
    "import_error",
    metadata,
    sa.Column("id", Int, primary_key=True),
    _required("file", Text),
    _required("at", UtcTime),
    _optional("line", Int),
    _optional("dag_id", Text),
    _required("message", Text),
    sa.Index("ix_import_error_file", "file"),
)

dag_run = sa.Table(
    "dag_run",
    metadata,
    _required("run_key", BigInt, primary_key=True, autoincrement=False),
    _required("dag_id", Text),
    _required("run_id", Text),
    _required("run_type", EnumText(RunType)),
    _required("state", EnumText(RunState)),
    _required("version_id", Text),
    _required("run_after", UtcTime),
    _optional("logical_date", UtcTime),
    _optional("data_interval_start", UtcTime),
    _optional("data_interval_end", UtcTime),
    _optional("queued_at", UtcTime),
    _optional("start_date", UtcTime),
    _optional("end_date", UtcTime),
    _required("clear_number", Int),
    _required("triggered_by", Text),
    _optional("triggering_user", Text),
    _optional("backfill_id", Int),
    _required("expanded", Bool),
    _required("callback_pending", Bool),
    _required("end_reason", Text),
    _optional("note", Text),
    _required("conf", Text),
    sa.UniqueConstraint("dag_id", "run_id", name="uq_dag_run_run_id"),
    # NULLs differ from each other in both databases: any number of runs without a logical date.
    sa.UniqueConstraint("dag_id", "logical_date", name="uq_dag_run_logical_date"),
    sa.CheckConstraint(_any_of("state", RunState), name="ck_dag_run_state"),
    sa.CheckConstraint(_any_of("run_type", RunType), name="ck_dag_run_type"),
    sa.CheckConstraint("(state IN ('success', 'failed')) = (end_date IS NOT NULL)", name="ck_dag_run_end"),
    sa.CheckConstraint("(data_interval_start IS NULL) = (data_interval_end IS NULL)", name="ck_dag_run_interval"),
    sa.Index(
        "ix_dag_run_unfinished",
        "run_after",
        "run_key",
        sqlite_where=sa.text(RUN_UNFINISHED),
        postgresql_where=sa.text(RUN_UNFINISHED),
    ),
    sa.Index("ix_dag_run_newest", "dag_id", "run_after", "run_key"),
    sa.Index("ix_dag_run_state", "state", "run_after"),
    sa.Index("ix_dag_run_due", "run_after", "run_key"),
    sa.Index(
        "ix_dag_run_automated",
        "dag_id",
        "logical_date",
        sqlite_where=sa.text(RUN_NOT_MANUAL),
        postgresql_where=sa.text(RUN_NOT_MANUAL),
    ),
)

task_instance = sa.Table(
    "task_instance",
    metadata,
    _run_key(primary_key=True),
    _required("task_id", Text, primary_key=True),
    _required("map_index", Int, primary_key=True),
    _required("state", EnumText(TaskState)),
    _required("try_number", Int),
    _required("max_tries", Int),
    _optional("try_id", Text),
    _required("pool", Text),
    _required("pool_slots", Int),
    _required("priority_weight", BigInt),
    _required("queue", Text),
    _required("operator", Text),
    _optional("scheduled_at", UtcTime),
    _optional("queued_at", UtcTime),
    _optional("start_date", UtcTime),
    _optional("end_date", UtcTime),
    _optional("duration_s", sa.Double),
    _optional("due_at", UtcTime),
    _optional("first_started_at", UtcTime),
    _required("reschedule_count", Int),
    _required("fresh_interpreter", Bool),
    _required("hostname", Text),
    _optional("pid", BigInt),
    _required("unixname", Text),
    _optional("rendered_map_index", Text),
    _required("waiting_for", Text),
    _optional("waiting_since", UtcTime),
    _optional("note", Text),
    sa.CheckConstraint(_any_of("state", TaskState), name="ck_task_instance_state"),
    sa.CheckConstraint("map_index >= -1", name="ck_task_instance_map_index"),
    sa.CheckConstraint("try_number >= 0", name="ck_task_instance_try_number"),
    sa.Index(
        "ix_task_instance_notable",
        "state",
        "run_key",
        sqlite_where=sa.text(INSTANCE_NOTABLE),
        postgresql_where=sa.text(INSTANCE_NOTABLE),
    ),
    sqlite_with_rowid=False,
)

task_try = sa.Table(
    "task_try",
    metadata,
    _required("try_id", Text, primary_key=True),
    _run_key(),
    _required("task_id", Text),
    _required("map_index", Int),
    _required("try_number", Int),
    _required("state", EnumText(TaskState)),
    _required("version_id", Text),
    _required("queued_at", UtcTime),
    _optional("start_date", UtcTime),
    _optional("end_date", UtcTime),
    _required("engine_id", Text),
    _required("executor", Text),
    _required("external_id", Text),
    _required("hostname", Text),
    _optional("pid", BigInt),
    _required("start_ticks", BigInt),
    _required("unixname", Text),
    _required("queue", Text),
    _required("pool", Text),
    _required("log_path", Text),
    _required("cause", Text),
    _optional("exit_code", Int),
    _optional("signal", Text),
    _optional("peak_rss_kb", BigInt),
    _optional("cpu_s", sa.Double),
    _required("forked", Bool),
    _required("error", Text),
    sa.CheckConstraint(_any_of("state", TaskState), name="ck_task_try_state"),
    sa.Index("ix_task_try_instance", "run_key", "task_id", "map_index"),
    sa.Index(
        "ix_task_try_active",
        "run_key",
        sqlite_where=sa.text(TRY_ACTIVE),
        postgresql_where=sa.text(TRY_ACTIVE),
    ),
    sqlite_with_rowid=False,
)

rendered_fields = sa.Table(
    "rendered_fields",
    metadata,
    _required("try_id", Text, sa.ForeignKey("task_try.try_id", ondelete="CASCADE"), primary_key=True),
    _required("fields", Text),
)

xcom = sa.Table(
    "xcom",
    metadata,
    _run_key(primary_key=True),
    _required("task_id", Text, primary_key=True),
    _required("map_index", Int, primary_key=True),
    _required("key", Text, primary_key=True),
    _optional("length", BigInt),
    _optional("created_at", UtcTime),
    _required("value", Text),
    sqlite_with_rowid=False,
)

callback = sa.Table(
    "callback",
    metadata,
    _required("callback_id", Text, primary_key=True),
    _run_key(),
    _required("kind", Text),
    _required("task_id", Text),
    _required("map_index", Int),
    _required("try_id", Text),
    _required("created_at", UtcTime),
    _optional("done_at", UtcTime),
    _required("attempts", Int),
    _required("reason", Text),
    _required("error", Text),
    sa.Index("ix_callback_run", "run_key"),
    sa.Index(
        "ix_callback_pending",
        "created_at",
        sqlite_where=sa.text(CALLBACK_PENDING),
        postgresql_where=sa.text(CALLBACK_PENDING),
    ),
)

pool = sa.Table(
    "pool",
    metadata,
    _required("name", Text, primary_key=True),
    _required("slots", Int),
    _required("description", Text),
    _required("include_deferred", Bool),
    sa.CheckConstraint("slots >= -1", name="ck_pool_slots"),
)

variable = sa.Table(
    "variable",
    metadata,
    _required("key", Text, primary_key=True),
    _required("is_encrypted", Bool),
    _optional("description", Text),
    _optional("value", Text),
)

connection = sa.Table(
    "connection",
    metadata,
    _required("conn_id", Text, primary_key=True),
    _required("conn_type", Text),
    _optional("description", Text),
    _optional("host", Text),
    _optional("schema", Text),
    _optional("login", Text),
    _optional("port", Int),
    _required("is_encrypted", Bool),
    _optional("password", Text),
    _optional("extra", Text),
)

role = sa.Table("role", metadata, _required("name", Text, primary_key=True))

role_grant = sa.Table(
    "role_grant",
    metadata,
    _required("role", Text, sa.ForeignKey("role.name", ondelete="CASCADE"), primary_key=True),
    _required("action", Text, primary_key=True),
    _required("resource", Text, primary_key=True),
)

user_account = sa.Table(
    "user_account",
    metadata,
    _required("username", Text, primary_key=True),
    _required("email", Text),
    _required("first_name", Text),
    _required("last_name", Text),
    _required("active", Bool),
    _optional("created_at", UtcTime),
    _required("password_hash", Text),
    _optional("last_login_at", UtcTime),
    _required("login_count", Int, server_default="0"),
    _required("failed_login_count", Int, server_default="0"),
    sa.UniqueConstraint("email", name="uq_user_account_email"),
)

user_role = sa.Table(
    "user_role",
    metadata,
    _required("username", Text, sa.ForeignKey("user_account.username", ondelete="CASCADE"), primary_key=True),
    _required("role", Text, sa.ForeignKey("role.name"), primary_key=True),
)

login_session = sa.Table(
    "login_session",
    metadata,
    _required("session_id", Text, primary_key=True),
    _required("token_digest", Text),
    _required("username", Text, sa.ForeignKey("user_account.username", ondelete="CASCADE")),
    _required("csrf_token", Text),
    _required("created_at", UtcTime),
    _required("last_used_at", UtcTime),
    _required("address", Text),
    _required("user_agent", Text),
    sa.UniqueConstraint("token_digest", name="uq_login_session_token"),
    sa.Index("ix_login_session_user", "username"),
)

login_failure = sa.Table(
    "login_failure",
    metadata,
    # `user:<name>` or `from:<address>`.
    _required("whose", Text, primary_key=True),
    _required("failures", Int),
    _required("last_at", UtcTime),
)

oidc_identity = sa.Table(
    "oidc_identity",
    metadata,
    _required("issuer", Text, primary_key=True),
    _required("subject", Text, primary_key=True),
    _required("username", Text, sa.ForeignKey("user_account.username", ondelete="CASCADE")),
    sa.Index("ix_oidc_identity_user", "username"),
)

preference = sa.Table(
    "preference",
    metadata,
    _required("username", Text, sa.ForeignKey("user_account.username", ondelete="CASCADE"), primary_key=True),
    _required("key", Text, primary_key=True),
    _required("value", Text),
)

favourite = sa.Table(
    "favourite",
    metadata,
    _required("username", Text, sa.ForeignKey("user_account.username", ondelete="CASCADE"), primary_key=True),
    _required("dag_id", Text, primary_key=True),
)

backfill = sa.Table(
    "backfill",
    metadata,
    sa.Column("backfill_id", Int, primary_key=True),
    _required("dag_id", Text),
    _required("from_date", UtcTime),
    _required("to_date", UtcTime),
    _required("max_active_runs", Int),
    _required("is_paused", Bool),
    _required("reprocess", Text),
    _required("run_backwards", Bool),
    _required("created_at", UtcTime),
    _optional("completed_at", UtcTime),
    _required("conf", Text),
    sa.CheckConstraint("reprocess IN ('none', 'failed', 'completed')", name="ck_backfill_reprocess"),
    sa.Index("ix_backfill_dag", "dag_id"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    # Rises because the newest row is never deleted; a counter table of its own would be one more page in every commit.
    sa.Column("seq", BigInt().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    _required("at", UtcTime),
    _required("kind", Text),
    _required("dag_id", Text),
    _required("run_id", Text),
    _optional("run_key", BigInt),
    _required("task_id", Text),
    _required("map_index", Int),
    _required("old", Text),
    _required("new", Text),
    _required("try_number", Int),
    _required("why", Text),
    _required("who", Text),
    _required("detail", JsonObject),
    sa.Index("ix_outbox_run", "run_key", "task_id"),
    sa.Index(
        "ix_outbox_audit",
        "dag_id",
        "seq",
        sqlite_where=sa.text(OUTBOX_AUDIT),
        postgresql_where=sa.text(OUTBOX_AUDIT),
    ),
    sa.Index(
        "ix_outbox_audit_seq",
        "seq",
        sqlite_where=sa.text(OUTBOX_AUDIT),
        postgresql_where=sa.text(OUTBOX_AUDIT),
    ),
)

engine_lease = sa.Table(
    "engine_lease",
    metadata,
    _required("shard", Int, primary_key=True, autoincrement=False),
    _required("epoch", BigInt),
    _required("engine_id", Text),
    _required("host", Text),
    _required("pid", BigInt),
    _optional("expires_at", UtcTime),
)

job = sa.Table(
    "job",
    metadata,
    _required("job_id", Text, primary_key=True),
    _required("kind", Text),
    _required("hostname", Text),
    _required("pid", BigInt),
    _required("state", Text),
    _required("started_at", UtcTime),
    _required("heartbeat_at", UtcTime),
    sa.Index("ix_job_kind", "kind", "heartbeat_at"),
)


def first_rows() -> list[tuple[sa.Table, list[dict[str, Any]]]]:
    """Rows that every database has from the start."""
    default = {"name": DEFAULT_POOL, "slots": DEFAULT_POOL_SLOTS, "description": "", "include_deferred": False}
    lease = {"epoch": 0, "engine_id": "", "host": "", "pid": 0, "expires_at": None}
    return [
        (pool, [{**default, "description": "Default pool"}]),
        (role, [{"name": name} for name in ROLES]),
        (engine_lease, [{"shard": shard, **lease} for shard in range(SHARDS)]),
    ]
