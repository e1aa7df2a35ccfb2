"""The table of stored keys."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, Index, Table, Text

from limner.db.tables import Key, metadata

provider_keys = Table(
    "provider_keys",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("service", Key, nullable=False),
    Column("label", Text, nullable=False),
    Column("last_four", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("shared", Boolean(create_constraint=False), nullable=False),
    Column("weight", Double, nullable=False),
    Column("created_at", Key, nullable=False),
    Column("changed_at", Key, nullable=False),
    Column("checked_at", Key),
    Column("check_state", Key),
    Column("check_code", Key),
)
Index("ix_provider_keys_user", provider_keys.c.user_id, provider_keys.c.created_at)
Index("ix_provider_keys_shared", provider_keys.c.shared, provider_keys.c.created_at)
