"""Budgets of one's own, in money or pictures, and how often may be asked."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes them; what was held and spent so far was money."""
    _budgets()
    _rates()
    _counters()
    _holds()


def _budgets() -> None:
    op.create_table(
        "budgets",
        sa.Column("id", Key, nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("per", Key, nullable=False),
        sa.Column("counted", Key, nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("created_by", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_budgets"),
        sa.UniqueConstraint("kind", "name", "per", "counted", name="uq_budgets_kind_name_per_counted"),
    )


def _rates() -> None:
    op.create_table(
        "request_counts",
        sa.Column("scope", Key, nullable=False),
        sa.Column("passed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name="pk_request_counts"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "request_marks",
        sa.Column("scope", Key, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("came_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("scope", "number", name="pk_request_marks"),
        sqlite_with_rowid=False,
    )


# Made anew rather than altered: SQLite writes an added column behind the constraints, and the table would differ for
# ever from one that is made at once.
def _counters() -> None:
    op.execute("CREATE TEMPORARY TABLE kept_counters AS SELECT * FROM budget_counters")
    op.drop_table("budget_counters")
    op.create_table(
        "budget_counters",
        sa.Column("scope", Key, nullable=False),
        sa.Column("period", Key, nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "period", name="pk_budget_counters"),
        sqlite_with_rowid=False,
    )
    op.execute(
        """
        INSERT INTO budget_counters (scope, period, held, spent)
        SELECT scope, period, held_micro, spent_micro FROM kept_counters
        """
    )
    op.execute("DROP TABLE kept_counters")


def _holds() -> None:
    op.execute("CREATE TEMPORARY TABLE kept_holds AS SELECT * FROM job_holds")
    op.drop_table("job_holds")
    op.create_table(
        "job_holds",
        sa.Column("job_id", Key, nullable=False),
        sa.Column("scope", Key, nullable=False),
        sa.Column("period", Key, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("picture_micro", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["generation_jobs.id"], name="fk_job_holds_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "scope", "period", name="pk_job_holds"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_job_holds_scope", "job_holds", ["scope", "period"], unique=False)
    op.execute(
        """
        INSERT INTO job_holds (job_id, scope, period, amount)
        SELECT job_id, scope, period, amount_micro FROM kept_holds
        """
    )
    op.execute("DROP TABLE kept_holds")
