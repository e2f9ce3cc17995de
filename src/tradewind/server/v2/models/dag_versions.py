from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tradewind.server.bodies import Answer
from tradewind.server.v2.bundle import BUNDLE
from tradewind.store.bars import Version


class DagVersionResponse(Answer):
    id: UUID
    version_number: int
    dag_id: str
    bundle_name: str | None
    bundle_version: str | None = None
    """None: files of the DAGs folder have no versions of their own."""
    created_at: datetime
    dag_display_name: str
    bundle_url: str | None = None

    @classmethod
    def of(cls, version: Version) -> DagVersionResponse:
        return cls(
            id=UUID(version.version_id),
            version_number=version.number,
            dag_id=version.dag_id,
            bundle_name=BUNDLE,
            created_at=version.created_at,
            dag_display_name=version.spec.display_name or version.dag_id,
        )


class DAGVersionCollectionResponse(Answer):
    dag_versions: list[DagVersionResponse]
    total_entries: int
