"""What the views answer: the contract between the server and `ui/`. Types there are generated from these.

All times are aware and written in ISO 8601 with an offset; all durations are seconds. States are the texts of
`core.states`. A value that says what may be done (`actions`) is decided here, never in a component: an action that is
missing will never be allowed to this user, one with a `denied` text is not possible now, for the reason the text gives.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ActionState(Shape):
    """Something the caller may do with an object, now or later."""

    name: str
    """trigger, pause, unpause, clear, mark_success, mark_failed, mark_skipped, delete, edit, backfill, note, test, reparse,
    cancel, kill."""
    denied: str | None = None
    """Why it cannot be done now; None: it can."""


# --- runs, as every page shows them ------------------------------------------------------------------------------------


class RunBar(Shape):
    """A run as a bar: the one visual atom of the UI."""

    run_id: str
    run_type: str
    state: str
    logical_date: datetime | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    run_after: datetime
    queued_at: datetime | None
    start_date: datetime | None
    end_date: datetime | None
    duration_s: float | None
    """Of a running run: None; the page counts by itself from `start_date`."""
    version_number: int
    note: str | None = None
    triggered_by: str = ""
    triggering_user: str | None = None
    backfill_id: int | None = None


class PlannedRun(Shape):
    """A run that the schedule will make."""

    logical_date: datetime | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    run_after: datetime


class ScheduleText(Shape):
    """When a DAG runs, raw and in words."""

    raw: str | None
    """The cron text, preset, or the timetable's own summary; None: only by hand."""
    timezone: str
    words: dict[str, str]
    """Language (`en`, `ko`) → the sentence."""


# --- list of DAGs ------------------------------------------------------------------------------------------------------


class DagRow(Shape):
    dag_id: str
    display_name: str
    description: str | None
    folder: str
    """Of the file below the DAGs folder, `/`-separated, empty at its top."""
    fileloc: str
    owners: list[str]
    tags: list[str]
    dialect: int
    is_paused: bool
    is_stale: bool
    is_favourite: bool
    has_import_error: bool
    schedule: ScheduleText
    next_run: PlannedRun | None
    runs: list[RunBar]
    """The newest ones, oldest first."""
    run_counts: dict[str, int]
    """Unfinished runs by state (`queued`, `running`)."""
    task_counts: dict[str, int]
    """States of the newest run's task instances."""
    failed_tasks: list[str]
    """Task ids that failed in the newest run, at most five."""
    success_rate: float | None
    """Share of successes among the last finished runs (at most 50); None without any."""
    median_duration_s: float | None
    actions: list[ActionState]


class Facet(Shape):
    value: str
    count: int


class DagList(Shape):
    dags: list[DagRow]
    total: int
    next_cursor: str | None
    """For the next page; None at the end."""
    tags: list[Facet]
    owners: list[Facet]
    folders: list[Facet]
    states: list[Facet]
    """`active`, `paused`, `running`, `failed`, `favourite`, `import_error`: how many DAGs each has."""
    dags_folder: str
    load_examples: bool
    seq: int
    """Number of the newest change in it, for the stream."""


class Done(Shape):
    """How many things were changed by it."""

    changed: int


class UnpausePreview(Shape):
    """What switching a DAG on will create at once."""

    creates_now: int
    """10,000 means: at least that many."""
    first: list[PlannedRun]
    """At most five, oldest first."""
    next: PlannedRun | None
    """The first run that is not due yet."""


# --- DAG page ----------------------------------------------------------------------------------------------------------


class VersionRow(Shape):
    version_id: str
    number: int
    created_at: datetime
    runs: int


