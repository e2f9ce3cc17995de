"""DAG: a workflow as its file defines it."""

from __future__ import annotations

import copy
import functools
import inspect
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tradewind.configuration import conf
from tradewind.sdk import definition_context, timezone
from tradewind.sdk.assets import schedule_condition
from tradewind.sdk.dag_arguments import DAG_ARGUMENTS, POSITIONAL_ARGUMENTS, read_dag_arguments
from tradewind.sdk.dialect import current_dialect, current_file
from tradewind.sdk.exceptions import (
    AirflowDagCycleException,
    AirflowException,
    DuplicateTaskIdFound,
    InvalidArgument,
    NodeNotFound,
    TaskNotFound,
    UnknownArgument,
)
from tradewind.sdk.node import validate_key
from tradewind.sdk.params import DagParam, ParamsDict
from tradewind.sdk.resolvable import iter_references
from tradewind.sdk.source_location import SourceLocation, caller
from tradewind.sdk.suggestions import suggestion
from tradewind.sdk.task_group import TaskGroup
from tradewind.sdk.template import template_environment
from tradewind.sdk.types import NOTSET, ArgNotSet

if TYPE_CHECKING:
    from datetime import datetime

    import jinja2

DEFAULT_SCHEDULE = timedelta(days=1)
"""What a file of Airflow 2 gets when it names no schedule."""


