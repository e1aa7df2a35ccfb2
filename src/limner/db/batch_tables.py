"""The tables of batches and their rows."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from limner.db.tables import Key, metadata

batches = Table(
    "batches",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("token", Key),
    Column("address", Key),
    Column("name", Text, nullable=False),
    Column("concurrency", Integer, nullable=False),
    Column("ceiling_micro", BigInteger),
    Column("key", Key),
    Column("fingerprint", Key, nullable=False),
    Column("worker", Key),
    Column("attempt", Integer, nullable=False),
    Column("created_at", Key, nullable=False),
    Column("cancelled_at", Key),
    Column("ended_at", Key),
    Column("delay_ms", Integer, nullable=False, server_default="0"),
    Column("paused_at", Key),
    UniqueConstraint("user_id", "key"),
)
Index("ix_batches_page", batches.c.user_id, batches.c.created_at.desc(), batches.c.id.desc())
Index("ix_batches_ended", batches.c.ended_at)

# A row says what is to be painted, or in `problem` why nothing is; once it has a job, the job says how far it is. Where
# that came short and the rest is to be bought, `again` names the job that came short, and the row says how far it is
# until the job that buys the rest is there.
batch_rows = Table(
    "batch_rows",
    metadata,
    Column("batch_id", Key, ForeignKey(batches.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("line", Integer, nullable=False),
    Column("state", Key, nullable=False),
    Column("service", Key, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("request", Text),
    Column("job_id", Key),
    Column("problem", Text),
    Column("again", Key),
    Column("again_micro", BigInteger),
    sqlite_with_rowid=False,
)
