"""The tables, as the documents name them, for SQLite and PostgreSQL alike.

Moments are text in UTC, `2026-11-21T08:30:00.000000Z`: they sort as they read, on both databases.
Amounts are whole micro-dollars. What is a tree in the domain is JSON text here.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy import text as sql

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Key = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared and sorted byte by byte: ids, names, moments."""
Serial = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database counts up; on SQLite the row number itself."""

jobs = Table(
    "generation_jobs",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("project", Key, nullable=False),
    Column("state", Key, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("candidate", Integer, nullable=False),
    Column("worker", Key),
    Column("created_at", Key, nullable=False),
    Column("started_at", Key),
    Column("finished_at", Key),
    Column("held_micro", BigInteger, nullable=False),
    Column("cost_micro", BigInteger),
    Column("problem", Text),
    Column("cancel_requested", Boolean(create_constraint=False), nullable=False),
    Column("last_event", Integer, nullable=False),
    Column("retry_of", Key),
    Column("front", Integer, nullable=False, server_default="0"),
)
Index("ix_generation_jobs_retry_of", jobs.c.retry_of, unique=True)
Index("ix_generation_jobs_page", jobs.c.user_id, jobs.c.created_at.desc(), jobs.c.id.desc())
Index("ix_generation_jobs_state", jobs.c.user_id, jobs.c.state, jobs.c.created_at.desc(), jobs.c.id.desc())
OPEN_JOBS = sql("state IN ('queued', 'running')")
"""As in `domain.job.OPEN_STATES`; a test compares them."""
_open_jobs = Index("ix_generation_jobs_open", jobs.c.created_at, jobs.c.id, sqlite_where=OPEN_JOBS)


@event.listens_for(_open_jobs, "before_create")
def _open_jobs_alone(index: Index, connection: Connection, **_: object) -> None:
    """The same on PostgreSQL: said above, it would load that dialect, 50 ms and 5 MB, for those who use SQLite."""
    if connection.dialect.name == "postgresql":
        index.dialect_kwargs["postgresql_where"] = OPEN_JOBS


# Apart from the job, whose row is written again at every step: a plan may have 20 kB, and SQLite writes rows whole.
plans = Table(
    "generation_plans",
    metadata,
    Column("job_id", Key, ForeignKey(jobs.c.id, ondelete="CASCADE"), primary_key=True),
    Column("request", Text, nullable=False),
    Column("plan", Text, nullable=False),
)

calls = Table(
    "generation_calls",
    metadata,
    Column("id", Key, primary_key=True),
    Column("job_id", Key, ForeignKey(jobs.c.id, ondelete="CASCADE"), nullable=False),
    Column("candidate", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("model", Key, nullable=False),
    Column("state", Key, nullable=False),
    Column("call", Text, nullable=False),
    Column("hold_micro", BigInteger, nullable=False),
    Column("ticket", Text),
    Column("fetched", Text),
    Column("cost_micro", BigInteger),
    Column("problem", Text),
    Column("submitted_at", Key),
    Column("access", Text),
)
Index("ix_generation_calls_job", calls.c.job_id, calls.c.candidate, calls.c.number)

events = Table(
    "generation_events",
    metadata,
    Column("job_id", Key, ForeignKey(jobs.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Key, nullable=False),
    Column("created_at", Key, nullable=False),
    Column("data", Text, nullable=False),
    sqlite_with_rowid=False,
)

images = Table(
    "generated_images",
    metadata,
    Column("serial", Serial, primary_key=True),
    Column("id", Key, nullable=False, unique=True),
    Column("user_id", Key, nullable=False),
    Column("job_id", Key, ForeignKey(jobs.c.id, ondelete="CASCADE"), nullable=False),
    Column("call_id", Key, nullable=False),
    Column("number", Integer, nullable=False),
    Column("project", Key, nullable=False),
    Column("operation", Key, nullable=False),
    Column("provider", Key, nullable=False),
    Column("model", Key, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("revised_prompt", Text),
    Column("created_at", Key, nullable=False),
    Column("cost_micro", BigInteger),
    Column("cost_usd", Numeric(18, 6), Computed("cost_micro / 1000000.0", persisted=True)),
    Column("digest", Key, nullable=False),
    Column("media_type", Key, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("size", Text, Computed("CAST(width AS TEXT) || 'x' || CAST(height AS TEXT)", persisted=True)),
    Column("bytes", BigInteger, nullable=False),
    Column("original", Text),
    Column("changes", Text, nullable=False),
    Column("seed", Key),
    Column("parents", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("tone", Key, nullable=False),
    Column("recipe", Text, nullable=False),
)
_newest_first = (images.c.created_at.desc(), images.c.id.desc())
Index("ix_generated_images_page", images.c.user_id, *_newest_first)
Index("ix_generated_images_provider", images.c.user_id, images.c.provider, *_newest_first)
Index("ix_generated_images_model", images.c.user_id, images.c.model, *_newest_first)
Index("ix_generated_images_project", images.c.user_id, images.c.project, *_newest_first)
Index("ix_generated_images_job", images.c.job_id, images.c.number)
Index("ix_generated_images_bytes", images.c.user_id, images.c.bytes)

Table(
    "projects",
    metadata,
    Column("user_id", Key, primary_key=True),
    Column("name", Key, primary_key=True),
    Column("created_at", Key, nullable=False),
    sqlite_with_rowid=False,
)

budgets = Table(
    "budgets",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", Key, nullable=False),
    Column("name", Key, nullable=False),
    Column("per", Key, nullable=False),
    Column("counted", Key, nullable=False),
    Column("most", BigInteger, nullable=False),
    Column("created_at", Key, nullable=False),
    Column("created_by", Key, nullable=False),
    UniqueConstraint("kind", "name", "per", "counted"),
)

# What a scope counts, money or pictures, is part of its name; so is what it is for. A counter outlives its budget.
counters = Table(
    "budget_counters",
    metadata,
    Column("scope", Key, primary_key=True),
    Column("period", Key, primary_key=True),
    Column("held", BigInteger, nullable=False),
    Column("spent", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# A job holds so many micro-dollars for each picture: where pictures are counted, `picture_micro` is how many, so that
# what is freed of the money says what is freed of the pictures. Where money is counted it is NULL.
holds = Table(
    "job_holds",
    metadata,
    Column("job_id", Key, ForeignKey(jobs.c.id, ondelete="CASCADE"), primary_key=True),
    Column("scope", Key, primary_key=True),
    Column("period", Key, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("picture_micro", BigInteger),
    sqlite_with_rowid=False,
)
Index("ix_job_holds_scope", holds.c.scope, holds.c.period)

# The requests of the last minute: how many there ever were, and when each of the newest came.
request_counts = Table(
    "request_counts",
    metadata,
    Column("scope", Key, primary_key=True),
    Column("passed", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

request_marks = Table(
    "request_marks",
    metadata,
    Column("scope", Key, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("came_at", Key, nullable=False),
    sqlite_with_rowid=False,
)

entries = Table(
    "ledger_entries",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("job_id", Key, nullable=False),
    Column("call_id", Key, nullable=False, unique=True),
    Column("user_id", Key, nullable=False),
    Column("project", Key, nullable=False),
    Column("provider", Key, nullable=False),
    Column("model", Key, nullable=False),
    Column("pictures", Integer, nullable=False),
    Column("amount_micro", BigInteger),
    Column("counted_micro", BigInteger, nullable=False),
    Column("basis", Key, nullable=False),
    Column("created_at", Key, nullable=False),
    Column("kind", Key, nullable=False, server_default="picture"),
)
Index("ix_ledger_entries_job", entries.c.job_id)
# All that sums over a stretch of time need, in one place.
Index(
    "ix_ledger_entries_time",
    *(entries.c[name] for name in ("created_at", "user_id", "project", "provider", "kind", "pictures", "amount_micro")),
)

keys = Table(
    "idempotency_keys",
    metadata,
    Column("user_id", Key, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("fingerprint", Key, nullable=False),
    Column("job_id", Key, nullable=False),
    Column("created_at", Key, nullable=False),
    sqlite_with_rowid=False,
)

recipes = Table(
    "generation_recipes",
    metadata,
    Column("user_id", Key, primary_key=True),
    Column("recipe", Key, primary_key=True),
    Column("job_id", Key, primary_key=True),
    sqlite_with_rowid=False,
)

quotes = Table(
    "used_quotes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("job_id", Key, nullable=False),
    Column("created_at", Key, nullable=False),
    sqlite_with_rowid=False,
)

breakers = Table(
    "circuit_breakers",
    metadata,
    Column("name", Key, primary_key=True),
    Column("credential", Key, primary_key=True),
    Column("service", Key, nullable=False),
    Column("state", Key, nullable=False),
    Column("failures", Text, nullable=False),
    Column("code", Key, nullable=False),
    Column("opened_at", Key),
    Column("successes", Integer, nullable=False),
    Column("trial", Key, nullable=False),
    Column("trial_ends_at", Key),
    Column("changed_at", Key, nullable=False),
    sqlite_with_rowid=False,
)
