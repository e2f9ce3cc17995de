"""`with setup_task:` … — the tasks defined inside run between the setups and the teardowns around them."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.node import flatten


class _Scope:
    """`members` are the tasks defined inside, and the setups and teardowns of scopes nested in it."""

    def __init__(self) -> None:
        self.setups: list[Any] = []
        self.teardowns: list[Any] = []
        self.members: list[Any] = []


_scopes: list[_Scope] = []


def open_scope(tasks: Any) -> None:
    """Begin a scope of these setups and teardowns; a teardown brings along its setups."""
    scope = _Scope()
    for task in flatten(tasks):
        for operator in getattr(task, "setup_teardown_tasks", lambda task=task: [task])():
            if operator.is_teardown:
                _add(scope.teardowns, operator)
                for setup in operator.upstream_list:
                    if setup.is_setup:
                        _add(scope.setups, setup)
            elif operator.is_setup:
                _add(scope.setups, operator)
                for teardown in operator.downstream_list:
                    if teardown.is_teardown:
                        _add(scope.teardowns, teardown)
            else:
                raise AirflowException(
                    f"`with` takes setup and teardown tasks, and {operator.task_id!r} is neither: "
                    "mark it with .as_setup() or .as_teardown()."
                )
    _scopes.append(scope)


def close_scope() -> None:
    """End the innermost scope and make its edges."""
    scope = _scopes.pop()
    ids = {task.task_id for task in scope.members}
    for task in scope.members:
        if not task.is_teardown and ids.isdisjoint(task.upstream_task_ids):
            for setup in scope.setups:
                setup.set_downstream(task)
        if not task.is_setup and ids.isdisjoint(task.downstream_task_ids):
            for teardown in scope.teardowns:
                task.set_downstream(teardown)
    if _scopes:
        outer = _scopes[-1]
        for task in (*scope.setups, *scope.teardowns):
            _add(outer.members, task)


def note_task(task: Any) -> None:
    """A task was defined: it belongs to the innermost scope."""
    if _scopes:
        _add(_scopes[-1].members, task)


def _add(tasks: list[Any], task: Any) -> None:
    if not any(task is known for known in tasks):
        tasks.append(task)


class SetupTeardownContext:
    """`with SetupTeardownContext.of(setup, teardown) as scope:`; `scope.add_task` takes in a task defined before."""

    active = False

    def __init__(self, tasks: Any = ()) -> None:
        self._tasks = tasks

    def __enter__(self) -> SetupTeardownContext:
        open_scope(self._tasks)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        close_scope()

    @staticmethod
    def add_task(task: Any) -> None:
        """Let a task that was defined outside belong to the innermost scope."""
        if not _scopes:
            raise AirflowException("add_task() works inside `with setup_task:`; there is none around.")
        for operator in getattr(task, "setup_teardown_tasks", lambda: [task])():
            note_task(operator)

    @staticmethod
    def push_setup_teardown_task(operator: Any) -> None:
        open_scope([operator])
