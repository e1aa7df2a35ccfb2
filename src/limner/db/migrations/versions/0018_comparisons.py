"""Comparisons: rounds of pictures side by side, who took part in each, and votes."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ASKED = "(SELECT current_setting('limner.owner', true))"
OF_COMPARISON = "EXISTS (SELECT FROM comparisons p WHERE p.id = {table}.comparison_id)"
BELONGS = {
    "comparisons": f"user_id = {ASKED}",
    "comparison_contenders": OF_COMPARISON.format(table="comparison_contenders"),
    "comparison_votes": OF_COMPARISON.format(table="comparison_votes"),
}
"""Under which condition a row is the asker's."""


def upgrade() -> None:
    """Makes their tables, and on PostgreSQL their policies."""
    op.create_table(
        "comparisons",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("shape_width", sa.Integer(), nullable=False),
        sa.Column("shape_height", sa.Integer(), nullable=False),
        sa.Column("floor_micro", sa.BigInteger(), nullable=True),
        sa.Column("likely_micro", sa.BigInteger(), nullable=True),
        sa.Column("ceiling_micro", sa.BigInteger(), nullable=True),
        sa.Column("key", Key, nullable=True),
        sa.Column("fingerprint", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comparisons"),
        sa.UniqueConstraint("user_id", "key", name="uq_comparisons_user_id_key"),
    )
    op.create_index(
        "ix_comparisons_page",
        "comparisons",
        ["user_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    _of_each()
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for table, condition in BELONGS.items():
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            connection.exec_driver_sql(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            connection.exec_driver_sql(f"CREATE POLICY limner_owner ON {table} USING ({ASKED} = '*' OR {condition})")


def _of_each() -> None:
    """Who took part, and what was said."""
    op.create_table(
        "comparison_contenders",
        sa.Column("comparison_id", Key, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("model", Key, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("job_id", Key, nullable=False),
        sa.Column("picture_id", Key, nullable=True),
        sa.Column("cost_micro", sa.BigInteger(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["comparison_id"], ["comparisons.id"], name="fk_comparison_contenders_comparison_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comparison_id", "place", name="pk_comparison_contenders"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "comparison_votes",
        sa.Column("comparison_id", Key, nullable=False),
        sa.Column("outcome", Key, nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("created_at", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["comparison_id"], ["comparisons.id"], name="fk_comparison_votes_comparison_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comparison_id", name="pk_comparison_votes"),
        sqlite_with_rowid=False,
    )
