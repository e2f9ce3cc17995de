"""BaseOperator: one task of a DAG."""

from __future__ import annotations

import abc
import copy
import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from tradewind.sdk import setup_teardown
from tradewind.sdk.abstract_operator import AbstractOperator
from tradewind.sdk.definition_context import current_dag, current_group, is_quiet
from tradewind.sdk.exceptions import (
    InvalidArgument,
    TaskDeferralError,
    TaskDeferralTimeout,
    TaskDeferred,
    UnknownArgument,
)
from tradewind.sdk.operator_arguments import ACCEPTED, ARGUMENTS, PLACEMENT
from tradewind.sdk.params import ParamsDict
from tradewind.sdk.suggestions import suggestion

if TYPE_CHECKING:
    import jinja2

    from tradewind.sdk.dag import DAG
    from tradewind.sdk.mapped import OperatorPartial
    from tradewind.sdk.task_group import TaskGroup

T = TypeVar("T")

TRIGGER_FAIL_REPR = "__fail__"


def inherited_defaults(dag: DAG | None, group: TaskGroup | None, own: Mapping[str, Any] | None) -> dict[str, Any]:
    """default_args of the DAG, then of its groups from the outside in, then of the task itself; later ones win."""
    if own is not None and not isinstance(own, Mapping):
        raise InvalidArgument(f"default_args takes a dict, not {type(own).__name__}.")
    merged: dict[str, Any] = dict(dag.default_args) if dag is not None else {}
    chain = []
    while group is not None:
        chain.append(group)
        group = group.parent_group
    for one in reversed(chain):
        merged.update(one.default_args)
    merged.update(own or {})
    return merged


def merged_params(dag: DAG | None, defaults: Mapping[str, Any], own: Any) -> ParamsDict:
    """The DAG's params, then those of default_args, then the task's own; later ones win."""
    params = ParamsDict(dag.params if dag is not None else None)
    for source in (defaults.get("params"), own):
        if source:
            params.update(ParamsDict(source))
    return params


def _explicit_parameters(init: Callable[..., Any]) -> tuple[list[str], frozenset[str], bool]:
    """Names in order (without self), those without default, and whether it takes `**kwargs`."""
    names, required, takes_any = [], set(), False
    for index, parameter in enumerate(inspect.signature(init).parameters.values()):
        if parameter.kind is parameter.VAR_KEYWORD:
            takes_any = True
        elif index > 0 and parameter.kind is not parameter.VAR_POSITIONAL:
            names.append(parameter.name)
            if parameter.default is parameter.empty:
                required.add(parameter.name)
    return names, frozenset(required), takes_any


def _filling_in_defaults(init: Callable[..., None]) -> Callable[..., None]:
    """`init` taking the arguments that were not given from the default_args in force."""
    signature: tuple[list[str], frozenset[str], bool] | None = None

    @functools.wraps(init)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> None:
        nonlocal signature
        if signature is None:
            # Read at the first use: most classes of an imported provider are never used.
            signature = _explicit_parameters(init)
        names, required, takes_any = signature
        given = {*names[: len(args)], *kwargs}
        defaults: Mapping[str, Any] = self.__dict__.get("_default_args", {})
        for name in names:
            if name in defaults and name not in given and name not in PLACEMENT:
                kwargs[name] = defaults[name]
        missing = sorted(required.difference(names[: len(args)], kwargs))
        if missing:
            unknown = sorted(set(kwargs) - set(accepted_arguments(type(self))))
            hints = "".join(suggestion(name, missing) for name in unknown)
            raise UnknownArgument(
                f"{type(self).__name__}{_named(kwargs)} needs {', '.join(missing)}"
                + (f" and does not know {', '.join(map(repr, unknown))}.{hints}" if unknown else ".")
            )
        if not takes_any:
            _refuse_unknown(type(self), set(kwargs) - set(names), kwargs)
        init(self, *args, **kwargs)

    wrapper.__wrapped__ = init
    return wrapper


def _named(kwargs: Mapping[str, Any]) -> str:
    return f" (task {kwargs['task_id']!r})" if "task_id" in kwargs else ""


_accepted: dict[Any, frozenset[str]] = {}


def accepted_arguments(operator_class: Any) -> frozenset[str]:
    """Every argument that a class takes, its bases' included as far as they are passed on."""
    known = _accepted.get(operator_class)
    if known is None:
        known = _accepted[operator_class] = _collect_arguments(operator_class)
    return known


