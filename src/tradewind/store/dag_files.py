"""What parsing a DAG file changes: DAGs, their versions, import errors, and the file itself, in one transaction.

a DAG the store never saw                        a new row, version 1
its structure or the file's source changed       a new version; runs under way stay on theirs
only its dates moved (`days_ago(2)`)             the current version is rewritten in place
no longer in the file                            stale: hidden, history kept
the file could not be imported                   its DAGs stay as they are, beside the import error
another file, still there, defines the same id   an import error that names both; the earlier file keeps the DAG
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.core.ids import new_try_id
from tradewind.core.messages import ImportProblem
from tradewind.core.records import OutboxRecord
from tradewind.core.spec import DagSpec, encode_spec, structure_digest
from tradewind.store import schema
from tradewind.store.database import ADVISORY, ADVISORY_DAG_FILES
from tradewind.store.outbox import write_outbox
from tradewind.store.rows import insert_new, upsert


@dataclass(frozen=True, kw_only=True)
class ParsedFile:
    """What a DAG host found in a file."""

    file: str
    """Absolute path: what the file is known by."""
    relative: str
    """Path below the DAGs folder."""
    source: str
    source_digest: str
    dags: list[DagSpec] = field(default_factory=list)
    problems: list[ImportProblem] = field(default_factory=list)
    """One with a `dag_id` concerns that DAG; one without means that the file could not be imported."""


@dataclass(frozen=True, kw_only=True)
class SaveResult:
    """dag_ids by what happened to them; each stands in one list only."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """Have a new version, or came back after having been stale."""
    redated: list[str] = field(default_factory=list)
    """Only start or end dates moved."""
    vanished: list[str] = field(default_factory=list)
    reparse: list[str] = field(default_factory=list)
    """Files to parse again: they were refused a dag_id that has become free."""


def combined_digest(spec: DagSpec, source_digest: str) -> str:
    """Digest of what makes a new version of a DAG."""
    return hashlib.sha256(f"{structure_digest(spec)} {source_digest}".encode()).hexdigest()[:32]


def save_file(connection: Connection, parsed: ParsedFile, now: datetime, *, paused_by_default: bool) -> SaveResult:
    """Writes a parsed file within a transaction of `Database.write`."""
    _one_at_a_time(connection)
    result = SaveResult()
    events: list[OutboxRecord] = []
    known = _known_dags(connection, parsed)
    problems = list(parsed.problems)
    seen: set[str] = set()
    for spec in parsed.dags:
        row = known.get(spec.dag_id)
        if spec.dag_id in seen:
            problems.append(_defined_twice(parsed.file, parsed.file, spec.dag_id))
            continue
        if row is not None and row.file != parsed.file and not row.is_stale:
            problems.append(_defined_twice(parsed.file, row.file, spec.dag_id))
            continue
        seen.add(spec.dag_id)
        if row is None:
            _insert_dag(connection, parsed, spec, now, paused_by_default=paused_by_default)
            result.new.append(spec.dag_id)
            events.append(OutboxRecord(at=now, kind="dag", dag_id=spec.dag_id, new="new", why="file parsed"))
        else:
            what = _update_dag(connection, parsed, spec, row, now)
            if what == "redated":
                result.redated.append(spec.dag_id)
            elif what:
                result.changed.append(spec.dag_id)
            if what:
                events.append(OutboxRecord(at=now, kind="dag", dag_id=spec.dag_id, new=what, why="file parsed"))

    broken = {problem.dag_id for problem in parsed.problems}
    if None not in broken:
        mine = (dag_id for dag_id, row in known.items() if row.file == parsed.file and not row.is_stale)
        gone = sorted(dag_id for dag_id in mine if dag_id not in seen and dag_id not in broken)
        events += _make_stale(connection, gone, now, "no longer in its file")
        result.vanished.extend(gone)
        result.reparse.extend(_refused_files(connection, gone, except_file=parsed.file))
    events += _replace_errors(connection, parsed.file, problems, now)
    _write_source(connection, parsed, now)
    write_outbox(connection, events)
    return result


def forget_file(connection: Connection, file: str, now: datetime) -> SaveResult:
    """The file is gone: its DAGs go stale, its import errors and its row vanish."""
    _one_at_a_time(connection)
    dag = schema.dag
    query = sa.select(dag.c.dag_id).where(dag.c.file == file, dag.c.is_stale.is_(False)).order_by(dag.c.dag_id)
    gone = list(connection.execute(query).scalars())
    events = _make_stale(connection, gone, now, "its file is gone")
    refused = _refused_files(connection, gone, except_file=file)
    events += _replace_errors(connection, file, [], now)
    connection.execute(sa.delete(schema.dag_file).where(schema.dag_file.c.file == file))
    write_outbox(connection, events)
    return SaveResult(vanished=gone, reparse=refused)


def _one_at_a_time(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Two files that bring the same new dag_id at once: the second must see the first one's row.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY, ADVISORY_DAG_FILES)))


def _known_dags(connection: Connection, parsed: ParsedFile) -> dict[str, Any]:
    dag, version = schema.dag, schema.dag_version
    query = sa.select(
        dag.c.dag_id,
        dag.c.file,
        dag.c.is_stale,
        dag.c.version_id,
        version.c.number,
        version.c.digest,
        version.c.spec_digest,
    ).select_from(dag.join(version, dag.c.version_id == version.c.version_id))
    wanted = sa.or_(dag.c.file == parsed.file, dag.c.dag_id.in_([spec.dag_id for spec in parsed.dags]))
    return {row.dag_id: row for row in connection.execute(query.where(wanted))}


def _defined_twice(file: str, other: str, dag_id: str) -> ImportProblem:
    if file == other:
        text = (
            f"DAG '{dag_id}' is defined twice in {file}; the first definition is used. Give one of them another dag_id."
        )
    else:
        text = (
            f"DAG '{dag_id}' is defined in {other} and in {file}; the one in {other} is used. Give one of them another "
            "dag_id, or delete one of the files."
        )
    return ImportProblem(file=file, message=text, dag_id=dag_id)


def _insert_dag(
    connection: Connection, parsed: ParsedFile, spec: DagSpec, now: datetime, *, paused_by_default: bool
) -> None:
    # A DAG may have been deleted from the store with its file still there: numbers of its versions go on.
    version = schema.dag_version.c
    last = connection.execute(sa.select(sa.func.max(version.number)).where(version.dag_id == spec.dag_id)).scalar() or 0
    paused = paused_by_default if spec.is_paused_upon_creation is None else spec.is_paused_upon_creation
    values = {
        "dag_id": spec.dag_id,
        "is_paused": paused,
        "created_at": now,
        "version_id": _insert_version(connection, parsed, spec, last + 1, now),
        **_seen_in(parsed, spec, now),
    }
    connection.execute(sa.insert(schema.dag), values)


def _update_dag(connection: Connection, parsed: ParsedFile, spec: DagSpec, row: Any, now: datetime) -> str:
    """What changed: `changed`, `back`, `redated`, or an empty text."""
    values = _seen_in(parsed, spec, now)
    what = "back" if row.is_stale else ""
    if row.digest != combined_digest(spec, parsed.source_digest):
        values["version_id"] = _insert_version(connection, parsed, spec, row.number + 1, now)
        what = "changed"
    elif row.spec_digest != _spec_digest(spec):
        version = schema.dag_version
        connection.execute(
            sa.update(version).where(version.c.version_id == row.version_id),
            {"spec": encode_spec(spec).decode(), "spec_digest": _spec_digest(spec)},
        )
        what = what or "redated"
    connection.execute(sa.update(schema.dag).where(schema.dag.c.dag_id == spec.dag_id), values)
    return what


def _seen_in(parsed: ParsedFile, spec: DagSpec, now: datetime) -> dict[str, Any]:
    return {
        "file": parsed.file,
        "fileloc": spec.fileloc,
        "relative_fileloc": parsed.relative,
        "is_stale": False,
        "last_parsed_at": now,
    }


def _insert_version(connection: Connection, parsed: ParsedFile, spec: DagSpec, number: int, now: datetime) -> str:
    version_id = new_try_id(int(now.timestamp() * 1000))
    values = {
        "version_id": version_id,
        "dag_id": spec.dag_id,
        "number": number,
        "digest": combined_digest(spec, parsed.source_digest),
        "spec_digest": _spec_digest(spec),
        "source_digest": parsed.source_digest,
        "created_at": now,
        "spec": encode_spec(spec).decode(),
    }
    connection.execute(sa.insert(schema.dag_version), values)
    return version_id


def _spec_digest(spec: DagSpec) -> str:
    return hashlib.sha256(encode_spec(spec)).hexdigest()[:32]


def _make_stale(connection: Connection, dag_ids: list[str], now: datetime, why: str) -> list[OutboxRecord]:
    if not dag_ids:
        return []
    connection.execute(sa.update(schema.dag).where(schema.dag.c.dag_id.in_(dag_ids)).values(is_stale=True))
    return [OutboxRecord(at=now, kind="dag", dag_id=dag_id, new="stale", why=why) for dag_id in dag_ids]


def _refused_files(connection: Connection, dag_ids: list[str], *, except_file: str) -> list[str]:
    if not dag_ids:
        return []
    error = schema.import_error.c
    query = sa.select(error.file).where(error.dag_id.in_(dag_ids), error.file != except_file).distinct()
    return list(connection.execute(query.order_by(error.file)).scalars())


def _replace_errors(
    connection: Connection, file: str, problems: Iterable[ImportProblem], now: datetime
) -> list[OutboxRecord]:
    """Replaces the file's import errors when they differ; errors that stay keep their time."""
    error = schema.import_error
    query = sa.select(error.c.message, error.c.line, error.c.dag_id).where(error.c.file == file).order_by(error.c.id)
    before = [tuple(row) for row in connection.execute(query)]
    after = [(problem.message, problem.line, problem.dag_id) for problem in problems]
    if before == after:
        return []
    connection.execute(sa.delete(error).where(error.c.file == file))
    rows = [{"file": file, "message": m, "line": line, "dag_id": dag_id, "at": now} for m, line, dag_id in after]
    if rows:
        connection.execute(sa.insert(error), rows)
    detail = {"file": file, "errors": len(after)}
    return [OutboxRecord(at=now, kind="import_error", old=str(len(before)), new=str(len(after)), detail=detail)]


def _write_source(connection: Connection, parsed: ParsedFile, now: datetime) -> None:
    source = {"source_digest": parsed.source_digest, "created_at": now, "source": parsed.source}
    insert_new(connection, schema.dag_source, source)
    row = {"file": parsed.file, "relative": parsed.relative, "source_digest": parsed.source_digest, "parsed_at": now}
    connection.execute(upsert(schema.dag_file, connection.dialect.name, values=row))
