"""The table of how calls ended."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table

from limner.db.tables import Key, metadata

# In the order of time, so that a stretch of it is read from one place; nothing is ever changed here. `fell_from` is the
# model that was tried first and failed, and `because` what it failed with; `code` is empty for a success.
outcomes = Table(
    "generation_outcomes",
    metadata,
    Column("ended_at", Key, primary_key=True),
    Column("call_id", Key, primary_key=True),
    Column("job_id", Key, nullable=False),
    Column("user_id", Key, nullable=False),
    Column("project", Key, nullable=False),
    Column("model", Key, nullable=False),
    Column("code", Key, nullable=False),
    Column("pictures", Integer, nullable=False),
    Column("duration_ms", BigInteger),
    Column("fell_from", Key, nullable=False),
    Column("because", Key, nullable=False),
    sqlite_with_rowid=False,
)
