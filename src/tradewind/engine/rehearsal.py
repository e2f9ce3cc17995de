"""Trying a run, a task or a template without leaving anything behind.

A rehearsal is an engine of its own, on a store in memory that knows the home's variables, connections and pools. The work
is done by real processes, exactly as under the scheduler, and what it would have stored is gone when it ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from tradewind.core.changes import Changes
from tradewind.core.errors import TradewindError
from tradewind.core.ids import new_run_key, new_try_id
from tradewind.core.mapping import literal_lengths
from tradewind.core.messages import Ended, Failed, Lost, Outcome, Rescheduled, Skipped, Succeeded, TaskTry
from tradewind.core.records import NOT_MAPPED, DagRecord, InstanceRecord, RunRecord, TryRecord
from tradewind.core.runs import run_id_for
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.engine.catalog import Version
from tradewind.engine.engine import Engine
from tradewind.engine.events import RunDue
from tradewind.engine.live import run_info
from tradewind.engine.service import EngineService
from tradewind.runtime.log_reader import read_log, render_text
from tradewind.services.dags import get_dag
from tradewind.services.runs import manual_interval, trigger_run
from tradewind.services.session import Services
from tradewind.store import Store

Echo = Callable[[str], None]


class NotRehearsed(TradewindError):
    """The file or DAG cannot be tried."""


class Rehearsal:
    """One trial. `engine` works on a store in memory; `real` is the home's, and is only read."""

    def __init__(self, engine: Engine, service: EngineService, real: Services, echo: Echo) -> None:
        self._engine = engine
        self._service = service
        self._real = real
        self._echo = echo
        self._shown: dict[str, int] = {}
        """Log file → how much of it was shown."""

    @property
    def _services(self) -> Services:
        return self._engine.state.services

    # --- what can be tried -------------------------------------------------------------------------------------------

    def whole_run(self, dag_id: str, file: Path | None, logical_date: datetime | None, conf: Mapping[str, Any]) -> str:
        """One manual run of the DAG, its logs shown as they grow; the run's final state."""
        run_key: list[int] = []

        def imported() -> None:
            self._dag(dag_id)
            self._services.store.dags.set_paused([dag_id], False, who="engine", now=self._services.now())
            self._engine.state.catalog.refresh(dag_id)
            run = trigger_run(
                self._services, dag_id, conf=dict(conf), logical_date=logical_date, keep_microseconds=True
            )
            run_key.append(run.run_key)
            self._engine.runs.created(run)
            self._engine.state.emit(RunDue(run.run_key))

        def is_over() -> bool:
            self._show_logs(run_key[0])
            run = self._services.store.runs.by_key(run_key[0])
            return run is not None and run.state.is_final

        self._after_import(dag_id, file, imported, is_over)
        run = self._services.store.runs.by_key(run_key[0])
        return run.state.value if run is not None else RunState.FAILED.value

    def one_try(
        self,
        dag_id: str,
        task_id: str,
        file: Path | None,
        named_run: str | None,
        logical_date: datetime | None,
        map_index: int,
        params: Mapping[str, Any],
        *,
        render_only: bool = False,
    ) -> tuple[str, dict[str, str]]:
        """One try of one task, whatever it depends on: its final state, and its rendered template fields."""
        task_try: list[TaskTry] = []
        ended: list[Ended] = []
        state = self._engine.state

        def imported() -> None:
            dag = self._dag(dag_id)
            version = state.catalog.version(dag.version_id)
            assert version is not None
            made = self._try_of(dag, version, task_id, named_run, logical_date, map_index, params)
            made.render_only = render_only
            self._write_down(made, dag)
            task_try.append(made)
            state.executor.run(
                version.file, version.source_digest, lambda: state.store.dags.source(version.source_digest), made
            )

        def is_over() -> bool:
            if task_try:
                self._show(task_try[0].log_path)
            found = self._engine.last_end
            if found is not None and task_try and found.try_id == task_try[0].try_id:
                ended.append(found)
            return bool(ended)

        self._after_import(dag_id, file, imported, is_over)
        self._show(task_try[0].log_path)
        rendered = self._services.store.tries.rendered(task_try[0].try_id)
        fields = json.loads(rendered) if rendered else {}
        return _state_after(ended[0].outcome), {name: str(value) for name, value in fields.items()}

    # --- parts -------------------------------------------------------------------------------------------------------

    def _after_import(
        self, dag_id: str, file: Path | None, imported: Callable[[], None], is_over: Callable[[], bool]
    ) -> None:
        """Imports the DAG's file, calls `imported`, and runs the engine until `is_over`."""
        path = str(file.resolve()) if file is not None else get_dag(self._real, dag_id).fileloc
        files = self._engine.files
        begun: list[bool] = []
        problems: list[BaseException] = []

        def done() -> bool:
            if files.first_look_pending:
                return False
            try:
                if not begun:
                    begun.append(True)
                    imported()
                    return False
                return is_over()
            except TradewindError as problem:
                problems.append(problem)
                return True

        self._service.run(ready=lambda: files.take([path]), until=done)
        if problems:
            raise problems[0]

    def _dag(self, dag_id: str) -> DagRecord:
        found = self._services.store.dags.get(dag_id)
        if found is not None:
            return found
        errors = self._services.store.import_errors.list()
        if errors:
            raise NotRehearsed("\n".join(error.message for error in errors))
        known = ", ".join(dag.dag_id for dag in self._services.store.dags.list()) or "none"
        raise NotRehearsed(f"The file defines no DAG '{dag_id}'. It defines: {known}. Check the id.")

    def _try_of(
        self,
        dag: DagRecord,
        version: Version,
        task_id: str,
        named_run: str | None,
        logical_date: datetime | None,
        map_index: int,
        params: Mapping[str, Any],
    ) -> TaskTry:
        if task_id not in version.graph:
            known = ", ".join(task.task_id for task in dag.spec.tasks)
            raise NotRehearsed(f"DAG '{dag.dag_id}' has no task '{task_id}'. It has: {known}.")
        lengths = literal_lengths(version.graph, task_id)
        run = self._run_of(dag, named_run, logical_date, params)
        now = self._services.now()
        folder = self._engine.state.settings.logs_folder
        return TaskTry(
            try_id=new_try_id(int(now.timestamp() * 1000)),
            run=msgspec.structs.replace(run_info(run, version.number), state="running", end_date=None),
            task_id=task_id,
            map_index=max(map_index, 0) if lengths else NOT_MAPPED,
            try_number=1,
            log_path=f"{folder}/{task_id}.log",
            queued_at=now,
            map_lengths=lengths or {},
            test_mode=True,
        )

    def _write_down(self, task_try: TaskTry, dag: DagRecord) -> None:
        """The rows that the try's reports belong to."""
        run = self._services.store.runs.get(dag.dag_id, task_try.run.run_id)
        assert run is not None and task_try.queued_at is not None
        made = TryRecord(
            try_id=task_try.try_id,
            run_key=run.run_key,
            task_id=task_try.task_id,
            map_index=task_try.map_index,
            try_number=task_try.try_number,
            state=TaskState.QUEUED,
            version_id=dag.version_id,
            queued_at=task_try.queued_at,
            log_path=task_try.log_path,
        )
        instance = InstanceRecord(run_key=run.run_key, task_id=task_try.task_id, map_index=task_try.map_index)
        self._services.store.edit(Changes(new_instances=[instance], new_tries=[made]))

    def _run_of(
        self, dag: DagRecord, named: str | None, logical_date: datetime | None, params: Mapping[str, Any]
    ) -> RunRecord:
        """The home's run of that name, with its XComs, when there is one; else a run made up for that date."""
        store = self._services.store
        now = self._services.now()
        real = self._real.store.runs.get(dag.dag_id, named) if named is not None else None
        if real is None and logical_date is not None:
            real = self._real.store.runs.by_logical_date(dag.dag_id, logical_date)
        if real is None:
            moment = logical_date or now
            interval = manual_interval(dag, moment)
            run = RunRecord(
                run_key=new_run_key(int(now.timestamp() * 1000)),
                dag_id=dag.dag_id,
                run_id=named
                if named is not None and logical_date is None
                else run_id_for(RunType.MANUAL, dialect=dag.spec.dialect, run_after=moment, logical_date=moment),
                run_type=RunType.MANUAL,
                state=RunState.FAILED,
                version_id=dag.version_id,
                run_after=moment,
                logical_date=moment,
                data_interval_start=interval.start if interval else None,
                data_interval_end=interval.end if interval else None,
                start_date=now,
                end_date=now,
            )
        else:
            run = msgspec.structs.replace(
                real, version_id=dag.version_id, state=RunState.FAILED, start_date=now, end_date=now, backfill_id=None
            )
        if params:
            conf = {**json.loads(run.conf), **params}
            run = msgspec.structs.replace(run, conf=json.dumps(conf))
        # Written as ended, so that the engine leaves it alone: only the one try is made.
        store.runs.create(run)
        if real is not None:
            for xcom in self._real.store.xcoms.get(real.run_key):
                store.xcoms.set(xcom)
        return run

    # --- logs --------------------------------------------------------------------------------------------------------

    def _show_logs(self, run_key: int) -> None:
        for instance in self._services.store.instances.of_run(run_key):
            if instance.try_id is None:
                continue
            found = self._services.store.tries.get(instance.try_id)
            if found is None:
                continue
            if found.log_path not in self._shown:
                self._shown[found.log_path] = 0
                self._echo(f"[{instance.task_id}, try {instance.try_number}]")
            self._show(found.log_path)

    def _show(self, path: str) -> None:
        try:
            part = read_log(path, self._shown.get(path, 0))
        except FileNotFoundError:
            return
        self._shown[path] = part.end
        if part.lines:
            self._echo(render_text(part.lines).rstrip("\n"))


def copy_settings(real: Store, memory: Store) -> None:
    """Variables, connections and pools of the home, for tasks that ask for them."""
    for variable in real.variables.list():
        if variable.value is not None:
            memory.variables.set(variable.key, variable.value, variable.description)
    for connection in real.connections.list():
        memory.connections.set(connection)
    for pool in real.pools.list():
        memory.pools.set(pool)


def marks_success(pattern: str | None) -> Callable[[str], bool]:
    """Which tasks are marked as success instead of being run. Raises NotRehearsed for what is no regular expression."""
    if pattern is None:
        return lambda _task_id: False
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise NotRehearsed(
            f"{pattern!r} is not a regular expression: {error}. Write one that matches task ids."
        ) from error
    return lambda task_id: compiled.search(task_id) is not None


def _state_after(outcome: Outcome) -> str:
    match outcome:
        case Succeeded():
            return TaskState.SUCCESS.value
        case Skipped():
            return TaskState.SKIPPED.value
        case Rescheduled():
            return TaskState.UP_FOR_RESCHEDULE.value
        case Failed() | Lost():
            return TaskState.FAILED.value
        case _:
            return TaskState.DEFERRED.value
