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
from collections.abc import Collection, Container, Iterable, Sequence
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
from tradewind.store.conflicts import chunks
from tradewind.store.database import ADVISORY, ADVISORY_DAG_FILES
from tradewind.store.outbox import write_outbox
from tradewind.store.rows import insert_into, upsert

_Error = tuple[str, "int | None", "str | None"]
"""Message, line, dag_id."""

_SEEN = (
    sa.update(schema.dag)
    .where(schema.dag.c.dag_id == sa.bindparam("of"))
    .values(
        {
            name: sa.bindparam(name)
            for name in ("file", "fileloc", "relative_fileloc", "is_stale", "last_parsed_at", "version_id")
        }
    )
)


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
    """dag_ids by what happened to them. One that moved from one of the files to another vanished and came back."""

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


def save_files(
    connection: Connection, files: Sequence[ParsedFile], now: datetime, *, paused_by_default: bool
) -> SaveResult:
    """Writes parsed files within a transaction of `Database.write`, as if one after the other in this order.

    Each file may stand in the list once. The number of statements does not grow with the number of files, but for those
    whose errors changed or whose DAGs vanished.
    """
    _one_at_a_time(connection)
    saving = _Saving(connection, files, now, paused_by_default)
    for parsed in files:
        saving.take(parsed)
    saving.write()
    return saving.result


@dataclass(slots=True)
class _Known:
    """A DAG as the store has it, or will have it after this transaction."""

    file: str
    is_stale: bool
    version_id: str
    number: int
    digest: str
    spec_digest: str


class _Saving:
    """What a list of files changes. Rows are collected and written at the end, many at a time."""

    def __init__(
        self, connection: Connection, files: Sequence[ParsedFile], now: datetime, paused_by_default: bool
    ) -> None:
        self.result = SaveResult()
        self._connection = connection
        self._now = now
        self._paused_by_default = paused_by_default
        self._known = _known_dags(connection, files)
        self._last_numbers = _last_numbers(connection, files, self._known)
        self._errors = _known_errors(connection, files)
        self._events: list[OutboxRecord] = []
        self._versions: list[dict[str, Any]] = []
        self._new: list[dict[str, Any]] = []
        self._seen: list[dict[str, Any]] = []
        self._sources: dict[str, dict[str, Any]] = {}
        self._files: list[dict[str, Any]] = []

    def take(self, parsed: ParsedFile) -> None:
        problems = list(parsed.problems)
        mine: set[str] = set()
        for spec in parsed.dags:
            known = self._known.get(spec.dag_id)
            if spec.dag_id in mine:
                problems.append(_defined_twice(parsed.file, parsed.file, spec.dag_id))
            elif known is not None and known.file != parsed.file and not known.is_stale:
                problems.append(_defined_twice(parsed.file, known.file, spec.dag_id))
            else:
                mine.add(spec.dag_id)
                self._take_dag(parsed, spec, known)
        broken = {problem.dag_id for problem in parsed.problems}
        if None not in broken:
            self._lose(parsed.file, mine | broken)
        self._replace_errors(parsed.file, problems)
        source = {"source_digest": parsed.source_digest, "created_at": self._now, "source": parsed.source}
        self._sources[parsed.source_digest] = source
        row = {"file": parsed.file, "relative": parsed.relative, "source_digest": parsed.source_digest}
        self._files.append({**row, "parsed_at": self._now})

    def _take_dag(self, parsed: ParsedFile, spec: DagSpec, known: _Known | None) -> None:
        text = encode_spec(spec).decode()
        spec_digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        digest = combined_digest(spec, parsed.source_digest)
        what = ""
        if known is None:
            # A DAG may have been deleted from the store with its file still there: numbers of its versions go on.
            number = self._last_numbers.get(spec.dag_id, 0) + 1
            what = "new"
        else:
            number = known.number
            what = "back" if known.is_stale else ""
            if known.digest != digest:
                number, what = number + 1, "changed"
        if known is None or known.digest != digest:
            version_id = new_try_id(int(self._now.timestamp() * 1000))
            self._versions.append(
                {
                    "version_id": version_id,
                    "dag_id": spec.dag_id,
                    "number": number,
                    "digest": digest,
                    "spec_digest": spec_digest,
                    "source_digest": parsed.source_digest,
                    "created_at": self._now,
                    "spec": text,
                }
            )
        else:
            version_id = known.version_id
            if known.spec_digest != spec_digest:
                version = schema.dag_version
                changed = {"spec": text, "spec_digest": spec_digest}
                self._connection.execute(sa.update(version).where(version.c.version_id == version_id), changed)
                what = what or "redated"
        seen = {
            "file": parsed.file,
            "fileloc": spec.fileloc,
            "relative_fileloc": parsed.relative,
            "is_stale": False,
            "last_parsed_at": self._now,
            "version_id": version_id,
        }
        if known is None:
            paused = self._paused_by_default if spec.is_paused_upon_creation is None else spec.is_paused_upon_creation
            self._new.append({**seen, "dag_id": spec.dag_id, "is_paused": paused, "created_at": self._now})
        else:
            self._seen.append({**seen, "of": spec.dag_id})
        self._known[spec.dag_id] = _Known(parsed.file, False, version_id, number, digest, spec_digest)
        if what:
            told = {"new": self.result.new, "redated": self.result.redated}.get(what, self.result.changed)
            told.append(spec.dag_id)
            self._tell(spec.dag_id, what)

    def _tell(self, dag_id: str, what: str) -> None:
        self._events.append(OutboxRecord(at=self._now, kind="dag", dag_id=dag_id, new=what, why="file parsed"))

    def _lose(self, file: str, kept: Collection[str | None]) -> None:
        """What the file defined before, and neither defines now nor has a problem with, goes stale."""
        gone = sorted(
            dag_id
            for dag_id, known in self._known.items()
            if known.file == file and not known.is_stale and dag_id not in kept
        )
        if gone:
            self._events += _make_stale(self._connection, gone, self._now, "no longer in its file")
            for dag_id in gone:
                self._known[dag_id].is_stale = True
            self.result.vanished.extend(gone)
            self.result.reparse.extend(_refused_files(self._connection, gone, except_file=file))

    def _replace_errors(self, file: str, problems: Sequence[ImportProblem]) -> None:
        """At once: a file that comes later may free the dag_id that this one was refused."""
        after = [(problem.message, problem.line, problem.dag_id) for problem in problems]
        before = self._errors.get(file, [])
        if before != after:
            self._events.append(_replace_errors(self._connection, file, before, after, self._now))

    def write(self) -> None:
        connection = self._connection
        dialect = connection.dialect.name
        if self._versions:
            connection.execute(sa.insert(schema.dag_version), self._versions)
        if self._new:
            connection.execute(sa.insert(schema.dag), self._new)
        if self._seen:
            connection.execute(_SEEN, self._seen)
        if self._files:
            connection.execute(
                insert_into(schema.dag_source, dialect).on_conflict_do_nothing(), list(self._sources.values())
            )
            connection.execute(upsert(schema.dag_file, dialect), self._files)
        write_outbox(connection, self._events)


