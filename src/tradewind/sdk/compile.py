"""From a DAG as its file made it to its specification, with all checks that need the whole of it."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from tradewind.core.spec import DagSpec, EdgeLabel, GroupSpec, TaskSpec, TimetableSpec
from tradewind.core.states import TriggerRule
from tradewind.sdk.abstract_operator import AbstractOperator
from tradewind.sdk.assets import outlet_expression
from tradewind.sdk.dag import DAG
from tradewind.sdk.exceptions import (
    AirflowException,
    DagDefinitionError,
    FailStopDagInvalidTriggerRule,
    InvalidArgument,
    ParamValidationError,
)
from tradewind.sdk.mapped import MappedOperator
from tradewind.sdk.operator_arguments import CALLBACK_NAMES, addresses
from tradewind.sdk.params import ParamsDict
from tradewind.sdk.task_group import MappedTaskGroup, TaskGroup
from tradewind.sdk.types import ArgNotSet, WeightRule

MAX_DOC_CHARACTERS = 1 << 20


def compile_dag(dag: DAG, *, dialect_reason: str = "", relies_on: tuple[str, ...] = ()) -> DagSpec:
    """The specification of `dag`. Raises DagDefinitionError, with file and line, for what makes it unusable."""
    for task in dag.tasks:
        task.relate_template_fields()
    dag.check_cycle()
    _check_setups(dag)
    _check_fail_fast(dag)
    timetable = _timetable_spec(dag)
    _check_params(dag, timetable)
    _check_runs(dag, timetable)
    dates = [date for date in (dag.start_date, *(task.start_date for task in dag.tasks)) if date is not None]
    earliest = min(dates, default=None)
    if earliest is None and timetable.can_be_scheduled and dag.catchup and timetable.kind not in ("asset", "assets"):
        raise _at(
            dag,
            f"DAG {dag.dag_id!r} has a schedule and catchup, so it needs a start_date: add one, such as "
            "start_date=datetime(2024, 1, 1), or set catchup=False.",
        )
    return DagSpec(
        dag_id=dag.dag_id,
        fileloc=dag.fileloc,
        dialect=dag.dialect,
        dialect_reason=dialect_reason,
        display_name=dag.dag_display_name if dag.dag_display_name != dag.dag_id else "",
        description=dag.description or "",
        doc_md=_doc(dag),
        owners=tuple(sorted({task.owner for task in dag.tasks})),
        owner_links=dag.owner_links,
        tags=tuple(sorted(set(dag.tags))),
        timezone=str(getattr(dag.timezone, "name", None) or dag.timezone),
        timetable=timetable,
        start_date=earliest,
        end_date=_latest(dag),
        catchup=dag.catchup,
        max_active_runs=dag.max_active_runs,
        max_active_tasks=dag.max_active_tasks,
        max_consecutive_failed_dag_runs=dag.max_consecutive_failed_dag_runs,
        dagrun_timeout_s=dag.dagrun_timeout.total_seconds() if dag.dagrun_timeout is not None else None,
        fail_fast=dag.fail_fast,
        is_paused_upon_creation=dag.is_paused_upon_creation,
        params=_params(dag.params),
        callbacks=tuple(kind for kind in ("success", "failure") if getattr(dag, f"on_{kind}_callback")),
        access_control=_json(dag.access_control) or {},
        render_template_as_native_obj=dag.render_template_as_native_obj,
        template_searchpath=tuple(str(path) for path in dag.template_searchpath or ()),
        default_view=dag.default_view,
        orientation=dag.orientation,
        tasks=tuple(_task_spec(task, dag) for task in dag.tasks),
        groups=tuple(_group_specs(dag.task_group)),
        roots=tuple(dag.task_group.children),
        edge_labels=tuple(
            EdgeLabel(above, below, info["label"])
            for above, belows in sorted(dag.edge_info.items())
            for below, info in sorted(belows.items())
            if info.get("label") and above in dag.task_dict and below in dag.task_dict
        ),
        relies_on=relies_on,
    )


# --- checks ------------------------------------------------------------------------------------------------------------------


def _at(thing: Any, message: str, kind: type[DagDefinitionError] = InvalidArgument) -> DagDefinitionError:
    """An error that points to where `thing` was defined."""
    where = thing.defined_at
    return kind(message, file=where.file if where else None, line=where.line if where else None)


def _check_setups(dag: DAG) -> None:
    for task in dag.tasks:
        if not task.is_setup:
            continue
        for below in task.downstream_list:
            if not below.is_teardown and below.trigger_rule is not TriggerRule.ALL_SUCCESS:
                raise _at(
                    below,
                    f"Setup tasks must be followed with trigger rule ALL_SUCCESS: {below.task_id!r}, directly after setup "
                    f"{task.task_id!r}, has {below.trigger_rule.value!r}. Put a task with all_success between them.",
                )


def _check_fail_fast(dag: DAG) -> None:
    allowed = (TriggerRule.ALL_SUCCESS, TriggerRule.ALL_DONE_SETUP_SUCCESS)
    for task in dag.tasks if dag.fail_fast else ():
        if task.trigger_rule not in allowed:
            raise _at(
                task,
                f"DAG {dag.dag_id!r} has fail_fast, so its tasks run with the trigger rule all_success only; "
                f"{task.task_id!r} has {task.trigger_rule.value!r}.",
                FailStopDagInvalidTriggerRule,
            )


def _timetable_spec(dag: DAG) -> TimetableSpec:
    from tradewind.timetables.registry import to_spec

    try:
        timetable = dag.timetable
        spec = to_spec(timetable)
    except DagDefinitionError:
        raise
    except (ValueError, TypeError, AirflowException) as error:
        raise _at(dag, f"DAG {dag.dag_id!r}: {error}") from error
    limit = spec.active_runs_limit
    if limit is not None and dag.max_active_runs > limit:
        if dag.max_active_runs_given:
            raise _at(
                dag,
                f"DAG {dag.dag_id!r}: the schedule {spec.summary} allows {limit} active run(s), and max_active_runs is "
                f"{dag.max_active_runs}: lower it.",
            )
        dag.max_active_runs = limit
    return spec


def _check_params(dag: DAG, timetable: TimetableSpec) -> None:
    if not timetable.can_be_scheduled:
        return
    try:
        dag.params.validate()
    except ParamValidationError as error:
        raise _at(
            dag,
            f"DAG {dag.dag_id!r} has a schedule, so all of its params need valid defaults. {error} "
            "Give it a default, or set schedule=None.",
        ) from error


def _check_runs(dag: DAG, timetable: TimetableSpec) -> None:
    allowed = dag.allowed_run_types
    if not allowed:
        return
    names = {str(getattr(one, "value", one)) for one in (allowed if not isinstance(allowed, str) else [allowed])}
    needed = "asset_triggered" if timetable.kind == "asset" else "scheduled" if timetable.can_be_scheduled else "manual"
    if needed not in names:
        raise _at(dag, f"DAG {dag.dag_id!r}: allowed_run_types must have {needed!r}, because of its schedule.")


def _latest(dag: DAG) -> datetime | None:
    """The end of the DAG; tasks extend or set it only when every one of them has an end."""
    ends = [task.end_date for task in dag.tasks if task.end_date is not None]
    if ends and len(ends) == len(dag.tasks):
        latest: datetime = max([*ends, *([dag.end_date] if dag.end_date is not None else [])])
        return latest
    return dag.end_date


# --- parts -------------------------------------------------------------------------------------------------------------------


def _task_spec(task: AbstractOperator, dag: DAG) -> TaskSpec:
    owner_class = task.operator_class if isinstance(task, MappedOperator) else type(task)
    callbacks = tuple(name[3:].removesuffix("_callback") for name in CALLBACK_NAMES if getattr(task, name))
    label = task.label
    backoff = task.retry_exponential_backoff
    return TaskSpec(
        task_id=task.task_id,
        operator=task.operator_name,
        module=owner_class.__module__,
        label=label if label != task.task_id else "",
        display_name=task._task_display_name or "",
        owner=str(task.owner),
        upstream=tuple(sorted(task.upstream_task_ids)),
        group=(task.task_group.group_id if task.task_group is not None else None) or None,
        trigger_rule=task.trigger_rule,
        start_date=task.start_date if task.start_date != dag.start_date else None,
        end_date=task.end_date if task.end_date != dag.end_date else None,
        depends_on_past=bool(task.depends_on_past),
        ignore_first_depends_on_past=bool(task.ignore_first_depends_on_past),
        wait_for_downstream=bool(task.wait_for_downstream),
        wait_for_past_depends_before_skipping=bool(task.wait_for_past_depends_before_skipping),
        retries=task.retries,
        retry_delay_s=task.retry_delay.total_seconds(),
        retry_multiplier=2.0 if backoff is True else float(backoff),
        max_retry_delay_s=task.max_retry_delay.total_seconds() if task.max_retry_delay is not None else None,
        execution_timeout_s=task.execution_timeout.total_seconds() if task.execution_timeout is not None else None,
        pool=str(task.pool),
        pool_slots=task.pool_slots,
        priority_weight=task.priority_weight,
        weight_rule=_weight_rule(task),
        queue=str(task.queue),
        executor=task.executor,
        max_active_tis_per_dag=task.max_active_tis_per_dag,
        max_active_tis_per_dagrun=task.max_active_tis_per_dagrun,
        run_as_user=task.run_as_user,
        do_xcom_push=bool(task.do_xcom_push),
        is_setup=task.is_setup,
        is_teardown=task.is_teardown,
        on_failure_fail_dagrun=bool(task.on_failure_fail_dagrun),
        inline=_is_inline(task),
        expansion=task.expand_input.spec() if isinstance(task, MappedOperator) else None,
        map_index_template=task.map_index_template,
        is_sensor=task.is_sensor,
        reschedules=_reschedules(task),
        callbacks=callbacks,
        email=tuple(addresses(task.email)),
        email_on_failure=bool(task.email_on_failure),
        email_on_retry=bool(task.email_on_retry),
        template_fields=tuple(task.template_fields),
        template_fields_renderers=dict(task.template_fields_renderers),
        doc_md=_doc(task),
        ui_color=task.ui_color,
        ui_fgcolor=task.ui_fgcolor,
        params=_params(_own_params(task, dag)),
        inlets=tuple(outlet_expression(one) for one in task.inlets),
        outlets=tuple(outlet_expression(one) for one in task.outlets),
        extra_links=tuple(task.extra_links),
        **_relations(task, dag),
    )


def _is_inline(task: AbstractOperator) -> bool:
    """Whether nothing of the user's runs when this task does."""
    return (
        task.is_inline
        and not any(getattr(task, name) for name in CALLBACK_NAMES)
        and not task.inlets
        and not task.outlets
        and getattr(task, "_pre_execute_hook", None) is None
        and getattr(task, "_post_execute_hook", None) is None
    )


