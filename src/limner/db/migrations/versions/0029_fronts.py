"""What was sent to the front of its person's queue, and in which order."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Adds the column: nothing stands before anything. The rows keep the policy that they have."""
    op.add_column("generation_jobs", sa.Column("front", sa.Integer(), nullable=False, server_default="0"))
