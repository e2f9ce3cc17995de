"""Encrypting everything again with the newest Fernet key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.encryption import Cipher
from tradewind.store.errors import BadAddress

_SECRETS: tuple[tuple[sa.Table, str, Sequence[str]], ...] = (
    (schema.variable, "key", ("value",)),
    (schema.connection, "conn_id", ("password", "extra")),
)


@dataclass(frozen=True)
class Rotation:
    """What was encrypted again, and what no key fits (left as it is)."""

    rotated: int
    unreadable: tuple[str, ...]
    """`variable 'x'`, `connection 'y'`."""


def rotate_keys(database: Database, cipher: Cipher) -> Rotation:
    """Encrypts every variable and connection with the first key, also those stored in clear. One transaction for each."""
    if not cipher.encrypts:
        raise BadAddress(
            "There is no [core] fernet_key to encrypt with. Set it to 'new key,old key', then rotate again."
        )
    rotated, unreadable = 0, []
    for table, key, columns in _SECRETS:
        with database.read() as connection:
            names = list(connection.execute(sa.select(table.c[key]).order_by(table.c[key])).scalars())
        for name in names:
            readable = _rotate_row(database, cipher, table, table.c[key] == name, columns)
            if readable:
                rotated += 1
            else:
                unreadable.append(f"{table.name} '{name}'")
    return Rotation(rotated, tuple(unreadable))


def _rotate_row(
    database: Database, cipher: Cipher, table: sa.Table, is_it: sa.ColumnElement[bool], columns: Sequence[str]
) -> bool:
    with database.write() as connection:
        row = connection.execute(sa.select(table).where(is_it)).first()
        if row is None:
            return True
        values: dict[str, object] = {"is_encrypted": True}
        for column in columns:
            stored = getattr(row, column)
            text = cipher.decrypt(stored, is_encrypted=row.is_encrypted)
            if text is None and stored is not None:
                return False
            values[column] = cipher.encrypt(text)
        connection.execute(sa.update(table).where(is_it).values(values))
        return True
