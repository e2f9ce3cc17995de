"""The specification of a DAG: everything the engine, the API and the UI know about a DAG file, as plain data.

A DAG host imports the user's file and sends this; nobody else ever runs user code. Durations are seconds (`_s`), points
in time are aware datetimes. Encoded with msgspec, so every field has a plain JSON form; fields at their default are left
out, so adding a field does not change the digest of the DAGs that do not use it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Union

import msgspec

from tradewind.core.moments import encode_moment
from tradewind.core.states import TriggerRule


class TimetableSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """When a DAG runs.

    `kind` is the name in `tradewind.timetables.registry` (`cron_interval`, `cron_trigger`, `delta_interval`, `once` …) or
    `custom`; `data` holds that kind's own arguments in plain JSON. A custom timetable is user code: its next run is asked
    of the DAG's host, never computed in the engine.
    """

    kind: str = "null"
    data: dict[str, Any] = {}
    summary: str = ""
    """What a table column shows: the cron string, `1 day, 0:00:00`, `None`, `@once`."""
    description: str = ""
    """The schedule in words, in English; empty when there is nothing to add to the summary."""
    can_be_scheduled: bool = True
    active_runs_limit: int | None = None


# --- how a mapped task or group gets its length ------------------------------------------------------------------------


class LengthLiteral(msgspec.Struct, frozen=True, tag="literal"):
    length: int
    keys: list[Any] | None = None
    """Keys in order when the literal is a mapping, else None."""


class LengthOf(msgspec.Struct, frozen=True, tag="xcom"):
    """As many as the value that `task_id` returned has items, or as many results as a mapped `task_id` produced."""

    task_id: str
    key: str = "return_value"


class LengthZip(msgspec.Struct, frozen=True, tag="zip"):
    parts: tuple[Length, ...]
    fill: bool = False
    """With a fill value the longest part decides, without it the shortest."""


class LengthConcat(msgspec.Struct, frozen=True, tag="concat"):
    parts: tuple[Length, ...]


Length = Union[LengthLiteral, LengthOf, LengthZip, LengthConcat]


class Expansion(msgspec.Struct, frozen=True):
    """How many instances a mapped task or group has: the product of the lengths of its inputs.

    `inputs` is in the order of the arguments; the last one varies fastest, as in Airflow. `expand_kwargs` has exactly one
    input with the name ``""``.
    """

    inputs: tuple[tuple[str, Length], ...]

    def sources(self) -> frozenset[str]:
        """Ids of the tasks whose results decide the number of instances."""
        found: set[str] = set()
        stack: list[Length] = [length for _, length in self.inputs]
        while stack:
            length = stack.pop()
            if isinstance(length, LengthOf):
                found.add(length.task_id)
            elif isinstance(length, (LengthZip, LengthConcat)):
                stack.extend(length.parts)
        return frozenset(found)


# --- the parts of a DAG ------------------------------------------------------------------------------------------------


class TaskSpec(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One task (operator) of a DAG."""

    task_id: str
    """Full id, with the prefixes of its groups."""
    operator: str
    """Class name shown to users: `PythonOperator`, `@task`."""
    module: str = ""
    label: str = ""
    """Id without group prefix; empty when equal to `task_id`."""
    display_name: str = ""
    owner: str = "airflow"
    upstream: tuple[str, ...] = ()
    """Direct upstream task ids, sorted. Groups are already resolved to their tasks."""
    group: str | None = None
    """Id of the innermost group; None for the root."""
    trigger_rule: TriggerRule = TriggerRule.ALL_SUCCESS

    start_date: datetime | None = None
    end_date: datetime | None = None
    depends_on_past: bool = False
    ignore_first_depends_on_past: bool = True
    wait_for_downstream: bool = False
    wait_for_past_depends_before_skipping: bool = False

    retries: int = 0
    retry_delay_s: float = 300.0
    retry_multiplier: float = 0.0
    """0: every delay is `retry_delay_s`. Otherwise the base of the exponential back-off (2 for `True`)."""
    max_retry_delay_s: float | None = None
    execution_timeout_s: float | None = None

    pool: str = "default_pool"
    pool_slots: int = 1
    priority_weight: int = 1
    """The task's own weight, as written."""
    weight_rule: str = "downstream"
    """`downstream`, `upstream`, `absolute`."""
    queue: str = "default"
    executor: str | None = None
    max_active_tis_per_dag: int | None = None
    max_active_tis_per_dagrun: int | None = None
    run_as_user: str | None = None
    do_xcom_push: bool = True

    is_setup: bool = False
    is_teardown: bool = False
    on_failure_fail_dagrun: bool = False
    """Teardowns only: whether this task's failure counts for the state of the run."""
    inline: bool = False
    """True for a task without work of its own (EmptyOperator without callbacks and outlets): the engine completes it."""
    expansion: Expansion | None = None
    map_index_template: str | None = None

    is_sensor: bool = False
    reschedules: bool = False
    """True for a sensor in mode `reschedule`."""
    callbacks: tuple[str, ...] = ()
    """Kinds that the task has: subset of execute, success, failure, retry, skipped."""
    email: tuple[str, ...] = ()
    email_on_failure: bool = True
    email_on_retry: bool = True

    template_fields: tuple[str, ...] = ()
    template_fields_renderers: dict[str, str] = {}
    doc_md: str | None = None
    ui_color: str = "#fff"
    ui_fgcolor: str = "#000"
    params: dict[str, Any] = {}
    inlets: tuple[Any, ...] = ()
    outlets: tuple[Any, ...] = ()
    trigger_dag_id: str | None = None
    """What a TriggerDagRunOperator triggers, when it is known without running."""
    external_dag_id: str | None = None
    """What an ExternalTaskSensor or -Marker points at, when it is known without running."""
    external_task_ids: tuple[str, ...] = ()
    is_external_marker: bool = False
    extra_links: tuple[str, ...] = ()

    @property
    def is_mapped(self) -> bool:
        """True when the task itself was expanded; a task inside a mapped group is found by `Graph.mapped_scope`."""
        return self.expansion is not None


