"""Import errors of DAG files. They are written with the file, by `dags.save_file`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import sqlalchemy as sa

from tradewind.core.lists import Found, Ordering, Page, Pattern
from tradewind.core.records import ImportErrorRecord
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.lists import found, matches, ordered
from tradewind.store.rows import RecordRows

IMPORT_ERRORS = RecordRows(ImportErrorRecord, schema.import_error)
_ORDER: Final = {name: schema.import_error.c[name] for name in ("id", "at", "file", "message")}


class ImportErrors:
    def __init__(self, database: Database) -> None:
        self._database = database

    def numbered(self, *, file: str | None = None) -> list[tuple[int, ImportErrorRecord]]:
        """As `list`, each with the number of its row: it stays while the file is not imported again."""
        column = schema.import_error.c
        query = sa.select(*IMPORT_ERRORS.stored, column.id).order_by(column.file, column.id)
        if file is not None:
            query = query.where(column.file == file)
        with self._database.read() as connection:
            return [(row[-1], IMPORT_ERRORS.of(row)) for row in connection.execute(query).all()]

    def list(self, *, file: str | None = None) -> list[ImportErrorRecord]:
        """Import errors by file, in the order they were found."""
        column = schema.import_error.c
        query = IMPORT_ERRORS.select().order_by(column.file, column.id)
        if file is not None:
            query = query.where(column.file == file)
        with self._database.read() as connection:
            return IMPORT_ERRORS.all(connection.execute(query))

    def get(self, error_id: int) -> ImportErrorRecord | None:
        with self._database.read() as connection:
            row = connection.execute(IMPORT_ERRORS.select().where(schema.import_error.c.id == error_id)).first()
        return None if row is None else IMPORT_ERRORS.of(row)

    def page(
        self,
        page: Page,
        order: Sequence[Ordering] = (),
        *,
        patterns: Sequence[Pattern] = (),
        file: str | None = None,
        readable: Collection[str] | None = None,
    ) -> Found[ImportErrorRecord]:
        """Errors of files whose path matches all patterns, ordered by `id`, `at`, `file`, `message`, then by id.

        `readable`: only of files with one of these DAGs, and of those without any; None: of all files.
        """
        error, dag = schema.import_error.c, schema.dag.c
        conditions: list[Any] = [term for pattern in patterns for term in matches(error.file, pattern)]
        if file is not None:
            conditions.append(error.file == file)
        if readable is not None:
            dags = sa.select(dag.dag_id).where(dag.file == error.file)
            conditions.append(sa.or_(~dags.exists(), dags.where(dag.dag_id.in_(sorted(readable))).exists()))
        query = ordered(IMPORT_ERRORS.select().where(*conditions), order, _ORDER, [error.id])
        with self._database.read() as connection:
            rows, total = found(connection, query, page)
            return Found([IMPORT_ERRORS.of(row) for row in rows], total)

    def dags_of(self, files: Collection[str]) -> dict[str, set[str]]:
        """File → the DAGs that it defines or defined last; files without DAGs are left out."""
        dag = schema.dag.c
        query = sa.select(dag.file, dag.dag_id).where(dag.file.in_(sorted(set(files))))
        by_file: dict[str, set[str]] = {}
        with self._database.read() as connection:
            for file, dag_id in connection.execute(query):
                by_file.setdefault(file, set()).add(dag_id)
        return by_file
