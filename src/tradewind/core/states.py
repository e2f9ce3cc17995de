"""States of task instances and runs, and the one table of allowed transitions.

Names and spellings are Airflow's, as its users know them. `None` in Airflow ("no status") is `TaskState.NONE` here and
is stored as the text ``none``, so that a column can never be NULL by accident.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final


class TaskState(str, Enum):
    """State of one task instance (a task in a run, at one map index)."""

    NONE = "none"
    REMOVED = "removed"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    RESTARTING = "restarting"
    FAILED = "failed"
    UP_FOR_RETRY = "up_for_retry"
    UP_FOR_RESCHEDULE = "up_for_reschedule"
    UPSTREAM_FAILED = "upstream_failed"
    SKIPPED = "skipped"
    DEFERRED = "deferred"

    def __str__(self) -> str:
        return self.value

    @property
    def is_final(self) -> bool:
        """True when the instance will not change again unless somebody acts on it."""
        return self in FINAL

    @property
    def is_success(self) -> bool:
        """True for the states that a run counts as success: success and skipped."""
        return self in SUCCESSFUL


class RunState(str, Enum):
    """State of a DAG run."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"

    def __str__(self) -> str:
        return self.value

    @property
    def is_final(self) -> bool:
        return self in (RunState.SUCCESS, RunState.FAILED)


class RunType(str, Enum):
    """Why a run exists."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    BACKFILL = "backfill"
    ASSET_TRIGGERED = "asset_triggered"

    def __str__(self) -> str:
        return self.value


class TriggerRule(str, Enum):
    """When a task may start, given how its upstreams ended. Airflow's thirteen rules."""

    ALL_SUCCESS = "all_success"
    ALL_FAILED = "all_failed"
    ALL_DONE = "all_done"
    ALL_DONE_SETUP_SUCCESS = "all_done_setup_success"
    ALL_DONE_MIN_ONE_SUCCESS = "all_done_min_one_success"
    ALL_SKIPPED = "all_skipped"
    ONE_SUCCESS = "one_success"
    ONE_FAILED = "one_failed"
    ONE_DONE = "one_done"
    NONE_FAILED = "none_failed"
    NONE_FAILED_MIN_ONE_SUCCESS = "none_failed_min_one_success"
    NONE_SKIPPED = "none_skipped"
    ALWAYS = "always"
    # Other names of the two, from Airflow 2; `TriggerRule("dummy")` finds them as well.
    DUMMY = "always"
    NONE_FAILED_OR_SKIPPED = "none_failed_min_one_success"

    def __str__(self) -> str:
        return self.value

    @classmethod
    def _missing_(cls, value: object) -> TriggerRule | None:
        return {"dummy": cls.ALWAYS, "none_failed_or_skipped": cls.NONE_FAILED_MIN_ONE_SUCCESS}.get(str(value))

    @classmethod
    def is_valid(cls, trigger_rule: str) -> bool:
        """Whether `trigger_rule` names a rule."""
        return trigger_rule in cls.all_triggers() or cls._missing_(trigger_rule) is not None

    @classmethod
    def all_triggers(cls) -> set[str]:
        """The names of all rules."""
        return {rule.value for rule in cls}


class TaskEvent(str, Enum):
    """What can happen to a task instance; together with the state it happened in, it decides the next state."""

    RULE_MET = "rule_met"
    RULE_FAILED = "rule_failed"
    RULE_SKIPPED = "rule_skipped"
    REMOVED = "removed"
    RESTORED = "restored"
    COMPLETED_INLINE = "completed_inline"
    SLOT_GRANTED = "slot_granted"
    SLOT_RETURNED = "slot_returned"
    STARTED = "started"
    SUCCEEDED = "succeeded"
    SKIPPED = "skipped"
    FAILED_RETRIES = "failed_retries"
    FAILED_FINALLY = "failed_finally"
    RESCHEDULED = "rescheduled"
    DEFERRED = "deferred"
    TRY_LOST = "try_lost"
    DELAY_OVER = "delay_over"
    RUN_ENDED = "run_ended"
    CLEARED = "cleared"
    CLEARED_WHILE_ACTIVE = "cleared_while_active"
    RESTART_READY = "restart_ready"
    MARKED_SUCCESS = "marked_success"
    MARKED_FAILED = "marked_failed"
    MARKED_SKIPPED = "marked_skipped"


