"""What a user's action changes in the store: exact rows with their new values, shown as a dry run or written as one batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tradewind.core.changes import Changes, InstanceUpdate, RunUpdate
from tradewind.core.graph import Graph
from tradewind.core.records import InstanceRecord, OutboxRecord, RunRecord
from tradewind.core.states import TaskState


@dataclass(frozen=True, slots=True)
class RunSnapshot:
    """A run with all of its instances, as the store has them, and the graph of the version it runs on."""

    run: RunRecord
    graph: Graph
    instances: tuple[InstanceRecord, ...]


@dataclass(frozen=True, slots=True)
class InstanceEdit:
    run: RunRecord
    instance: InstanceRecord
    values: dict[str, Any]
    why: str

    @property
    def state(self) -> TaskState:
        """The state that the instance is to have."""
        found: TaskState = self.values["state"]
        return found


@dataclass(frozen=True, slots=True)
class RunEdit:
    run: RunRecord
    values: dict[str, Any]
    why: str


@dataclass(slots=True)
class Edit:
    """The result of clearing or marking: nothing is changed until `changes` is written."""

    instances: list[InstanceEdit] = field(default_factory=list)
    runs: list[RunEdit] = field(default_factory=list)
    kill: list[tuple[RunRecord, InstanceRecord]] = field(default_factory=list)
    """Instances whose running try has to be stopped."""

    def __bool__(self) -> bool:
        return bool(self.instances or self.runs)

    def changes(self, now: datetime, who: str) -> Changes:
        """The batch to write: every row guarded by the state (and try) it was seen in, with its line of history."""
        changes = Changes()
        for run_edit in self.runs:
            run = run_edit.run
            changes.run_updates.append(RunUpdate(run.run_key, run.state, run_edit.values))
            changes.outbox.append(
                OutboxRecord(
                    at=now,
                    kind="run",
                    dag_id=run.dag_id,
                    run_id=run.run_id,
                    run_key=run.run_key,
                    old=run.state.value,
                    new=str(run_edit.values.get("state", run.state)),
                    why=run_edit.why,
                    who=who,
                )
            )
        for edit in self.instances:
            run, instance = edit.run, edit.instance
            changes.instance_updates.append(
                InstanceUpdate(
                    run.run_key,
                    instance.task_id,
                    instance.map_index,
                    instance.state,
                    edit.values,
                    expect_try=instance.try_id,
                )
            )
            changes.outbox.append(
                OutboxRecord(
                    at=now,
                    kind="task",
                    dag_id=run.dag_id,
                    run_id=run.run_id,
                    run_key=run.run_key,
                    task_id=instance.task_id,
                    map_index=instance.map_index,
                    old=instance.state.value,
                    new=edit.state.value,
                    try_number=instance.try_number,
                    why=edit.why,
                    who=who,
                )
            )
        return changes


def runs_in_reach(anchor: RunRecord, runs: list[RunSnapshot], *, past: bool, future: bool) -> list[RunSnapshot]:
    """The anchor's run and, when asked for, those before and after it by logical date, oldest first.

    A run without a logical date is alone: nothing is before or after it.
    """
    found = []
    for snapshot in runs:
        date = snapshot.run.logical_date
        if snapshot.run.run_key == anchor.run_key:
            found.append(snapshot)
        elif date is not None and anchor.logical_date is not None:
            earlier, later = date < anchor.logical_date, date > anchor.logical_date
            # Both bounds are inclusive: another run for the same date belongs to either direction.
            if (past and not later) or (future and not earlier):
                found.append(snapshot)
    return sorted(found, key=lambda s: (s.run.logical_date or s.run.run_after, s.run.run_key))
