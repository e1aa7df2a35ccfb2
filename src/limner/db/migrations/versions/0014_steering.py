"""What administrators say about services, and what they are told: alerts, and what is counted for them."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes their tables."""
    op.create_table(
        "provider_configs",
        sa.Column("provider", Key, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=True),
        sa.Column("requests_per_second", sa.Double(), nullable=True),
        sa.Column("changed_at", Key, nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name="pk_provider_configs"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alerts",
        sa.Column("id", Key, nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_page", "alerts", [sa.text("created_at DESC"), sa.text("id DESC")], unique=False)
    op.create_table(
        "abuse_signs",
        sa.Column("id", Serial, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("sign", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_abuse_signs"),
    )
    op.create_index("ix_abuse_signs_count", "abuse_signs", ["user_id", "sign", "created_at"], unique=False)
