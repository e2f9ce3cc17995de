"""Tasks with one instance for each item of something: `Operator.partial(…).expand(…)`."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tradewind.core.states import TriggerRule
from tradewind.sdk import setup_teardown
from tradewind.sdk.abstract_operator import AbstractOperator
from tradewind.sdk.definition_context import current_dag, current_group, outside_any_dag
from tradewind.sdk.exceptions import InvalidArgument, UnknownArgument
from tradewind.sdk.expand_input import DictOfLists, ExpandInput, ListOfDicts, MappedArgument, check_mappable
from tradewind.sdk.operator import BaseOperator, accepted_arguments, inherited_defaults, merged_params
from tradewind.sdk.operator_arguments import ARGUMENTS, PLACEMENT, RENAMED
from tradewind.sdk.resolvable import iter_references
from tradewind.sdk.suggestions import suggestion
from tradewind.sdk.xcom_arg import XComArg

if TYPE_CHECKING:
    import jinja2

    from tradewind.core.messages import TaskTry
    from tradewind.sdk.channel import Channel

__all__ = ["MappedArgument", "MappedOperator", "OperatorPartial", "resolve_expansion"]


def refuse_unknown(operator_class: type[BaseOperator], method: str, names: Collection[str]) -> None:
    known = accepted_arguments(operator_class)
    for name in sorted(set(names) - known):
        raise UnknownArgument(
            f"{operator_class.__name__}.{method}() has no argument {name!r}.{suggestion(name, known)}"
        )


class OperatorPartial:
    """The arguments that all instances share, waiting for `expand` or `expand_kwargs`."""

    _expanded = False

    def __init__(self, operator_class: type[BaseOperator], kwargs: dict[str, Any]) -> None:
        self.operator_class = operator_class
        self.kwargs = kwargs
        self._expanded = True
        refuse_unknown(operator_class, "partial", kwargs)
        self._expanded = False

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.kwargs.items())
        return f"{self.operator_class.__name__}.partial({given})"

    def __del__(self) -> None:
        if not self._expanded:
            warnings.warn(
                f"Task {self.kwargs.get('task_id')!r} was made with partial() and never expanded: it is not in the DAG.",
                stacklevel=1,
            )

    def expand(self, **mapped: Any) -> MappedOperator:
        """One instance for each combination of items; each argument is a list, a dict or the result of a task."""
        self._expanded = True
        if not mapped:
            raise InvalidArgument(f"{self!r}.expand() has nothing to map over: name at least one argument.")
        self._refuse_twice(mapped)
        refuse_unknown(self.operator_class, "expand", mapped)
        return self._map(DictOfLists(mapped))

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> MappedOperator:
        """One instance for each dict of a list (or of what a task returns); its items become arguments.

        With `strict` False a dict may name arguments that `partial` has as well, and wins.
        """
        self._expanded = True
        operand = ListOfDicts(kwargs)
        if isinstance(kwargs, XComArg):
            check_mappable(kwargs)
        else:
            for one in kwargs:
                if isinstance(one, Mapping):
                    if strict:
                        self._refuse_twice(one)
                    refuse_unknown(self.operator_class, "expand_kwargs", one)
        return self._map(operand, strict=strict)

    def _refuse_twice(self, mapped: Mapping[str, Any]) -> None:
        for name in sorted(self.kwargs.keys() & mapped.keys()):
            raise InvalidArgument(
                f"{self.operator_class.__name__} (task {self.kwargs.get('task_id')!r}) has {name!r} in partial() and in "
                "expand(): keep one of them."
            )
        for name in PLACEMENT:
            if name in mapped:
                raise InvalidArgument(f"{name!r} is one for all instances: give it in partial().")

    def _map(self, expand_input: ExpandInput, *, strict: bool = True) -> MappedOperator:
        return MappedOperator(self.operator_class, self.kwargs, expand_input, strict=strict)


class MappedOperator(AbstractOperator):
    """A task that is expanded when it is known over what. `unmap` makes the operator of one instance."""

    is_mapped = True

    def __init__(
        self,
        operator_class: type[BaseOperator],
        partial_kwargs: Mapping[str, Any],
        expand_input: ExpandInput,
        *,
        expands: str | None = None,
        strict: bool = True,
    ) -> None:
        """`expands` names the argument (a dict) that mapped values go into; None: they are arguments themselves."""
        kwargs = dict(partial_kwargs)
        task_id = kwargs.pop("task_id", None)
        group = kwargs.pop("task_group", None)
        dag = kwargs.pop("dag", None) or getattr(group, "dag", None) or current_dag()
        group = group or current_group(dag)
        self.operator_class = operator_class
        self.expand_input = expand_input
        self.expands = expands
        self.strict = strict
        self.template_fields = operator_class.template_fields
        self.template_ext = operator_class.template_ext
        self.template_fields_renderers = operator_class.template_fields_renderers  # type: ignore[misc]
        self.ui_color = operator_class.ui_color
        self.ui_fgcolor = operator_class.ui_fgcolor
        self.operator_extra_links = operator_class.operator_extra_links
        self.is_sensor = operator_class.is_sensor
        self.is_inline = operator_class.is_inline
        self.custom_operator_name = kwargs.pop("custom_operator_name", None) or operator_class.custom_operator_name
        self.inherited_defaults = inherited_defaults(dag, group, kwargs.pop("default_args", None))
        params = merged_params(dag, self.inherited_defaults, kwargs.pop("params", None))
        if params:
            kwargs["params"] = params
        self.partial_kwargs = kwargs
        self._set_arguments(self._own_arguments(), str(task_id))
        if any(parent.is_mapped for parent in _groups_around(group)):
            raise InvalidArgument(
                f"Task {task_id!r} is expanded inside an expanded group, which is not supported: expand the group over "
                "the combined list instead."
            )
        if self.trigger_rule is TriggerRule.ALWAYS and any(True for _ in expand_input.iter_references()):
            raise InvalidArgument(
                f"Task {task_id!r} cannot have the trigger rule 'always' and be mapped over the result of a task: it would "
                "start before it is known how many instances there are. Use all_done."
            )
        self._place(task_id, dag, group)
        setup_teardown.note_task(self)
        self.relate_template_fields()

    def _own_arguments(self) -> dict[str, Any]:
        """The arguments of the table that are the same for all instances."""
        names = {*ARGUMENTS, *RENAMED}
        given = {name: value for name, value in self.inherited_defaults.items() if name in names and name != "params"}
        given.update({name: value for name, value in self.partial_kwargs.items() if name in names})
        return given

    def __repr__(self) -> str:
        return f"<Mapped({self.task_type}): {self.task_id}>"

    @property
    def task_type(self) -> str:
        return self.operator_class.__name__

    def relate_template_fields(self) -> None:
        fields = [self.partial_kwargs.get(name) for name in self.template_fields]
        self._relate_to_references(*fields, self.expand_input)

    # --- one instance ---------------------------------------------------------------------------------------------------------

    def unmap(self, values: Mapping[str, Any] | None = None) -> BaseOperator:
        """The operator of one instance; `values` are its mapped arguments (see `resolve_expansion`)."""
        values = dict(values or {})
        kwargs = {**self.partial_kwargs}
        if self.expands is not None:
            kwargs[self.expands] = {**(kwargs.get(self.expands) or {}), **values}
        else:
            twice = sorted(kwargs.keys() & values.keys()) if self.strict else []
            if twice:
                raise InvalidArgument(
                    f"Task {self.task_id!r} got {', '.join(twice)} in partial() and from what it is mapped over: keep one."
                )
            refuse_unknown(self.operator_class, "expand_kwargs", values)
            kwargs.update(values)
        with outside_any_dag():
            operator: BaseOperator = self.operator_class(
                task_id=self.task_id, default_args=self.inherited_defaults, **kwargs
            )
        operator._dag = self._dag
        operator.task_group = self.task_group
        operator.upstream_task_ids = self.upstream_task_ids
        operator.downstream_task_ids = self.downstream_task_ids
        operator._is_setup, operator._is_teardown = self._is_setup, self._is_teardown
        operator.on_failure_fail_dagrun = self.on_failure_fail_dagrun
        operator.trigger_rule = self.trigger_rule
        operator.defined_at = self.defined_at
        from_results = self.expand_input.from_results()
        operator._verbatim = tuple(
            value for name, value in values.items() if from_results is None or name in from_results
        )
        return operator

    def render_template_fields(self, context: Mapping[str, Any], jinja_env: jinja2.Environment | None = None) -> Any:
        """The operator of the instance that `context["ti"]` is, rendered; it is put into the context as the task."""
        operator = self.unmap(self.expand_input.resolve(context))
        if isinstance(context, dict):
            context["task"] = operator
        context["ti"].task = operator
        operator.render_template_fields(context, jinja_env)
        return operator

    def prepare_for_execution(self) -> MappedOperator:
        return copy.copy(self)

    def iter_mapped_dependencies(self) -> Sequence[Any]:
        """The tasks whose results decide how many instances there are."""
        return [operator for operator, _ in iter_references(self.expand_input)]


def _groups_around(group: Any) -> list[Any]:
    found = []
    while group is not None:
        found.append(group)
        group = group.parent_group
    return found


def resolve_expansion(task: MappedOperator, task_try: TaskTry, channel: Channel) -> dict[str, Any]:
    """The mapped arguments of the instance that `task_try` is one of, in the order of the arguments."""
    from tradewind.sdk.task_instance import RuntimeTaskInstance

    ti = RuntimeTaskInstance(task_try, task, channel=channel)
    return dict(task.expand_input.resolve({"ti": ti, "task_instance": ti, "task": task, "dag_run": ti.dag_run}))
