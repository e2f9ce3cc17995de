"""What a task is, whether it was mapped over something or not: a templated node of the graph with arguments."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

from tradewind.core.states import TriggerRule
from tradewind.sdk import setup_teardown
from tradewind.sdk.definition_context import current_dag, current_group, is_quiet
from tradewind.sdk.exceptions import AirflowException, InvalidArgument
from tradewind.sdk.logging_mixin import LoggingMixin
from tradewind.sdk.node import DAGNode, validate_key
from tradewind.sdk.operator_arguments import read_arguments
from tradewind.sdk.params import ParamsDict
from tradewind.sdk.resolvable import iter_references
from tradewind.sdk.source_location import SourceLocation, caller
from tradewind.sdk.template import Templater, template_environment

if TYPE_CHECKING:
    import jinja2

    from tradewind.sdk.dag import DAG
    from tradewind.sdk.task_group import MappedTaskGroup, TaskGroup
    from tradewind.sdk.xcom_arg import XComArg

# Attributes that are kept under another name than their argument.
_KEPT_AS = {
    "pre_execute": "_pre_execute_hook",
    "post_execute": "_post_execute_hook",
    "task_display_name": "_task_display_name",
    "logger_name": "_logger_name",
}


class AbstractOperator(Templater, LoggingMixin, DAGNode):
    """Base of `BaseOperator` and `MappedOperator`."""

    template_fields_renderers: ClassVar[dict[str, str]] = {}
    ui_color: str = "#fff"
    ui_fgcolor: str = "#000"
    operator_extra_links: Collection[Any] = ()
    global_operator_extra_links: Collection[Any] = ()
    custom_operator_name: str | None = None
    is_inline: bool = False
    """True for a class whose `execute` does nothing: the engine may complete such a task itself."""
    is_sensor: bool = False
    is_mapped: bool = False
    _log_config_logger_name = "airflow.task.operators"

    task_id: str
    owner: str
    email: Any
    email_on_retry: bool
    email_on_failure: bool
    retries: int
    retry_delay: timedelta
    retry_exponential_backoff: bool | float
    max_retry_delay: timedelta | None
    retry_policy: Any
    start_date: datetime | None
    end_date: datetime | None
    depends_on_past: bool
    ignore_first_depends_on_past: bool
    wait_for_past_depends_before_skipping: bool
    wait_for_downstream: bool
    params: ParamsDict
    priority_weight: int
    weight_rule: Any
    queue: str
    pool: str
    pool_slots: int
    sla: Any
    execution_timeout: timedelta | None
    on_execute_callback: list[Any]
    on_failure_callback: list[Any]
    on_success_callback: list[Any]
    on_retry_callback: list[Any]
    on_skipped_callback: list[Any]
    trigger_rule: TriggerRule
    resources: Any
    run_as_user: str | None
    map_index_template: str | None
    max_active_tis_per_dag: int | None
    max_active_tis_per_dagrun: int | None
    executor: str | None
    executor_config: dict[str, Any]
    do_xcom_push: bool
    multiple_outputs: bool
    inlets: list[Any]
    outlets: list[Any]
    doc: str | None
    doc_md: str | None
    doc_json: str | None
    doc_yaml: str | None
    doc_rst: str | None
    allow_nested_operators: bool
    render_template_as_native_obj: bool | None
    on_failure_fail_dagrun: bool = False
    defined_at: SourceLocation | None = None
    """Where the user's file made this task."""

    _is_setup = False
    _is_teardown = False
    _task_display_name: str | None = None

    # --- making ----------------------------------------------------------------------------------------------------------

    def _set_arguments(self, given: dict[str, Any], task_id: str) -> None:
        for name, value in read_arguments(given, task_id).items():
            setattr(self, _KEPT_AS.get(name, name), value)

    def _place(self, task_id: Any, dag: DAG | None, task_group: TaskGroup | None) -> None:
        """Take the id, and the place in the DAG and group that are being defined or were given."""
        self.upstream_task_ids = set()
        self.downstream_task_ids = set()
        self.defined_at = caller()
        if is_quiet():
            self.task_id = task_id
            return
        if dag is None and task_group is not None:
            dag = task_group.dag
        dag = dag or current_dag()
        group = task_group or current_group(dag)
        validate_key(task_id, what="task_id")
        self.task_id = group.child_id(task_id) if group is not None else task_id
        validate_key(self.task_id, what="task_id")
        if group is not None:
            group.add(self)
        if dag is not None:
            dag.add_task(self)

    def _relate_to_references(self, *values: Any) -> None:
        """Make every task whose result is used here an upstream."""
        if is_quiet():
            return
        for value in values:
            for operator, _ in iter_references(value):
                if operator is not self and operator.task_id not in self.upstream_task_ids:
                    self.set_upstream(operator)

    def relate_template_fields(self) -> None:
        """Make edges from the results used in template fields; again after fields were set later on."""
        self._relate_to_references(*(getattr(self, field, None) for field in self.template_fields))

    # --- place in the graph -------------------------------------------------------------------------------------------------

    @property
    def dag(self) -> DAG | None:
        return self._dag

    @dag.setter
    def dag(self, dag: DAG | None) -> None:
        if dag is not None and self._dag is not None and self._dag is not dag:
            raise InvalidArgument(
                f"Task {self.task_id!r} is in DAG {self._dag.dag_id!r} and cannot move to {dag.dag_id!r}: define it again."
            )
        if dag is not None and self._dag is None:
            dag.add_task(self)

    def get_dag(self) -> DAG | None:
        return self._dag

    @property
    def node_id(self) -> str:
        return self.task_id

    @property
    def roots(self) -> list[Any]:
        return [self]

    @property
    def leaves(self) -> list[Any]:
        return [self]

    def iter_mapped_task_groups(self) -> Iterator[MappedTaskGroup]:
        """The mapped groups around this task, innermost first."""
        group = self.task_group
        while group is not None:
            if group.is_mapped:
                yield group  # type: ignore[misc]
            group = group.parent_group

    def get_closest_mapped_task_group(self) -> MappedTaskGroup | None:
        return next(self.iter_mapped_task_groups(), None)

    def get_needs_expansion(self) -> bool:
        """Whether there may be several instances of this task in a run."""
        return self.is_mapped or self.get_closest_mapped_task_group() is not None

    # --- setup and teardown ---------------------------------------------------------------------------------------------------

    @property
    def is_setup(self) -> bool:
        return self._is_setup

    @is_setup.setter
    def is_setup(self, value: bool) -> None:
        if value and self._is_teardown:
            raise InvalidArgument(f"Task {self.task_id!r} is a teardown already, so it cannot be a setup as well.")
        self._is_setup = value

    @property
    def is_teardown(self) -> bool:
        return self._is_teardown

    @is_teardown.setter
    def is_teardown(self, value: bool) -> None:
        if value and self._is_setup:
            raise InvalidArgument(f"Task {self.task_id!r} is a setup already, so it cannot be a teardown as well.")
        self._is_teardown = value

    def __enter__(self) -> Any:
        if not (self.is_setup or self.is_teardown):
            raise AirflowException(
                f"`with` takes setup and teardown tasks, and {self.task_id!r} is neither: "
                "mark it with .as_setup() or .as_teardown()."
            )
        setup_teardown.open_scope(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        setup_teardown.close_scope()

    # --- names ------------------------------------------------------------------------------------------------------------------

    @property
    def task_type(self) -> str:
        return type(self).__name__

    @property
    def operator_name(self) -> str:
        """What users are shown as the kind of task: `PythonOperator`, `@task`."""
        return self.custom_operator_name or self.task_type

    @property
    def task_display_name(self) -> str:
        return self._task_display_name or self.task_id

    @property
    def inherits_from_empty_operator(self) -> bool:
        return self.is_inline

    @property
    def output(self) -> XComArg:
        """What this task returns, for use as an argument of another."""
        from tradewind.sdk.xcom_arg import PlainXComArg

        return PlainXComArg(self)

    @property
    def extra_links(self) -> list[str]:
        links = {link.name for link in (*self.operator_extra_links, *self.global_operator_extra_links)}
        return sorted(links)

    # --- templates ------------------------------------------------------------------------------------------------------------

    def get_template_env(self, dag: DAG | None = None) -> jinja2.Environment:
        owner = dag or self.dag
        if owner is None:
            return template_environment(native=bool(self.render_template_as_native_obj))
        return owner.get_template_env(native=self.render_template_as_native_obj)

    def render_template_fields(self, context: Mapping[str, Any], jinja_env: jinja2.Environment | None = None) -> Any:
        """Render all template fields in place. Mapped operators give back the instance that runs instead."""
        raise NotImplementedError
