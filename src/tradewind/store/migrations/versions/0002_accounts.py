"""Accounts of the web server: grants of custom roles, login sessions, throttling, preferences; indexes of the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
AUDIT = sa.text("kind = 'audit'")


def upgrade() -> None:
    op.add_column("user_account", sa.Column("last_login_at", TIME, nullable=True))
    op.add_column("user_account", sa.Column("login_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("user_account", sa.Column("failed_login_count", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "role_grant",
        sa.Column("role", sa.Text(), sa.ForeignKey("role.name", ondelete="CASCADE"), primary_key=True, nullable=False),
        sa.Column("action", sa.Text(), primary_key=True, nullable=False),
        sa.Column("resource", sa.Text(), primary_key=True, nullable=False),
    )
    op.create_table(
        "login_session",
        sa.Column("session_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), _user(), nullable=False),
        sa.Column("csrf_token", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.UniqueConstraint("token_digest", name="uq_login_session_token"),
    )
    op.create_index("ix_login_session_user", "login_session", ["username"])
    op.create_table(
        "login_failure",
        sa.Column("whose", sa.Text(), primary_key=True, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", TIME, nullable=False),
    )
    op.create_table(
        "preference",
        sa.Column("username", sa.Text(), _user(), primary_key=True, nullable=False),
        sa.Column("key", sa.Text(), primary_key=True, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
    )
    op.create_table(
        "favourite",
        sa.Column("username", sa.Text(), _user(), primary_key=True, nullable=False),
        sa.Column("dag_id", sa.Text(), primary_key=True, nullable=False),
    )
    for name, columns in (("ix_outbox_audit", ["dag_id", "seq"]), ("ix_outbox_audit_seq", ["seq"])):
        op.create_index(name, "outbox", columns, sqlite_where=AUDIT, postgresql_where=AUDIT)


def _user() -> sa.ForeignKey:
    return sa.ForeignKey("user_account.username", ondelete="CASCADE")
