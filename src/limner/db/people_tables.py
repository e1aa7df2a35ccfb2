"""The tables of people, their sessions and tokens, what they share, and what they did."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from limner.db.tables import Key, jobs, metadata

users = Table(
    "users",
    metadata,
    Column("id", Key, primary_key=True),
    Column("email", Key, nullable=False, unique=True),
    Column("password", Text),
    Column("role", Key, nullable=False),
    Column("created_at", Key, nullable=False),
)

sessions = Table(
    "user_sessions",
    metadata,
    Column("digest", Key, primary_key=True),
    Column("user_id", Key, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False),
    Column("created_at", Key, nullable=False),
    Column("seen_at", Key, nullable=False),
    Column("expires_at", Key, nullable=False),
    Column("stays", Boolean(create_constraint=False), nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_user_sessions_user", sessions.c.user_id)

tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Key, nullable=False, unique=True),
    Column("last_four", Key, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", Key, nullable=False),
    Column("expires_at", Key),
    Column("used_at", Key),
)
Index("ix_api_tokens_user", tokens.c.user_id, tokens.c.created_at)

identities = Table(
    "user_identities",
    metadata,
    Column("issuer", Key, primary_key=True),
    Column("subject", Key, primary_key=True),
    Column("user_id", Key, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False),
    Column("created_at", Key, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_user_identities_user", identities.c.user_id)

attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("name", Key, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("ends_at", Key, nullable=False),
    sqlite_with_rowid=False,
)

codes = Table(
    "setup_codes",
    metadata,
    Column("digest", Key, primary_key=True),
    Column("expires_at", Key, nullable=False),
    sqlite_with_rowid=False,
)

# Nobody has an account yet whose row it could be; those of an administrator who goes are withdrawn with them.
invitations = Table(
    "invitations",
    metadata,
    Column("id", Key, primary_key=True),
    Column("digest", Key, nullable=False, unique=True),
    Column("email", Key, nullable=False, unique=True),
    Column("role", Key, nullable=False),
    Column("inviter", Text, nullable=False),
    Column("created_at", Key, nullable=False),
    Column("expires_at", Key, nullable=False),
)

shared = Table(
    "shared_projects",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Key, nullable=False),
    Column("user_id", Key, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False),
    Column("created_at", Key, nullable=False),
)
Index("ix_shared_projects_user", shared.c.user_id)

members = Table(
    "project_members",
    metadata,
    Column("project_id", Key, ForeignKey(shared.c.id, ondelete="CASCADE"), primary_key=True),
    Column("user_id", Key, ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True),
    Column("role", Key, nullable=False),
    Column("added_at", Key, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_project_members_user", members.c.user_id)

# A job is where its owner shared its project when it was written down: what was made before one joined stays one's own.
placed = Table(
    "shared_jobs",
    metadata,
    Column("job_id", Key, ForeignKey(jobs.c.id, ondelete="CASCADE"), primary_key=True),
    Column("project_id", Key, ForeignKey(shared.c.id, ondelete="CASCADE"), nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_shared_jobs_project", placed.c.project_id, placed.c.job_id)

# No key to `users`: what somebody did is told after their account is gone.
audit = Table(
    "audit_log",
    metadata,
    Column("id", Key, primary_key=True),
    Column("created_at", Key, nullable=False),
    Column("act", Key, nullable=False),
    Column("user_id", Key, nullable=False),
    Column("user_name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("address", Key, nullable=False),
)
Index("ix_audit_log_page", audit.c.created_at.desc(), audit.c.id.desc())
Index("ix_audit_log_act", audit.c.act, audit.c.created_at.desc(), audit.c.id.desc())
