"""Import errors of DAG files. They are written with the file, by `dags.save_file`."""

from __future__ import annotations

import sqlalchemy as sa

from tradewind.core.records import ImportErrorRecord
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.rows import RecordRows

IMPORT_ERRORS = RecordRows(ImportErrorRecord, schema.import_error)


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
