"""Alembic's entry: runs on the connection, and within the transaction, that `migration.upgrade` hands over."""

from __future__ import annotations

from alembic import context

from tradewind.store.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    # Alembic takes SQLite for a database that commits at each CREATE; it is its usual driver settings that do, not ours.
    transactional_ddl=True,
    # SQLite cannot alter constraints: tables are copied.
    render_as_batch=True,
)
context.run_migrations()