class DAG:
    """A workflow. Takes the arguments of Airflow 2 and of Airflow 3 (`tradewind.sdk.dag_arguments.DAG_ARGUMENTS`).

    Dates without a zone are read in the zone of `start_date`, else in `[core] default_timezone`.
    """

    dag_id: str
    description: str | None
    schedule: Any
    start_date: datetime | None
    end_date: datetime | None
    default_args: dict[str, Any]
    catchup: bool
    max_active_runs: int
    max_active_tasks: int
    max_consecutive_failed_dag_runs: int
    dagrun_timeout: timedelta | None
    tags: Collection[str]
    owner_links: dict[str, str]
    access_control: Any
    auto_register: bool
    fail_fast: bool
    is_paused_upon_creation: bool | None
    on_success_callback: list[Any]
    on_failure_callback: list[Any]
    doc_md: str | None
    template_searchpath: list[str] | None
    template_undefined: Any
    user_defined_macros: dict[str, Any] | None
    user_defined_filters: dict[str, Any] | None
    jinja_environment_kwargs: dict[str, Any] | None
    render_template_as_native_obj: bool
    default_view: str
    orientation: str
    allowed_run_types: Any
    deadline: Any
    sla_miss_callback: Any
    disable_bundle_versioning: bool
    rerun_with_latest_version: bool | None

    def __init__(self, dag_id: str = "", *args: Any, **kwargs: Any) -> None:
        self.defined_at: SourceLocation | None = caller()
        self.dialect = current_dialect()
        self.fileloc = current_file() or (self.defined_at.file if self.defined_at else "")
        self.fileloc = os.path.abspath(self.fileloc) if self.fileloc else ""
        given = self._by_name(dag_id, args, kwargs)
        self.dag_id = dag_id
        self.task_dict: dict[str, Any] = {}
        self._mapped_over_ids: frozenset[str] | None = None
        self.edge_info: dict[str, dict[str, dict[str, str]]] = {}
        for name, value in read_dag_arguments(given, dag_id, self.dialect).items():
            setattr(self, name, value)
        self.dag_display_name: str = given.get("dag_display_name") or dag_id
        self.default_args = copy.copy(dict(self.default_args))
        self.params = ParamsDict(self.default_args.pop("params", None))
        self.params.update(ParamsDict(given.get("params")))
        self._read_dates(given)
        self.schedule = self._schedule_of(given)
        group = given.get("task_group")
        self.task_group: TaskGroup = group if group is not None else TaskGroup.create_root(self)
        self.partial = False
        self._timetable: Any = None
        self.max_active_runs_given = given.get("max_active_runs") is not None

    def _by_name(self, dag_id: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        if not dag_id:
            raise InvalidArgument("A DAG needs a dag_id: DAG(dag_id='my_dag', …).")
        validate_key(dag_id, what="dag_id")
        if len(args) > len(POSITIONAL_ARGUMENTS):
            raise InvalidArgument(f"DAG {dag_id!r} got {len(args)} arguments without a name: name them.")
        given = dict(zip(POSITIONAL_ARGUMENTS, args, strict=False))
        twice = sorted(given.keys() & kwargs.keys())
        if twice:
            raise InvalidArgument(f"DAG {dag_id!r} got {', '.join(twice)} twice, by place and by name.")
        given.update(kwargs)
        for name in sorted(given.keys() - DAG_ARGUMENTS):
            raise UnknownArgument(
                f"DAG {dag_id!r} has no argument {name!r}.{suggestion(name, DAG_ARGUMENTS)}",
                file=self.fileloc,
                line=self.defined_at.line if self.defined_at else None,
            )
        return given

    def _read_dates(self, given: Mapping[str, Any]) -> None:
        first = given.get("start_date") or self.default_args.get("start_date")
        last = given.get("end_date") or self.default_args.get("end_date")
        try:
            zoned = next((timezone.read_date(date, what="start_date") for date in (first, last) if date), None)
            self.timezone = zoned.timezone if zoned is not None else timezone.default_timezone()
            for name in ("start_date", "end_date"):
                setattr(self, name, self._in_utc(given.get(name), name))
                if self.default_args.get(name):
                    self.default_args[name] = self._in_utc(self.default_args[name], name)
        except ValueError as error:
            raise InvalidArgument(f"DAG {self.dag_id!r}: {error}") from None

    def _in_utc(self, value: Any, name: str) -> Any:
        return timezone.convert_to_utc(timezone.read_date(value, what=name, tz=self.timezone))

    def _schedule_of(self, given: Mapping[str, Any]) -> Any:
        """What `schedule`, `schedule_interval` and `timetable` say; at most one of them may be given."""
        named = [
            (name, given[name])
            for name in ("schedule", "schedule_interval", "timetable")
            if name in given
            and not isinstance(given[name], ArgNotSet)
            and not (name == "timetable" and given[name] is None)
        ]
        if len(named) > 1:
            names = " and ".join(name for name, _ in named)
            raise InvalidArgument(f"DAG {self.dag_id!r} has {names}: keep one of them, best schedule=.")
        if not named:
            return DEFAULT_SCHEDULE if self.dialect < 3 else None
        return schedule_condition(named[0][1], self.dag_id)

    # --- schedule ---------------------------------------------------------------------------------------------------------

    @property
    def timetable(self) -> Any:
        """When this DAG runs. Raises what the timetable says of a wrong schedule (a bad field of a cron string …)."""
        if self._timetable is None:
            from tradewind.timetables.registry import timetable_from_schedule

            self._timetable = timetable_from_schedule(
                self.schedule,
                timezone=self.timezone,
                dialect=self.dialect,
                cron_intervals=_set_by_user("create_cron_data_intervals"),
                delta_intervals=_set_by_user("create_delta_data_intervals"),
            )
        return self._timetable

    @property
    def schedule_interval(self) -> Any:
        """Airflow 2's name of `schedule`."""
        return self.schedule

    @property
    def normalized_schedule_interval(self) -> Any:
        from tradewind.sdk.dates import cron_presets

        return cron_presets.get(self.schedule, self.schedule) if isinstance(self.schedule, str) else self.schedule

    # --- tasks ----------------------------------------------------------------------------------------------------------------

    @property
    def tasks(self) -> list[Any]:
        """In order of definition."""
        return list(self.task_dict.values())

    @property
    def task_ids(self) -> list[str]:
        return list(self.task_dict)

    @property
    def task_count(self) -> int:
        return len(self.task_dict)

    @property
    def task_group_dict(self) -> dict[str, TaskGroup]:
        return {key: group for key, group in self.task_group.get_task_group_dict().items() if key is not None}

    @property
    def mapped_over_ids(self) -> frozenset[str]:
        """Ids of the tasks whose results a mapped task or group expands over. O(tasks) when it is asked for first."""
        if self._mapped_over_ids is None:
            nodes: list[Any] = [*self.tasks, *self.task_group_dict.values()]
            inputs = [node.expand_input for node in nodes if node.is_mapped]
            self._mapped_over_ids = frozenset(
                operator.task_id for one in inputs for operator, _ in iter_references(one)
            )
        return self._mapped_over_ids

    def add_task(self, task: Any) -> None:
        """Take in a task. Raises DuplicateTaskIdFound when its id is taken."""
        known = self.task_dict.get(task.node_id)
        if known is task:
            return
        if known is not None:
            where = known.defined_at
            raise DuplicateTaskIdFound(
                f"DAG {self.dag_id!r} has two tasks called {task.node_id!r}"
                + (f" (the first one at {where})" if where else "")
                + ": give one of them another task_id."
            )
        if task.task_group is None:
            self.task_group.add(task)
        self.task_dict[task.node_id] = task
        self._mapped_over_ids = None
        task._dag = self
        self._bound_dates(task)

    def _bound_dates(self, task: Any) -> None:
        """A task's dates are never wider than those of its DAG, and are the DAG's where it has none."""
        task.start_date = max(filter(None, (task.start_date, self.start_date)), default=None)
        task.end_date = min(filter(None, (task.end_date, self.end_date)), default=None)

    def add_tasks(self, tasks: Iterable[Any]) -> None:
        for task in tasks:
            self.add_task(task)

    def _remove_task(self, task_id: str) -> None:
        task = self.task_dict.pop(task_id)
        self._mapped_over_ids = None
        if task.task_group is not None:
            task.task_group.children.pop(task_id, None)
            task.task_group.used_group_ids.discard(task_id)

    def has_task(self, task_id: str) -> bool:
        return task_id in self.task_dict

    def has_task_group(self, task_group_id: str) -> bool:
        return task_group_id in self.task_group_dict

    def get_task(self, task_id: str, include_subdags: bool = False) -> Any:
        try:
            return self.task_dict[task_id]
        except KeyError:
            raise TaskNotFound(
                f"DAG {self.dag_id!r} has no task {task_id!r}.{suggestion(task_id, self.task_dict)}"
            ) from None

    def __getitem__(self, node_id: str) -> Any:
        node = self.task_dict.get(node_id) or self.task_group_dict.get(node_id)
        if node is None:
            raise NodeNotFound(f"DAG {self.dag_id!r} has no task or group {node_id!r}.")
        return node

    def __contains__(self, node_id: object) -> bool:
        return node_id in self.task_dict or node_id in self.task_group_dict

    @property
    def roots(self) -> list[Any]:
        return [task for task in self.tasks if not task.upstream_task_ids]

    @property
    def leaves(self) -> list[Any]:
        return [task for task in self.tasks if not task.downstream_task_ids]

    @property
    def teardowns(self) -> list[Any]:
        return [task for task in self.tasks if task.is_teardown]

    def set_dependency(self, upstream_task_id: str, downstream_task_id: str) -> None:
        self.get_task(upstream_task_id).set_downstream(self.get_task(downstream_task_id))

    def get_edge_info(self, upstream_task_id: str, downstream_task_id: str) -> dict[str, str]:
        return self.edge_info.get(upstream_task_id, {}).get(downstream_task_id, {})

    def set_edge_info(self, upstream_task_id: str, downstream_task_id: str, info: dict[str, str]) -> None:
        self.edge_info.setdefault(upstream_task_id, {})[downstream_task_id] = info

    def topological_sort(self, include_subdag_tasks: bool = False) -> tuple[Any, ...]:
        """Tasks so that upstreams come first; definition order otherwise. Raises AirflowDagCycleException."""
        place = {task_id: number for number, task_id in enumerate(self.task_dict)}
        waiting = {task_id: len(task.upstream_task_ids) for task_id, task in self.task_dict.items()}
        ready = [task_id for task_id, count in waiting.items() if count == 0]
        ordered = []
        for task_id in ready:
            ordered.append(self.task_dict[task_id])
            for below in sorted(self.task_dict[task_id].downstream_task_ids, key=place.__getitem__):
                waiting[below] -= 1
                if waiting[below] == 0:
                    ready.append(below)
        if len(ordered) < len(self.task_dict):
            self.check_cycle()
        return tuple(ordered)

    def check_cycle(self) -> None:
        """Raise AirflowDagCycleException naming the path when tasks wait for each other in a circle."""
        path = find_cycle({task_id: sorted(task.downstream_task_ids) for task_id, task in self.task_dict.items()})
        if path:
            where = self.task_dict[path[0]].defined_at
            raise AirflowDagCycleException(
                f"DAG {self.dag_id!r} loops: {' → '.join([*path, path[0]])}. "
                "Take away one of these edges, or split the task that has to run twice.",
                file=self.fileloc,
                line=where.line if where else None,
            )

    def partial_subset(
        self,
        task_ids: str | re.Pattern[str] | Iterable[Any] | None = None,
        include_downstream: bool = False,
        include_upstream: bool = True,
        include_direct_upstream: bool = False,
        **renamed: Any,
    ) -> DAG:
        """A copy with only the tasks that match (a regular expression, or ids), and those around them as told."""
        wanted = renamed.get("task_ids_or_regex", task_ids)
        if isinstance(wanted, (str, re.Pattern)):
            matched = {task_id for task_id in self.task_dict if re.search(wanted, task_id)}
        else:
            matched = {getattr(task, "task_id", task) for task in wanted or ()}
        keep = set(matched)
        for task_id in matched:
            task = self.get_task(task_id)
            if include_downstream:
                keep |= task.get_flat_relative_ids(upstream=False)
            if include_upstream:
                keep |= task.get_flat_relative_ids(upstream=True)
            elif include_direct_upstream:
                keep |= task.upstream_task_ids
        subset = copy.copy(self)
        subset.partial = len(keep) < len(self.task_dict)
        subset.task_dict = {}
        subset._mapped_over_ids = None
        for task_id, task in self.task_dict.items():
            if task_id in keep:
                one = copy.copy(task)
                one._dag = subset
                one.upstream_task_ids = task.upstream_task_ids & keep
                one.downstream_task_ids = task.downstream_task_ids & keep
                subset.task_dict[task_id] = one
        return subset

    # --- templates and params ---------------------------------------------------------------------------------------------------

    @property
    def folder(self) -> str:
        return os.path.dirname(self.fileloc)

    @property
    def filepath(self) -> str:
        return self.relative_fileloc

    @property
    def relative_fileloc(self) -> str:
        """The file, relative to the DAGs folder when it is inside."""
        folder = str(conf.get("core", "dags_folder", fallback="") or "")
        if folder and self.fileloc.startswith(os.path.join(os.path.abspath(folder), "")):
            return os.path.relpath(self.fileloc, folder)
        return self.fileloc

    def get_template_env(self, *, force_sandboxed: bool = False, native: bool | None = None) -> jinja2.Environment:
        """A new environment with this DAG's search path, macros and filters; native (see `native`) unless forced."""
        wants_native = self.render_template_as_native_obj if native is None else native
        return template_environment(
            searchpath=[self.folder, *(self.template_searchpath or ())],
            native=wants_native and not force_sandboxed,
            undefined=self.template_undefined,
            options=self.jinja_environment_kwargs,
            macros=self.user_defined_macros,
            filters=self.user_defined_filters,
        )

    def resolve_template_files(self) -> None:
        for task in self.tasks:
            task.resolve_template_files()

    def param(self, name: str, default: Any = NOTSET) -> DagParam:
        """The value of a param in a run, for use as an argument of a task."""
        return DagParam(self, name, default)

    # --- names ------------------------------------------------------------------------------------------------------------------

    @property
    def owner(self) -> str:
        """Owners of the tasks, in order of their names."""
        return ", ".join(sorted({task.owner for task in self.tasks}))

    @property
    def concurrency(self) -> int:
        return self.max_active_tasks

    @property
    def fail_stop(self) -> bool:
        return self.fail_fast

    def test(self, *args: Any, **kwargs: Any) -> Any:
        """Refuses: a file that is started by itself has no tradewind around it to run tasks."""
        raise AirflowException(
            f"DAG {self.dag_id!r} cannot run from its own file: tasks run in processes of tradewind. "
            f"Use `airflow dags test {self.dag_id}`."
        )

    def cli(self) -> Any:
        """Refuses, like `test`."""
        raise AirflowException(
            f"Use the command line: `airflow dags show {self.dag_id}`, `airflow tasks test {self.dag_id} …`."
        )

    def validate(self) -> None:
        """Raise what is wrong with this DAG, as reading its file does."""
        from tradewind.sdk.compile import compile_dag

        compile_dag(self)

    def __repr__(self) -> str:
        return f"<DAG: {self.dag_id}>"

    def __hash__(self) -> int:
        return hash(("DAG", self.dag_id, self.fileloc))

    def __eq__(self, other: object) -> bool:
        return self is other

    def __lt__(self, other: DAG) -> bool:
        return self.dag_id < other.dag_id

    # --- context manager -------------------------------------------------------------------------------------------------------

    def __enter__(self) -> DAG:
        definition_context.push_dag(self)
        definition_context.push_group(self.task_group)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        definition_context.pop_group()
        definition_context.pop_dag()


def _set_by_user(option: str) -> bool | None:
    """A `[scheduler]` option when somebody set it; unset, the dialect decides."""
    return conf.getboolean("scheduler", option) if conf.is_set("scheduler", option) else None


def check_cycle(dag: DAG) -> None:
    """See `DAG.check_cycle`."""
    dag.check_cycle()


def find_cycle(downstream: Mapping[str, Iterable[str]]) -> list[str]:
    """Ids along one circle, starting with the one defined first; empty when there is none. Not recursive."""
    done: set[str] = set()
    place = {task_id: number for number, task_id in enumerate(downstream)}
    for start in downstream:
        path: list[str] = []
        on_path: set[str] = set()
        stack: list[tuple[str, Iterator[str]]] = []
        if start not in done:
            stack.append((start, iter(downstream[start])))
            path.append(start)
            on_path.add(start)
        while stack:
            task_id, below = stack[-1]
            following = next(below, None)
            if following is None:
                stack.pop()
                path.pop()
                on_path.discard(task_id)
                done.add(task_id)
            elif following in on_path:
                circle = path[path.index(following) :]
                first = min(range(len(circle)), key=lambda index: place[circle[index]])
                return circle[first:] + circle[:first]
            elif following not in done:
                stack.append((following, iter(downstream.get(following, ()))))
                path.append(following)
                on_path.add(following)
    return []


def dag(dag_id: str | Callable[..., Any] = "", *args: Any, **dag_kwargs: Any) -> Any:
    """Make a DAG from a function: `@dag(schedule="@daily", …)`; the function's arguments become params."""
    if callable(dag_id):
        return dag()(dag_id)

    def wrap(function: Callable[..., Any]) -> Callable[..., DAG]:
        @functools.wraps(function)
        def factory(*fargs: Any, **fkwargs: Any) -> DAG:
            bound = inspect.signature(function).bind(*fargs, **fkwargs)
            bound.apply_defaults()
            made = DAG(dag_id or function.__name__, *args, **dag_kwargs)
            if made.doc_md is None and function.__doc__:
                made.doc_md = inspect.cleandoc(function.__doc__)
            with made:
                values = {name: made.param(name, value) for name, value in bound.arguments.items()}
                function(**values)
            return made

        return factory

    return wrap
