"""The tables of text models: what was asked of them, and what they said about pictures."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text

from limner.db.tables import Key, images, metadata

# Document 3's llmApiCall record. A call that is under way, or that nobody knows the fate of, keeps its hold.
text_calls = Table(
    "text_calls",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("project", Key, nullable=False),
    Column("purpose", Key, nullable=False),
    Column("provider", Key, nullable=False),
    Column("model", Key, nullable=False),
    Column("state", Key, nullable=False),
    Column("success", Boolean(create_constraint=False)),
    Column("worker", Key, nullable=False),
    Column("created_at", Key, nullable=False),
    Column("finished_at", Key),
    Column("duration_ms", BigInteger),
    Column("tokens_in", BigInteger),
    Column("tokens_out", BigInteger),
    Column("tokens_cached", BigInteger),
    Column("held_micro", BigInteger, nullable=False),
    Column("cost_micro", BigInteger),
    Column("request_id", Text),
    Column("problem", Text),
)
Index("ix_text_calls_page", text_calls.c.user_id, text_calls.c.created_at.desc(), text_calls.c.id.desc())
Index("ix_text_calls_state", text_calls.c.state)

# As job_holds: what a call has set aside, in each budget that covers it. Budgets of pictures do not count texts.
text_holds = Table(
    "text_holds",
    metadata,
    Column("call_id", Key, ForeignKey(text_calls.c.id, ondelete="CASCADE"), primary_key=True),
    Column("scope", Key, primary_key=True),
    Column("period", Key, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_text_holds_scope", text_holds.c.scope, text_holds.c.period)

# What a text model, or Limner itself, has seen in a picture; the newest takes the place of the one before.
descriptions = Table(
    "image_descriptions",
    metadata,
    Column("image_id", Key, ForeignKey(images.c.id, ondelete="CASCADE"), primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("described_by", Key, nullable=False),
    Column("call_id", Key),
    Column("description", Text, nullable=False),
    Column("alt_text", Text, nullable=False),
    Column("cost_micro", BigInteger),
    Column("created_at", Key, nullable=False),
    sqlite_with_rowid=False,
)

# What was answered under an Idempotency-Key; none while the request is under way, or where it broke off.
repeats = Table(
    "text_repeats",
    metadata,
    Column("user_id", Key, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("fingerprint", Key, nullable=False),
    Column("answer", Text),
    Column("created_at", Key, nullable=False),
    sqlite_with_rowid=False,
)
