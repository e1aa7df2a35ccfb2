"""Webhooks and what is sent to them; recipes by which kept pictures are found again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes their tables."""
    op.create_table(
        "generation_recipes",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("recipe", Key, nullable=False),
        sa.Column("job_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "recipe", "job_id", name="pk_generation_recipes"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "webhooks",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("disabled_at", Key, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )
    op.create_index("ix_webhooks_user", "webhooks", ["user_id", "created_at"], unique=False)
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", Key, nullable=False),
        sa.Column("webhook_id", Key, nullable=False),
        sa.Column("job_id", Key, nullable=False),
        sa.Column("event", Key, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("worker", Key, nullable=True),
        sa.Column("due_at", Key, nullable=True),
        sa.Column("tried_at", Key, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name="fk_webhook_deliveries_webhook_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
    )
    op.create_index("ix_webhook_deliveries_due", "webhook_deliveries", ["due_at"], unique=False)
    op.create_index(
        "ix_webhook_deliveries_page",
        "webhook_deliveries",
        ["webhook_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
