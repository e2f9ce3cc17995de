"""Notes that people leave on runs and task instances."""

from __future__ import annotations

from tradewind.core.records import RunRecord
from tradewind.services.session import Services
from tradewind.services.tasks import instance_of


def set_run_note(services: Services, run: RunRecord, note: str | None) -> None:
    """None or an empty text takes it away."""
    names = {"dag_id": run.dag_id, "run_id": run.run_id, "run_key": run.run_key}
    entry = services.audit("run.note", before={"note": run.note}, after={"note": note or None}, **names)
    told = services.note("run", "noted", old=run.state.value, new=run.state.value, **names)
    services.store.runs.set_note(run.run_key, note or None, [entry, told])


def set_instance_note(services: Services, run: RunRecord, task_id: str, map_index: int, note: str | None) -> None:
    """None or an empty text takes it away. Raises Unknown, and NotFound while the run has not begun."""
    instance = instance_of(services, run, task_id, map_index)
    names = {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "run_key": run.run_key,
        "task_id": task_id,
        "map_index": map_index,
    }
    before = instance.note if instance is not None else None
    entry = services.audit("task.note", before={"note": before}, after={"note": note or None}, **names)
    state = instance.state.value if instance is not None else ""
    told = services.note("task", "noted", old=state, new=state, **names)
    services.store.instances.set_note(run.run_key, task_id, map_index, note or None, [entry, told])