class TaskNode(Shape):
    """A task or a task group, in the tree's order (groups before their members)."""

    id: str
    """Task id, or group id."""
    label: str
    kind: Literal["task", "group"]
    parent: str | None
    """Id of the enclosing group."""
    depth: int
    operator: str
    is_mapped: bool
    is_setup: bool = False
    is_teardown: bool = False
    trigger_rule: str = "all_success"
    pool: str = "default_pool"
    queue: str = "default"
    owner: str = ""
    ui_color: str | None = None
    ui_fgcolor: str | None = None
    tooltip: str = ""
    retries: int = 0
    line: int | None = None
    """Where the DAG file defines it, when it can be told."""
    doc_md: str | None = None
    links: list[str] = []
    """Names of its operator's extra links."""


class Edge(Shape):
    source: str
    target: str
    label: str | None = None
    is_setup_teardown: bool = False


class DagPage(Shape):
    """Header and details of a DAG."""

    dag_id: str
    display_name: str
    description: str | None
    doc_md: str | None
    fileloc: str
    relative_fileloc: str
    folder: str
    owners: list[str]
    tags: list[str]
    dialect: int
    dialect_reason: str
    is_paused: bool
    paused_reason: str
    is_stale: bool
    is_favourite: bool
    import_error: ImportErrorRow | None
    schedule: ScheduleText
    next_runs: list[PlannedRun]
    """The next five."""
    version: VersionRow
    version_count: int
    last_parsed_at: datetime | None
    params_schema: dict[str, Any]
    """JSON Schema of the trigger form: an object schema with one property for each param, in order, with defaults."""
    arguments: dict[str, Any]
    """Every other argument of the DAG, by name."""
    newest_state: str | None
    """State of the newest run; None without any."""
    run_counts: dict[str, int]
    median_duration_s: float | None
    p95_duration_s: float | None
    tasks: list[TaskNode]
    edges: list[Edge]
    actions: list[ActionState]
    seq: int


class GridPage(Shape):
    """Runs as columns, tasks as rows; states as one byte for each cell."""

    runs: list[RunBar]
    """Oldest first."""
    rows: list[TaskNode]
    """Tasks and groups of the newest version in it, then tasks that only older ones have."""
    state_names: list[str]
    """Byte → state; 0 is `none`, 255 is: the run's version has no such task."""
    states: str
    """Base64 of one byte for each cell, run-major (`runs` × `rows`). A group's cell is the worst of its members'."""
    mapped: dict[str, dict[str, dict[str, int]]]
    """run id → task id → state → count, for mapped tasks that were expanded."""
    tries: dict[str, dict[str, int]]
    """run id → task id → number of tries, where it is more than one."""
    next_run: PlannedRun | None
    total: int
    """How many runs fit the filter."""
    older_cursor: str | None
    """For older columns; None when there are none."""
    median_duration_s: float | None
    seq: int


class CellInfo(Shape):
    """What the pointer sees over a cell."""

    task_id: str
    map_index: int
    state: str
    operator: str
    try_number: int
    max_tries: int
    pool: str
    scheduled_at: datetime | None
    queued_at: datetime | None
    start_date: datetime | None
    end_date: datetime | None
    duration_s: float | None
    median_duration_s: float | None
    note: str | None
    why: str | None
    """The first reason why it does not run, as a sentence."""


class GraphPage(Shape):
    version_number: int
    nodes: list[TaskNode]
    edges: list[Edge]
    """Between tasks, and between groups and what stands outside of them where every member shares the edge."""
    states: dict[str, str]
    """Task or group id → state in the run asked for; empty without a run."""
    mapped: dict[str, dict[str, int]]
    durations: dict[str, float]
    """Task id → median duration."""
    critical_path: list[str]
    """Task ids in order: of the run when it has ended, else by median durations."""
    changed: dict[str, Literal["added", "removed", "changed"]]
    """Against the version that `compare` names; empty without it."""
    seq: int


class CalendarDay(Shape):
    date: str
    """`YYYY-MM-DD`, or `YYYY-MM-DDTHH` by hours, in the time zone asked for."""
    counts: dict[str, int]
    """State of a run (or `planned`) → number."""
    by_type: dict[str, int]
    duration_s: float | None
    """Mean of the finished runs."""


