"""How every call ended, and what was booked, in the order of time; batches with a pace of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0019"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ASKED = "(SELECT current_setting('limner.owner', true))"
POLICIES = (
    "ALTER TABLE generation_outcomes ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE generation_outcomes FORCE ROW LEVEL SECURITY",
    f"CREATE POLICY limner_owner ON generation_outcomes USING ({ASKED} = '*' OR user_id = {ASKED})",
)
CODE = {"sqlite": "json_extract({}.problem, '$.code')", "postgresql": "{}.problem::json ->> 'code'"}
TOOK = {
    "sqlite": "CAST(round((julianday(e.created_at) - julianday(c.submitted_at)) * 86400000) AS INTEGER)",
    "postgresql": "round(EXTRACT(EPOCH FROM e.created_at::timestamptz - c.submitted_at::timestamptz) * 1000)::bigint",
}
# Of calls that ended before this table was there: those that were booked, and those that failed.
BEFORE = """
    INSERT INTO generation_outcomes (
        ended_at, call_id, job_id, user_id, project, model, code, pictures, duration_ms, fell_from, because
    )
    SELECT COALESCE(e.created_at, j.finished_at, j.created_at), c.id, c.job_id, j.user_id, j.project, c.model,
           CASE WHEN e.pictures > 0 THEN '' ELSE COALESCE({code}, 'failed') END,
           COALESCE(e.pictures, 0), CASE WHEN e.pictures > 0 AND e.basis <> 'person' THEN {took} END,
           COALESCE(f.model, ''), COALESCE({because}, '')
    FROM generation_calls c
    JOIN generation_jobs j ON j.id = c.job_id
    LEFT JOIN ledger_entries e ON e.call_id = c.id
    LEFT JOIN generation_calls f ON f.id = (
        SELECT g.id FROM generation_calls g
        WHERE g.job_id = c.job_id AND g.candidate < c.candidate AND g.state = 'failed'
        ORDER BY g.candidate DESC, g.number DESC LIMIT 1
    )
    WHERE e.call_id IS NOT NULL OR c.state = 'failed'
"""

FALLBACKS = """
    UPDATE image_generation_stats SET fallbacks = (
        SELECT COUNT(*) FROM generation_outcomes o
        WHERE o.ended_at >= image_generation_stats.date AND o.ended_at < image_generation_stats.date || '~'
          AND o.user_id = image_generation_stats.user_id AND o.model = image_generation_stats.model
          AND o.fell_from <> '' AND o.pictures > 0
    )
"""


def upgrade() -> None:
    """Makes the table, fills it from what is known, and says how fast a batch may go."""
    op.create_table(
        "generation_outcomes",
        sa.Column("ended_at", Key, nullable=False),
        sa.Column("call_id", Key, nullable=False),
        sa.Column("job_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("project", Key, nullable=False),
        sa.Column("model", Key, nullable=False),
        sa.Column("code", Key, nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("fell_from", Key, nullable=False),
        sa.Column("because", Key, nullable=False),
        sa.PrimaryKeyConstraint("ended_at", "call_id", name="pk_generation_outcomes"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    kind = connection.dialect.name
    connection.exec_driver_sql(
        BEFORE.format(code=CODE[kind].format("c"), because=CODE[kind].format("f"), took=TOOK[kind])
    )
    if kind == "postgresql":
        for statement in POLICIES:
            connection.exec_driver_sql(statement)
    counted = sa.Column("fallbacks", sa.Integer(), nullable=False, server_default="0")
    op.add_column("image_generation_stats", counted)
    connection.exec_driver_sql(FALLBACKS)
    op.drop_index("ix_ledger_entries_user", "ledger_entries")
    op.create_index(
        "ix_ledger_entries_time",
        "ledger_entries",
        ["created_at", "user_id", "project", "provider", "kind", "pictures", "amount_micro"],
    )
    op.create_index(
        "ix_generation_jobs_state",
        "generation_jobs",
        ["user_id", "state", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
    )
    op.create_index("ix_generated_images_bytes", "generated_images", ["user_id", "bytes"])
    op.add_column("batches", sa.Column("delay_ms", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("batches", sa.Column("paused_at", Key))
