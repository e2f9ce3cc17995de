"""TaskFlow: `@task` and what hangs on it. A decorated function is a task wherever it is called in a DAG."""

from __future__ import annotations

import functools
import inspect
import re
import textwrap
import typing
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tradewind.core.states import TriggerRule
from tradewind.sdk.callable_arguments import call_with_context
from tradewind.sdk.context import KNOWN_CONTEXT_KEYS
from tradewind.sdk.definition_context import current_dag, current_group, is_quiet
from tradewind.sdk.exceptions import InvalidArgument, UnknownArgument
from tradewind.sdk.expand_input import DictOfLists, ExpandInput, ListOfDicts, check_mappable
from tradewind.sdk.mapped import MappedOperator
from tradewind.sdk.operator import BaseOperator
from tradewind.sdk.suggestions import suggestion
from tradewind.sdk.types import NOTSET, ArgNotSet
from tradewind.sdk.xcom_arg import PlainXComArg, XComArg

if TYPE_CHECKING:
    from tradewind.sdk.dag import DAG
    from tradewind.sdk.task_group import TaskGroup

_SUFFIX = re.compile(r"__\d+$")


def get_unique_task_id(task_id: str, dag: DAG | None = None, task_group: TaskGroup | None = None) -> str:
    """`task_id`, or `task_id__1`, `task_id__2` … when there is such a task already. Without the group's prefix."""
    dag = dag or getattr(task_group, "dag", None) or current_dag()
    if dag is None or is_quiet():
        return task_id
    group = task_group or current_group(dag)
    prefix = group.child_id("") if group is not None else ""
    if prefix + task_id not in dag.task_dict:
        return task_id
    base = _SUFFIX.sub("", task_id)
    numbered = re.compile(rf"^{re.escape(prefix + base)}__(\d+)$")
    taken = [int(found[1]) for found in map(numbered.match, dag.task_dict) if found]
    return f"{base}__{max(taken, default=0) + 1}"


def infers_multiple_outputs(function: Callable[..., Any]) -> bool:
    """Whether the function says that it returns a mapping: `-> dict[str, int]`, a TypedDict …"""
    try:
        returned = typing.get_type_hints(function).get("return")
    except Exception:
        # Names that exist for type checkers only; then the annotation decides by its own text.
        text = getattr(function, "__annotations__", {}).get("return")
        return isinstance(text, str) and bool(re.match(r"^(typing\.)?(dict|Dict|Mapping)\b", text))
    origin = typing.get_origin(returned) or returned
    return isinstance(origin, type) and issubclass(origin, Mapping)


class DecoratedOperator(BaseOperator):
    """Base of the operators behind `@task…`: keeps the function and the arguments it was called with.

    `kwargs_to_upstream` are for the next class in line, when a decorator is built on an operator that takes a function.
    """

    template_fields: Collection[str] = ("templates_dict", "op_args", "op_kwargs")
    template_fields_renderers = {"templates_dict": "json", "op_args": "py", "op_kwargs": "py"}  # noqa: RUF012
    shallow_copy_attrs: Sequence[str] = ("python_callable",)

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        task_id: str,
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        kwargs_to_upstream: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        task_id = get_unique_task_id(task_id, kwargs.get("dag"), kwargs.get("task_group"))
        op_args = list(op_args or ())
        op_kwargs = dict(op_kwargs or {})
        check_call(python_callable, op_args, op_kwargs, task_id)
        self.python_callable = python_callable
        self.op_args: Any = op_args
        self.op_kwargs: Any = op_kwargs
        if not hasattr(self, "templates_dict"):
            self.templates_dict: dict[str, Any] | None = None
        super().__init__(task_id=task_id, **(kwargs_to_upstream or {}), **kwargs)

    def get_python_source(self) -> str:
        """The function's text without its task decorators."""
        source = textwrap.dedent(inspect.getsource(self.python_callable))
        for name in ("task", "setup", "teardown"):
            source = remove_task_decorator(source, f"@{name}")
        return source


def remove_task_decorator(python_source: str, task_decorator_name: str) -> str:
    """`python_source` without the lines of this decorator, its arguments included."""
    lines = python_source.split("\n")
    kept, depth, skipping = [], 0, False
    for line in lines:
        stripped = line.lstrip()
        starts = stripped == task_decorator_name or stripped.startswith(
            (f"{task_decorator_name}(", f"{task_decorator_name}.")
        )
        if starts and not skipping:
            skipping, depth = True, 0
        if skipping:
            depth += line.count("(") - line.count(")")
            skipping = depth > 0
            continue
        kept.append(line)
    return "\n".join(kept)


