"""Jobs that buy what an earlier one did not bring."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Adds the earlier job to each; one job has one retry at most."""
    op.add_column("generation_jobs", sa.Column("retry_of", Key))
    op.create_index("ix_generation_jobs_retry_of", "generation_jobs", ["retry_of"], unique=True)
