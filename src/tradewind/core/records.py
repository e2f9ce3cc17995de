"""Rows as values: what the store hands out and takes in. Frozen; all times aware UTC.

A task instance is named by `(run_key, task_id, map_index)`. `run_key` is made by whoever creates the run
(`tradewind.core.ids.new_run_key`), so that a run and its instances can be written in one transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from tradewind.core.spec import DagSpec
from tradewind.core.states import RunState, RunType, TaskState

NOT_MAPPED = -1
"""Map index of the only instance of a task that is not mapped, and of a mapped one that was not expanded yet."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all records."""


def _hiding(record: Record, *secrets: str) -> str:
    """A repr that says whether there is a secret, not which."""
    fields = ((name, getattr(record, name)) for name in record.__struct_fields__)
    shown = (f"{name}=***" if name in secrets and value else f"{name}={value!r}" for name, value in fields)
    return f"{type(record).__name__}({', '.join(shown)})"


class DagRecord(Record, frozen=True, kw_only=True):
    dag_id: str
    fileloc: str
    relative_fileloc: str
    is_paused: bool
    is_stale: bool = False
    """True when the file no longer defines it: hidden from lists, history kept."""
    version_id: str
    """Newest version: new runs start on it."""
    version_number: int
    spec: DagSpec
    has_import_error: bool = False
    last_parsed_at: datetime | None = None
    created_at: datetime | None = None
    next_logical_date: datetime | None = None
    next_interval_start: datetime | None = None
    next_interval_end: datetime | None = None
    next_run_after: datetime | None = None
    """When the next automated run is due; None when there is none (shown to users; the engine computes its own)."""
    paused_reason: str = ""


class DagVersionRecord(Record, frozen=True, kw_only=True):
    version_id: str
    dag_id: str
    number: int
    digest: str
    """`structure_digest` of the spec combined with the digest of the source."""
    spec: DagSpec
    source_digest: str
    created_at: datetime


class RunRecord(Record, frozen=True, kw_only=True):
    run_key: int
    dag_id: str
    run_id: str
    run_type: RunType
    state: RunState
    version_id: str
    run_after: datetime
    logical_date: datetime | None = None
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None
    queued_at: datetime | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    conf: str = "{}"
    clear_number: int = 0
    triggered_by: str = ""
    triggering_user: str | None = None
    note: str | None = None
    backfill_id: int | None = None
    expanded: bool = False
    """True once its task instances were written."""
    end_reason: str = ""
    """Why it ended as it did: `task 'load' failed`, `deadlock: …`, `dagrun_timeout of 3600 s`."""
    callback_pending: bool = False


class InstanceRecord(Record, frozen=True, kw_only=True):
    run_key: int
    task_id: str
    map_index: int = NOT_MAPPED
    state: TaskState = TaskState.NONE
    try_number: int = 0
    """Number of the newest try; 0 when it was never tried. Counts up for ever, also over clears."""
    max_tries: int = 0
    """A failed try is made again while `try_number <= max_tries`."""
    try_id: str | None = None
    """The newest try."""
    pool: str = "default_pool"
    pool_slots: int = 1
    priority_weight: int = 1
    queue: str = "default"
    operator: str = ""
    scheduled_at: datetime | None = None
    queued_at: datetime | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    duration_s: float | None = None
    due_at: datetime | None = None
    """When an instance in up_for_retry, up_for_reschedule or deferred goes on."""
    first_started_at: datetime | None = None
    reschedule_count: int = 0
    fresh_interpreter: bool = False
    hostname: str = ""
    pid: int | None = None
    unixname: str = ""
    rendered_map_index: str | None = None
    waiting_for: str = ""
    """JSON of the reasons why it does not run, `[]` or empty when nothing holds it."""
    waiting_since: datetime | None = None
    note: str | None = None


