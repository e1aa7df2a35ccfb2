"""Rows of a batch whose jobs came short and that are bought again: which job, for how much at most."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Adds the columns: nothing is bought again. The rows keep the policy that they have."""
    op.add_column("batch_rows", sa.Column("again", Key, nullable=True))
    op.add_column("batch_rows", sa.Column("again_micro", sa.BigInteger(), nullable=True))
