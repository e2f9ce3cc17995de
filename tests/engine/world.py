"""A whole engine on a virtual clock, with tries that end when and how a test says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from tradewind.core.ids import new_run_key
from tradewind.core.messages import Failed, Outcome, Succeeded, TaskTry
from tradewind.core.records import InstanceRecord, OutboxRecord, RunRecord, TryRecord
from tradewind.core.spec import DagSpec, TaskSpec, TimetableSpec
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.engine.clock import VirtualClock
from tradewind.engine.events import OutsideChanges
from tradewind.engine.simulation import file_of, run_until, virtual_engine
from tradewind.store import Store, open_store

OPEN: list[Store] = []
"""Stores of the running test; its fixture closes them."""
START = datetime(2025, 1, 1, tzinfo=timezone.utc)


def task(task_id: str, *upstream: str, **values: Any) -> TaskSpec:
    return TaskSpec(task_id=task_id, operator="PythonOperator", upstream=tuple(sorted(upstream)), **values)


def dag(*tasks: TaskSpec, dag_id: str = "flow", **values: Any) -> DagSpec:
    return DagSpec(
        dag_id=dag_id,
        fileloc=f"/dags/{dag_id}.py",
        tasks=tasks,
        roots=tuple(one.task_id for one in tasks),
        is_paused_upon_creation=values.pop("is_paused_upon_creation", False),
        **values,
    )


def chain(*task_ids: str, **values: Any) -> tuple[TaskSpec, ...]:
    return tuple(task(name, *task_ids[at - 1 : at] if at else (), **values) for at, name in enumerate(task_ids))


DAILY = TimetableSpec(kind="cron_interval", data={"expression": "0 6 * * *", "timezone": "UTC"}, summary="0 6 * * *")


class World:
    """Holds one engine. `endings` says how a task's tries end; everything else succeeds at once."""

    def __init__(
        self, *specs: DagSpec, store: Store | None = None, parallelism: int = 32, now: datetime = START
    ) -> None:
        self.store = store or open_store("sqlite://", create=True)
        OPEN.append(self.store)
        self.store.schema.migrate()
        self.clock = VirtualClock(now)
        self.endings: dict[str, Callable[[TaskTry], tuple[Outcome, timedelta]]] = {}
        self.started: list[TaskTry] = []
        self.parallelism = parallelism
        for spec in specs:
            self.save(spec)
        self.start_engine()

    def start_engine(self) -> None:
        """A new engine on the same store, as after a crash: nothing is carried over in memory."""
        self.engine, self.executor = virtual_engine(
            self.store, self.clock, ending=self._ending, parallelism=self.parallelism
        )
        self.engine.start(watch_files=False)

    def _ending(self, task_try: TaskTry) -> tuple[Outcome, timedelta]:
        self.started.append(task_try)
        ending = self.endings.get(task_try.task_id)
        return ending(task_try) if ending is not None else (Succeeded(), timedelta(0))

    # --- what happens ------------------------------------------------------------------------------------------------

    def save(self, spec: DagSpec) -> None:
        self.store.dags.save_file(file_of(spec), self.clock.now(), paused_by_default=False)

    def fails(self, task_id: str, *, tries: int = 10_000, **values: Any) -> None:
        """The first `tries` tries of the task fail."""

        def ending(task_try: TaskTry) -> tuple[Outcome, timedelta]:
            failed = Failed(error="ValueError: planned", **values)
            return (failed if task_try.try_number <= tries else Succeeded(), timedelta(0))

        self.endings[task_id] = ending

    def takes(self, task_id: str, time: timedelta, outcome: Outcome | None = None) -> None:
        self.endings[task_id] = lambda _try: (outcome or Succeeded(), time)

    def trigger(self, dag_id: str = "flow", run_id: str | None = None, **values: Any) -> int:
        """Another process creates a manual run and rings."""
        now = self.clock.now()
        record = self.store.dags.get(dag_id)
        assert record is not None
        run_key = new_run_key(int(now.timestamp() * 1000))
        run = RunRecord(
            run_key=run_key,
            dag_id=dag_id,
            run_id=run_id or f"manual__{run_key}",
            run_type=values.pop("run_type", RunType.MANUAL),
            state=RunState.QUEUED,
            version_id=record.version_id,
            run_after=now,
            queued_at=now,
            **values,
        )
        self.store.runs.create(
            run,
            OutboxRecord(
                at=now, kind="run", dag_id=dag_id, run_id=run.run_id, run_key=run_key, new="queued", who="test"
            ),
        )
        self.engine.state.emit(OutsideChanges())
        return run_key

    def ring(self) -> None:
        self.engine.state.emit(OutsideChanges())

    def settle(self) -> None:
        """Lets everything happen that happens now."""
        run_until(self.engine, self.executor, self.clock, self.clock.now())

    def pass_time(self, by: timedelta) -> None:
        run_until(self.engine, self.executor, self.clock, self.clock.now() + by)

    def run(self, dag_id: str = "flow", **values: Any) -> int:
        """Triggers a run and lets an hour pass."""
        run_key = self.trigger(dag_id, **values)
        self.pass_time(timedelta(hours=1))
        return run_key

    # --- what is in the store ------------------------------------------------------------------------------------------

    def run_state(self, run_key: int) -> RunState:
        run = self.store.runs.by_key(run_key)
        assert run is not None
        return run.state

    def instance(self, run_key: int, task_id: str, map_index: int = -1) -> InstanceRecord:
        found = self.store.instances.get(run_key, task_id, map_index)
        assert found is not None
        return found

    def state(self, run_key: int, task_id: str, map_index: int = -1) -> TaskState:
        return self.instance(run_key, task_id, map_index).state

    def tries(self, run_key: int, task_id: str, map_index: int = -1) -> list[TryRecord]:
        return self.store.tries.of_instance(run_key, task_id, map_index)

    def states(self, run_key: int) -> dict[str, str]:
        return {
            one.task_id if one.map_index < 0 else f"{one.task_id}[{one.map_index}]": one.state.value
            for one in self.store.instances.of_run(run_key)
            if one.state is not TaskState.REMOVED  # placeholders of mapped tasks
        }

    def runs(self, dag_id: str = "flow") -> list[RunRecord]:
        return self.store.runs.list(dag_id=dag_id, newest_first=False)
