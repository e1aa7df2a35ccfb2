"""Reports of pictures and pictures that are withheld; templates and styles of one's own; daily sums and views."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


VIEWS = {
    "user_generation_summary": """
        SELECT user_id, SUM(images) AS total_images, SUM(succeeded) AS succeeded, SUM(failed) AS failed,
               SUM(cost_usd) AS total_cost_usd, COUNT(DISTINCT provider) AS providers_used,
               MIN(date) AS first_date, MAX(date) AS last_date
        FROM image_generation_stats GROUP BY user_id
    """,
    "provider_performance": """
        SELECT provider, SUM(succeeded) + SUM(failed) AS total_calls, SUM(succeeded) AS succeeded,
               SUM(failed) AS failed,
               CAST(SUM(succeeded) AS DOUBLE PRECISION) / NULLIF(SUM(succeeded) + SUM(failed), 0) AS success_rate,
               CAST(SUM(total_ms) AS DOUBLE PRECISION) / NULLIF(SUM(timed), 0) / 1000 AS average_seconds,
               SUM(images) AS total_images, SUM(cost_usd) AS total_cost_usd, MAX(date) AS last_date
        FROM image_generation_stats GROUP BY provider
    """,
    "popular_prompt_templates": """
        SELECT id, user_id, name, template, description, use_count, last_used_at
        FROM prompt_templates WHERE use_count > 0 ORDER BY use_count DESC, last_used_at DESC
    """,
    "recent_generations": """
        SELECT i.id, i.user_id, i.project, i.provider, i.model, i.prompt, i.size, i.cost_usd, i.created_at,
               EXISTS (SELECT 1 FROM image_favorites f WHERE f.user_id = i.user_id AND f.image_id = i.id) AS is_favorite
        FROM generated_images i
        WHERE NOT EXISTS (SELECT 1 FROM image_trash t WHERE t.image_id = i.id)
          AND NOT EXISTS (SELECT 1 FROM withheld_images w WHERE w.image_id = i.id)
        ORDER BY i.created_at DESC, i.id DESC
    """,
    "images": """
        SELECT id, user_id, project AS project_id, job_id AS generation_id, operation, provider, model, prompt,
               revised_prompt, width, height, size, media_type, bytes, digest, seed, cost_usd, created_at
        FROM generated_images
    """,
}

# What was made before is counted from the calls and their bookings. How long each took is not known any more.
MADE_BEFORE = """
    INSERT INTO image_generation_stats (date, user_id, provider, model, succeeded, failed, images, cost_micro,
                                        unpriced, total_ms, timed)
    SELECT substr(COALESCE(j.finished_at, j.created_at), 1, 10), j.user_id, SERVICE, c.model,
           SUM(CASE WHEN e.pictures > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN e.pictures > 0 THEN 0 ELSE 1 END),
           COALESCE(SUM(e.pictures), 0), COALESCE(SUM(c.cost_micro), 0),
           SUM(CASE WHEN c.cost_micro IS NULL THEN 1 ELSE 0 END), 0, 0
    FROM generation_calls c
    JOIN generation_jobs j ON j.id = c.job_id
    LEFT JOIN ledger_entries e ON e.call_id = c.id
    WHERE c.state IN ('settled', 'failed')
    GROUP BY 1, 2, 3, 4
"""


def upgrade() -> None:
    """Makes their tables."""
    _reviews()
    _saved_words()
    _statistics()
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {query}")


def _reviews() -> None:
    op.create_table(
        "image_reports",
        sa.Column("id", Key, nullable=False),
        sa.Column("image_id", Key, nullable=False),
        sa.Column("owner_id", Key, nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("model", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_by", Key, nullable=True),
        sa.Column("decided_at", Key, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_image_reports"),
        sa.UniqueConstraint("image_id", "user_id", name="uq_image_reports_image_id_user_id"),
    )
    op.create_index(
        "ix_image_reports_state",
        "image_reports",
        ["state", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_image_reports_page", "image_reports", [sa.text("created_at DESC"), sa.text("id DESC")], unique=False
    )
    op.create_table(
        "withheld_images",
        sa.Column("image_id", Key, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["generated_images.id"], name="fk_withheld_images_image_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name="pk_withheld_images"),
        sqlite_with_rowid=False,
    )


def _saved_words() -> None:
    op.create_table(
        "prompt_templates",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("use_count", sa.Integer(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("updated_at", Key, nullable=False),
        sa.Column("last_used_at", Key, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_prompt_templates"),
        sa.UniqueConstraint("user_id", "name", name="uq_prompt_templates_user_id_name"),
    )
    op.create_table(
        "style_presets",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_style_presets"),
        sqlite_with_rowid=False,
    )


def _statistics() -> None:
    op.create_table(
        "image_generation_stats",
        sa.Column("date", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("provider", Key, nullable=False),
        sa.Column("model", Key, nullable=False),
        sa.Column("succeeded", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("cost_micro", sa.BigInteger(), nullable=False),
        sa.Column("cost_usd", sa.Numeric(18, 6), sa.Computed("cost_micro / 1000000.0", persisted=True)),
        sa.Column("unpriced", sa.Integer(), nullable=False),
        sa.Column("total_ms", sa.BigInteger(), nullable=False),
        sa.Column("timed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("date", "user_id", "provider", "model", name="pk_image_generation_stats"),
        sqlite_with_rowid=False,
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    service = "substr(c.model, 1, instr(c.model, '/') - 1)" if sqlite else "split_part(c.model, '/', 1)"
    op.execute(MADE_BEFORE.replace("SERVICE", service))
