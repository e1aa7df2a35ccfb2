"""The tables of webhooks and of what is sent to them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from limner.db.tables import Key, metadata

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("created_at", Key, nullable=False),
    Column("disabled_at", Key),
    Column("reason", Text, nullable=False),
)
Index("ix_webhooks_user", webhooks.c.user_id, webhooks.c.created_at)

# A delivery is due at a moment for as long as it waits; one that is over has none, and is in nobody's hands.
deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Key, primary_key=True),
    Column("webhook_id", Key, ForeignKey(webhooks.c.id, ondelete="CASCADE"), nullable=False),
    Column("job_id", Key, nullable=False),
    Column("event", Key, nullable=False),
    Column("data", Text, nullable=False),
    Column("created_at", Key, nullable=False),
    Column("state", Key, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("worker", Key),
    Column("due_at", Key),
    Column("tried_at", Key),
    Column("status", Integer),
    Column("problem", Text, nullable=False),
)
Index("ix_webhook_deliveries_due", deliveries.c.due_at)
Index(
    "ix_webhook_deliveries_page",
    deliveries.c.webhook_id,
    deliveries.c.created_at.desc(),
    deliveries.c.id.desc(),
)
