"""When a service was last asked about a stored key, and how it answered."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Adds the columns; no key counts as asked about. The rows keep the policy that they have."""
    for name in ("checked_at", "check_state", "check_code"):
        op.add_column("provider_keys", sa.Column(name, Key, nullable=True))
