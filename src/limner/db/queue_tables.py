"""The table of queues that are paused."""

from __future__ import annotations

from sqlalchemy import Column, Table

from limner.db.tables import Key, metadata

pauses = Table(
    "queue_pauses",
    metadata,
    Column("user_id", Key, primary_key=True),
    Column("paused_at", Key, nullable=False),
    sqlite_with_rowid=False,
)
