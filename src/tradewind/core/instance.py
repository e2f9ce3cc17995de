"""One task instance of an unfinished run, as the core changes it."""

from __future__ import annotations

from datetime import datetime

from tradewind.core.reason import Reason, decode_reasons, encode_reasons
from tradewind.core.records import NOT_MAPPED, InstanceRecord
from tradewind.core.spec import TaskSpec
from tradewind.core.states import TaskState

InstanceKey = tuple[str, int]
"""(task_id, map_index) inside one run."""


class Instance:
    """One task instance of the run. Only `RunView.apply` writes `state`; all times aware UTC."""

    __slots__ = (
        "due_at",
        "end_date",
        "first_started_at",
        "fresh_interpreter",
        "hostname",
        "map_index",
        "max_tries",
        "note",
        "pid",
        "pool",
        "pool_slots",
        "priority_weight",
        "queue",
        "queued_at",
        "rendered_map_index",
        "reschedule_count",
        "round",
        "run_key",
        "scheduled_at",
        "start_date",
        "state",
        "task",
        "try_id",
        "try_number",
        "waiting_for",
        "waiting_since",
    )

    def __init__(self, run_key: int, task: TaskSpec, map_index: int, priority_weight: int) -> None:
        self.run_key = run_key
        self.task = task
        self.map_index = map_index
        self.state = TaskState.NONE
        self.try_number = 0
        self.max_tries = task.retries
        self.try_id: str | None = None
        self.pool = task.pool
        self.pool_slots = task.pool_slots
        self.priority_weight = priority_weight
        """Total weight by the task's weight rule."""
        self.queue = task.queue
        self.scheduled_at: datetime | None = None
        self.queued_at: datetime | None = None
        self.start_date: datetime | None = None
        self.end_date: datetime | None = None
        self.due_at: datetime | None = None
        self.first_started_at: datetime | None = None
        self.reschedule_count = 0
        """How often the newest try was interrupted to go on later; above 0 the next slot continues that try."""
        self.fresh_interpreter = False
        self.rendered_map_index: str | None = None
        self.waiting_for: tuple[Reason, ...] = ()
        self.waiting_since: datetime | None = None
        self.pid: int | None = None
        self.hostname = ""
        self.note: str | None = None
        self.round = 0
        """In which step of the run it was scheduled, or ended without a try; 0: not yet. Not stored: see `RunView.add`."""

    def __repr__(self) -> str:
        return f"Instance({self.task_id!r}, {self.map_index}, {self.state})"

    @property
    def task_id(self) -> str:
        return self.task.task_id

    @property
    def key(self) -> InstanceKey:
        return (self.task.task_id, self.map_index)

    @property
    def is_placeholder(self) -> bool:
        """True for the one instance that stands for a mapped task until its length is known."""
        return self.map_index == NOT_MAPPED

    @classmethod
    def from_record(cls, record: InstanceRecord, task: TaskSpec) -> Instance:
        """The instance as the store has it."""
        self = cls(record.run_key, task, record.map_index, record.priority_weight)
        self.state = record.state
        self.try_number = record.try_number
        self.max_tries = record.max_tries
        self.try_id = record.try_id
        self.pool = record.pool
        self.pool_slots = record.pool_slots
        self.queue = record.queue
        self.scheduled_at = record.scheduled_at
        self.queued_at = record.queued_at
        self.start_date = record.start_date
        self.end_date = record.end_date
        self.due_at = record.due_at
        self.first_started_at = record.first_started_at
        self.reschedule_count = record.reschedule_count
        self.fresh_interpreter = record.fresh_interpreter
        self.rendered_map_index = record.rendered_map_index
        self.waiting_for = decode_reasons(record.waiting_for)
        self.waiting_since = record.waiting_since
        self.pid = record.pid
        self.hostname = record.hostname
        self.note = record.note
        return self

    def to_record(self) -> InstanceRecord:
        """Inverse of `from_record`."""
        duration = None
        if self.start_date is not None and self.end_date is not None:
            duration = (self.end_date - self.start_date).total_seconds()
        return InstanceRecord(
            run_key=self.run_key,
            task_id=self.task_id,
            map_index=self.map_index,
            state=self.state,
            try_number=self.try_number,
            max_tries=self.max_tries,
            try_id=self.try_id,
            pool=self.pool,
            pool_slots=self.pool_slots,
            priority_weight=self.priority_weight,
            queue=self.queue,
            operator=self.task.operator,
            scheduled_at=self.scheduled_at,
            queued_at=self.queued_at,
            start_date=self.start_date,
            end_date=self.end_date,
            duration_s=duration,
            due_at=self.due_at,
            first_started_at=self.first_started_at,
            reschedule_count=self.reschedule_count,
            fresh_interpreter=self.fresh_interpreter,
            hostname=self.hostname,
            pid=self.pid,
            rendered_map_index=self.rendered_map_index,
            waiting_for=encode_reasons(self.waiting_for),
            waiting_since=self.waiting_since,
            note=self.note,
        )
