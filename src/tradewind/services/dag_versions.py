"""Versions of DAGs as lists, for the APIs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tradewind.core.lists import Found, Ordering, Page
from tradewind.services.dags import get_dag
from tradewind.services.errors import Unknown
from tradewind.services.session import Services
from tradewind.store.bars import Version


def version_page(
    services: Services,
    page: Page,
    order: Sequence[Ordering],
    dag_id: str | None,
    *,
    number: int | None = None,
    readable: Collection[str] | None = None,
) -> Found[Version]:
    """Some of the versions of a DAG, of all DAGs for None; ordered by version_id, dag_id, number. Raises Unknown."""
    if dag_id is not None:
        get_dag(services, dag_id)
    found = services.store.dags.version_page(
        page, order, None if dag_id is None else [dag_id], number=number, readable=readable
    )
    known = services.store.bars.versions(found.items)
    return Found([known[version_id] for version_id in found.items if version_id in known], found.total)


def find_version(services: Services, dag_id: str, number: int) -> Version:
    """Raises Unknown."""
    found = version_page(services, Page(1), (), dag_id, number=number).items
    if not found:
        raise Unknown("version", str(number), where=f"DAG '{dag_id}'", hint="List its versions.")
    return found[0]
