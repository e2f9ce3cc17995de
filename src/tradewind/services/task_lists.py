"""The tasks of a DAG as a list, for the APIs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from tradewind.core.spec import TaskSpec
from tradewind.services.errors import Invalid


def sorted_tasks(tasks: Sequence[TaskSpec], order_by: str) -> list[TaskSpec]:
    """By one of ORDERS, falling with `-`. Raises Invalid."""
    name = order_by.lstrip("-")
    if name not in ORDERS:
        raise Invalid(f"Tasks cannot be ordered by '{name}'. There are: {', '.join(sorted(ORDERS))}.")
    return sorted(tasks, key=ORDERS[name], reverse=order_by.startswith("-"))


def _moment(at: datetime | None) -> float:
    """None sorts first."""
    return float("-inf") if at is None else at.timestamp()


ORDERS: Final[Mapping[str, Callable[[TaskSpec], Any]]] = {
    "task_id": lambda task: task.task_id,
    "task_display_name": lambda task: task.display_name or task.task_id,
    "owner": lambda task: task.owner,
    "start_date": lambda task: _moment(task.start_date),
    "end_date": lambda task: _moment(task.end_date),
    "trigger_rule": lambda task: task.trigger_rule.value,
    "depends_on_past": lambda task: task.depends_on_past,
    "wait_for_downstream": lambda task: task.wait_for_downstream,
    "retries": lambda task: task.retries,
    "queue": lambda task: task.queue,
    "pool": lambda task: task.pool,
    "pool_slots": lambda task: task.pool_slots,
    "priority_weight": lambda task: task.priority_weight,
    "weight_rule": lambda task: task.weight_rule,
    "operator_name": lambda task: task.operator,
}