def _collect_arguments(operator_class: Any) -> frozenset[str]:
    names: set[str] = set()
    for one in operator_class.__mro__:
        init = one.__dict__.get("__init__")
        if one is BaseOperator:
            return frozenset(names | set(ACCEPTED))
        if init is not None and one is not object:
            explicit, _, takes_any = _explicit_parameters(inspect.unwrap(init))
            names.update(explicit)
            if not takes_any:
                return frozenset(names)
    return frozenset(names)


def _refuse_unknown(operator_class: type[Any], unknown: set[str], kwargs: Mapping[str, Any]) -> None:
    if unknown:
        known = accepted_arguments(operator_class)
        what = "; ".join(f"no argument {name!r}.{suggestion(name, known)}" for name in sorted(unknown))
        raise UnknownArgument(f"{operator_class.__name__}{_named(kwargs)} has {what}")


class OperatorMeta(abc.ABCMeta):
    """Gives every `__init__` of an operator class its default_args, and finishes the task when all of them ran."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> Any:
        init = namespace.get("__init__")
        if init is not None:
            namespace["__init__"] = _filling_in_defaults(init)
        cls = super().__new__(mcs, name, bases, namespace, **kwargs)
        fields = getattr(cls, "template_fields", ())
        if isinstance(fields, str):
            cls.template_fields = (fields,)  # type: ignore[attr-defined]
        return cls

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if args:
            raise InvalidArgument(
                f"{cls.__name__} takes keyword arguments only: write task_id={args[0]!r}, … instead."
                if isinstance(args[0], str)
                else f"{cls.__name__} takes keyword arguments only, and got {args[0]!r} without a name."
            )
        if is_quiet():
            dag, group = kwargs.get("dag"), None
        else:
            dag = kwargs.get("dag") or getattr(kwargs.get("task_group"), "dag", None) or current_dag()
            group = kwargs.get("task_group") or current_group(dag)
        defaults = inherited_defaults(dag, group, kwargs.pop("default_args", None))
        make: Any = cls.__new__
        task = make(cls)
        task.__dict__["_default_args"] = defaults
        if not is_quiet():
            params = merged_params(dag, defaults, kwargs.pop("params", None))
            if params:
                kwargs["params"] = params
        task.__init__(**kwargs)
        del task.__dict__["_default_args"]
        task._finish()
        return task


class BaseOperator(AbstractOperator, metaclass=OperatorMeta):
    """A task. Subclasses define `execute(context)`; what it returns becomes the XCom `return_value`.

    All operators take the arguments of `tradewind.sdk.operator_arguments.ARGUMENTS` besides their own. An argument that
    is not given comes from the `default_args` of the task, its groups or its DAG, then from the configuration.
    """

    template_fields: Collection[str] = ()
    shallow_copy_attrs: Iterable[str] = ()
    start_trigger_args: Any = None
    start_from_trigger: bool = False
    supports_lineage = False
    subdag: Any = None

    _verbatim: tuple[Any, ...] = ()
    """Values that other tasks returned and this instance was mapped over: they are no templates."""
    _pre_execute_hook: Callable[[Any], Any] | None = None
    _post_execute_hook: Callable[[Any, Any], Any] | None = None

    def __init__(
        self, task_id: str, dag: DAG | None = None, task_group: TaskGroup | None = None, **arguments: Any
    ) -> None:
        arguments.pop("default_args", None)
        if "provide_context" in arguments and "python_callable" in accepted_arguments(type(self)):
            # Needed before Airflow 2, accepted and ignored by it, and still in one of ten files.
            del arguments["provide_context"]
        _refuse_unknown(type(self), set(arguments) - set(ACCEPTED), {"task_id": task_id})
        defaults: Mapping[str, Any] = self.__dict__.get("_default_args", {})
        for name in ACCEPTED:
            if name in defaults and name not in arguments and name not in PLACEMENT:
                arguments[name] = defaults[name]
        # Read before the task takes its place, so that a refused task leaves nothing behind in the DAG.
        self._set_arguments(arguments, task_id)
        self._place(task_id, dag, task_group)

    def _finish(self) -> None:
        """All `__init__` of the class have run."""
        if is_quiet():
            return
        if not hasattr(self, "task_id"):
            raise InvalidArgument(
                f"{type(self).__name__}.__init__ does not call super().__init__(**kwargs), so the task has no id."
            )
        setup_teardown.note_task(self)
        self.relate_template_fields()

    def __repr__(self) -> str:
        return f"<Task({self.task_type}): {getattr(self, 'task_id', '?')}>"

    # --- running: called by the runtime, overridden by subclasses --------------------------------------------------------

    def execute(self, context: Any) -> Any:
        """Do the work. Called once for each try, with template fields rendered."""
        raise NotImplementedError(f"{type(self).__name__} has no work to do: define execute(self, context).")

    def pre_execute(self, context: Any) -> None:
        """Called right before `execute`."""
        if self._pre_execute_hook is not None:
            self._pre_execute_hook(context)

    def post_execute(self, context: Any, result: Any = None) -> None:
        """Called right after `execute`, with what it returned."""
        if self._post_execute_hook is not None:
            self._post_execute_hook(context, result)

    def on_kill(self) -> None:
        """Called when a running task is told to stop: end what it started elsewhere."""

    def dry_run(self) -> None:
        for field in self.template_fields:
            self.log.info("%s: %s", field, getattr(self, field, None))

    def defer(
        self,
        *,
        trigger: Any,
        method_name: str,
        kwargs: dict[str, Any] | None = None,
        timeout: timedelta | float | None = None,
    ) -> Any:
        """End this try until `trigger` fires, then go on in the method named. Never returns."""
        raise TaskDeferred(trigger=trigger, method_name=method_name, kwargs=kwargs, timeout=timeout)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """Go on in `next_method` after a trigger fired. Raises TaskDeferralError when the trigger failed."""
        kwargs = dict(next_kwargs or {})
        if next_method == TRIGGER_FAIL_REPR:
            reason = str(kwargs.get("error", "the trigger failed"))
            for line in kwargs.get("traceback") or ():
                self.log.error("%s", line.rstrip())
            raise TaskDeferralTimeout(reason) if "timeout" in reason.lower() else TaskDeferralError(reason)
        method = getattr(self, next_method, None)
        if method is None:
            raise AttributeError(f"{type(self).__name__} was to go on in {next_method!r} and has no such method.")
        return method(context, **kwargs)

    def render_template_fields(self, context: Mapping[str, Any], jinja_env: jinja2.Environment | None = None) -> Any:
        """Render every template field in place. Returns self."""
        environment = jinja_env or self.get_template_env()
        self._render_fields(self, self.template_fields, context, environment, {id(value) for value in self._verbatim})
        return self

    def prepare_for_execution(self) -> BaseOperator:
        """A copy for one try: rendering it leaves the task of the DAG as it was written."""
        return copy.copy(self)

    def unmap(self, values: Mapping[str, Any] | None = None) -> BaseOperator:
        return self

    # --- mapping ------------------------------------------------------------------------------------------------------------

    @classmethod
    def partial(cls, *, task_id: str, **kwargs: Any) -> OperatorPartial:
        """The arguments that are the same for every instance of a mapped task; `.expand(…)` names the others."""
        from tradewind.sdk.mapped import OperatorPartial

        return OperatorPartial(cls, {"task_id": task_id, **kwargs})

    # --- small things of Airflow 2 ---------------------------------------------------------------------------------------

    @property
    def operator_class(self) -> type[BaseOperator]:
        return type(self)

    @staticmethod
    def xcom_push(context: Any, key: str, value: Any, execution_date: Any = None) -> None:
        context["ti"].xcom_push(key=key, value=value)

    @staticmethod
    def xcom_pull(
        context: Any, task_ids: Any = None, dag_id: str | None = None, key: str = "return_value", **more: Any
    ) -> Any:
        return context["ti"].xcom_pull(task_ids=task_ids, dag_id=dag_id, key=key, **more)

    def add_inlets(self, inlets: Iterable[Any]) -> None:
        self.inlets.extend(inlets)

    def add_outlets(self, outlets: Iterable[Any]) -> None:
        self.outlets.extend(outlets)

    def get_inlet_defs(self) -> list[Any]:
        return self.inlets

    def get_outlet_defs(self) -> list[Any]:
        return self.outlets

    def has_task_group(self) -> bool:
        return self.task_group is not None

    @classmethod
    def get_serialized_fields(cls) -> frozenset[str]:
        return frozenset({*ARGUMENTS, "task_id", "task_type", "template_fields", "ui_color", "ui_fgcolor"})


class BaseAsyncOperator(BaseOperator):
    """An operator whose work is a coroutine: subclasses define `aexecute`."""

    @property
    def is_async(self) -> bool:
        return True

    async def aexecute(self, context: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no work to do: define async def aexecute(self, context).")

    def execute(self, context: Any) -> Any:
        import asyncio

        return asyncio.run(self.aexecute(context))


def apply_defaults(function: T) -> T:
    """Airflow 1's decorator for an operator's `__init__`; every operator has its effect now."""
    return function
