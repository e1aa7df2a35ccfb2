"""The table of what administrators say about services."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, Table, Text

from limner.db.tables import Key, metadata

provider_configs = Table(
    "provider_configs",
    metadata,
    Column("provider", Key, primary_key=True),
    Column("enabled", Boolean(create_constraint=False), nullable=False),
    Column("weight", Double),
    Column("requests_per_second", Double),
    Column("changed_at", Key),
    Column("changed_by", Text, nullable=False),
    sqlite_with_rowid=False,
)
