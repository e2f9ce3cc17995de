"""What is wrong with DAGs that can be imported: pools that do not exist."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from tradewind.core.lists import Found, Ordering, Page
from tradewind.core.records import DagRecord
from tradewind.services.dags import list_dags
from tradewind.services.session import Services

POOL: Final = "non-existent pool"


class DagWarning(NamedTuple):
    dag_id: str
    kind: str
    message: str
    timestamp: datetime
    """When the DAG's file was parsed."""
    display_name: str


def warning_page(
    services: Services,
    page: Page,
    order: Sequence[Ordering],
    readable: Collection[str] | None,
    *,
    dag_id: str | None = None,
    kind: str | None = None,
) -> Found[DagWarning]:
    """Some of the warnings; ordered by dag_id, warning_type, message, timestamp. Looks at every DAG, not at runs."""
    pools = {pool.name for pool in services.store.pools.list()}
    found = [
        warning
        for dag in list_dags(services)
        if (readable is None or dag.dag_id in readable) and dag_id in (None, dag.dag_id)
        for warning in _of(dag, pools, services.now())
        if kind in (None, warning.kind)
    ]
    for ordering in reversed(order):
        name = "kind" if ordering.name == "warning_type" else ordering.name
        found.sort(key=lambda warning: str(getattr(warning, name)), reverse=ordering.descending)
    return Found(found[page.offset : page.offset + page.limit], len(found))


def _of(dag: DagRecord, pools: Collection[str], now: datetime) -> Iterator[DagWarning]:
    missing = sorted({task.pool for task in dag.spec.tasks if task.pool not in pools})
    if missing:
        names = ", ".join(f"'{name}'" for name in missing)
        message = f"Dag '{dag.dag_id}' references non-existent pools: {names}. Make them, or name others."
        yield DagWarning(dag.dag_id, POOL, message, dag.last_parsed_at or now, dag.spec.display_name or dag.dag_id)
