"""Which user somebody is whom an OpenID Connect provider knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    user = sa.ForeignKey("user_account.username", ondelete="CASCADE")
    op.create_table(
        "oidc_identity",
        sa.Column("issuer", sa.Text(), primary_key=True, nullable=False),
        sa.Column("subject", sa.Text(), primary_key=True, nullable=False),
        sa.Column("username", sa.Text(), user, nullable=False),
    )
    op.create_index("ix_oidc_identity_user", "oidc_identity", ["username"])
