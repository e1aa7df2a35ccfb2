"""Queues that are paused: a row for each person whose jobs wait."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ASKED = "(SELECT current_setting('limner.owner', true))"
WALLS = (
    "ALTER TABLE queue_pauses ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE queue_pauses FORCE ROW LEVEL SECURITY",
    f"CREATE POLICY limner_owner ON queue_pauses USING ({ASKED} = '*' OR user_id = {ASKED})",
)


def upgrade() -> None:
    """Makes the table, empty: everybody's queue goes on."""
    op.create_table(
        "queue_pauses",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("paused_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_queue_pauses"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for statement in WALLS:
            connection.exec_driver_sql(statement)
