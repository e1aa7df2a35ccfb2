"""The table of daily sums, as document 1 names it, and the views of documents 1 and 4."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Computed, Connection, Integer, Numeric, Table

from limner.db.tables import Key, metadata

# Sums outlive the pictures they count. A call whose price nobody knows is in no sum of money.
statistics = Table(
    "image_generation_stats",
    metadata,
    Column("date", Key, primary_key=True),
    Column("user_id", Key, primary_key=True),
    Column("provider", Key, primary_key=True),
    Column("model", Key, primary_key=True),
    Column("succeeded", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("images", Integer, nullable=False),
    Column("cost_micro", BigInteger, nullable=False),
    Column("cost_usd", Numeric(18, 6), Computed("cost_micro / 1000000.0", persisted=True)),
    Column("unpriced", Integer, nullable=False),
    Column("total_ms", BigInteger, nullable=False),
    Column("timed", Integer, nullable=False),
    Column("fallbacks", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

VIEWS: Mapping[str, str] = {
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
"""The views by name. Whoever changes a column that one reads drops it first and makes it anew."""


def create_views(connection: Connection) -> None:
    """Makes the views of a new database."""
    for name, query in VIEWS.items():
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {query}")