class CalendarPage(Shape):
    days: list[CalendarDay]
    timezone: str
    first: str | None
    """Day of the oldest run."""


class GanttSegment(Shape):
    kind: Literal["scheduled", "queued", "running", "rescheduled", "retry_wait", "deferred"]
    try_number: int
    start: datetime
    end: datetime | None
    state: str


class GanttRow(Shape):
    task_id: str
    map_index: int
    label: str
    state: str
    segments: list[GanttSegment]
    median_duration_s: float | None


class GanttPage(Shape):
    run: RunBar
    rows: list[GanttRow]
    critical_path: list[str]
    seq: int


class DurationPoint(Shape):
    run_id: str
    run_type: str
    state: str
    logical_date: datetime | None
    run_after: datetime
    version_number: int
    queued_s: float | None
    duration_s: float | None
    landing_s: float | None
    """From the end of the data interval (else `run_after`) to the end of the run."""
    tasks: dict[str, float]
    """Task id → duration (of mapped ones: the sum)."""
    tries: dict[str, int]


class DurationsPage(Shape):
    points: list[DurationPoint]
    """Oldest first."""
    median_s: float | None
    p95_s: float | None


class CodePage(Shape):
    version: VersionRow
    versions: list[VersionRow]
    """Newest first."""
    source: str
    fileloc: str
    task_lines: dict[str, int]


class SpecChange(Shape):
    what: str
    """`task 'load'`, `edge a → b`, `schedule`, `param 'n'`, `argument 'catchup'`."""
    kind: Literal["added", "removed", "changed"]
    before: str | None
    after: str | None


class CodeDiff(Shape):
    old: VersionRow
    new: VersionRow
    old_source: str
    new_source: str
    changes: list[SpecChange]


# --- runs --------------------------------------------------------------------------------------------------------------


class RunRow(RunBar):
    dag_id: str
    conf: dict[str, Any]
    task_counts: dict[str, int]
    end_reason: str
    actions: list[ActionState]


class RunList(Shape):
    runs: list[RunRow]
    total: int
    next_cursor: str | None
    seq: int


class Failure(Shape):
    """One failed task of a run."""

    task_id: str
    map_index: int
    try_number: int
    ended_at: datetime | None
    cause: str
    """How the try ended: `exception`, `timeout`, `signal`, `oom`, … ; empty when it was not tried."""
    last_line: str
    """The exception's own line."""
    excerpt: list[str]
    """The end of the log, at most 20 lines."""
    blocked: int
    """How many tasks below it did not run because of it."""
    seen_before: str | None
    """Run id of an earlier run in which the same task failed with the same line."""


class RunPage(Shape):
    run: RunRow
    dag_display_name: str
    version: VersionRow
    is_newest_version: bool
    median_duration_s: float | None
    p95_duration_s: float | None
    failures: list[Failure]
    """Earliest first."""
    task_counts: dict[str, int]
    previous_run_id: str | None
    next_run_id: str | None
    why: list[WhyReason]
    """What holds the run up, when it is queued."""
    events: list[EventRow]
    seq: int


class WhyReason(Shape):
    kind: str
    text: str
    since: datetime | None
    holder: str | None
    remedy: str | None
    until: datetime | None = None
    """When it passes by itself, if that is known."""


class WhyAnswer(Shape):
    sentence: str
    """What holds it, in one sentence; empty when nothing does."""
    reasons: list[WhyReason]
    root_cause: str | None = None
    """For upstream_failed and skipped: the task id where it began."""


class EventRow(Shape):
    """A change in the history of a run or an instance, or an entry of the audit log."""

    seq: int
    at: datetime
    kind: str
    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    old: str
    new: str
    try_number: int
    why: str
    who: str


