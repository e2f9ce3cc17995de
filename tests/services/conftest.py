"""A store in memory with a clock that is turned by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tradewind.configuration import Configuration
from tradewind.core.changes import Changes, RunUpdate
from tradewind.core.records import InstanceRecord, RunRecord
from tradewind.core.spec import DagSpec, TaskSpec, TimetableSpec
from tradewind.core.states import RunState, TaskState
from tradewind.services.session import Services
from tradewind.store import ParsedFile, open_store
from tradewind.timetables.interval import CronDataIntervalTimetable
from tradewind.timetables.registry import to_spec

MORNING = datetime(2025, 1, 10, 9, 0, tzinfo=timezone.utc)


class HandClock:
    """Shows the time that it was set to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, **span: float) -> None:
        self.at += timedelta(**span)


class World:
    """Services over an empty store, and what a test does to it."""

    def __init__(self, services: Services, clock: HandClock, rings: list[datetime]) -> None:
        self.services = services
        self.clock = clock
        self.rings = rings

    def add_dag(self, dag_id: str = "nightly", *tasks: TaskSpec, paused: bool = False, **values: Any) -> DagSpec:
        spec = a_dag(dag_id, *tasks, **values)
        parsed = ParsedFile(
            file=spec.fileloc,
            relative=Path(spec.fileloc).name,
            source=f"# {dag_id} {len(spec.tasks)}",
            source_digest=f"{dag_id}-{len(spec.tasks)}",
            dags=[spec],
            problems=[],
        )
        self.services.store.dags.save_file(parsed, self.clock.now(), paused_by_default=paused)
        return spec

    def begin(self, run: RunRecord, **states: TaskState) -> list[InstanceRecord]:
        """Do what the engine does at a run's start, with these states of its tasks."""
        spec = self.services.store.dags.version(run.version_id).spec  # type: ignore[union-attr]
        instances = [
            InstanceRecord(
                run_key=run.run_key,
                task_id=task.task_id,
                operator=task.operator,
                state=states.get(task.task_id, TaskState.NONE),
                max_tries=task.retries,
            )
            for task in spec.tasks
        ]
        ended = all(instance.state.is_final for instance in instances)
        failed = any(instance.state is TaskState.FAILED for instance in instances)
        state = (RunState.FAILED if failed else RunState.SUCCESS) if ended else RunState.RUNNING
        values: dict[str, Any] = {"state": state, "expanded": True, "start_date": self.clock.now()}
        if ended:
            values["end_date"] = self.clock.now()
        changes = Changes(new_instances=instances, run_updates=[RunUpdate(run.run_key, run.state, values)])
        assert self.services.store.edit(changes) is None
        return instances

    def states(self, run: RunRecord) -> dict[str, TaskState]:
        return {i.task_id: i.state for i in self.services.store.instances.of_run(run.run_key)}

    def reload(self, run: RunRecord) -> RunRecord:
        found = self.services.store.runs.by_key(run.run_key)
        assert found is not None
        return found


def a_task(task_id: str, *upstream: str, **values: Any) -> TaskSpec:
    return TaskSpec(task_id=task_id, operator=values.pop("operator", "BashOperator"), upstream=upstream, **values)


def a_dag(dag_id: str, *tasks: TaskSpec, **values: Any) -> DagSpec:
    values.setdefault("timetable", to_spec(CronDataIntervalTimetable("0 6 * * *", timezone="UTC")))
    values.setdefault("start_date", datetime(2025, 1, 1, tzinfo=timezone.utc))
    values.setdefault("catchup", True)
    chosen = tasks or (a_task("extract"), a_task("load", "extract"))
    return DagSpec(dag_id=dag_id, fileloc=f"/home/me/dags/{dag_id}.py", owners=("airflow",), tasks=chosen, **values)


NO_SCHEDULE = TimetableSpec(can_be_scheduled=False)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = HandClock(MORNING)
    rings: list[datetime] = []
    store = open_store("sqlite://", create=True)
    store.schema.migrate()
    services = Services(
        store=store,
        conf=Configuration(tmp_path, {}),
        who="cli:tester",
        clock=clock,
        ring=lambda: rings.append(clock.now()),
    )
    yield World(services, clock, rings)
    store.close()


Make = Callable[..., Any]