def check_call(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], task_id: str) -> None:
    """Raise when the function cannot be called like this. Context keys may be missing: they come when the task runs."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    name = getattr(function, "__name__", str(function))
    for parameter in signature.parameters.values():
        if parameter.name in KNOWN_CONTEXT_KEYS and parameter.default not in (None, parameter.empty):
            raise InvalidArgument(
                f"Task {task_id!r}: {name}() gives {parameter.name!r} the default {parameter.default!r}; it is a key of the "
                "context, so its only default can be None."
            )
    try:
        bound = signature.bind_partial(*args, **kwargs)
    except TypeError as error:
        unknown = next((given for given in kwargs if given not in signature.parameters), None)
        hint = suggestion(unknown, signature.parameters) if unknown else ""
        raise InvalidArgument(f"Task {task_id!r}: {name}(): {error}.{hint}") from None
    missing = [
        repr(one.name)
        for one in signature.parameters.values()
        if one.default is one.empty
        and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
        and one.name not in bound.arguments
        and one.name not in KNOWN_CONTEXT_KEYS
    ]
    if missing:
        raise InvalidArgument(f"Task {task_id!r}: {name}() needs {', '.join(missing)}: give it in the call.")


class TaskDecorator:
    """A decorated function. Calling it in a DAG makes a task and gives its result as an XComArg."""

    def __init__(
        self,
        function: Callable[..., Any],
        operator_class: type[BaseOperator],
        *,
        multiple_outputs: bool | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        if "self" in getattr(getattr(function, "__code__", None), "co_varnames", ())[:1]:
            raise InvalidArgument(f"@task does not work on methods: make {function.__name__} a plain function.")
        self.function = function
        self.operator_class = operator_class
        self.kwargs: dict[str, Any] = dict(kwargs or {})
        self.kwargs.setdefault("task_id", getattr(function, "__name__", "task"))
        self.multiple_outputs = infers_multiple_outputs(function) if multiple_outputs is None else multiple_outputs
        self.is_setup = False
        self.is_teardown = False
        self.on_failure_fail_dagrun = False
        functools.update_wrapper(self, function, updated=())

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        return self.function

    @__wrapped__.setter
    def __wrapped__(self, value: Callable[..., Any]) -> None:
        self.function = value

    def _copy(self, **kwargs: Any) -> TaskDecorator:
        other = TaskDecorator(
            self.function, self.operator_class, multiple_outputs=self.multiple_outputs, kwargs={**self.kwargs, **kwargs}
        )
        other.is_setup, other.is_teardown = self.is_setup, self.is_teardown
        other.on_failure_fail_dagrun = self.on_failure_fail_dagrun
        return other

    def override(self, **kwargs: Any) -> TaskDecorator:
        """The same function as a task with other arguments."""
        if "multiple_outputs" in kwargs:
            other = self._copy(**{name: value for name, value in kwargs.items() if name != "multiple_outputs"})
            other.multiple_outputs = kwargs["multiple_outputs"]
            return other
        return self._copy(**kwargs)

    def _own_kwargs(self) -> dict[str, Any]:
        kwargs = dict(self.kwargs)
        if self.is_teardown:
            if "trigger_rule" in kwargs:
                raise InvalidArgument(
                    f"Teardown {kwargs['task_id']!r} cannot have a trigger rule of its own: teardowns run when their setups "
                    "succeeded. Take trigger_rule away."
                )
            kwargs["trigger_rule"] = TriggerRule.ALL_DONE_SETUP_SUCCESS
        documented = any(kwargs.get(name) for name in ("doc", "doc_md", "doc_json", "doc_yaml", "doc_rst"))
        if self.function.__doc__ and not documented:
            kwargs["doc_md"] = inspect.cleandoc(self.function.__doc__)
        return kwargs

    def _mark(self, task: Any) -> XComArg:
        task.is_setup = self.is_setup
        task.is_teardown = self.is_teardown
        task.on_failure_fail_dagrun = self.on_failure_fail_dagrun
        return PlainXComArg(task)

    def __call__(self, *args: Any, **kwargs: Any) -> XComArg:
        own = self._own_kwargs()
        fixed = own.pop("op_kwargs", None)
        if fixed:
            kwargs = {**fixed, **kwargs}
        task = self.operator_class(
            python_callable=self.function,
            op_args=args,
            op_kwargs=kwargs,
            multiple_outputs=self.multiple_outputs,
            **own,
        )
        return self._mark(task)

    def partial(self, **kwargs: Any) -> TaskDecorator:
        """Arguments of the function that all instances share; `.expand(…)` names the others."""
        self._check_names("partial", kwargs)
        fixed = dict(self.kwargs.get("op_kwargs") or {})
        for name in sorted(fixed.keys() & kwargs.keys()):
            raise InvalidArgument(f"{self.kwargs['task_id']}.partial() got {name!r} twice.")
        return self._copy(op_kwargs={**fixed, **kwargs})

    def expand(self, **mapped: Any) -> XComArg:
        """One instance for each combination of items; each argument is a list, a dict or the result of a task."""
        if not mapped:
            raise InvalidArgument(
                f"{self.kwargs['task_id']}.expand() has nothing to map over: name at least one argument."
            )
        self._check_names("expand", mapped)
        fixed = self.kwargs.get("op_kwargs") or {}
        for name in sorted(fixed.keys() & mapped.keys()):
            raise InvalidArgument(
                f"{self.kwargs['task_id']} has {name!r} in partial() and in expand(): keep one of them."
            )
        return self._map(DictOfLists(mapped))

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> XComArg:
        """One instance for each dict of a list (or of what a task returns); its items become arguments."""
        operand = ListOfDicts(kwargs)
        if isinstance(kwargs, XComArg):
            check_mappable(kwargs)
        else:
            for one in kwargs:
                if isinstance(one, Mapping):
                    self._check_names("expand_kwargs", one)
        return self._map(operand, strict=strict)

    def _check_names(self, method: str, kwargs: Mapping[str, Any]) -> None:
        try:
            parameters = inspect.signature(self.function).parameters
        except (TypeError, ValueError):
            return
        takes_any = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
        for name in kwargs:
            if name in KNOWN_CONTEXT_KEYS and (name in parameters or takes_any) and method != "partial":
                raise InvalidArgument(
                    f"{self.kwargs['task_id']}.{method}() cannot set {name!r}: it is a key of the context. Rename the argument."
                )
            if name not in parameters and not takes_any:
                raise UnknownArgument(
                    f"{self.kwargs['task_id']}.{method}() got {name!r}, which the function does not take."
                    f"{suggestion(name, parameters)}"
                )

    def _map(self, expand_input: ExpandInput, *, strict: bool = True) -> XComArg:
        own = self._own_kwargs()
        task_id = get_unique_task_id(own.pop("task_id"), own.get("dag"), own.get("task_group"))
        fixed = own.pop("op_kwargs", None) or {}
        task = MappedOperator(
            self.operator_class,
            {
                "task_id": task_id,
                "python_callable": self.function,
                "op_args": [],
                "op_kwargs": fixed,
                "multiple_outputs": self.multiple_outputs,
                **own,
            },
            expand_input,
            expands="op_kwargs",
            strict=strict,
        )
        return self._mark(task)

    def as_setup(self) -> TaskDecorator:
        self.is_setup = True
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | ArgNotSet = NOTSET) -> TaskDecorator:
        self.is_teardown = True
        if not isinstance(on_failure_fail_dagrun, ArgNotSet):
            self.on_failure_fail_dagrun = bool(on_failure_fail_dagrun)
        return self

    def __repr__(self) -> str:
        return f"<@task {self.kwargs['task_id']}>"


def task_decorator_factory(
    python_callable: Callable[..., Any] | None = None,
    *,
    multiple_outputs: bool | None = None,
    decorated_operator_class: type[BaseOperator],
    **kwargs: Any,
) -> Any:
    """Make a task decorator that runs functions with `decorated_operator_class`.

    With a function, its decorated form; without, a decorator that takes one.
    """
    if multiple_outputs is None:
        multiple_outputs = kwargs.pop("multiple_outputs", None)
    if python_callable is not None:
        if not callable(python_callable):
            raise InvalidArgument(f"A task decorator takes named arguments only, not {python_callable!r}.")
        return TaskDecorator(
            python_callable, decorated_operator_class, multiple_outputs=multiple_outputs, kwargs=kwargs
        )

    def decorate(function: Callable[..., Any]) -> TaskDecorator:
        return TaskDecorator(function, decorated_operator_class, multiple_outputs=multiple_outputs, kwargs=kwargs)

    return decorate


class _PythonDecoratedOperator(DecoratedOperator):
    """`@task`: runs the function."""

    custom_operator_name = "@task"

    def __init__(
        self,
        *,
        templates_dict: dict[str, Any] | None = None,
        templates_exts: Sequence[str] | None = None,
        show_return_value_in_logs: bool = True,
        **kwargs: Any,
    ) -> None:
        self.templates_dict = templates_dict
        if templates_exts:
            self.template_ext = tuple(templates_exts)
        self.show_return_value_in_logs = show_return_value_in_logs
        super().__init__(**kwargs)

    def execute(self, context: Any) -> Any:
        result = self.call(context)
        if self.show_return_value_in_logs:
            self.log.info("Done. Returned value was: %s", result)
        else:
            self.log.info("Done. Returned value not shown")
        return result

    def call(self, context: Any) -> Any:
        """Call the function with its own arguments and the parts of the context it asks for."""
        if self.templates_dict is not None:
            context["templates_dict"] = self.templates_dict
        return call_with_context(self.python_callable, self.op_args, self.op_kwargs, context)


def python_task(python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any) -> Any:
    """`@task` and `@task.python`."""
    return task_decorator_factory(
        python_callable, multiple_outputs=multiple_outputs, decorated_operator_class=_PythonDecoratedOperator, **kwargs
    )