class TryRow(Shape):
    try_id: str
    try_number: int
    state: str
    queued_at: datetime
    start_date: datetime | None
    end_date: datetime | None
    duration_s: float | None
    hostname: str
    pid: int | None
    unixname: str
    executor: str
    queue: str
    pool: str
    cause: str
    error: str
    exit_code: int | None
    signal: str | None
    peak_rss_kb: int | None
    cpu_s: float | None
    forked: bool
    has_log: bool
    version_number: int | None


class TaskPage(Shape):
    """One task instance."""

    dag_id: str
    run: RunBar
    task: TaskNode
    map_index: int
    rendered_map_index: str | None
    state: str
    try_number: int
    max_tries: int
    pool_slots: int
    priority_weight: int
    scheduled_at: datetime | None
    queued_at: datetime | None
    start_date: datetime | None
    end_date: datetime | None
    duration_s: float | None
    due_at: datetime | None
    median_duration_s: float | None
    note: str | None
    tries: list[TryRow]
    """Oldest first."""
    why: WhyAnswer | None
    """None for an instance that ended in success or is running."""
    mapped_counts: dict[str, int]
    """States of all instances of a mapped task; empty for others."""
    upstream: list[str]
    downstream: list[str]
    arguments: dict[str, Any]
    extra_links: list[str]
    actions: list[ActionState]
    seq: int


class MappedRow(Shape):
    map_index: int
    rendered_map_index: str | None
    state: str
    try_number: int
    start_date: datetime | None
    end_date: datetime | None
    duration_s: float | None


class MappedList(Shape):
    instances: list[MappedRow]
    total: int
    counts: dict[str, int]


class XComRow(Shape):
    key: str
    map_index: int
    created_at: datetime | None
    size: int
    """Bytes of the stored JSON."""
    value: Any
    """None with `too_long` when it is larger than 1 MB."""
    too_long: bool = False


class XComList(Shape):
    xcoms: list[XComRow]


class InstanceRow(Shape):
    """A task instance in a list across DAGs and runs."""

    dag_id: str
    run_id: str
    logical_date: datetime | None
    run_after: datetime
    task_id: str
    map_index: int
    rendered_map_index: str | None
    state: str
    operator: str
    try_number: int
    max_tries: int
    pool: str
    queue: str
    hostname: str
    queued_at: datetime | None
    start_date: datetime | None
    end_date: datetime | None
    duration_s: float | None
    note: str | None
    actions: list[ActionState]


class InstanceList(Shape):
    instances: list[InstanceRow]
    total: int
    is_more: bool
    """`total` stopped counting: there are at least so many."""
    next_cursor: str | None
    seq: int


class XComPlace(Shape):
    """An XCom in a list across DAGs and runs."""

    dag_id: str
    run_id: str
    logical_date: datetime | None
    task_id: str
    map_index: int
    key: str
    created_at: datetime | None
    size: int
    """Characters of the stored JSON."""
    text: str
    """The value as JSON; its start when `is_cut`."""
    is_cut: bool


class XComPage(Shape):
    xcoms: list[XComPlace]
    total: int
    is_more: bool
    """`total` stopped counting: there are at least so many."""
    next_cursor: str | None
    seq: int


class RenderedField(Shape):
    name: str
    rendered: str


class RenderedPage(Shape):
    fields: list[RenderedField]
    try_number: int


# --- logs --------------------------------------------------------------------------------------------------------------


class LogLine(Shape):
    offset: int
    """Byte offset of the line in its file: names it for ever, since files only grow."""
    at: datetime | None
    level: str
    """`debug`, `info`, `warning`, `error`, `critical`, or empty for plain output."""
    source: str
    """The logger's name, or `task.stdout` / `task.stderr`."""
    text: str
    """Without the time; may hold ANSI colours and several lines (a traceback). Cut at 20,000 characters."""
    is_cut: bool = False
    extra: dict[str, Any] = {}


