"""The DAGs that exist, and the versions that unfinished runs stand on, indexed for the core."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import msgspec

from tradewind.core.graph import Graph
from tradewind.core.records import DagRecord, DagVersionRecord
from tradewind.core.spec import DagSpec
from tradewind.store import Store

_KEPT_VERSIONS: Final = 256
_READ_AT_ONCE: Final = 500


@dataclass(slots=True)
class Version:
    """One version of a DAG: its specification, indexed, and where its code is."""

    version_id: str
    number: int
    spec: DagSpec
    graph: Graph
    file: str
    source_digest: str


class Catalog:
    """Reads DAGs from the store once and again when told that they changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.dags: dict[str, DagRecord] = {}
        self._versions: OrderedDict[str, Version] = OrderedDict()

    def reload(self) -> None:
        self.dags = {dag.dag_id: dag for dag in self._store.dags.list()}

    def refresh(self, dag_id: str) -> DagRecord | None:
        """Reads one DAG again; returns it, or None when it is gone or stale."""
        dag = self._store.dags.get(dag_id)
        if dag is None or dag.is_stale:
            self.dags.pop(dag_id, None)
            return None
        self.dags[dag_id] = dag
        self._versions.pop(dag.version_id, None)  # its dates may have moved
        return dag

    def refresh_all(self, dag_ids: Collection[str]) -> None:
        """The same for several DAGs."""
        found: dict[str, DagRecord] = {}
        ids = list(dag_ids)
        # A file may define more DAGs than a statement takes values.
        for start in range(0, len(ids), _READ_AT_ONCE):
            some = ids[start : start + _READ_AT_ONCE]
            found.update((dag.dag_id, dag) for dag in self._store.dags.list(dag_ids=some))
        for dag_id in ids:
            dag = found.get(dag_id)
            if dag is None:
                self.dags.pop(dag_id, None)
            else:
                self.dags[dag_id] = dag
                self._versions.pop(dag.version_id, None)

    def shown(self, dag_id: str, values: dict[str, object]) -> None:
        """The `next_*` columns of a DAG were written."""
        self.dags[dag_id] = msgspec.structs.replace(self.dags[dag_id], **values)

    def version(self, version_id: str) -> Version | None:
        """A version by id, from memory when it was used lately."""
        found = self._versions.get(version_id)
        if found is not None:
            self._versions.move_to_end(version_id)
            return found
        record = self._store.dags.version(version_id)
        if record is None:
            return None
        version = _indexed(record)
        self._versions[version_id] = version
        while len(self._versions) > _KEPT_VERSIONS:
            self._versions.popitem(last=False)
        return version


def _indexed(record: DagVersionRecord) -> Version:
    return Version(
        version_id=record.version_id,
        number=record.number,
        spec=record.spec,
        graph=Graph(record.spec),
        file=record.spec.fileloc,
        source_digest=record.source_digest,
    )
