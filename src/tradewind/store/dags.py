"""DAGs and their versions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.core.lists import Found, Ordering, Page
from tradewind.core.records import DagRecord, DagVersionRecord, OutboxRecord
from tradewind.core.spec import DagSpec, decode_spec
from tradewind.store import dag_files, schema
from tradewind.store.conflicts import chunks
from tradewind.store.dag_files import ParsedFile, SaveResult
from tradewind.store.database import Database
from tradewind.store.lists import found, ordered
from tradewind.store.outbox import Rows, write_outbox

_VERSION_FIELDS = [name for name in DagVersionRecord.__struct_fields__ if name != "spec"]
_DAG_FIELDS = [name for name in DagRecord.__struct_fields__ if name in schema.dag.c]
_SPECS_KEPT = 2048
_RUNS_AT_ONCE = 20


class _Access(msgspec.Struct):
    """The one field of a specification that is read for it."""

    access_control: dict[str, Any] = {}


_AccessOf = msgspec.json.Decoder(_Access)


class Dags:
    def __init__(self, database: Database) -> None:
        self._database = database
        # By digest of their bytes: decoding a specification takes longer than reading its row.
        self._specs: dict[str, DagSpec] = {}

    # --- files -------------------------------------------------------------------------------------------------------

    def save_file(self, parsed: ParsedFile, now: datetime, *, paused_by_default: bool = True) -> SaveResult:
        """`save_files` of one."""
        return self.save_files([parsed], now, paused_by_default=paused_by_default)

    def save_files(self, files: Sequence[ParsedFile], now: datetime, *, paused_by_default: bool = True) -> SaveResult:
        """Writes what was found in files, in one transaction; see `dag_files` for the rules. Doing it twice changes
        nothing more.

        `paused_by_default` counts for new DAGs that do not say `is_paused_upon_creation`.
        """
        with self._database.write() as connection:
            return dag_files.save_files(connection, files, now, paused_by_default=paused_by_default)

    def forget_file(self, file: str, now: datetime) -> SaveResult:
        """The file is gone: its DAGs go stale, its import errors vanish."""
        with self._database.write() as connection:
            return dag_files.forget_file(connection, file, now)

    def files(self) -> dict[str, str]:
        """Known files and the digest of the source that was parsed last."""
        file = schema.dag_file.c
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(sa.select(file.file, file.source_digest))}

    def source(self, source_digest: str) -> str | None:
        column = schema.dag_source.c
        query = sa.select(column.source).where(column.source_digest == source_digest)
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    # --- DAGs --------------------------------------------------------------------------------------------------------

    def get(self, dag_id: str) -> DagRecord | None:
        """The DAG, also when it is stale."""
        with self._database.read() as connection:
            found = self._dags(connection, schema.dag.c.dag_id == dag_id)
        return found[0] if found else None

    def version(self, version_id: str) -> DagVersionRecord | None:
        with self._database.read() as connection:
            found = self._versions(connection, schema.dag_version.c.version_id == version_id)
        return found[0] if found else None

    def versions(self, dag_id: str) -> Sequence[DagVersionRecord]:
        """All versions, oldest first."""
        with self._database.read() as connection:
            return self._versions(connection, schema.dag_version.c.dag_id == dag_id)

    def version_page(
        self,
        page: Page,
        order: Sequence[Ordering],
        dag_ids: Sequence[str] | None,
        *,
        number: int | None = None,
        readable: Collection[str] | None = None,
    ) -> Found[str]:
        """Ids of some versions, ordered by columns of a version, then by id. None matches everything."""
        version = schema.dag_version.c
        query = sa.select(version.version_id)
        for some in (dag_ids, readable):
            if some is not None:
                query = query.where(version.dag_id.in_(sorted(set(some))))
        if number is not None:
            query = query.where(version.number == number)
        with self._database.read() as connection:
            rows, total = found(connection, ordered(query, order, dict(version.items()), [version.version_id]), page)
        return Found([row[0] for row in rows], total)

    def set_paused(
        self,
        dag_ids: Iterable[str],
        paused: bool,
        who: str,
        now: datetime,
        *,
        reason: str = "",
        audit: OutboxRecord | None = None,
    ) -> Sequence[str]:
        """Pauses or unpauses; the dag_ids that changed, sorted. Unknown ones and those that are so already are left out.

        `audit` is written for each that changed, with its dag_id.
        """
        dag = schema.dag
        changed: list[str] = []
        with self._database.write() as connection:
            for some in chunks(sorted(set(dag_ids))):
                query = sa.select(dag.c.dag_id).where(dag.c.dag_id.in_(some), dag.c.is_paused.is_(not paused))
                changed += sorted(connection.execute(query.with_for_update()).scalars())
            for some in chunks(changed):
                update = sa.update(dag).where(dag.c.dag_id.in_(some))
                connection.execute(update.values(is_paused=paused, paused_reason=reason if paused else ""))
            old, new = ("active", "paused") if paused else ("paused", "active")
            why = reason or ("paused" if paused else "unpaused")
            write_outbox(
                connection,
                [
                    OutboxRecord(at=now, kind="dag", dag_id=dag_id, old=old, new=new, why=why, who=who)
                    for dag_id in changed
                ],
            )
            if audit is not None:
                write_outbox(connection, [msgspec.structs.replace(audit, dag_id=dag_id) for dag_id in changed])
        return changed

    def delete(self, dag_id: str, *, outbox: Rows = None) -> int:
        """Deletes a DAG with its versions and runs; how many runs, versions and DAGs were deleted. 0: there was none.

        Runs go first, a few in each transaction, so that the engine is not held up; a crash on the way leaves a DAG with
        less history, and doing it again finishes. A file that still defines the DAG brings it back at its next parse.
        """
        run, version, dag = schema.dag_run, schema.dag_version, schema.dag
        deleted = 0
        while True:
            with self._database.write() as connection:
                query = sa.select(run.c.run_key).where(run.c.dag_id == dag_id).limit(_RUNS_AT_ONCE)
                keys = list(connection.execute(query).scalars())
                if keys:
                    deleted += connection.execute(sa.delete(run).where(run.c.run_key.in_(keys))).rowcount
                    continue
                deleted += connection.execute(sa.delete(dag).where(dag.c.dag_id == dag_id)).rowcount
                deleted += connection.execute(sa.delete(version).where(version.c.dag_id == dag_id)).rowcount
                connection.execute(sa.delete(schema.backfill).where(schema.backfill.c.dag_id == dag_id))
                write_outbox(connection, outbox)
                return deleted

    def list(
        self,
        *,
        include_stale: bool = False,
        paused: bool | None = None,
        dag_ids: Iterable[str] | None = None,
        file: str | None = None,
    ) -> list[DagRecord]:
        """DAGs by id. None matches everything."""
        dag = schema.dag.c
        conditions: list[Any] = []
        if not include_stale:
            conditions.append(dag.is_stale.is_(False))
        if paused is not None:
            conditions.append(dag.is_paused.is_(paused))
        if dag_ids is not None:
            conditions.append(dag.dag_id.in_(sorted(set(dag_ids))))
        if file is not None:
            conditions.append(dag.file == file)
        with self._database.read() as connection:
            return [*self._dags(connection, *conditions)]

    # --- rows --------------------------------------------------------------------------------------------------------

    def access_controls(self) -> dict[str, dict[str, Any]]:
        """dag_id → its `access_control`, for DAGs that have one. Reads every newest specification that mentions it."""
        dag, version = schema.dag, schema.dag_version
        query = (
            sa.select(dag.c.dag_id, version.c.spec)
            .join(version, version.c.version_id == dag.c.version_id)
            .where(version.c.spec.contains('"access_control":{', autoescape=True))
        )
        with self._database.read() as connection:
            rows = [(row[0], row[1]) for row in connection.execute(query)]
        return {dag_id: _AccessOf.decode(spec).access_control for dag_id, spec in rows}

    def _dags(self, connection: Connection, *conditions: Any) -> Sequence[DagRecord]:
        dag, version, error = schema.dag, schema.dag_version, schema.import_error
        has_error = sa.exists().where(
            error.c.file == dag.c.file, sa.or_(error.c.dag_id.is_(None), error.c.dag_id == dag.c.dag_id)
        )
        query = (
            sa.select(
                *(dag.c[name] for name in _DAG_FIELDS),
                version.c.number.label("version_number"),
                version.c.spec_digest,
                has_error.label("has_import_error"),
            )
            .select_from(dag.join(version, dag.c.version_id == version.c.version_id))
            .where(*conditions)
            .order_by(dag.c.dag_id)
        )
        rows = connection.execute(query).all()
        specs = self._specs_of(connection, {row.spec_digest: row.version_id for row in rows})
        records = []
        for row in rows:
            values = dict(row._mapping)
            values["spec"] = specs[values.pop("spec_digest")]
            values["has_import_error"] = bool(values["has_import_error"])
            records.append(DagRecord(**values))
        return records

    def _versions(self, connection: Connection, *conditions: Any) -> Sequence[DagVersionRecord]:
        version = schema.dag_version.c
        query = sa.select(*(version[name] for name in _VERSION_FIELDS), version.spec_digest).where(*conditions)
        rows = connection.execute(query.order_by(version.dag_id, version.number)).all()
        specs = self._specs_of(connection, {row.spec_digest: row.version_id for row in rows})
        records = []
        for row in rows:
            values = dict(row._mapping)
            values["spec"] = specs[values.pop("spec_digest")]
            records.append(DagVersionRecord(**values))
        return records

    def _specs_of(self, connection: Connection, wanted: dict[str, str]) -> dict[str, DagSpec]:
        """Specifications by digest; `wanted` says a version that has each."""
        found = {digest: self._specs[digest] for digest in wanted if digest in self._specs}
        version = schema.dag_version.c
        missing = [version_id for digest, version_id in wanted.items() if digest not in found]
        for some in chunks(missing):
            query = sa.select(version.spec_digest, version.spec).where(version.version_id.in_(some))
            for digest, spec in connection.execute(query):
                found[digest] = decode_spec(spec.encode())
        if len(self._specs) + len(missing) > _SPECS_KEPT:
            self._specs.clear()
        self._specs.update(found)
        return found