class LogWindow(Shape):
    """Whole lines of a byte window of one try's log."""

    lines: list[LogLine]
    start: int
    """Offset of the first line."""
    end: int
    """Offset behind the last line: go on from here."""
    size: int
    """The file's size now."""
    is_complete: bool
    """The try has ended: the file will not grow any more."""
    first_line_number: int | None = None
    """1 for the first line of the file; None where counting would mean reading everything before."""
    missing: str | None = None
    """Why there is no log, and where it was looked for."""


class RunLogLine(LogLine):
    """A line of one of the run's tries."""

    task_id: str
    map_index: int
    try_number: int
    try_id: str
    """With `offset`: names the line."""


class RunLogWindow(Shape):
    """Lines of all tries of a run, by time."""

    lines: list[RunLogLine]
    before: str
    """Cursor: what lies before these lines."""
    after: str
    """Cursor: what follows."""
    is_exhausted: bool
    """Nothing more lies in the direction that was read, as of now."""
    is_complete: bool
    """The run has ended: nothing will be added."""
    tasks: list[str]
    """Ids of all tasks that were tried."""


class LogHits(Shape):
    offsets: list[int]
    """Of the lines that match, in the order of the file, at most `limit`."""
    total: int
    scanned: int
    """How many bytes were looked at; less than the size when the time limit came first: go on from there."""
    level_counts: dict[str, int]


# --- doing things ------------------------------------------------------------------------------------------------------


class InstanceRef(Shape):
    run_id: str
    task_id: str
    map_index: int = -1


class ClearRequest(BaseModel):
    """Which instances of a DAG run again. Give `run_ids` and `task_ids`, or single `instances`."""

    model_config = ConfigDict(extra="forbid")

    run_ids: list[str] = []
    task_ids: list[str] | None = None
    """None: all tasks. A group's id stands for its members."""
    instances: list[InstanceRef] = []
    map_indexes: list[int] | None = None
    upstream: bool = False
    downstream: bool = True
    past: bool = False
    future: bool = False
    only_failed: bool = False
    only_new: bool = False
    """Tasks that the newest version has and the run does not."""
    newest_version: bool = False
    """Go on with the newest version of the DAG, instead of the run's own."""
    prevent_running: bool = False
    """Refuse when one of them is running."""
    note: str | None = None
    dry_run: bool = True


class MarkRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: Literal["success", "failed", "skipped"]
    run_ids: list[str] = []
    task_ids: list[str] | None = None
    """None: the runs themselves."""
    instances: list[InstanceRef] = []
    map_indexes: list[int] | None = None
    upstream: bool = False
    downstream: bool = False
    past: bool = False
    future: bool = False
    note: str | None = None
    dry_run: bool = True


class Affected(Shape):
    run_id: str
    task_id: str
    map_index: int
    before: str
    after: str


class AffectedRun(Shape):
    run_id: str
    logical_date: datetime | None
    before: str
    after: str
    instances: list[Affected]


class AffectedList(Shape):
    """What an action changes: exactly these, and nothing else."""

    runs: list[AffectedRun]
    total: int
    running: int
    """How many of them are running now, and will be stopped."""
    succeeded: int
    warnings: list[str]
    done: bool
    """False: a dry run."""


class TriggerRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    conf: dict[str, Any] = {}
    logical_date: datetime | None = None
    use_now: bool = False
    """True: this moment is the logical date (dialect 2's default)."""
    run_id: str | None = None
    note: str | None = None
    unpause: bool = False


class TriggerPreview(Shape):
    run_id: str
    """As it will be, or the pattern with `…` for its random part."""
    logical_date: datetime | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    waits_for_unpause: bool


class BackfillRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    from_date: datetime
    to_date: datetime
    conf: dict[str, Any] = {}
    max_active_runs: int | None = None
    reprocess: Literal["none", "failed", "completed"] = "none"
    run_backwards: bool = False
    dry_run: bool = True


class BackfillStep(Shape):
    logical_date: datetime | None
    action: str
    """create, rerun, skip, wait."""
    existing_state: str | None


