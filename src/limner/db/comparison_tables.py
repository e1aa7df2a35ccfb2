"""The tables of comparisons, of who took part in each, and of votes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from limner.db.tables import Key, metadata

comparisons = Table(
    "comparisons",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("shape_width", Integer, nullable=False),
    Column("shape_height", Integer, nullable=False),
    Column("floor_micro", BigInteger),
    Column("likely_micro", BigInteger),
    Column("ceiling_micro", BigInteger),
    Column("key", Key),
    Column("fingerprint", Key, nullable=False),
    Column("created_at", Key, nullable=False),
    UniqueConstraint("user_id", "key"),
)
Index("ix_comparisons_page", comparisons.c.user_id, comparisons.c.created_at.desc(), comparisons.c.id.desc())

# Jobs and pictures may be cleared away, votes stay: what a board needs of them is written down at the vote.
contenders = Table(
    "comparison_contenders",
    metadata,
    Column("comparison_id", Key, ForeignKey(comparisons.c.id, ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("model", Key, nullable=False),
    Column("title", Text, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("job_id", Key, nullable=False),
    Column("picture_id", Key),
    Column("cost_micro", BigInteger),
    Column("duration_ms", BigInteger),
    sqlite_with_rowid=False,
)

votes = Table(
    "comparison_votes",
    metadata,
    Column("comparison_id", Key, ForeignKey(comparisons.c.id, ondelete="CASCADE"), primary_key=True),
    Column("outcome", Key, nullable=False),
    Column("place", Integer),
    Column("created_at", Key, nullable=False),
    sqlite_with_rowid=False,
)
