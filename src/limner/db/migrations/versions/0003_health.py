"""Circuit breakers: what every process remembers of services that fail."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "circuit_breakers",
        sa.Column("name", Key, nullable=False),
        sa.Column("credential", Key, nullable=False),
        sa.Column("service", Key, nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("failures", sa.Text(), nullable=False),
        sa.Column("code", Key, nullable=False),
        sa.Column("opened_at", Key),
        sa.Column("successes", sa.Integer(), nullable=False),
        sa.Column("trial", Key, nullable=False),
        sa.Column("trial_ends_at", Key),
        sa.Column("changed_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("name", "credential", name="pk_circuit_breakers"),
        sqlite_with_rowid=False,
    )
