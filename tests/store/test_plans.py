"""The engine's questions are answered from an index, however long the history is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.store.rows import NOW
from tradewind.core.states import RunState, TaskState
from tradewind.store import open_store
from tradewind.store.history import RunFilter


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda store: store.engine.unfinished_runs(), "ix_dag_run_unfinished"),
        (lambda store: store.engine.active_run_counts(), "ix_dag_run_unfinished"),
        (lambda store: store.engine.last_automated_run("a"), "ix_dag_run_automated"),
        (lambda store: store.engine.previous_run("a", NOW, scheduled_only=True), "ix_dag_run_automated"),
        (lambda store: store.engine.previous_run("a", NOW), "logical_date"),
        (lambda store: store.engine.last_outcomes("a", 3), "ix_dag_run_newest"),
        (lambda store: store.engine.running_tries(), "ix_task_try_active"),
        (lambda store: store.engine.running_tries([1]), "ix_task_try_active"),
        (lambda store: store.engine.pending_callbacks(), "ix_callback_pending"),
        (lambda store: store.engine.instances_of(1), "PRIMARY KEY"),
        (lambda store: store.runs.list(dag_id="a", limit=50), "ix_dag_run_newest"),
        (lambda store: store.runs.list(states=[RunState.FAILED], limit=50), "ix_dag_run_state"),
        (lambda store: store.instances.of_runs([1, 2]), "PRIMARY KEY"),
        (lambda store: store.instances.list(states=[TaskState.FAILED]), "ix_task_instance_notable"),
        (lambda store: store.tries.of_instance(1, "a"), "ix_task_try_instance"),
        (lambda store: store.pools.usage(), "ix_task_instance_notable"),
        (lambda store: store.outbox.history(1, "a"), "ix_outbox_run"),
        (lambda store: store.outbox.since(5), "INTEGER PRIMARY KEY"),
        (lambda store: store.history.runs(RunFilter()), "ix_dag_run_due"),
        (lambda store: store.history.runs(RunFilter(), after=(NOW, 7)), "ix_dag_run_due"),
        (lambda store: store.history.runs(RunFilter(dag_id="a"), after=(NOW, 7)), "ix_dag_run_newest"),
        (lambda store: store.history.bars(RunFilter(after=NOW), 50), "ix_dag_run_due"),
        (lambda store: store.history.counts_by_state(), "ix_task_instance_notable"),
    ],
)
def test_a_question_uses_its_index(tmp_path: Path, ask: Any, index: str) -> None:
    plans: list[str] = []
    with open_store(f"sqlite:///{tmp_path}/airflow.db", create=True) as store:
        store.schema.migrate()

        @sa.event.listens_for(store._database._readers, "before_cursor_execute")
        def _explain(_connection: Any, cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in cursor.fetchall())

        ask(store)
    assert any(index in plan for plan in plans), plans
    assert not any(plan.startswith("SCAN") and "INDEX" not in plan for plan in plans if "pool" not in plan), plans
