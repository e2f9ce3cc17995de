"""Which tasks a branch or a short-circuit skips."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tradewind.sdk.context import get_current_context
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.suggestions import suggestion

XCOM_SKIPMIXIN_KEY = "skipmixin_key"
XCOM_SKIPMIXIN_SKIPPED = "skipped"
XCOM_SKIPMIXIN_FOLLOWED = "followed"

Decision = dict[str, list[str]]
"""What is kept as the XCom `skipmixin_key`: it skips the same tasks again when they are cleared alone."""


def branch_skips(task: Any, chosen: Any) -> tuple[Decision, list[str]]:
    """The decision, and the direct downstream tasks of `task` that are skipped when it follows `chosen`.

    `chosen` is a task or group id, several of them, or None to follow nothing. A direct downstream that is also further
    down a followed branch is not skipped. Raises AirflowException for anything that is no id of the DAG.
    """
    followed = _ids_of(task, chosen)
    reached = set(followed)
    for task_id in followed:
        reached |= task.dag.get_task(task_id).get_flat_relative_ids(upstream=False)
    direct = [below.task_id for below in task.downstream_list]
    return (
        {XCOM_SKIPMIXIN_FOLLOWED: [task_id for task_id in direct if task_id in reached]},
        [task_id for task_id in direct if task_id not in reached],
    )


def _ids_of(task: Any, chosen: Any) -> set[str]:
    if chosen is None:
        return set()
    several = [chosen] if isinstance(chosen, str) else chosen
    if isinstance(several, (bytes, dict)) or not isinstance(several, Iterable):
        raise AirflowException(
            f"Branch {task.task_id!r} must return a task id, a list of task ids or None; it returned {chosen!r}."
        )
    ids: set[str] = set()
    groups = task.dag.task_group_dict
    for one in several:
        if not isinstance(one, str):
            raise AirflowException(
                f"Branch {task.task_id!r} must return task ids, and {one!r} is a {type(one).__name__}: "
                "return task.task_id instead of the task."
            )
        if one in task.dag.task_dict:
            ids.add(one)
        elif one in groups:
            ids.update(root.task_id for root in groups[one].roots)
        else:
            known = [*task.downstream_task_ids, *groups]
            inside = [task_id for task_id in task.dag.task_dict if task_id.endswith(f".{one}")]
            hint = f" Did you mean {inside[0]!r}?" if inside else suggestion(one, known)
            raise AirflowException(
                f"Branch {task.task_id!r} returned {one!r}, and the DAG has no such task or group.{hint}"
            )
    return ids


def short_circuit_skips(task: Any, ignore_downstream_trigger_rules: bool = True) -> tuple[Decision, list[str]]:
    """The decision, and the tasks that are skipped when `task` short-circuits.

    All descendants, or only the direct ones when the others shall decide by their trigger rules. Never teardowns.
    """
    below = (
        task.get_flat_relatives(upstream=False)
        if ignore_downstream_trigger_rules
        else task.get_direct_relatives(upstream=False)
    )
    skipped = [one.task_id for one in below if not one.is_teardown]
    return {XCOM_SKIPMIXIN_SKIPPED: skipped}, skipped


class SkipMixin:
    """For operators that skip others. Works while a task runs."""

    inherits_from_skipmixin = True

    def skip(self, *args: Any, tasks: Iterable[Any] | None = None, **_: Any) -> None:
        """Skip `tasks` (operators or ids); Airflow's other arguments (run, date, session) are not needed."""
        wanted = (
            tasks if tasks is not None else next((arg for arg in reversed(args) if isinstance(arg, (list, tuple))), ())
        )
        ids = [getattr(task, "task_id", task) for task in wanted or ()]
        if ids:
            get_current_context()["ti"].skip(ids, {XCOM_SKIPMIXIN_SKIPPED: ids})

    def skip_all_except(self, ti: Any, branch_task_ids: Any) -> None:
        """Follow only the branches named."""
        decision, ids = branch_skips(ti.task, branch_task_ids)
        ti.skip(ids, decision)


class BranchMixIn(SkipMixin):
    """For operators that choose a branch."""

    def do_branch(self, context: Any, branches_to_execute: Any) -> Any:
        """Follow `branches_to_execute`, skip the others. Returns what was chosen."""
        self.skip_all_except(context["ti"], branches_to_execute)
        return branches_to_execute