FINAL: Final = frozenset(
    {
        TaskState.SUCCESS,
        TaskState.FAILED,
        TaskState.UPSTREAM_FAILED,
        TaskState.SKIPPED,
        TaskState.REMOVED,
    }
)
SUCCESSFUL: Final = frozenset({TaskState.SUCCESS, TaskState.SKIPPED})
FAILURES: Final = frozenset({TaskState.FAILED, TaskState.UPSTREAM_FAILED})
# A try exists outside the engine: an executor may be working on it.
ACTIVE: Final = frozenset({TaskState.QUEUED, TaskState.RUNNING, TaskState.RESTARTING})
# Holds a slot of its pool.
OCCUPYING: Final = frozenset({TaskState.QUEUED, TaskState.RUNNING, TaskState.RESTARTING})


def _table() -> dict[tuple[TaskState, TaskEvent], TaskState]:
    s, e = TaskState, TaskEvent
    table: dict[tuple[TaskState, TaskEvent], TaskState] = {
        (s.NONE, e.RULE_MET): s.SCHEDULED,
        (s.NONE, e.RULE_FAILED): s.UPSTREAM_FAILED,
        (s.NONE, e.RULE_SKIPPED): s.SKIPPED,
        (s.NONE, e.COMPLETED_INLINE): s.SUCCESS,
        # A branch or short-circuit upstream may skip a task that has not run: one whose slot has not come yet, one that
        # waits, and one that another upstream has failed before the branch decided.
        (s.SCHEDULED, e.RULE_SKIPPED): s.SKIPPED,
        (s.UPSTREAM_FAILED, e.RULE_SKIPPED): s.SKIPPED,
        (s.UP_FOR_RETRY, e.RULE_SKIPPED): s.SKIPPED,
        (s.UP_FOR_RESCHEDULE, e.RULE_SKIPPED): s.SKIPPED,
        (s.SCHEDULED, e.COMPLETED_INLINE): s.SUCCESS,
        (s.SCHEDULED, e.SLOT_GRANTED): s.QUEUED,
        (s.QUEUED, e.SLOT_RETURNED): s.SCHEDULED,
        (s.QUEUED, e.STARTED): s.RUNNING,
        (s.UP_FOR_RETRY, e.DELAY_OVER): s.SCHEDULED,
        (s.UP_FOR_RESCHEDULE, e.DELAY_OVER): s.SCHEDULED,
        (s.DEFERRED, e.DELAY_OVER): s.SCHEDULED,
        (s.REMOVED, e.RESTORED): s.NONE,
        # A cleared try has ended (or never started): the instance waits for its trigger rule again.
        (s.RESTARTING, e.RESTART_READY): s.NONE,
    }
    # A try may end before its start was written down: the two reports arrive together.
    for active in (s.QUEUED, s.RUNNING):
        table |= {
            (active, e.SUCCEEDED): s.SUCCESS,
            (active, e.SKIPPED): s.SKIPPED,
            (active, e.FAILED_RETRIES): s.UP_FOR_RETRY,
            (active, e.FAILED_FINALLY): s.FAILED,
            (active, e.RESCHEDULED): s.UP_FOR_RESCHEDULE,
            (active, e.DEFERRED): s.DEFERRED,
            # A lost try is not the task's fault, so this does not use up one of its retries.
            (active, e.TRY_LOST): s.SCHEDULED,
            (active, e.CLEARED_WHILE_ACTIVE): s.RESTARTING,
        }
    for state in s:
        if state not in FINAL:
            # dagrun_timeout, fail_fast, and marking a run failed: what has not ended is skipped.
            table[(state, e.RUN_ENDED)] = s.SKIPPED
        if state is not s.REMOVED:
            table[(state, e.REMOVED)] = s.REMOVED
        if state not in ACTIVE:
            table[(state, e.CLEARED)] = s.NONE
        table[(state, e.MARKED_SUCCESS)] = s.SUCCESS
        table[(state, e.MARKED_FAILED)] = s.FAILED
        table[(state, e.MARKED_SKIPPED)] = s.SKIPPED
    return table


TRANSITIONS: Final[Mapping[tuple[TaskState, TaskEvent], TaskState]] = _table()


def next_state(state: TaskState, event: TaskEvent) -> TaskState | None:
    """The state that `event` leads to from `state`, or None when the table does not allow it."""
    return TRANSITIONS.get((state, event))
