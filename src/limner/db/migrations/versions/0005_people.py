"""People, their sessions and their API tokens, what they share, and what they did."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "users",
        sa.Column("id", Key, nullable=False),
        sa.Column("email", Key, nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("role", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_table(
        "user_sessions",
        sa.Column("digest", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("seen_at", Key, nullable=False),
        sa.Column("expires_at", Key, nullable=False),
        sa.Column("stays", sa.Boolean(create_constraint=False), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_sessions_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name="pk_user_sessions"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_user_sessions_user", "user_sessions", ["user_id"], unique=False)
    op.create_table(
        "user_identities",
        sa.Column("issuer", Key, nullable=False),
        sa.Column("subject", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_identities_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_user_identities"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_user_identities_user", "user_identities", ["user_id"], unique=False)
    _tokens()
    op.create_table(
        "sign_in_attempts",
        sa.Column("name", Key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ends_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sign_in_attempts"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "setup_codes",
        sa.Column("digest", Key, nullable=False),
        sa.Column("expires_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_setup_codes"),
        sqlite_with_rowid=False,
    )
    _sharing()
    _audit()


def _tokens() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", Key, nullable=False),
        sa.Column("last_four", Key, nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("expires_at", Key, nullable=True),
        sa.Column("used_at", Key, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_api_tokens_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("digest", name="uq_api_tokens_digest"),
    )
    op.create_index("ix_api_tokens_user", "api_tokens", ["user_id", "created_at"], unique=False)


def _sharing() -> None:
    op.create_table(
        "shared_projects",
        sa.Column("id", Key, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_shared_projects_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_shared_projects"),
    )
    op.create_index("ix_shared_projects_user", "shared_projects", ["user_id"], unique=False)
    op.create_table(
        "project_members",
        sa.Column("project_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("role", Key, nullable=False),
        sa.Column("added_at", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["shared_projects.id"], name="fk_project_members_project_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_project_members_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project_id", "user_id", name="pk_project_members"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_project_members_user", "project_members", ["user_id"], unique=False)
    op.create_table(
        "shared_jobs",
        sa.Column("job_id", Key, nullable=False),
        sa.Column("project_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["generation_jobs.id"], name="fk_shared_jobs_job_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["shared_projects.id"], name="fk_shared_jobs_project_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name="pk_shared_jobs"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_shared_jobs_project", "shared_jobs", ["project_id", "job_id"], unique=False)


def _audit() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("act", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("address", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    newest_first = [sa.text("created_at DESC"), sa.text("id DESC")]
    op.create_index("ix_audit_log_page", "audit_log", newest_first, unique=False)
    op.create_index("ix_audit_log_act", "audit_log", ["act", *newest_first], unique=False)
