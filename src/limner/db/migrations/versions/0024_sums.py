"""What was booked, and how calls ended, added up by day."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0022"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ASKED = "(SELECT current_setting('limner.owner', true))"
BOOKINGS = """
    INSERT INTO daily_bookings (date, user_id, project, provider, kind, pictures, bookings, cost_micro, unpriced)
    SELECT substr(created_at, 1, 10), user_id, project, provider, kind, SUM(pictures), COUNT(*),
           COALESCE(SUM(amount_micro), 0), COUNT(*) - COUNT(amount_micro)
    FROM ledger_entries GROUP BY substr(created_at, 1, 10), user_id, project, provider, kind
"""
OUTCOMES = """
    INSERT INTO daily_outcomes (date, user_id, project, model, code, fell_from, because, took_ms, calls, pictures)
    SELECT day, user_id, project, model, code, fell_from, because, took, COUNT(*), SUM(pictures)
    FROM (
        SELECT substr(ended_at, 1, 10) AS day, user_id, project, model, code, fell_from, because, pictures,
               CASE WHEN duration_ms IS NULL THEN -1
                    WHEN duration_ms < 1000 THEN duration_ms / 10 * 10
                    WHEN duration_ms < 10000 THEN duration_ms / 100 * 100
                    WHEN duration_ms < 100000 THEN duration_ms / 1000 * 1000
                    ELSE duration_ms / 10000 * 10000 END AS took
        FROM generation_outcomes
    ) AS ends
    GROUP BY day, user_id, project, model, code, fell_from, because, took
"""


def upgrade() -> None:
    """Makes the sums of all that there is."""
    words = ("date", "user_id", "project", "provider", "kind")
    op.create_table(
        "daily_bookings",
        *(sa.Column(name, Key, nullable=False) for name in words),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("bookings", sa.Integer(), nullable=False),
        sa.Column("cost_micro", sa.BigInteger(), nullable=False),
        sa.Column("unpriced", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*words, name="pk_daily_bookings"),
        sqlite_with_rowid=False,
    )
    places = ("date", "user_id", "project", "model", "code", "fell_from", "because")
    op.create_table(
        "daily_outcomes",
        *(sa.Column(name, Key, nullable=False) for name in places),
        sa.Column("took_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*places, "took_ms", name="pk_daily_outcomes"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    for statement in (BOOKINGS, OUTCOMES):
        connection.exec_driver_sql(statement)
    if connection.dialect.name == "postgresql":
        for table in ("daily_bookings", "daily_outcomes"):
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            connection.exec_driver_sql(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            policy = f"CREATE POLICY limner_owner ON {table} USING ({ASKED} = '*' OR user_id = {ASKED})"
            connection.exec_driver_sql(policy)