class TryRecord(Record, frozen=True, kw_only=True):
    """One execution attempt; kept for ever, also over clears."""

    try_id: str
    run_key: int
    task_id: str
    map_index: int = NOT_MAPPED
    try_number: int
    state: TaskState
    version_id: str
    queued_at: datetime
    start_date: datetime | None = None
    end_date: datetime | None = None
    engine_id: str = ""
    executor: str = "local"
    external_id: str = ""
    """The executor's own id for it: the host's id for local ones."""
    hostname: str = ""
    pid: int | None = None
    start_ticks: int = 0
    unixname: str = ""
    queue: str = "default"
    pool: str = "default_pool"
    log_path: str = ""
    cause: str = ""
    """Why it ended: see `messages.Failed.cause` and `messages.Lost.cause`; empty for a success."""
    error: str = ""
    exit_code: int | None = None
    signal: str | None = None
    peak_rss_kb: int | None = None
    cpu_s: float | None = None
    forked: bool = True


class XComRecord(Record, frozen=True, kw_only=True):
    run_key: int
    task_id: str
    map_index: int = NOT_MAPPED
    key: str
    value: str
    length: int | None = None
    created_at: datetime | None = None


class PoolRecord(Record, frozen=True, kw_only=True):
    name: str
    slots: int
    """-1: unlimited."""
    description: str = ""
    include_deferred: bool = False


class VariableRecord(Record, frozen=True, kw_only=True):
    key: str
    value: str | None
    """None when it cannot be decrypted with the keys at hand."""
    description: str | None = None
    is_encrypted: bool = False

    def __repr__(self) -> str:
        return _hiding(self, "value")


class ConnectionRecord(Record, frozen=True, kw_only=True):
    conn_id: str
    conn_type: str = ""
    description: str | None = None
    host: str | None = None
    schema: str | None = None
    login: str | None = None
    password: str | None = None
    port: int | None = None
    extra: str | None = None

    def __repr__(self) -> str:
        return _hiding(self, "password", "extra")


class UserRecord(Record, frozen=True, kw_only=True):
    username: str
    email: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]
    password_hash: str
    active: bool = True
    created_at: datetime | None = None
    last_login_at: datetime | None = None
    login_count: int = 0
    failed_login_count: int = 0

    def __repr__(self) -> str:
        return _hiding(self, "password_hash")


class LoginSessionRecord(Record, frozen=True, kw_only=True):
    """A browser in which somebody is logged in."""

    session_id: str
    """Names the session to people; not its secret."""
    token_digest: str
    """SHA-256 of the secret in the cookie, in hex. The secret itself is stored nowhere."""
    username: str
    csrf_token: str
    created_at: datetime
    last_used_at: datetime
    address: str = ""
    user_agent: str = ""

    def __repr__(self) -> str:
        return _hiding(self, "token_digest", "csrf_token")


class ImportErrorRecord(Record, frozen=True, kw_only=True):
    id: int = 0
    """Given by the store. A file whose errors change gets new ones."""
    file: str
    message: str
    line: int | None = None
    dag_id: str | None = None
    at: datetime


class OutboxRecord(Record, frozen=True, kw_only=True):
    """One change, as it is told to live views and kept as history."""

    seq: int = 0
    """Given by the store; rises with every change."""
    at: datetime
    kind: str
    """run, task, dag, pool, variable, connection, import_error, backfill, doorbell; audit: what a user did, as one entry."""
    dag_id: str = ""
    run_id: str = ""
    run_key: int | None = None
    task_id: str = ""
    map_index: int = NOT_MAPPED
    old: str = ""
    new: str = ""
    try_number: int = 0
    why: str = ""
    """What caused it: a `TaskEvent` value, or what a user did."""
    who: str = "engine"
    """`engine`, `cli:root`, `api:alice` …"""
    detail: dict[str, Any] = {}


class BackfillRecord(Record, frozen=True, kw_only=True):
    backfill_id: int
    dag_id: str
    from_date: datetime
    to_date: datetime
    conf: str = "{}"
    max_active_runs: int
    is_paused: bool = False
    reprocess: str = "none"
    """none, failed or completed."""
    run_backwards: bool = False
    created_at: datetime
    completed_at: datetime | None = None


class CallbackRecord(Record, frozen=True, kw_only=True):
    callback_id: str
    run_key: int
    kind: str
    task_id: str = ""
    map_index: int = NOT_MAPPED
    try_id: str = ""
    reason: str = ""
    error: str = ""
    created_at: datetime
    done_at: datetime | None = None
    attempts: int = 0
