"""The timetable of a stored DAG."""

from __future__ import annotations

from tradewind.core.records import DagRecord
from tradewind.services.errors import Invalid
from tradewind.timetables.base import Timetable
from tradewind.timetables.registry import CUSTOM, from_spec


def is_custom(dag: DagRecord) -> bool:
    """True when the timetable is the author's own code, which only a DAG host may run."""
    return dag.spec.timetable.kind == CUSTOM


def timetable_of(dag: DagRecord) -> Timetable:
    """Raises Invalid for a custom timetable."""
    if is_custom(dag):
        raise Invalid(
            f"DAG '{dag.dag_id}' has a timetable of its own ({dag.spec.timetable.summary or 'custom'}), whose code "
            "runs with the scheduler only. Start the scheduler; `airflow dags details` then shows the next run."
        )
    return from_spec(dag.spec.timetable)
