"""Operators that call a function in the task's own process: plain, branching, and short-circuiting."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import FunctionType
from typing import Any, ClassVar

from tradewind.operators.branch import BaseBranchOperator
from tradewind.sdk.callable_arguments import determine_kwargs
from tradewind.sdk.context import context_merge, current_context_or_none
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.operator import BaseOperator
from tradewind.sdk.skipmixin import SkipMixin, short_circuit_skips

_TAKES_MORE = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


class PythonOperator(BaseOperator):
    """Calls `python_callable(*op_args, **op_kwargs)`, and gives it the keys of the context that its parameters name.

    A coroutine function is awaited in an event loop of its own. What the callable returns is pushed as XCom.
    """

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs")
    template_fields_renderers: ClassVar[dict[str, str]] = {"templates_dict": "json", "op_args": "py", "op_kwargs": "py"}
    BLUE = "#ffefeb"
    ui_color = BLUE
    # A callable, and what it is given, may not be copyable (locks, clients, generated messages).
    shallow_copy_attrs: Sequence[str] = ("python_callable", "op_kwargs")

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        templates_dict: dict[str, Any] | None = None,
        templates_exts: Sequence[str] | None = None,
        show_return_value_in_logs: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(python_callable):
            raise AirflowException(
                f"python_callable of task {self.task_id!r} must be a function, not {type(python_callable).__name__}: "
                "pass the function itself, without calling it."
            )
        self.python_callable = python_callable
        self.op_args = op_args or ()
        self.op_kwargs = op_kwargs or {}
        self.templates_dict = templates_dict
        if templates_exts:
            self.template_ext = templates_exts
        self.show_return_value_in_logs = show_return_value_in_logs

    def execute(self, context: Any) -> Any:
        context_merge(context, self.op_kwargs, templates_dict=self.templates_dict)
        self.op_kwargs = self.determine_kwargs(context)
        return_value = self.execute_callable()
        if not self.show_return_value_in_logs:
            self.log.info("Done. Returned value not shown")
        elif return_value is not None:
            self.log.info("Done. Returned value was: %s", return_value)
        return return_value

    def determine_kwargs(self, context: Mapping[str, Any]) -> Mapping[str, Any]:
        """The keyword arguments that the callable is given."""
        func = self.python_callable
        if type(func) is FunctionType and not func.__code__.co_flags & _TAKES_MORE and not func.__dict__:
            # A plain function says by itself what it takes; reading it by `inspect` costs more than calling it.
            code = func.__code__
            names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            by_place = names[: min(len(self.op_args), code.co_argcount)]
            if not code.co_posonlyargcount and not any(name in context for name in by_place):
                return {name: context[name] for name in names if name in context}
        try:
            inspect.signature(func)
        except ValueError:
            # Some builtins (max, dict) do not say what they take, and so cannot ask for any key.
            return self.op_kwargs
        return determine_kwargs(func, self.op_args, context)

    def execute_callable(self) -> Any:
        """Call it. Subclasses replace this to run it elsewhere."""
        return returned_by(self.python_callable, self.op_args, self.op_kwargs)


class BranchPythonOperator(BaseBranchOperator, PythonOperator):
    """The callable returns the id or ids of the tasks or groups to follow; the others directly behind it are skipped."""

    def choose_branch(self, context: Any) -> str | Iterable[str] | None:
        chosen: str | Iterable[str] | None = PythonOperator.execute(self, context)
        return chosen


class ShortCircuitOperator(PythonOperator, SkipMixin):
    """Goes on when the callable returns something true, and skips what comes after it otherwise.

    With `ignore_downstream_trigger_rules` (the default) everything downstream is skipped whatever its trigger rule says;
    without, only the tasks directly behind it are, and the rules of the others decide. Teardowns always run.
    """

    inherits_from_skipmixin = True

    def __init__(self, *, ignore_downstream_trigger_rules: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules

    def execute(self, context: Any) -> Any:
        condition = super().execute(context)
        self.log.info("Condition result is %s", condition)
        if not condition:
            self._skip_downstream(context)
        return condition

    def _skip_downstream(self, context: Any) -> None:
        decision, ids = short_circuit_skips(context["ti"].task, self.ignore_downstream_trigger_rules)
        if ids:
            self.log.info("Skipping downstream tasks: %s", ", ".join(sorted(ids)))
            context["ti"].skip(ids, decision)


def returned_by(func: Callable[..., Any], args: Collection[Any], kwargs: Mapping[str, Any]) -> Any:
    """What a function, a coroutine function or a generator function returns in the end.

    A generator is run to its end; what it yields (Metadata of assets) is told to the outlet events of the context.
    """
    result = func(*args, **kwargs)
    if inspect.iscoroutine(result):
        # Imported here: few tasks need it, and it costs more than all the rest of this module.
        import asyncio

        return asyncio.run(result)
    if inspect.isgenerator(result) and inspect.isgeneratorfunction(inspect.unwrap(func)):
        return _driven(result)
    return result


def _driven(generator: Any) -> Any:
    context = current_context_or_none() or {}
    events = context.get("outlet_events")
    while True:
        try:
            metadata = next(generator)
        except StopIteration as end:
            return end.value
        asset = getattr(metadata, "asset", None)
        if asset is None:
            raise TypeError(
                f"A task that yields must yield Metadata(asset, extra=…), not {type(metadata).__name__}; "
                "to return several values, return a list."
            )
        if events is not None:
            events[asset].extra = metadata.extra
