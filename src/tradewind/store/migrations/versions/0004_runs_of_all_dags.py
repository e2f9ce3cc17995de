"""An index for lists of the newest runs of all DAGs."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_dag_run_due", "dag_run", ["run_after", "run_key"])