def _reschedules(task: AbstractOperator) -> bool:
    mode = task.partial_kwargs.get("mode") if isinstance(task, MappedOperator) else getattr(task, "mode", None)
    return task.is_sensor and mode == "reschedule"


def _weight_rule(task: AbstractOperator) -> str:
    rule = task.weight_rule
    if isinstance(rule, WeightRule):
        return rule.value
    raise _at(
        task,
        f"Task {task.task_id!r} has a weight_rule of its own making ({rule!r}): downstream, upstream and absolute are known.",
    )


def _relations(task: AbstractOperator, dag: DAG) -> dict[str, Any]:
    """What the task says of other DAGs, as far as it is known without running it."""

    def said(name: str) -> Any:
        if isinstance(task, MappedOperator):
            value = task.partial_kwargs.get(name)
        else:
            value = getattr(task, name, None)
        return value if isinstance(value, (str, list, tuple, set)) else None

    names = {one.__name__ for one in (task.operator_class if isinstance(task, MappedOperator) else type(task)).__mro__}
    found: dict[str, Any] = {}
    trigger = said("trigger_dag_id")
    if isinstance(trigger, str) and "{{" not in trigger:
        found["trigger_dag_id"] = trigger
    external = said("external_dag_id")
    if names & {"ExternalTaskSensor", "ExternalTaskMarker"} and isinstance(external, str) and "{{" not in external:
        ids = said("external_task_ids") or said("external_task_id") or ()
        found["external_dag_id"] = external
        found["external_task_ids"] = tuple(str(one) for one in ([ids] if isinstance(ids, str) else ids))
        found["is_external_marker"] = "ExternalTaskMarker" in names
    return found


