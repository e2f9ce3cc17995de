"""Answers to what tasks, and files being imported, ask: XComs, variables, connections, other runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from tradewind.core import messages
from tradewind.core.records import OutboxRecord, RunRecord
from tradewind.core.states import RunState, TaskState
from tradewind.engine.live import run_info
from tradewind.engine.outside import Outside
from tradewind.engine.runs import Runs
from tradewind.engine.state import EngineState
from tradewind.engine.tries import Tries
from tradewind.executors.base import Asked
from tradewind.services import clearing
from tradewind.services import runs as run_services
from tradewind.services.errors import ServiceError
from tradewind.services.selections import select_from_run
from tradewind.store.errors import RunExists

_INSTANT = timedelta(microseconds=1)
_LONG_AGO = datetime.fromtimestamp(0, timezone.utc)


class Answers:
    """One method for each request. Writes of a task go with the open batch; reads come after it is committed."""

    def __init__(self, state: EngineState, runs: Runs, tries: Tries, outside: Outside) -> None:
        self._state = state
        self._runs = runs
        self._tries = tries
        self._outside = outside
        self._answers: dict[type, Callable[[Any], messages.Reply]] = {
            messages.GetXCom: self._xcoms,
            messages.GetVariable: self._variable,
            messages.ListVariableKeys: self._variable_keys,
            messages.SetVariable: self._set_variable,
            messages.DeleteVariable: self._delete_variable,
            messages.GetConnection: self._connection,
            messages.GetPreviousRun: self._previous_run,
            messages.GetRun: self._run,
            messages.TriggerRun: self._trigger,
            messages.CountRuns: self._count_runs,
            messages.CountInstances: self._count_instances,
            messages.GetInstanceStates: self._instance_states,
            messages.GetDag: self._dag,
        }

    def asked(self, event: Asked) -> None:
        request = event.request
        match request:
            case messages.SetXCom():
                self._set_xcom(request)
            case messages.DeleteXCom():
                self._delete_xcom(request)
            case messages.SetRendered():
                self._state.open_batch().changes.rendered.append((request.try_id, request.fields))
            case messages.Skip():
                self._tries.skip(request.try_id, request.task_ids)
            case _:
                self._state.open_batch().is_urgent = True
        # Once the batch is stored: a read sees what the task wrote before, and a write is confirmed.
        self._state.open_batch().effects.append(lambda: self._state.executor.reply(event.token, self._answer(request)))

    def _answer(self, request: messages.Request) -> messages.Reply:
        if isinstance(request, messages.UNANSWERED):
            return messages.Done()
        try:
            return self._answers[type(request)](request)
        except ServiceError as problem:
            return messages.Refused(str(problem))

    # --- XComs -------------------------------------------------------------------------------------------------------

    def _run_key(self, dag_id: str, run_id: str) -> int | None:
        for live in self._state.live.values():
            if live.record.run_id == run_id and live.dag_id == dag_id:
                return live.run_key
        run = self._state.store.runs.get(dag_id, run_id)
        return None if run is None else run.run_key

    def _set_xcom(self, request: messages.SetXCom) -> None:
        run_key = self._run_key(request.dag_id, request.run_id)
        if run_key is None:
            return
        self._tries.keep_xcom(run_key, request)
        live = self._runs.get(run_key)
        if live is not None and request.key == "return_value":
            live.view.record_length(request.task_id, request.map_index, request.length)

    def _delete_xcom(self, request: messages.DeleteXCom) -> None:
        run_key = self._run_key(request.dag_id, request.run_id)
        if run_key is not None:
            self._state.open_batch().changes.delete_xcoms(run_key, request.task_id, request.map_index, request.key)

    def _xcoms(self, request: messages.GetXCom) -> messages.Reply:
        store = self._state.store
        run_key = self._run_key(request.dag_id, request.run_id)
        if run_key is None:
            return messages.XComs([])
        if request.task_ids is None:
            # From any task: the value that was pushed last comes first.
            everybody = store.xcoms.get(run_key, map_indexes=request.map_indexes, key=request.key)
            found = sorted(everybody, key=lambda xcom: xcom.created_at or _LONG_AGO, reverse=True)[: request.limit]
        else:
            found = store.xcoms.get(run_key, request.task_ids, request.map_indexes, request.key, request.limit)
        if not found and request.include_prior_dates:
            return messages.XComs(self._prior_xcoms(run_key, request))
        return messages.XComs([messages.XCom(x.task_id, x.map_index, x.key, x.value, request.run_id) for x in found])

    def _prior_xcoms(self, run_key: int, request: messages.GetXCom) -> list[messages.XCom]:
        """Values of the newest earlier run that has any."""
        current = self._state.store.runs.by_key(run_key)
        if current is None or current.logical_date is None or not request.task_ids:
            return []
        key = request.key or "return_value"
        found = self._state.store.xcoms.latest(request.dag_id, current.logical_date, request.task_ids, key)
        return [
            messages.XCom(x.task_id, x.map_index, x.key, x.value, run_id)
            for run_id, x in found
            if run_id == found[0][0] and (request.map_indexes is None or x.map_index in request.map_indexes)
        ]

    # --- variables and connections -----------------------------------------------------------------------------------

    def _variable(self, request: messages.GetVariable) -> messages.Reply:
        found = self._state.store.variables.get(request.key)
        if found is None or found.value is None:
            return messages.NotFound(f"variable {request.key!r}")
        return messages.Value(found.value)

    def _variable_keys(self, _request: messages.ListVariableKeys) -> messages.Reply:
        return messages.Names(self._state.store.variables.keys())

    def _set_variable(self, request: messages.SetVariable) -> messages.Reply:
        self._state.store.variables.set(
            request.key, request.value, request.description, outbox=self._variable_changed(request.key, "set")
        )
        return messages.Done()

    def _delete_variable(self, request: messages.DeleteVariable) -> messages.Reply:
        if self._state.store.variables.delete(request.key, outbox=self._variable_changed(request.key, "deleted")):
            return messages.Done()
        return messages.NotFound(f"variable {request.key!r}")

    def _variable_changed(self, key: str, how: str) -> OutboxRecord:
        return OutboxRecord(at=self._state.clock.now(), kind="variable", new=how, who="task", detail={"key": key})

    def _connection(self, request: messages.GetConnection) -> messages.Reply:
        found = self._state.store.connections.get(request.conn_id)
        if found is None:
            return messages.NotFound(f"connection {request.conn_id!r}")
        return messages.ConnectionInfo(
            conn_id=found.conn_id,
            conn_type=found.conn_type,
            description=found.description,
            host=found.host,
            schema=found.schema,
            login=found.login,
            password=found.password,
            port=found.port,
            extra=found.extra,
        )

    # --- runs and instances ------------------------------------------------------------------------------------------

    def _info(self, run: RunRecord | None) -> messages.Reply:
        if run is None:
            return messages.FoundRun(None)
        version = self._state.catalog.version(run.version_id)
        return messages.FoundRun(run_info(run, version.number if version is not None else 1))

    def _run(self, request: messages.GetRun) -> messages.Reply:
        if request.run_id is not None:
            return self._info(self._state.store.runs.get(request.dag_id, request.run_id))
        if request.logical_date is not None:
            return self._info(self._state.store.runs.by_logical_date(request.dag_id, request.logical_date))
        return messages.FoundRun(None)

    def _previous_run(self, request: messages.GetPreviousRun) -> messages.Reply:
        current = self._state.store.runs.get(request.dag_id, request.run_id)
        if current is None or current.logical_date is None:
            return messages.FoundRun(None)
        state = None if request.state is None else RunState(request.state)
        earlier = self._state.store.runs.list(
            dag_id=request.dag_id,
            logical_to=current.logical_date - _INSTANT,
            states=None if state is None else [state],
            limit=1,
        )
        return self._info(earlier[0] if earlier else None)

    def _trigger(self, request: messages.TriggerRun) -> messages.Reply:
        store = self._state.store
        dag = store.dags.get(request.dag_id)
        if dag is None or dag.is_stale:
            return messages.NotFound(f"DAG {request.dag_id!r}")
        if request.fail_when_paused and dag.is_paused:
            return messages.Refused(
                f"DAG {request.dag_id!r} is paused; un-pause it, or do not set fail_when_dag_is_paused"
            )
        services = replace(self._state.services, who="operator:task")
        try:
            run = run_services.trigger_run(
                services,
                request.dag_id,
                conf=json.loads(request.conf),
                run_id=request.run_id,
                logical_date=request.logical_date,
                keep_microseconds=True,
                note=request.note,
            )
        except RunExists as exists:
            if not request.reset_existing:
                return messages.AlreadyExists(exists.existing.run_id)
            run = exists.existing
            clearing.clear(services, select_from_run(services, run))
        self._outside.look()
        return self._info(run)

    def _count_runs(self, request: messages.CountRuns) -> messages.Reply:
        return messages.Count(
            sum(
                self._state.store.runs.count(
                    dag_id=request.dag_id,
                    logical_from=date,
                    logical_to=date,
                    run_ids=request.run_ids or None,
                    states=[RunState(state) for state in request.states] if request.states else None,
                )
                for date in _dates(request.logical_dates)
            )
        )

    def _matching(
        self, request: messages.CountInstances | messages.GetInstanceStates, states: list[str] | None
    ) -> dict[str, dict[str, str]]:
        task_ids = request.task_ids
        dag = self._state.catalog.dags.get(request.dag_id)
        if request.task_group_id is not None and dag is not None:
            version = self._state.catalog.version(dag.version_id)
            task_ids = sorted(version.graph.group_task_ids(request.task_group_id)) if version is not None else []
        found: dict[str, dict[str, str]] = {}
        for date in _dates(request.logical_dates):
            for run, instance in self._state.store.instances.list(
                request.dag_id,
                task_ids=task_ids or None,
                logical_from=date,
                logical_to=date,
                run_ids=request.run_ids or None,
                states=[TaskState(state) for state in states] if states else None,
                map_index=request.map_index,
            ):
                name = instance.task_id if instance.map_index < 0 else f"{instance.task_id}[{instance.map_index}]"
                found.setdefault(run.run_id, {})[name] = instance.state.value
        return found

    def _count_instances(self, request: messages.CountInstances) -> messages.Reply:
        return messages.Count(sum(len(states) for states in self._matching(request, request.states).values()))

    def _instance_states(self, request: messages.GetInstanceStates) -> messages.Reply:
        return messages.States(self._matching(request, None))

    def _dag(self, request: messages.GetDag) -> messages.Reply:
        dag = self._state.store.dags.get(request.dag_id)
        if dag is None or dag.is_stale:
            return messages.FoundDag(None)
        return messages.FoundDag(dag.spec, dag.is_paused)


def _dates(logical_dates: list[datetime] | None) -> list[datetime | None]:
    """One look-up for each date; None: one for all."""
    return [*logical_dates] if logical_dates else [None]
