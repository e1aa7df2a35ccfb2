"""Invitations: links with which people make an account of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0025"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes the table. It is the installation's: nobody has an account yet whose row it could be."""
    op.create_table(
        "invitations",
        sa.Column("id", Key, nullable=False),
        sa.Column("digest", Key, nullable=False),
        sa.Column("email", Key, nullable=False),
        sa.Column("role", Key, nullable=False),
        sa.Column("inviter", sa.Text(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("expires_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("digest", name="uq_invitations_digest"),
        sa.UniqueConstraint("email", name="uq_invitations_email"),
    )
