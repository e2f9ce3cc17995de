"""What the engine, a DAG host and a task's process say to each other.

    engine  <—— Unix stream socket ——>  DAG host  <—— socket pair ——>  task (one process for each try)

Every message is one frame: a 4-byte big-endian length, then MessagePack of one of the tagged unions below. The order on
a connection is kept, so what a task pushed before it ended is known before its end is. Values that users make (XComs,
`conf`) travel as JSON text, encoded and decoded by the SDK's own codec in the task, so the engine never builds user
objects.

The shape follows Airflow 3's Task Execution API (run, XCom, variable, connection, state), so that remote workers can be
served by the same answers.
"""

from __future__ import annotations

from datetime import datetime
from typing import Union

import msgspec

from tradewind.core.spec import DagSpec

MAX_FRAME_BYTES = 1 << 30


# --- what a try is told ------------------------------------------------------------------------------------------------


class RunInfo(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A DAG run as its tasks see it. All times aware UTC."""

    dag_id: str
    run_id: str
    run_type: str
    run_after: datetime
    logical_date: datetime | None = None
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None
    state: str = "running"
    queued_at: datetime | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    conf: str = "{}"
    """JSON text."""
    clear_number: int = 0
    triggered_by: str = ""
    triggering_user: str | None = None
    note: str | None = None
    version_number: int = 1


class TaskTry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One try of one task instance: what a host needs to start it."""

    try_id: str
    run: RunInfo
    task_id: str
    map_index: int = -1
    try_number: int = 1
    max_tries: int = 0
    log_path: str = ""
    """Absolute path of this try's log file; its folder is made by the host."""
    pool: str = "default_pool"
    queue: str = "default"
    priority_weight: int = 1
    queued_at: datetime | None = None
    first_started_at: datetime | None = None
    """When this try first ran, when it runs again after a reschedule; sensors count their time-out from here."""
    reschedule_count: int = 0
    map_lengths: dict[str, int] = {}
    """Length of each input of the expansion that this instance belongs to, in order of the arguments."""
    upstream_counts: dict[str, int] = {}
    """Number of instances of each mapped upstream task."""
    fresh_interpreter: bool = False
    """True when this try must not be a fork."""
    fresh_reason: str = ""
    next_method: str | None = None
    """Set when a deferred task goes on."""
    next_kwargs: str = "{}"
    mark_success: bool = False
    test_mode: bool = False
    render_only: bool = False
    """Render the template fields, report them, and succeed without doing the work."""


class CallbackRun(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Callbacks that run outside a try: those of a DAG run, and those of a try whose own process died."""

    callback_id: str
    kind: str
    """success or failure of the DAG; failure or retry of the task when `task` is set."""
    run: RunInfo
    reason: str = ""
    task: TaskTry | None = None
    error: str = ""
    log_path: str = ""


# --- requests of a task (or of a file being imported), and their answers -------------------------------------------------


class GetXCom(msgspec.Struct, tag="get_xcom", kw_only=True, omit_defaults=True):
    """Values pushed by other tasks. Answered with `XComs`, ordered by position in `task_ids`, then map index.

    With `task_ids` None: the one pushed last comes first.
    """

    dag_id: str
    run_id: str
    key: str | None = "return_value"
    """None: any key."""
    task_ids: list[str] | None = None
    """None: any task of the run."""
    map_indexes: list[int] | None = None
    """None: any map index."""
    include_prior_dates: bool = False
    limit: int | None = None


class SetXCom(msgspec.Struct, tag="set_xcom", kw_only=True, omit_defaults=True):
    """A value to keep. Replaces the value with the same key. No answer."""

    dag_id: str
    run_id: str
    task_id: str
    key: str
    value: str
    """JSON text."""
    map_index: int = -1
    length: int | None = None
    """Number of items when the value is a list or mapping and the key is `return_value`: what a downstream maps over."""


class DeleteXCom(msgspec.Struct, tag="delete_xcom", kw_only=True, omit_defaults=True):
    dag_id: str
    run_id: str
    task_id: str
    key: str | None = None
    map_index: int | None = -1


class GetVariable(msgspec.Struct, tag="get_variable"):
    """Answered with `Value`, or `NotFound`."""

    key: str


class ListVariableKeys(msgspec.Struct, tag="list_variable_keys"):
    """Answered with `Names`."""


class SetVariable(msgspec.Struct, tag="set_variable", omit_defaults=True):
    """Answered with `Done`."""

    key: str
    value: str
    description: str | None = None


class DeleteVariable(msgspec.Struct, tag="delete_variable"):
    """Answered with `Done`, or `NotFound`."""

    key: str


class GetConnection(msgspec.Struct, tag="get_connection"):
    """Answered with `ConnectionInfo`, or `NotFound`."""

    conn_id: str


class GetPreviousRun(msgspec.Struct, tag="get_previous_run", kw_only=True, omit_defaults=True):
    """The run of the same DAG before `run_id`'s logical date. Answered with `FoundRun`."""

    dag_id: str
    run_id: str
    state: str | None = None


class TriggerRun(msgspec.Struct, tag="trigger_run", kw_only=True, omit_defaults=True):
    """Start a run of another DAG. Answered with `FoundRun` (the run), `AlreadyExists`, `NotFound` or `Refused`."""

    dag_id: str
    run_id: str | None = None
    logical_date: datetime | None = None
    run_after: datetime | None = None
    conf: str = "{}"
    reset_existing: bool = False
    fail_when_paused: bool = False
    note: str | None = None


class GetRun(msgspec.Struct, tag="get_run", kw_only=True, omit_defaults=True):
    """One run by id or logical date. Answered with `FoundRun`."""

    dag_id: str
    run_id: str | None = None
    logical_date: datetime | None = None


class CountRuns(msgspec.Struct, tag="count_runs", kw_only=True, omit_defaults=True):
    """Answered with `Count`. None or empty lists match everything."""

    dag_id: str
    logical_dates: list[datetime] | None = None
    run_ids: list[str] | None = None
    states: list[str] | None = None


class CountInstances(msgspec.Struct, tag="count_instances", kw_only=True, omit_defaults=True):
    """Answered with `Count`."""

    dag_id: str
    task_ids: list[str] | None = None
    task_group_id: str | None = None
    map_index: int | None = None
    logical_dates: list[datetime] | None = None
    run_ids: list[str] | None = None
    states: list[str] | None = None


class GetInstanceStates(msgspec.Struct, tag="get_instance_states", kw_only=True, omit_defaults=True):
    """Answered with `States`: run id → {"task" or "task[map_index]": state}."""

    dag_id: str
    task_ids: list[str] | None = None
    task_group_id: str | None = None
    map_index: int | None = None
    logical_dates: list[datetime] | None = None
    run_ids: list[str] | None = None


class GetDag(msgspec.Struct, tag="get_dag"):
    """What is stored of a DAG. Answered with `FoundDag`."""

    dag_id: str


class SetRendered(msgspec.Struct, tag="set_rendered", kw_only=True):
    """The template fields of a try as they were rendered. No answer."""

    try_id: str
    fields: str
    """JSON text of {field: value}, secrets masked, long values cut."""


class Skip(msgspec.Struct, tag="skip", kw_only=True):
    """Tasks that a running branch or short-circuit decided to skip. No answer."""

    try_id: str
    task_ids: list[str]


Request = Union[
    GetXCom,
    SetXCom,
    DeleteXCom,
    GetVariable,
    ListVariableKeys,
    SetVariable,
    DeleteVariable,
    GetConnection,
    GetPreviousRun,
    TriggerRun,
    GetRun,
    CountRuns,
    CountInstances,
    GetInstanceStates,
    GetDag,
    SetRendered,
    Skip,
]
UNANSWERED = (SetXCom, DeleteXCom, SetRendered, Skip)


class XCom(msgspec.Struct):
    task_id: str
    map_index: int
    key: str
    value: str
    run_id: str = ""


class XComs(msgspec.Struct, tag="xcoms"):
    items: list[XCom]


class Value(msgspec.Struct, tag="value"):
    value: str


class Names(msgspec.Struct, tag="names"):
    names: list[str]


class Done(msgspec.Struct, tag="done"):
    pass


class ConnectionInfo(msgspec.Struct, tag="connection", kw_only=True, omit_defaults=True):
    conn_id: str
    conn_type: str = ""
    description: str | None = None
    host: str | None = None
    schema: str | None = None
    login: str | None = None
    password: str | None = None
    port: int | None = None
    extra: str | None = None


class FoundRun(msgspec.Struct, tag="run", omit_defaults=True):
    """`run` is None when there is no such run."""

    run: RunInfo | None = None


class FoundDag(msgspec.Struct, tag="dag", omit_defaults=True):
    """`spec` is None when there is no such DAG."""

    spec: DagSpec | None = None
    is_paused: bool = False


class Count(msgspec.Struct, tag="count"):
    count: int


class States(msgspec.Struct, tag="states"):
    states: dict[str, dict[str, str]]


class NotFound(msgspec.Struct, tag="not_found"):
    what: str


class AlreadyExists(msgspec.Struct, tag="already_exists"):
    what: str


class Refused(msgspec.Struct, tag="refused"):
    """The request was understood and cannot be done; `why` is a sentence for the user."""

    why: str


Reply = Union[
    XComs, Value, Names, Done, ConnectionInfo, FoundRun, FoundDag, Count, States, NotFound, AlreadyExists, Refused
]


# --- how a try ends ----------------------------------------------------------------------------------------------------


class Succeeded(msgspec.Struct, tag="succeeded", kw_only=True, omit_defaults=True):
    xcoms: list[SetXCom] = []
    """Values to keep in the same transaction as the success: the return value, and a branch's decision."""
    skip: list[str] = []
    """Tasks that a branch or short-circuit decided to skip; ids may be anything below the task."""
    rendered_map_index: str | None = None


class Skipped(msgspec.Struct, tag="skipped", kw_only=True, omit_defaults=True):
    reason: str = ""
    skip: list[str] = []


class Failed(msgspec.Struct, tag="failed", kw_only=True, omit_defaults=True):
    """The user's work failed: charged to the retries."""

    cause: str = "exception"
    """exception, exit_code, signal, execution_timeout, sensor_timeout, out_of_memory, import_error, killed."""
    error: str = ""
    """One line, secrets masked: `ValueError: planned failure`."""
    retry: bool = True
    """False for AirflowFailException and the like: no more tries."""
    retry_delay_s: float | None = None
    """A delay that the task asked for itself; None: the task's own rule."""


class Rescheduled(msgspec.Struct, tag="rescheduled"):
    at: datetime


class Deferred(msgspec.Struct, tag="deferred", kw_only=True, omit_defaults=True):
    classpath: str
    kwargs: str
    next_method: str
    next_kwargs: str = "{}"
    timeout_s: float | None = None


class Lost(msgspec.Struct, tag="lost", kw_only=True, omit_defaults=True):
    """The platform failed, not the task: the same try is made again and is not charged to the retries."""

    cause: str
    """host_lost, lock_inherited, engine_stopped, fork_failed."""
    detail: str = ""
    fresh_interpreter: bool = False
    """The next one must not be a fork."""


Outcome = Union[Succeeded, Skipped, Failed, Rescheduled, Deferred, Lost]


class ExitInfo(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the host saw of a try's process."""

    pid: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    exit_code: int | None = None
    signal: str | None = None
    """SIGKILL, SIGSEGV … when a signal ended it."""
    peak_rss_kb: int = 0
    cpu_s: float = 0.0
    callbacks_done: bool = True
    """False when the process died before it could run the callbacks that its end calls for."""
    forked: bool = True


# --- host to engine ----------------------------------------------------------------------------------------------------


class ActiveTry(msgspec.Struct, omit_defaults=True):
    try_id: str
    pid: int
    started_at: datetime
    start_ticks: int = 0
    """Start time of the process in kernel ticks (/proc/PID/stat), so that a reused pid is not taken for it."""


class Hello(msgspec.Struct, tag="hello", kw_only=True, omit_defaults=True):
    """First frame of a connection; said again when a host finds the engine back after it was gone."""

    host_id: str
    pid: int
    start_ticks: int
    file: str
    source_digest: str
    active: list[ActiveTry] = []
    ended: list[str] = []
    """Ids of tries whose `Ended` follows, because the engine has not said `ForgetTry`."""


class ImportProblem(msgspec.Struct, omit_defaults=True):
    """Why a file (or one DAG of it) could not be taken."""

    file: str
    message: str
    """First line says what and what to do; then the traceback, of the user's frames only."""
    line: int | None = None
    dag_id: str | None = None


class Parsed(msgspec.Struct, tag="parsed", kw_only=True, omit_defaults=True):
    """Result of importing the file."""

    host_id: str
    file: str
    source_digest: str
    source: str = ""
    dags: list[DagSpec] = []
    problems: list[ImportProblem] = []
    warnings: list[str] = []
    seconds: float = 0.0
    cpu_s: float = 0.0
    rss_kb: int = 0
    depends_on: list[str] = []
    """Files below the DAGs and plugins folders that the import read besides the file itself."""
    variables_read: list[str] = []
    fork_hazards: list[str] = []
    """Why tries of this file need a fresh interpreter; empty when forking is safe."""


class Started(msgspec.Struct, tag="started"):
    active: ActiveTry
    fresh_reason: str = ""


class Ended(msgspec.Struct, tag="ended", omit_defaults=True):
    try_id: str
    outcome: Outcome
    exit: ExitInfo
    exit_follows: bool = False
    """It has said its last word, and its process is about to go: how that went comes as `Exited`. `ForgetTry` only then."""


class Exited(msgspec.Struct, tag="exited"):
    """How the process of a try went away whose end was told before."""

    try_id: str
    exit: ExitInfo


class CallbackEnded(msgspec.Struct, tag="callback_ended", omit_defaults=True):
    callback_id: str
    ok: bool
    error: str = ""


class Asks(msgspec.Struct, tag="asks", omit_defaults=True):
    """A request on behalf of a try (`try_id` empty: of the file being imported)."""

    number: int
    try_id: str
    request: Request


class ScheduleAnswer(msgspec.Struct, tag="schedule_answer", omit_defaults=True):
    """Answer to `AskSchedule`: [logical_date, interval_start, interval_end, run_after] of each next run."""

    number: int
    runs: list[tuple[datetime | None, datetime | None, datetime | None, datetime]] = []
    error: str = ""


FromHost = Union[Hello, Parsed, Started, Ended, Exited, CallbackEnded, Asks, ScheduleAnswer]


# --- engine to host ----------------------------------------------------------------------------------------------------


class StartTry(msgspec.Struct, tag="start_try"):
    task_try: TaskTry


class StartCallback(msgspec.Struct, tag="start_callback"):
    callback: CallbackRun


class KillTry(msgspec.Struct, tag="kill_try", omit_defaults=True):
    """SIGTERM to the try's process group, SIGKILL after `grace_s`. Answered by the try's `Ended`."""

    try_id: str
    cause: str
    grace_s: float = 60.0
    detail: str = ""


class ForgetTry(msgspec.Struct, tag="forget_try"):
    """The end of this try is in the store, its exit too: the host need not keep it any longer."""

    try_id: str


class Replies(msgspec.Struct, tag="replies"):
    number: int
    reply: Reply


class AskSchedule(msgspec.Struct, tag="ask_schedule", kw_only=True, omit_defaults=True):
    """Only for custom timetables: the next runs after `last`."""

    number: int
    dag_id: str
    last_start: datetime | None = None
    last_end: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    catchup: bool = False
    limit: int = 1
    manual_run_after: datetime | None = None
    """Set: infer the data interval of a manual run at this time instead."""


class StopHost(msgspec.Struct, tag="stop_host", omit_defaults=True):
    """No new tries; end when the running ones have ended (`grace_s` None), or kill them after `grace_s` seconds."""

    grace_s: float | None = None


ToHost = Union[StartTry, StartCallback, KillTry, ForgetTry, Replies, AskSchedule, StopHost]


# --- task to host, host to task ----------------------------------------------------------------------------------------


class TaskAsks(msgspec.Struct, tag="task_asks"):
    number: int
    request: Request


class TaskEnds(msgspec.Struct, tag="task_ends"):
    """How the work ended. `CallbacksDone` follows."""

    outcome: Outcome


class Masks(msgspec.Struct, tag="masks"):
    """Values that the task learned are secret, so that the host masks them in what the process prints, too."""

    values: list[str]


class CallbacksDone(msgspec.Struct, tag="callbacks_done", omit_defaults=True):
    """The callbacks that the outcome calls for have run."""

    error: str = ""
    last: bool = False
    """Nothing of the user's is left to run: no exit function, no thread, no child. The process only has to go."""


class Ready(msgspec.Struct, tag="ready"):
    """A fresh interpreter has imported the file: the try itself begins, and its time limits count from here."""


FromTask = Union[TaskAsks, TaskEnds, Masks, CallbacksDone, Ready, ScheduleAnswer]


class TaskReply(msgspec.Struct, tag="task_reply"):
    number: int
    reply: Reply


ToTask = Union[TaskReply]
