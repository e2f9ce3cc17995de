"""The kinds of `@task`: `@task.branch`, `@task.short_circuit`, `@task.sensor`, `@task.bash`, `@task.virtualenv` …

Kinds that are built on an operator outside the SDK load that operator when the first such task is defined.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from tradewind.sdk.callable_arguments import call_with_context
from tradewind.sdk.exceptions import AirflowException, AirflowSkipException, InvalidArgument
from tradewind.sdk.operator import BaseOperator
from tradewind.sdk.sensor import BaseSensorOperator, PokeReturnValue
from tradewind.sdk.skipmixin import BranchMixIn, short_circuit_skips
from tradewind.sdk.task_group_decorator import TaskGroupDecorator
from tradewind.sdk.taskflow import (
    DecoratedOperator,
    TaskDecorator,
    _PythonDecoratedOperator,
    python_task,
    task_decorator_factory,
)

# --- kinds that need nothing but a function --------------------------------------------------------------------------------


class _BranchPythonDecoratedOperator(_PythonDecoratedOperator, BranchMixIn):
    """`@task.branch`: the function returns the ids to follow."""

    custom_operator_name = "@task.branch"

    def execute(self, context: Any) -> Any:
        return self.do_branch(context, super().execute(context))


class _ShortCircuitDecoratedOperator(_PythonDecoratedOperator):
    """`@task.short_circuit`: a false result skips what comes after."""

    custom_operator_name = "@task.short_circuit"
    inherits_from_skipmixin = True

    def __init__(self, *, ignore_downstream_trigger_rules: bool = True, **kwargs: Any) -> None:
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules
        super().__init__(**kwargs)

    def execute(self, context: Any) -> Any:
        condition = super().execute(context)
        self.log.info("Condition result is %s", condition)
        if not condition:
            decision, skipped = short_circuit_skips(context["task"], self.ignore_downstream_trigger_rules)
            if skipped:
                self.log.info("Skipping downstream tasks: %s", ", ".join(skipped))
                context["ti"].skip(skipped, decision)
        return condition


class DecoratedSensorOperator(DecoratedOperator, BaseSensorOperator):
    """`@task.sensor`: waits until the function returns something true, or a PokeReturnValue that is done."""

    custom_operator_name = "@task.sensor"

    def poke(self, context: Any) -> bool | PokeReturnValue:
        answer = call_with_context(self.python_callable, self.op_args, self.op_kwargs, context)
        return answer if isinstance(answer, PokeReturnValue) else PokeReturnValue(bool(answer))


# --- kinds built on operators of `tradewind.operators` ---------------------------------------------------------------------


def _operator(path: str, kind: str) -> type[BaseOperator]:
    module, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise AirflowException(f"@task.{kind} needs {name}, which cannot be loaded ({error}).") from error
    assert isinstance(found, type)
    return found


@functools.cache
def _bash_operator() -> type[BaseOperator]:
    bash: Any = _operator("tradewind.operators.bash:BashOperator", "bash")

    class _BashDecoratedOperator(DecoratedOperator, bash):  # type: ignore[misc]
        """`@task.bash`: the function returns the command to run; the command's result is the task's."""

        custom_operator_name = "@task.bash"
        template_fields = (*DecoratedOperator.template_fields, *bash.template_fields)
        template_fields_renderers = {  # noqa: RUF012
            **DecoratedOperator.template_fields_renderers,
            **bash.template_fields_renderers,
        }

        def __init__(
            self, *, python_callable: Callable[..., Any], multiple_outputs: bool = False, **kwargs: Any
        ) -> None:
            if multiple_outputs:
                raise InvalidArgument("@task.bash returns one line of text: multiple_outputs does not work with it.")
            # What is rendered as the command is only known when the function has run.
            super().__init__(python_callable=python_callable, bash_command="", **kwargs)

        def execute(self, context: Any) -> Any:
            command = call_with_context(self.python_callable, self.op_args, self.op_kwargs, context)
            if not isinstance(command, str) or not command.strip():
                raise TypeError(
                    f"The function of @task.bash {self.task_id!r} must return the command as text, not {command!r}."
                )
            self.bash_command = command
            self._render_fields(self, ("bash_command", "env"), context, self.get_template_env(), set())
            return bash.execute(self, context)

    return _BashDecoratedOperator


@functools.cache
def _function_operator(kind: str, path: str) -> type[BaseOperator]:
    """A decorated form of an operator that takes a function and runs it elsewhere."""
    base: Any = _operator(path, kind)

    class _Decorated(DecoratedOperator, base):  # type: ignore[misc]
        custom_operator_name = f"@task.{kind}"
        template_fields = tuple(dict.fromkeys((*DecoratedOperator.template_fields, *base.template_fields)))
        template_fields_renderers = {  # noqa: RUF012
            **DecoratedOperator.template_fields_renderers,
            **base.template_fields_renderers,
        }

        def __init__(
            self,
            *,
            python_callable: Callable[..., Any],
            op_args: Collection[Any] | None = None,
            op_kwargs: Mapping[str, Any] | None = None,
            **kwargs: Any,
        ) -> None:
            passed_on = {
                "python_callable": python_callable,
                "op_args": list(op_args or ()),
                "op_kwargs": dict(op_kwargs or {}),
            }
            super().__init__(
                kwargs_to_upstream=passed_on,
                python_callable=python_callable,
                op_args=op_args,
                op_kwargs=op_kwargs,
                **kwargs,
            )

    _Decorated.__name__ = _Decorated.__qualname__ = f"_{base.__name__.removesuffix('Operator')}DecoratedOperator"
    return _Decorated


_ELSEWHERE = {
    "virtualenv": "tradewind.operators.virtualenv:PythonVirtualenvOperator",
    "external_python": "tradewind.operators.virtualenv:ExternalPythonOperator",
    "branch_virtualenv": "tradewind.operators.virtualenv:BranchPythonVirtualenvOperator",
    "branch_external_python": "tradewind.operators.virtualenv:BranchExternalPythonOperator",
}

_OF_PROVIDERS = {
    "docker": "docker",
    "kubernetes": "cncf-kubernetes",
    "kubernetes_cmd": "cncf-kubernetes",
    "pyspark": "apache-spark",
    "snowpark": "snowflake",
    "sftp_sensor": "sftp",
    "sql": "common-sql",
    "analytics": "common-sql",
}


# --- the collection ------------------------------------------------------------------------------------------------------------


class TaskDecoratorCollection:
    """`task`: a decorator itself, with the kinds of task as attributes."""

    def __call__(self, python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any) -> Any:
        """`@task`: the function is a task; its result is pushed as XCom."""
        return python_task(python_callable, multiple_outputs=multiple_outputs, **kwargs)

    def python(self, python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any) -> Any:
        """The same as `@task`."""
        return python_task(python_callable, multiple_outputs=multiple_outputs, **kwargs)

    def branch(self, python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any) -> Any:
        """The function returns the id, or ids, of the tasks or groups to follow."""
        return task_decorator_factory(
            python_callable,
            multiple_outputs=multiple_outputs,
            decorated_operator_class=_BranchPythonDecoratedOperator,
            **kwargs,
        )

    def short_circuit(self, python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any) -> Any:
        """A false result skips what comes after."""
        return task_decorator_factory(
            python_callable,
            multiple_outputs=multiple_outputs,
            decorated_operator_class=_ShortCircuitDecoratedOperator,
            **kwargs,
        )

    def sensor(self, python_callable: Any = None, **kwargs: Any) -> Any:
        """Waits until the function returns something true."""
        return task_decorator_factory(
            python_callable, multiple_outputs=False, decorated_operator_class=DecoratedSensorOperator, **kwargs
        )

    def bash(self, python_callable: Any = None, **kwargs: Any) -> Any:
        """The function returns a command, which is run by Bash."""
        return task_decorator_factory(
            python_callable, multiple_outputs=False, decorated_operator_class=_bash_operator(), **kwargs
        )

    def _elsewhere(self, kind: str, python_callable: Any, multiple_outputs: bool | None, kwargs: dict[str, Any]) -> Any:
        return task_decorator_factory(
            python_callable,
            multiple_outputs=multiple_outputs,
            decorated_operator_class=_function_operator(kind, _ELSEWHERE[kind]),
            **kwargs,
        )

    def virtualenv(self, python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any) -> Any:
        """Runs the function in a new virtual environment with `requirements`."""
        return self._elsewhere("virtualenv", python_callable, multiple_outputs, kwargs)

    def external_python(self, python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any) -> Any:
        """Runs the function with another interpreter, `python`."""
        if isinstance(python_callable, str):
            raise InvalidArgument(f"@task.external_python takes the interpreter by name: python={python_callable!r}.")
        return self._elsewhere("external_python", python_callable, multiple_outputs, kwargs)

    def branch_virtualenv(
        self, python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any
    ) -> Any:
        """Chooses a branch in a new virtual environment."""
        return self._elsewhere("branch_virtualenv", python_callable, multiple_outputs, kwargs)

    def branch_external_python(
        self, python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any
    ) -> Any:
        """Chooses a branch with another interpreter."""
        return self._elsewhere("branch_external_python", python_callable, multiple_outputs, kwargs)

    def run_if(self, condition: Callable[[Any], Any], skip_message: str | None = None) -> Any:
        """Above another task decorator: the task is skipped unless `condition(context)` is true."""
        return functools.partial(_conditional, condition, skip_message, True)

    def skip_if(self, condition: Callable[[Any], Any], skip_message: str | None = None) -> Any:
        """Above another task decorator: the task is skipped when `condition(context)` is true."""
        return functools.partial(_conditional, condition, skip_message, False)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in _OF_PROVIDERS:
            raise AttributeError(
                f"@task.{name} comes with a provider that is not installed: "
                f"pip install apache-airflow-providers-{_OF_PROVIDERS[name]}"
            )
        raise AttributeError(f"There is no @task.{name}.")


def _conditional(
    condition: Callable[[Any], Any], message: str | None, runs_when: bool, decorated: Any
) -> TaskDecorator:
    if not isinstance(decorated, TaskDecorator):
        raise InvalidArgument("run_if and skip_if stand above another task decorator: @task.run_if(…) then @task.")
    before = decorated.kwargs.get("pre_execute")

    def check(context: Any) -> None:
        answer = condition(context)
        words = message
        if isinstance(answer, tuple):
            answer, words = answer[0], answer[1] or message
        if bool(answer) is not runs_when:
            which = "run_if was not" if runs_when else "skip_if was"
            raise AirflowSkipException(words or f"The condition of {which} met.")
        if before is not None:
            before(context)

    decorated.kwargs["pre_execute"] = check
    return decorated


task = TaskDecoratorCollection()


def setup(function: Any) -> Any:
    """The task prepares something: what runs after it, until its teardown, needs it."""
    return _as_task(function, "setup").as_setup()


def teardown(function: Any = None, *, on_failure_fail_dagrun: bool = False) -> Any:
    """The task cleans up after its setups, whatever became of the work between. Its failure counts only when told so."""

    def mark(function: Any) -> Any:
        return _as_task(function, "teardown").as_teardown(on_failure_fail_dagrun=on_failure_fail_dagrun)

    return mark if function is None else mark(function)


def _as_task(function: Any, what: str) -> TaskDecorator:
    if isinstance(function, TaskGroupDecorator):
        raise InvalidArgument(f"A task group cannot be marked as {what}: mark the tasks in it.")
    if isinstance(function, TaskDecorator):
        return function
    decorated = python_task(function)
    assert isinstance(decorated, TaskDecorator)
    return decorated


__all__: Sequence[str] = ("TaskDecoratorCollection", "setup", "task", "teardown")
