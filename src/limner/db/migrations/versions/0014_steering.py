"""What administrators say about services."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"

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