class BackfillPlan(Shape):
    steps: list[BackfillStep]
    backfill_id: int | None
    """None: a dry run."""


class BackfillRow(Shape):
    backfill_id: int
    dag_id: str
    from_date: datetime
    to_date: datetime
    reprocess: str
    run_backwards: bool
    max_active_runs: int
    is_paused: bool
    created_at: datetime
    completed_at: datetime | None
    run_counts: dict[str, int]
    total: int
    actions: list[ActionState]


class BackfillList(Shape):
    backfills: list[BackfillRow]


# --- home and surroundings ---------------------------------------------------------------------------------------------


class HomeFailure(Shape):
    dag_id: str
    display_name: str
    run: RunBar
    task_id: str
    map_index: int
    last_line: str
    since: datetime
    count: int
    """Failed runs in a row."""
    actions: list[ActionState]
    """What may be done with the run."""


class HomeLate(Shape):
    dag_id: str
    display_name: str
    run: RunBar
    task_id: str | None
    kind: Literal["running_long", "queued_long", "not_started"]
    usual_s: float | None
    """95 % of the runs before took at most so long; None for a run that waits."""
    since: datetime


class HomeUpcoming(Shape):
    dag_id: str
    display_name: str
    planned: PlannedRun


class TimelineLane(Shape):
    dag_id: str
    display_name: str
    runs: list[RunBar]
    planned: list[PlannedRun]


class HealthPart(Shape):
    name: Literal["database", "scheduler", "triggerer", "dag_processor", "executor"]
    status: Literal["healthy", "unhealthy", "absent"]
    heartbeat_at: datetime | None
    detail: str
    """The database's address, without a password; empty for others."""
    within: Literal["scheduler"] | None
    """The part whose process it lives in, when it has none of its own."""
    remedy: str | None
    """The command that starts it, when it is dead."""


class HealthPage(Shape):
    parts: list[HealthPart]
    version: str
    database: str
    """For people, without a password."""
    database_size: int | None
    home: str
    executor_running: int
    executor_slots: int
    queued: int
    files: list[ParsedFileRow]
    """Slowest to import first."""


class ParsedFileRow(Shape):
    file: str
    dags: int
    parsed_at: datetime | None
    import_s: float | None
    has_error: bool


class HomePage(Shape):
    failures: list[HomeFailure]
    late: list[HomeLate]
    upcoming: list[HomeUpcoming]
    timeline: list[TimelineLane]
    timeline_from: datetime
    timeline_to: datetime
    health: list[HealthPart]
    run_counts: dict[str, int]
    """States of the runs of the last 24 hours."""
    task_counts: dict[str, int]
    """Of the instances that are not in the end: `running`, `queued`, `up_for_retry` …"""
    import_errors: int
    dag_counts: dict[str, int]
    """`active`, `paused`."""
    favourites: list[str]
    first_steps: dict[str, bool]
    """`has_dags`, `has_unpaused`, `has_run`: what a newcomer has done."""
    dags_folder: str
    load_examples: bool
    seq: int


class ImportErrorRow(Shape):
    id: int
    file: str
    relative: str
    line: int | None
    dag_id: str | None
    at: datetime
    summary: str
    """What went wrong, in one line, without the place."""
    message: str
    excerpt: list[str]
    """Source lines around `line`; the first is number `excerpt_from`."""
    excerpt_from: int
    last_good_version: int | None


class ImportErrorList(Shape):
    errors: list[ImportErrorRow]


class PoolHolder(Shape):
    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    state: str
    slots: int
    priority_weight: int
    since: datetime | None


class PoolRow(Shape):
    name: str
    slots: int
    description: str
    include_deferred: bool
    running: int
    queued: int
    scheduled: int
    deferred: int
    open: int
    holders: list[PoolHolder]
    waiting: list[PoolHolder]
    """By their turn, at most 50."""
    actions: list[ActionState]


class PoolList(Shape):
    pools: list[PoolRow]


