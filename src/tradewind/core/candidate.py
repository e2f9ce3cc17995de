"""A task instance in the queue for a slot: what it needs, what bounds it, and its place within its DAG."""

from __future__ import annotations

from datetime import datetime

from tradewind.core.graph import Graph
from tradewind.core.instance import Instance
from tradewind.core.records import RunRecord

CandidateKey = tuple[int, str, int]
"""(run_key, task_id, map_index)"""


class Candidate:
    """A task instance that wants a slot, or holds one."""

    __slots__ = (
        "counts_per_run",
        "dag_id",
        "key",
        "max_active_tasks",
        "max_active_tis_per_dag",
        "max_active_tis_per_dagrun",
        "own_weight",
        "pool",
        "pool_slots",
        "rank",
        "run_id",
    )

    def __init__(
        self,
        *,
        dag_id: str,
        run_key: int,
        run_id: str,
        task_id: str,
        map_index: int,
        run_after: datetime,
        order: int = 0,
        pool: str = "default_pool",
        pool_slots: int = 1,
        own_weight: int = 1,
        total_weight: int = 1,
        max_active_tasks: int | None = None,
        counts_per_run: bool = False,
        max_active_tis_per_dag: int | None = None,
        max_active_tis_per_dagrun: int | None = None,
    ) -> None:
        self.key: CandidateKey = (run_key, task_id, map_index)
        self.dag_id = dag_id
        self.run_id = run_id
        self.pool = pool
        self.pool_slots = pool_slots
        self.own_weight = own_weight
        self.max_active_tasks = max_active_tasks
        self.counts_per_run = counts_per_run
        """Whether `max_active_tasks` bounds each run (Airflow 3) or all runs of the DAG together (Airflow 2)."""
        self.max_active_tis_per_dag = max_active_tis_per_dag
        self.max_active_tis_per_dagrun = max_active_tis_per_dagrun
        self.rank = (-total_weight, run_after, order, map_index, run_key)
        """Place within its DAG; smaller goes first."""

    def __repr__(self) -> str:
        return f"Candidate({self.dag_id!r}, {self.key!r})"

    @property
    def run_key(self) -> int:
        return self.key[0]

    @property
    def task_id(self) -> str:
        return self.key[1]

    @property
    def map_index(self) -> int:
        return self.key[2]

    @classmethod
    def of(cls, graph: Graph, run: RunRecord, instance: Instance) -> Candidate:
        """The candidate for an instance. A backfill's order is that of its runs, as for all others."""
        task = instance.task
        return cls(
            dag_id=run.dag_id,
            run_key=run.run_key,
            run_id=run.run_id,
            task_id=task.task_id,
            map_index=instance.map_index,
            run_after=run.run_after,
            order=graph.nodes[task.task_id].index,
            pool=instance.pool,
            pool_slots=instance.pool_slots,
            own_weight=task.priority_weight,
            total_weight=instance.priority_weight,
            max_active_tasks=graph.spec.max_active_tasks,
            counts_per_run=graph.spec.dialect >= 3,
            max_active_tis_per_dag=task.max_active_tis_per_dag,
            max_active_tis_per_dagrun=task.max_active_tis_per_dagrun,
        )
