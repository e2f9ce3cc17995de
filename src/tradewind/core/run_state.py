"""How a run ends, from the states of its tasks.

Decided by the leaves, without teardowns that were not told to fail the run, and without removed instances: when nothing is
unfinished the run failed if one of them failed or is upstream_failed, else it succeeded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.core.plan import RunTransition
from tradewind.core.states import FAILURES, RunState, TaskState

if TYPE_CHECKING:
    from tradewind.core.run_view import Instance, RunView

_NAMED = 3
"""How many tasks a reason names before it counts the others."""


def derive(view: RunView) -> RunTransition | None:
    """The end of the run, or None while it goes on. O(1) while it goes on. Does not look for deadlocks, see `deadlock`."""
    if view.unfinished or view.run.state.is_final:
        return None
    if view.failed_leaves:
        return RunTransition(view.run.state, RunState.FAILED, failure_reason(view))
    return RunTransition(view.run.state, RunState.SUCCESS, "")


def is_stuck(view: RunView) -> bool:
    """True when something is unfinished and nothing is under way: no try, no timer, no wish for a slot."""
    return 0 < view.unfinished == view.idle and not view.run.state.is_final


def deadlock(view: RunView, stuck: list[Instance]) -> RunTransition:
    """The end of a run in which these instances wait for what cannot happen any more."""
    names = _list([instance_name(instance) for instance in stuck])
    return RunTransition(
        view.run.state,
        RunState.FAILED,
        f"deadlock: nothing runs, and the trigger rules of {names} cannot be met any more. Clear the tasks above them.",
    )


def failure_reason(view: RunView) -> str:
    """`task 'load' failed`: the tasks that failed themselves, or else those that could not run."""
    failed = [
        instance_name(instance)
        for node in view.graph.ordered
        if view.tallies[node.task_id][TaskState.FAILED]
        for instance in view.of(node.task_id)
        if instance.state is TaskState.FAILED
    ]
    if failed:
        return f"task {_list(failed)} failed" if len(failed) == 1 else f"tasks {_list(failed)} failed"
    blocked = [
        instance_name(instance)
        for node in view.graph.ordered
        if node.is_leaf
        for instance in view.of(node.task_id)
        if instance.state in FAILURES
    ]
    return f"{_list(blocked)} could not run, because what it needs failed"


def instance_name(instance: Instance) -> str:
    """`load`, or `load[3]` for a mapped one."""
    return instance.task_id if instance.map_index < 0 else f"{instance.task_id}[{instance.map_index}]"


def _list(names: list[str]) -> str:
    quoted = ", ".join(f"'{name}'" for name in names[:_NAMED])
    return quoted if len(names) <= _NAMED else f"{quoted} and {len(names) - _NAMED} more"
