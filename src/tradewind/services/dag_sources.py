"""The source of a DAG's file, as it was when a version of the DAG was made from it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from tradewind.core.records import DagRecord, DagVersionRecord
from tradewind.services.dags import get_dag
from tradewind.services.errors import Unknown
from tradewind.services.session import Services

REDACTED: Final = "REDACTED - you do not have read permission on all DAGs in the file"


class Source(NamedTuple):
    dag: DagRecord
    version: DagVersionRecord
    text: str


def source_of(services: Services, dag: DagRecord) -> str:
    """The newest source of a DAG. Raises Unknown when it was not kept."""
    return get_source(services, dag.dag_id, None, None).text


def get_source(services: Services, dag_id: str, number: int | None, readable: Collection[str] | None) -> Source:
    """The source of a version, the newest without a number; redacted when its file has a DAG that is not `readable`.

    Raises Unknown.
    """
    dag = get_dag(services, dag_id)
    version = _version(services, dag, number)
    text = services.store.dags.source(version.source_digest)
    if text is None:
        raise Unknown("source", f"version {version.number}", where=f"DAG '{dag_id}'", hint="It was not kept.")
    if readable is not None:
        in_file = {one.dag_id for one in services.store.dags.list(include_stale=True, file=dag.fileloc)}
        if not in_file <= set(readable):
            text = REDACTED
    return Source(dag, version, text)


def _version(services: Services, dag: DagRecord, number: int | None) -> DagVersionRecord:
    if number is None:
        found = services.store.dags.version(dag.version_id)
    else:
        found = next((one for one in services.store.dags.versions(dag.dag_id) if one.number == number), None)
    if found is None:
        raise Unknown("version", str(number or dag.version_number), where=f"DAG '{dag.dag_id}'")
    return found
