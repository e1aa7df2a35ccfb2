"""Batches: many requests under one name."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes their tables."""
    op.create_table(
        "batches",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("token", Key, nullable=True),
        sa.Column("address", Key, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=False),
        sa.Column("ceiling_micro", sa.BigInteger(), nullable=True),
        sa.Column("key", Key, nullable=True),
        sa.Column("fingerprint", Key, nullable=False),
        sa.Column("worker", Key, nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("cancelled_at", Key, nullable=True),
        sa.Column("ended_at", Key, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sa.UniqueConstraint("user_id", "key", name="uq_batches_user_id_key"),
    )
    op.create_index(
        "ix_batches_page",
        "batches",
        ["user_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("ix_batches_ended", "batches", ["ended_at"], unique=False)
    op.create_table(
        "batch_rows",
        sa.Column("batch_id", Key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("service", Key, nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("job_id", Key, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_rows_batch_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", "number", name="pk_batch_rows"),
        sqlite_with_rowid=False,
    )
