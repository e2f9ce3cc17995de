"""Why an instance is where it is: the answer to `airflow tasks failed-deps` and `tradewind why`.
The value itself, `Reason`, and its form in the store live in `reason`, below everything that gives one.

Computed from the view when somebody asks. Each row of features.md C.2 has its reason here; an instance that can start
right now has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tradewind.core.graph import Node
from tradewind.core.past import past_reason
from tradewind.core.readiness import is_skipped_by_branch, judge, missing_upstreams
from tradewind.core.reason import DAG_PAUSED, Reason, decode_reasons, encode_reasons
from tradewind.core.run_state import instance_name
from tradewind.core.states import RunState, TaskState, TriggerRule
from tradewind.core.trigger_rules import WORDS, Verdict

if TYPE_CHECKING:
    from tradewind.core.dispatch import Dispatcher
    from tradewind.core.run_view import Instance, RunView

__all__ = ["Reason", "decode_reasons", "encode_reasons", "run_queued_reason", "why_not"]

_NAMED: Final = 5


def why_not(view: RunView, instance: Instance, dispatcher: Dispatcher | None, now: datetime) -> tuple[Reason, ...]:
    """Everything that keeps `instance` from running, the outermost first.

    Empty when nothing does. `dispatcher` None: slots and limits are not looked at.
    """
    reasons: list[Reason] = []
    if (reason := _run_reason(view)) is not None:
        reasons.append(reason)
    if view.paused and not instance.state.is_final:
        reasons.append(DAG_PAUSED)
    node = view.graph.nodes.get(instance.task_id)
    if node is None:
        gone = f"The DAG has no task '{instance.task_id}' any more."
        return (*reasons, Reason(kind="final", text=gone, remedy="Put the task back, or ignore the instance."))
    reasons += _by_state(view, node, instance, dispatcher, now)
    return tuple(reasons)


def run_queued_reason(dag_id: str, max_active_runs: int, running: Mapping[str, int]) -> Reason:
    """Why a run stays queued. `running`: run ids (or kinds of runs) of the DAG that run, with their number."""
    holders = ", ".join(f"'{run_id}'" for run_id in list(running)[:_NAMED])
    return Reason(
        kind="max_active_runs",
        text=f"{sum(running.values())} runs of DAG '{dag_id}' run, and max_active_runs is {max_active_runs}.",
        holder=holders or None,
        remedy="Wait, or raise max_active_runs of the DAG.",
    )


def _run_reason(view: RunView) -> Reason | None:
    run = view.run
    if run.state is RunState.QUEUED:
        return Reason(
            kind="run_queued",
            text=f"Run '{run.run_id}' is queued: the DAG is paused, or already has max_active_runs runs.",
            since=run.queued_at,
            holder=run.run_id,
            remedy="Un-pause the DAG, wait for one of its runs to end, or raise max_active_runs.",
        )
    if run.state.is_final:
        return Reason(
            kind="run_ended",
            text=f"Run '{run.run_id}' has ended ({run.state}).",
            since=run.end_date,
            holder=run.run_id,
            remedy="Clear the task to run it again.",
        )
    return None


def _by_state(
    view: RunView, node: Node, instance: Instance, dispatcher: Dispatcher | None, now: datetime
) -> list[Reason]:
    state = instance.state
    if state is TaskState.SCHEDULED:
        key = (view.run.run_key, instance.task_id, instance.map_index)
        return list(dispatcher.why_waiting(key)) if dispatcher is not None else []
    if state in (TaskState.UP_FOR_RETRY, TaskState.UP_FOR_RESCHEDULE, TaskState.DEFERRED):
        return _timed(view, node, instance, now)
    if state is TaskState.NONE:
        return _unscheduled(view, node, instance)
    if state in (TaskState.QUEUED, TaskState.RUNNING):
        word = "has a slot and is being started" if state is TaskState.QUEUED else "runs already"
        return [Reason(kind="active", text=f"It {word}.", since=instance.start_date or instance.queued_at)]
    if state is TaskState.RESTARTING:
        text = "It was cleared while it ran; its try is being stopped."
        return [Reason(kind="active", text=text, since=instance.start_date)]
    return [_final(view, node, instance)]


def _timed(view: RunView, node: Node, instance: Instance, now: datetime) -> list[Reason]:
    at = instance.due_at
    if instance.state is TaskState.DEFERRED:
        until = "" if at is None else f", at most until {at:%Y-%m-%d %H:%M:%S} UTC"
        return [Reason(kind="deferred", text=f"It waits for its trigger{until}.", since=instance.end_date)]
    reasons: list[Reason] = []
    if at is not None and at > now:
        left = f"{at:%Y-%m-%d %H:%M:%S} UTC ({(at - now).total_seconds():.0f} s)"
        if instance.state is TaskState.UP_FOR_RETRY:
            text = f"Try {instance.try_number} failed; the next one starts at {left}."
            remedy = "Clear the task to start it now."
            reasons.append(Reason(kind="retry_delay", text=text, since=instance.end_date, remedy=remedy))
        else:
            reasons.append(
                Reason(kind="reschedule", text=f"The sensor looks again at {left}.", since=instance.end_date)
            )
    if judge(view, node, instance.map_index) is Verdict.WAIT:
        reasons.append(_rule(view, node, instance))
    return reasons


def _unscheduled(view: RunView, node: Node, instance: Instance) -> list[Reason]:
    reasons: list[Reason] = []
    verdict = judge(view, node, instance.map_index)
    if verdict is Verdict.WAIT:
        sources = [source for source in node.sources if view.tallies[source].done < view.tallies[source].total]
        if sources and instance.is_placeholder:
            names = ", ".join(f"'{source}'" for source in sources)
            text = f"It is mapped over the result of {names}, which is not there yet."
            reasons.append(Reason(kind="mapped_source", text=text, since=instance.waiting_since, holder=names))
        if not reasons or set(node.task.upstream) - set(sources):
            reasons.append(_rule(view, node, instance))
    if (past := past_reason(view.graph, node, view.past)) is not None:
        reasons.append(past)
    return reasons


def _rule(view: RunView, node: Node, instance: Instance) -> Reason:
    rule = node.task.trigger_rule
    missing = missing_upstreams(view, node, instance.map_index)
    names = [f"'{instance_name(one)}' ({_word(one.state)})" for one in missing[:_NAMED]]
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    if missing:
        text = f"Trigger rule {rule}: {WORDS[rule]}. Not ended yet: {', '.join(names)}{more}."
        return Reason(
            kind="trigger_rule",
            text=text,
            since=instance.waiting_since,
            holder=", ".join(one.task_id for one in missing[:_NAMED]),
        )
    return Reason(
        kind="trigger_rule",
        text=f"Trigger rule {rule}: {WORDS[rule]}, and that cannot happen any more.",
        since=instance.waiting_since,
        remedy="Clear the tasks above it, or mark it as success.",
    )


def _final(view: RunView, node: Node, instance: Instance) -> Reason:
    state = instance.state
    name = instance_name(instance)
    if state is TaskState.SKIPPED and is_skipped_by_branch(view, node, instance.map_index):
        parents = ", ".join(f"'{parent}'" for parent, _ in sorted(view.skipped_by[node.task_id]))
        text = f"'{name}' was skipped: {parents} decided against it."
        remedy = f"Clear {parents} so that it decides again."
        return Reason(kind="skipped_past", text=text, since=instance.end_date, holder=parents, remedy=remedy)
    if state in (TaskState.UPSTREAM_FAILED, TaskState.SKIPPED) and node.task.trigger_rule is not TriggerRule.ALWAYS:
        bad = [
            f"'{instance_name(one)}' ({one.state})"
            for upstream in (*node.upstream, *node.indirect_setups)
            for one in view.of(upstream.task_id)
            if one.state not in (TaskState.SUCCESS, TaskState.NONE)
        ]
        above = f" Above it: {', '.join(bad[:_NAMED])}{' …' if len(bad) > _NAMED else ''}." if bad else ""
        return Reason(
            kind="final",
            text=f"'{name}' is {state}: its rule {node.task.trigger_rule} could not be met.{above}",
            since=instance.end_date,
            remedy="Clear what failed above it, together with it.",
        )
    return Reason(
        kind="final",
        text=f"'{name}' has ended ({state}).",
        since=instance.end_date,
        remedy="Clear it to run it again.",
    )


def _word(state: TaskState) -> str:
    return "not started" if state is TaskState.NONE else state.value
