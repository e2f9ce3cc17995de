from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from tradewind.core.graph import Graph
from tradewind.core.spec import TaskSpec
from tradewind.server.bodies import Answer


class TimeDelta(Answer):
    type: str = Field(default="TimeDelta", alias="__type")
    days: int
    seconds: int
    microseconds: int

    @classmethod
    def of(cls, seconds: float | None) -> TimeDelta | None:
        if seconds is None:
            return None
        delta = timedelta(seconds=seconds)
        return cls(days=delta.days, seconds=delta.seconds, microseconds=delta.microseconds)


class TaskResponse(Answer):
    task_id: str | None
    task_display_name: str | None
    owner: str | None
    start_date: datetime | None
    end_date: datetime | None
    trigger_rule: str | None
    depends_on_past: bool
    wait_for_downstream: bool
    retries: float | None
    queue: str | None
    pool: str | None
    pool_slots: float | None
    execution_timeout: TimeDelta | None
    retry_delay: TimeDelta | None
    retry_exponential_backoff: float
    priority_weight: float | None
    weight_rule: str | None
    ui_color: str | None
    ui_fgcolor: str | None
    template_fields: list[str] | None
    downstream_task_ids: list[str] | None
    doc_md: str | None
    operator_name: str | None
    params: dict[str, Any] | None
    class_ref: dict[str, Any] | None
    is_mapped: bool | None
    extra_links: list[str]

    @classmethod
    def of(cls, task: TaskSpec, graph: Graph) -> TaskResponse:
        return cls(
            task_id=task.task_id,
            task_display_name=task.display_name or task.task_id,
            owner=task.owner,
            start_date=task.start_date,
            end_date=task.end_date,
            trigger_rule=task.trigger_rule.value,
            depends_on_past=task.depends_on_past,
            wait_for_downstream=task.wait_for_downstream,
            retries=task.retries,
            queue=task.queue,
            pool=task.pool,
            pool_slots=task.pool_slots,
            execution_timeout=TimeDelta.of(task.execution_timeout_s),
            retry_delay=TimeDelta.of(task.retry_delay_s),
            retry_exponential_backoff=task.retry_multiplier,
            priority_weight=task.priority_weight,
            weight_rule=task.weight_rule,
            ui_color=task.ui_color,
            ui_fgcolor=task.ui_fgcolor,
            template_fields=list(task.template_fields),
            downstream_task_ids=sorted(node.task_id for node in graph.nodes[task.task_id].downstream),
            doc_md=task.doc_md,
            operator_name=task.operator,
            params=dict(task.params),
            class_ref={"module_path": task.module, "class_name": task.operator},
            is_mapped=graph.mapped_scope(task.task_id) is not None,
            extra_links=list(task.extra_links),
        )


class TaskCollectionResponse(Answer):
    tasks: list[TaskResponse]
    total_entries: int