def _own_params(task: AbstractOperator, dag: DAG) -> ParamsDict:
    """The task's params without those that are the DAG's."""
    own = ParamsDict()
    for name, param in task.params.items():
        if name not in dag.params or dag.params.get_param(name) != param:
            own[name] = param
    return own


def _params(params: ParamsDict) -> dict[str, Any]:
    return {
        name: {
            "value": None if isinstance(param.value, ArgNotSet) else _json(param.value),
            "schema": _json(param.schema),
            "description": param.description,
            **({"required": True} if isinstance(param.value, ArgNotSet) else {}),
        }
        for name, param in params.items()
    }


def _group_specs(group: TaskGroup) -> list[GroupSpec]:
    found: list[GroupSpec] = []
    for child in group.children.values():
        if not isinstance(child, TaskGroup):
            continue
        assert child.group_id is not None
        found.append(
            GroupSpec(
                group_id=child.group_id,
                parent=group.group_id or None,
                label=child.label if child.label != child.group_id else "",
                tooltip=child.tooltip or "",
                doc_md=child.doc_md,
                ui_color=child.ui_color,
                ui_fgcolor=child.ui_fgcolor,
                children=tuple(child.children),
                expansion=child.expand_input.spec() if isinstance(child, MappedTaskGroup) else None,
            )
        )
        found.extend(_group_specs(child))
    return found


_FENCES = {"doc_json": "json", "doc_yaml": "yaml", "doc_rst": "rst", "doc": ""}


def _doc(thing: Any) -> str | None:
    """The words about a DAG or task, as Markdown; other formats are shown as they are, in a block."""
    text = thing.doc_md
    if text is not None:
        return str(text)[:MAX_DOC_CHARACTERS]
    for name, language in _FENCES.items():
        other = getattr(thing, name, None)
        if other:
            ticks = max((len(found) for found in re.findall(r"`{3,}", str(other))), default=2) + 1
            return f"{'`' * ticks}{language}\n{other}\n{'`' * ticks}"
    return None


def _json(value: Any) -> Any:
    """`value` as plain JSON; what has no JSON form becomes its text."""
    if value is None:
        return None
    return json.loads(
        json.dumps(value, default=lambda one: sorted(one) if isinstance(one, (set, frozenset)) else str(one))
    )
