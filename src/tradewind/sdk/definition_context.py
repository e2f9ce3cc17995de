"""What a DAG file is in the middle of defining: the DAG, the group, and the setups around new tasks.

Plain stacks of this process: a file is imported by one thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from tradewind.sdk.dag import DAG
    from tradewind.sdk.task_group import TaskGroup

_dags: list[DAG] = []
_groups: list[TaskGroup] = []
_quiet = 0

auto_registered: list[DAG] = []
"""DAGs that were the subject of a `with` or of a call of a `@dag` function and want to be found without being global."""


def push_dag(dag: DAG) -> None:
    _dags.append(dag)


def pop_dag() -> DAG | None:
    dag = _dags.pop() if _dags else None
    if dag is not None and dag.auto_register and dag not in auto_registered:
        auto_registered.append(dag)
    return dag


def current_dag() -> DAG | None:
    return _dags[-1] if _dags else None


def push_group(group: TaskGroup) -> None:
    _groups.append(group)


def pop_group() -> TaskGroup | None:
    return _groups.pop() if _groups else None


def current_group(dag: DAG | None = None) -> TaskGroup | None:
    """The innermost open group; else the root of `dag`, else of the current DAG."""
    owner = dag or current_dag()
    if _groups and (owner is None or _groups[-1].dag is owner):
        return _groups[-1]
    return owner.task_group if owner is not None else None


@contextmanager
def outside_any_dag() -> Iterator[None]:
    """For the body, new operators join no DAG: instances of mapped tasks are made this way."""
    global _quiet
    saved = _dags[:], _groups[:]
    _dags.clear()
    _groups.clear()
    _quiet += 1
    try:
        yield
    finally:
        _quiet -= 1
        _dags[:], _groups[:] = saved


def is_quiet() -> bool:
    return _quiet > 0


class DagContext:
    """Airflow's name for the stack of DAGs."""

    autoregistered_dags: ClassVar[set[Any]] = set()
    current_autoregister_module_name: str | None = None

    push_context_managed_dag = staticmethod(push_dag)
    pop_context_managed_dag = staticmethod(pop_dag)
    get_current_dag = staticmethod(current_dag)


class TaskGroupContext:
    """Airflow's name for the stack of groups."""

    push_context_managed_task_group = staticmethod(push_group)
    pop_context_managed_task_group = staticmethod(pop_group)

    @staticmethod
    def get_current_task_group(dag: DAG | None = None) -> TaskGroup | None:
        return current_group(dag)