def forget_file(connection: Connection, file: str, now: datetime) -> SaveResult:
    """The file is gone: its DAGs go stale, its import errors and its row vanish."""
    _one_at_a_time(connection)
    dag = schema.dag
    query = sa.select(dag.c.dag_id).where(dag.c.file == file, dag.c.is_stale.is_(False)).order_by(dag.c.dag_id)
    gone = list(connection.execute(query).scalars())
    events = _make_stale(connection, gone, now, "its file is gone")
    refused = _refused_files(connection, gone, except_file=file)
    before = _errors_of(connection, [file]).get(file, [])
    if before:
        events.append(_replace_errors(connection, file, before, [], now))
    connection.execute(sa.delete(schema.dag_file).where(schema.dag_file.c.file == file))
    write_outbox(connection, events)
    return SaveResult(vanished=gone, reparse=refused)


def _one_at_a_time(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Two files that bring the same new dag_id at once: the second must see the first one's row.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY, ADVISORY_DAG_FILES)))


def _known_dags(connection: Connection, files: Sequence[ParsedFile]) -> dict[str, _Known]:
    """DAGs of these files, and those that have the id of a DAG in them, by id."""
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
    wanted = [(dag.c.file, [parsed.file for parsed in files]), (dag.c.dag_id, _dag_ids(files))]
    found: dict[str, _Known] = {}
    for column, values in wanted:
        for some in chunks(values):
            for dag_id, *rest in connection.execute(query.where(column.in_(some))):
                found[dag_id] = _Known(*rest)
    return found


def _dag_ids(files: Iterable[ParsedFile]) -> list[str]:
    return sorted({spec.dag_id for parsed in files for spec in parsed.dags})


def _last_numbers(connection: Connection, files: Sequence[ParsedFile], known: Container[str]) -> dict[str, int]:
    """The last version's number of DAGs that the store has versions of, but no row."""
    version = schema.dag_version.c
    query = sa.select(version.dag_id, sa.func.max(version.number)).group_by(version.dag_id)
    found: dict[str, int] = {}
    for some in chunks(dag_id for dag_id in _dag_ids(files) if dag_id not in known):
        found.update((row[0], row[1]) for row in connection.execute(query.where(version.dag_id.in_(some))))
    return found


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


def _known_errors(connection: Connection, files: Sequence[ParsedFile]) -> dict[str, list[_Error]]:
    return _errors_of(connection, [parsed.file for parsed in files])


def _errors_of(connection: Connection, files: Sequence[str]) -> dict[str, list[_Error]]:
    error = schema.import_error.c
    query = sa.select(error.file, error.message, error.line, error.dag_id).order_by(error.file, error.id)
    found: dict[str, list[_Error]] = {}
    for some in chunks(files):
        for file, *rest in connection.execute(query.where(error.file.in_(some))):
            found.setdefault(file, []).append((rest[0], rest[1], rest[2]))
    return found


def _replace_errors(
    connection: Connection, file: str, before: Sequence[_Error], after: Sequence[_Error], now: datetime
) -> OutboxRecord:
    """Replaces the file's import errors. Not called for those that stay as they are: they keep their time."""
    error = schema.import_error
    connection.execute(sa.delete(error).where(error.c.file == file))
    rows = [{"file": file, "message": m, "line": line, "dag_id": dag_id, "at": now} for m, line, dag_id in after]
    if rows:
        connection.execute(sa.insert(error), rows)
    detail = {"file": file, "errors": len(after)}
    return OutboxRecord(at=now, kind="import_error", old=str(len(before)), new=str(len(after)), detail=detail)
