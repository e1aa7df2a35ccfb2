"""The tables of alerts, and of what is counted for them."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from limner.db.tables import Key, Serial, metadata

alerts = Table(
    "alerts",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", Key, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", Key, nullable=False),
)
Index("ix_alerts_page", alerts.c.created_at.desc(), alerts.c.id.desc())

signs = Table(
    "abuse_signs",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("sign", Key, nullable=False),
    Column("created_at", Key, nullable=False),
)
Index("ix_abuse_signs_count", signs.c.user_id, signs.c.sign, signs.c.created_at)
