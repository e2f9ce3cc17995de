from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from tradewind.core.graph import Graph
from tradewind.core.spec import TaskSpec
from tradewind.server.bodies import Answer
from tradewind.server.v1.models.dags import TimeDelta

_UNKNOWN_RULES: Final = {"all_done_min_one_success": "all_done_setup_success"}
"""Rules of Airflow 3 that a client of Airflow 2 refuses, and the nearest one that it knows."""


class ClassReference(Answer):
    module_path: str
    class_name: str


class TaskExtraLinks(Answer):
    class_ref: ClassReference | None = None


class Task(Answer):
    class_ref: ClassReference
    task_id: str
    task_display_name: str
    owner: str
    start_date: datetime | None
    end_date: datetime | None
    trigger_rule: str
    extra_links: list[TaskExtraLinks]
    depends_on_past: bool
    is_mapped: bool
    wait_for_downstream: bool
    retries: float
    queue: str | None
    executor: str | None
    pool: str
    pool_slots: float
    execution_timeout: TimeDelta | None
    retry_delay: TimeDelta | None
    retry_exponential_backoff: bool
    priority_weight: float
    weight_rule: str
    ui_color: str
    ui_fgcolor: str
    template_fields: list[str]
    downstream_task_ids: list[str]
    doc_md: str | None
    params: dict[str, Any] | None = None

    @classmethod
    def of(cls, task: TaskSpec, graph: Graph) -> Task:
        rule = task.trigger_rule.value
        return cls(
            class_ref=ClassReference(module_path=task.module, class_name=task.operator),
            task_id=task.task_id,
            task_display_name=task.display_name or task.task_id,
            owner=task.owner,
            start_date=task.start_date,
            end_date=task.end_date,
            trigger_rule=_UNKNOWN_RULES.get(rule, rule),
            extra_links=[],
            depends_on_past=task.depends_on_past,
            is_mapped=graph.mapped_scope(task.task_id) is not None,
            wait_for_downstream=task.wait_for_downstream,
            retries=task.retries,
            queue=task.queue,
            executor=task.executor,
            pool=task.pool,
            pool_slots=task.pool_slots,
            execution_timeout=TimeDelta.of(task.execution_timeout_s),
            retry_delay=TimeDelta.of(task.retry_delay_s),
            retry_exponential_backoff=bool(task.retry_multiplier),
            priority_weight=task.priority_weight,
            weight_rule=task.weight_rule,
            ui_color=task.ui_color,
            ui_fgcolor=task.ui_fgcolor,
            template_fields=list(task.template_fields),
            downstream_task_ids=sorted(node.task_id for node in graph.nodes[task.task_id].downstream),
            doc_md=task.doc_md,
            params=dict(task.params),
        )


class TaskCollection(Answer):
    tasks: list[Task]
    total_entries: int