class GroupSpec(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One task group below the root."""

    group_id: str
    parent: str | None = None
    label: str = ""
    tooltip: str = ""
    doc_md: str | None = None
    ui_color: str = "CornflowerBlue"
    ui_fgcolor: str = "#000"
    children: tuple[str, ...] = ()
    """Task ids and group ids directly inside, in order of definition."""
    expansion: Expansion | None = None


class EdgeLabel(msgspec.Struct, frozen=True):
    upstream: str
    downstream: str
    label: str


class DagSpec(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One DAG as its file defines it."""

    dag_id: str
    fileloc: str
    """Absolute path of the file, or `path.zip/inner.py`."""
    dialect: int = 2
    """2 or 3: whose defaults and context the file gets (DESIGN §5)."""
    dialect_reason: str = ""
    """Why, in a few words: `imports airflow.sdk`, `[core] dialect`, …"""
    display_name: str = ""
    description: str = ""
    doc_md: str | None = None
    owners: tuple[str, ...] = ()
    owner_links: dict[str, str] = {}
    tags: tuple[str, ...] = ()
    timezone: str = "UTC"
    timetable: TimetableSpec = TimetableSpec()
    start_date: datetime | None = None
    """The earliest start date of the DAG and its tasks."""
    end_date: datetime | None = None
    catchup: bool = False
    max_active_runs: int = 16
    max_active_tasks: int = 16
    max_consecutive_failed_dag_runs: int = 0
    dagrun_timeout_s: float | None = None
    fail_fast: bool = False
    is_paused_upon_creation: bool | None = None
    params: dict[str, Any] = {}
    """Name → {"value", "schema", "description"}; the JSON schema is what a trigger form is built from."""
    callbacks: tuple[str, ...] = ()
    """Kinds that the DAG has: subset of success, failure."""
    access_control: dict[str, Any] = {}
    render_template_as_native_obj: bool = False
    template_searchpath: tuple[str, ...] = ()
    default_view: str = "grid"
    orientation: str = "LR"
    tasks: tuple[TaskSpec, ...] = ()
    """In order of definition."""
    groups: tuple[GroupSpec, ...] = ()
    roots: tuple[str, ...] = ()
    """Task and group ids directly below the root group, in order of definition."""
    edge_labels: tuple[EdgeLabel, ...] = ()
    relies_on: tuple[str, ...] = ()
    """What in this file exists in one dialect only (deprecated arguments, removed modules), for the migration report."""


_ENCODER = msgspec.json.Encoder(order="deterministic", enc_hook=encode_moment)
_DECODER = msgspec.json.Decoder(DagSpec)


def encode_spec(spec: DagSpec) -> bytes:
    """JSON of `spec`: the same bytes for the same specification."""
    return _ENCODER.encode(spec)


def decode_spec(data: bytes) -> DagSpec:
    """Inverse of `encode_spec`. Raises msgspec.ValidationError when the bytes are not a specification."""
    return _DECODER.decode(data)


def structure_digest(spec: DagSpec) -> str:
    """Digest of what makes a new DAG version: everything but the dates.

    A start date such as `days_ago(2)` moves with every parse; it must not make a version of each.
    """
    undated = msgspec.structs.replace(
        spec,
        start_date=None,
        end_date=None,
        tasks=tuple(msgspec.structs.replace(task, start_date=None, end_date=None) for task in spec.tasks),
    )
    return hashlib.sha256(encode_spec(undated)).hexdigest()[:32]
