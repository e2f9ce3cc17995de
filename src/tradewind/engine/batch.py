"""What a batch of events leads to: collected from the core's plans, written in one transaction, then carried out.

Several steps of one instance inside a batch (queued → running → success) become one guarded update whose guard is the state
that is in the store, and one outbox row for each step.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tradewind.core.changes import Changes, InstanceUpdate, RunUpdate, TryUpdate
from tradewind.core.plan import Plan, Transition
from tradewind.core.reasons import encode_reasons
from tradewind.core.records import InstanceRecord, OutboxRecord, RunRecord, TryRecord
from tradewind.core.run_view import Instance
from tradewind.core.states import RunState, TaskState
from tradewind.engine.live import LiveRun

Effect = Callable[[], None]


class Batch:
    """Not reusable: one batch, one transaction. `now` is when it was opened."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.changes = Changes()
        self.effects: list[Effect] = []
        """Run in order, once the transaction is committed."""
        self.touched: dict[int, LiveRun] = {}
        """Every run that this batch decided about: reloaded when the store says that something moved."""
        self.granted: list[str] = []
        """Tries that are to be started once this is written."""
        self.is_urgent = False
        """False while it holds nothing that anybody waits for."""
        self._first: dict[tuple[int, str, int], tuple[TaskState, Instance]] = {}
        self._created: dict[tuple[int, str, int], Instance] = {}
        self._runs: dict[int, tuple[RunState, LiveRun]] = {}

    # --- collecting --------------------------------------------------------------------------------------------------

    def touch(self, live: LiveRun) -> None:
        self.touched[live.run_key] = live

    def plan(self, live: LiveRun, plan: Plan) -> None:
        """Takes in the transitions, new instances and changed details of `plan`."""
        self.touch(live)
        for instance in plan.created:
            self._created[_key(live, instance)] = instance
        for transition in plan.transitions:
            self.transition(live, transition)
        for instance in (*plan.retime, *plan.reasons):
            self.detail(live, instance)

    def transition(self, live: LiveRun, transition: Transition, who: str = "engine") -> None:
        instance = transition.instance
        # Also a run that was only given a slot: what is not written has to be decided again.
        self.touch(live)
        self._remember(live, instance, transition.old)
        self.changes.outbox.append(
            OutboxRecord(
                at=transition.at,
                kind="task",
                dag_id=live.record.dag_id,
                run_id=live.record.run_id,
                run_key=live.run_key,
                task_id=instance.task_id,
                map_index=instance.map_index,
                old=transition.old.value,
                new=transition.new.value,
                try_number=instance.try_number,
                why=transition.why or transition.event.value,
                who=who,
            )
        )

    def detail(self, live: LiveRun, instance: Instance) -> None:
        """A column other than the state changed."""
        self.touch(live)
        self._remember(live, instance, instance.state)

    def run_changed(self, live: LiveRun, old: RunState, new: RunState, at: datetime, why: str) -> None:
        self.touch(live)
        self._runs.setdefault(live.run_key, (old, live))
        self.changes.outbox.append(
            OutboxRecord(
                at=at,
                kind="run",
                dag_id=live.record.dag_id,
                run_id=live.record.run_id,
                run_key=live.run_key,
                old=old.value,
                new=new.value,
                why=why,
            )
        )

    def new_try(self, record: TryRecord) -> None:
        self.changes.new_tries.append(record)

    def try_values(self, try_id: str, **values: object) -> None:
        self.changes.try_updates.append(TryUpdate(try_id, values))

    def _remember(self, live: LiveRun, instance: Instance, old: TaskState) -> None:
        self._first.setdefault(_key(live, instance), (old, instance))

    # --- writing -----------------------------------------------------------------------------------------------------

    def sealed(self) -> Changes:
        """The transaction, with the values that instances and runs have now."""
        changes = self.changes
        for run_key, (old_state, live) in self._runs.items():
            changes.run_updates.append(RunUpdate(run_key, old_state, run_values(live.record)))
        for (run_key, _, _), instance in self._created.items():
            changes.new_instances.append(instance_record(run_key, instance))
        for key, (old, instance) in self._first.items():
            if key not in self._created:
                run_key, task_id, map_index = key
                changes.instance_updates.append(
                    InstanceUpdate(run_key, task_id, map_index, old, instance_values(instance))
                )
        return changes


def _key(live: LiveRun, instance: Instance) -> tuple[int, str, int]:
    return (live.run_key, instance.task_id, instance.map_index)


def run_values(record: RunRecord) -> dict[str, object]:
    """The columns of a run that the engine changes."""
    return {
        "state": record.state,
        "start_date": record.start_date,
        "end_date": record.end_date,
        "expanded": record.expanded,
        "end_reason": record.end_reason,
        "callback_pending": record.callback_pending,
    }


def instance_values(instance: Instance) -> dict[str, object]:
    """The columns of an instance that the engine changes: always the same ones, so that one statement writes them all."""
    duration = None
    if instance.start_date is not None and instance.end_date is not None:
        duration = (instance.end_date - instance.start_date).total_seconds()
    return {
        "state": instance.state,
        "try_number": instance.try_number,
        "max_tries": instance.max_tries,
        "try_id": instance.try_id,
        "scheduled_at": instance.scheduled_at,
        "queued_at": instance.queued_at,
        "start_date": instance.start_date,
        "end_date": instance.end_date,
        "duration_s": duration,
        "due_at": instance.due_at,
        "first_started_at": instance.first_started_at,
        "reschedule_count": instance.reschedule_count,
        "fresh_interpreter": instance.fresh_interpreter,
        "hostname": instance.hostname,
        "pid": instance.pid,
        "rendered_map_index": instance.rendered_map_index,
        "waiting_for": encode_reasons(instance.waiting_for),
        "waiting_since": instance.waiting_since,
    }


def instance_record(run_key: int, instance: Instance) -> InstanceRecord:
    values = instance_values(instance)
    return InstanceRecord(
        run_key=run_key,
        task_id=instance.task_id,
        map_index=instance.map_index,
        pool=instance.pool,
        pool_slots=instance.pool_slots,
        priority_weight=instance.priority_weight,
        queue=instance.queue,
        operator=instance.task.operator,
        **values,  # type: ignore[arg-type]  # the keys are fields of the record, see instance_values
    )
