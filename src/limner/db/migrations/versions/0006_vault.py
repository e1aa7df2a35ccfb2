"""Stored keys; and with each call, which of them it uses."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes the table and the column."""
    op.create_table(
        "provider_keys",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("service", Key, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("changed_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_provider_keys"),
    )
    op.create_index("ix_provider_keys_user", "provider_keys", ["user_id", "created_at"])
    op.create_index("ix_provider_keys_shared", "provider_keys", ["shared", "created_at"])
    op.add_column("generation_calls", sa.Column("access", sa.Text()))
