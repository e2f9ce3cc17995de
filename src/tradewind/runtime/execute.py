"""One try's work: templates, hooks, the operator itself, and what it returns."""

from __future__ import annotations

import functools
import inspect
import json
import logging
import os
from collections.abc import Callable
from typing import Any

from tradewind.configuration import conf
from tradewind.core.messages import SetRendered, Succeeded, TaskTry, TriggerRun
from tradewind.operators.trigger_dagrun import push_links, start_run, wait_for_run
from tradewind.runtime import callbacks
from tradewind.runtime.interruption import Interruption
from tradewind.runtime.outcome import skipped_ids
from tradewind.runtime.rendered import filled_fields, rendered_fields
from tradewind.sdk.channel import Channel
from tradewind.sdk.context import Context, context_to_airflow_vars
from tradewind.sdk.exceptions import DagRunTriggerException, DownstreamTasksSkipped
from tradewind.sdk.masking import MASKER
from tradewind.sdk.operator import BaseOperator
from tradewind.sdk.sensor import SystemClock

log = logging.getLogger("task")
_PLAIN = (int, float, bool, bytes, type(None))


def render(task: Any, context: Context, channel: Channel, task_try: TaskTry) -> Any:
    """The task to run: the instance of a mapped one, its template fields rendered; what they are is told."""
    if task.is_mapped or needs_rendering(task):
        # In place: this process makes one try, and the DAG is its own copy.
        task = task.render_template_fields(context)
        context["task"] = context["ti"].task = task
    tell_rendered(task, channel, task_try)
    return task


def tell_rendered(task: Any, channel: Channel, task_try: TaskTry) -> None:
    """Send the template fields as they are now, masked."""
    fields = filled_fields(task)
    if fields:
        shown = rendered_fields(fields, MASKER.redact, _longest_shown_field())
        channel.tell(SetRendered(try_id=task_try.try_id, fields=shown))


@functools.cache
def _longest_shown_field() -> int:
    """In characters. Looked up once, before any fork."""
    return conf.getint("core", "max_templated_field_length", fallback=4096)


def needs_rendering(task: Any) -> bool:
    """False when Jinja would leave every template field as it is, so that no environment has to be made for it."""
    if getattr(task.dag, "jinja_environment_kwargs", None):
        # Other delimiters may be in force.
        return True
    extensions = tuple(task.template_ext or ())
    return any(_may_change(getattr(task, field, None), extensions) for field in task.template_fields)


def _may_change(value: Any, extensions: tuple[str, ...]) -> bool:
    if isinstance(value, str):
        # Jinja drops a line feed at the end, and makes one of others.
        return "{" in value or "\r" in value or value.endswith(("\n", *extensions))
    kind = type(value)
    if kind in (list, tuple, set):
        return any(_may_change(item, extensions) for item in value)
    if kind is dict:
        return any(_may_change(item, extensions) for item in value.values())
    return not isinstance(value, _PLAIN)


def work(task: BaseOperator, context: Context, task_try: TaskTry, interruption: Interruption, begun: float) -> Any:
    """Run the operator between its hooks, under its `execution_timeout`. Answers what it returned."""
    run = task_try.run
    facts = {"task": task, "ti": context["ti"], "dag_run": run, "logical_date": run.logical_date}
    os.environ.update(context_to_airflow_vars(facts, in_env_var_format=True))
    limit = task.execution_timeout
    with interruption.guarding(task.on_kill, limit.total_seconds() if limit is not None else None, begun):
        task.pre_execute(context)
        if task.on_execute_callback:
            callbacks.run_all("execute", task.on_execute_callback, context)
        result = _executed(task, context, task_try)
        _after(task, context, result)
    if interruption.cause is not None:
        # The work has swallowed what should have ended it.
        raise interruption.cause
    return result


def _executed(task: BaseOperator, context: Context, task_try: TaskTry) -> Any:
    try:
        if task_try.next_method:
            return task.resume_execution(task_try.next_method, json.loads(task_try.next_kwargs), context)
        return task.execute(context)
    except DagRunTriggerException as order:
        # An operator of the published provider: it leaves triggering to the platform.
        return _trigger(order, context)
    except DownstreamTasksSkipped as order:
        # The same for a branch: the task has succeeded, these others are not to run.
        context["ti"].skip(skipped_ids(order.tasks))
        return None


def _trigger(order: DagRunTriggerException, context: Context) -> None:
    run = start_run(
        TriggerRun(
            dag_id=order.trigger_dag_id,
            run_id=order.dag_run_id,
            logical_date=order.logical_date,
            run_after=order.run_after,
            conf=json.dumps(order.conf or {}),
            reset_existing=order.reset_dag_run,
            note=order.note,
        ),
        skip_when_already_exists=order.skip_when_already_exists,
    )
    push_links(context["ti"], run)
    if order.wait_for_completion:
        wait_for_run(
            run,
            allowed=[_text(state) for state in order.allowed_states],
            failed=[_text(state) for state in order.failed_states],
            poke_interval=order.poke_interval,
            sleep=SystemClock().sleep,
            log=log,
        )


def _after(task: BaseOperator, context: Context, result: Any) -> None:
    method = task.post_execute
    takes_result = True
    if getattr(method, "__func__", None) is not BaseOperator.post_execute:
        # Airflow 2 hands over the result, Airflow 3 does not: overridden methods come in both shapes.
        takes_result = _takes_two(method)
    if takes_result:
        method(context, result)
    else:
        method(context)


def _takes_two(method: Callable[..., Any]) -> bool:
    try:
        inspect.signature(method).bind(None, None)
    except TypeError:
        return False
    return True


def success(task: BaseOperator, context: Context, result: Any) -> Succeeded:
    """What is told of a try that went well: its results, what it skips, its name among mapped instances.

    Raises SerializationError for a result that cannot be kept, TypeError for one that others cannot be mapped over or
    that `multiple_outputs` cannot split.
    """
    ti = context["ti"]
    return Succeeded(
        xcoms=[*ti.recorded_xcoms, *ti.result_xcoms(result)],
        skip=list(ti.recorded_skips),
        rendered_map_index=_map_name(task, context),
    )


def _map_name(task: BaseOperator, context: Context) -> str | None:
    template = task.map_index_template
    if not template or context["ti"].map_index < 0:
        return None
    return str(task.render_template(template, context))


def _text(state: Any) -> str:
    return str(getattr(state, "value", state))