class ConnectionTypeField(Shape):
    name: str
    label: str
    kind: Literal["text", "password", "number", "boolean", "json", "textarea"]
    placeholder: str = ""
    is_extra: bool = False


class ConnectionType(Shape):
    conn_type: str
    label: str
    hook: str
    fields: list[ConnectionTypeField]
    can_test: bool


class ConnectionTypes(Shape):
    types: list[ConnectionType]


class ConfigRow(Shape):
    section: str
    option: str
    value: str | None
    """None: a secret, not shown."""
    default: str | None
    source: Literal["default", "file", "environment", "command", "generated"]
    has_effect: bool
    description: str
    environment_name: str


class ConfigPage(Shape):
    options: list[ConfigRow]
    file: str


class AssetRow(Shape):
    name: str
    uri: str
    group: str
    producers: list[InstanceOwner]
    consumers: list[str]
    """DAGs that it schedules, or whose tasks read it."""
    scheduled: list[str]
    """Those of them that it schedules."""


class InstanceOwner(Shape):
    dag_id: str
    task_id: str


class AssetList(Shape):
    assets: list[AssetRow]


class PaletteHit(Shape):
    kind: Literal["dag", "task", "run"]
    dag_id: str
    run_id: str | None = None
    task_id: str | None = None
    label: str
    detail: str


class PaletteHits(Shape):
    hits: list[PaletteHit]


# --- accounts ----------------------------------------------------------------------------------------------------------


class SessionUser(Shape):
    username: str
    first_name: str
    last_name: str
    email: str
    roles: list[str]


class OidcProvider(Shape):
    name: str
    label: str
    url: str


class LoginWays(Shape):
    password: bool
    oidc: list[OidcProvider]


class Session(Shape):
    user: SessionUser | None
    """None: nobody is logged in."""
    csrf_token: str
    """Sent back as header `X-CSRF-Token` with every request that changes something."""
    permissions: list[str]
    """`can_edit on DAGs` …"""
    pages: list[str]
    """Addresses of the pages that may be opened: `/variables` …"""
    default_timezone: str
    default_ui_language: str | None
    instance_name: str
    version: str
    login: LoginWays


class UserRow(Shape):
    username: str
    first_name: str
    last_name: str
    email: str
    roles: list[str]
    active: bool
    created_at: datetime | None
    last_login_at: datetime | None
    login_count: int
    failed_login_count: int
    sessions: int


class UserList(Shape):
    users: list[UserRow]


class RoleRow(Shape):
    name: str
    is_built_in: bool
    permissions: list[str]
    users: int


class RoleList(Shape):
    roles: list[RoleRow]
    actions: list[str]
    resources: list[str]


class LoginSessionRow(Shape):
    session_id: str
    """Names the session; is not its secret."""
    created_at: datetime
    last_used_at: datetime
    address: str
    user_agent: str
    is_current: bool


class LoginSessionList(Shape):
    sessions: list[LoginSessionRow]


class AuditRow(Shape):
    id: int
    at: datetime
    who: str
    event: str
    """What was done: `dag.pause`, `variable.set`, `user.login` …"""
    dag_id: str | None
    run_id: str | None
    task_id: str | None
    map_index: int | None
    address: str
    """Where it came from: an IP address, or `cli` with the host."""
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditList(Shape):
    entries: list[AuditRow]
    next_cursor: str | None


class Notice(Shape):
    """One event of `GET /ui/stream`, as the data of a server-sent event whose id is `seq`."""

    seq: int
    kind: Literal[
        "run", "task", "dag", "pool", "variable", "connection", "import_error", "backfill", "log", "reset", "health"
    ]
    dag_id: str = ""
    run_id: str = ""
    task_id: str = ""
    map_index: int = -1
    state: str = ""
    at: datetime
    count: int = 1
    """More than one: so many changes of this run are told by this one notice; fetch what is shown of it."""


class Preference(Shape):
    key: str = Field(max_length=100)
    value: Any
