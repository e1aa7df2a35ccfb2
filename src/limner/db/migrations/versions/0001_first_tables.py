"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN_JOBS = sa.text("state IN ('queued', 'running')")
SQLITE_WORDS = (
    """
    CREATE VIRTUAL TABLE generated_images_words
    USING fts5(facts, prompt, content='', tokenize='unicode61 remove_diacritics 2')
    """,
    """
    CREATE TRIGGER generated_images_words_insert AFTER INSERT ON generated_images BEGIN
        INSERT INTO generated_images_words(rowid, facts, prompt)
        VALUES (new.serial,
                'o' || hex(new.user_id) || ' s' || hex(new.provider)
                || ' m' || hex(new.model) || ' p' || hex(new.project), new.prompt);
    END
    """,
    """
    CREATE TRIGGER generated_images_words_delete AFTER DELETE ON generated_images BEGIN
        INSERT INTO generated_images_words(generated_images_words, rowid, facts, prompt)
        VALUES ('delete', old.serial,
                'o' || hex(old.user_id) || ' s' || hex(old.provider)
                || ' m' || hex(old.model) || ' p' || hex(old.project), old.prompt);
    END
    """,
    """
    CREATE TRIGGER generated_images_words_update
    AFTER UPDATE OF user_id, provider, model, project, prompt ON generated_images BEGIN
        INSERT INTO generated_images_words(generated_images_words, rowid, facts, prompt)
        VALUES ('delete', old.serial,
                'o' || hex(old.user_id) || ' s' || hex(old.provider)
                || ' m' || hex(old.model) || ' p' || hex(old.project), old.prompt);
        INSERT INTO generated_images_words(rowid, facts, prompt)
        VALUES (new.serial,
                'o' || hex(new.user_id) || ' s' || hex(new.provider)
                || ' m' || hex(new.model) || ' p' || hex(new.project), new.prompt);
    END
    """,
)
POSTGRES_WORDS = (
    """
    CREATE INDEX generated_images_words ON generated_images
    USING gin (to_tsvector('simple', regexp_replace(prompt, '[!-/:-@[-`{-~]+', ' ', 'g')))
    """,
)


def upgrade() -> None:
    """Makes them."""
    _jobs()
    _calls()
    _images()
    _image_indexes()
    _money()
    _keys()
    for statement in SQLITE_WORDS if op.get_bind().dialect.name == "sqlite" else POSTGRES_WORDS:
        op.get_bind().exec_driver_sql(statement)


def _jobs() -> None:
    """Jobs and their plans."""
    op.create_table(
        "generation_jobs",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("project", Key, nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("candidate", sa.Integer(), nullable=False),
        sa.Column("worker", Key, nullable=True),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("started_at", Key, nullable=True),
        sa.Column("finished_at", Key, nullable=True),
        sa.Column("held_micro", sa.BigInteger(), nullable=False),
        sa.Column("cost_micro", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("last_event", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_generation_jobs"),
    )
    op.create_index(
        "ix_generation_jobs_open",
        "generation_jobs",
        ["created_at", "id"],
        unique=False,
        sqlite_where=OPEN_JOBS,
        postgresql_where=OPEN_JOBS,
    )
    op.create_index(
        "ix_generation_jobs_page",
        "generation_jobs",
        ["user_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "generation_plans",
        sa.Column("job_id", Key, nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["generation_jobs.id"], name="fk_generation_plans_job_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name="pk_generation_plans"),
    )


def _calls() -> None:
    """Calls, and what happened to jobs."""
    op.create_table(
        "generation_calls",
        sa.Column("id", Key, nullable=False),
        sa.Column("job_id", Key, nullable=False),
        sa.Column("candidate", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("model", Key, nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("hold_micro", sa.BigInteger(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.Column("fetched", sa.Text(), nullable=True),
        sa.Column("cost_micro", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("submitted_at", Key, nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["generation_jobs.id"], name="fk_generation_calls_job_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_generation_calls"),
    )
    op.create_index("ix_generation_calls_job", "generation_calls", ["job_id", "candidate", "number"], unique=False)
    op.create_table(
        "generation_events",
        sa.Column("job_id", Key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["generation_jobs.id"], name="fk_generation_events_job_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "number", name="pk_generation_events"),
        sqlite_with_rowid=False,
    )


def _images() -> None:
    """Kept pictures."""
    op.create_table(
        "generated_images",
        sa.Column("serial", Serial, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("job_id", Key, nullable=False),
        sa.Column("call_id", Key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("project", Key, nullable=False),
        sa.Column("operation", Key, nullable=False),
        sa.Column("provider", Key, nullable=False),
        sa.Column("model", Key, nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("revised_prompt", sa.Text(), nullable=True),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("cost_micro", sa.BigInteger(), nullable=True),
        sa.Column(
            "cost_usd",
            sa.Numeric(precision=18, scale=6),
            sa.Computed("cost_micro / 1000000.0", persisted=True),
            nullable=True,
        ),
        sa.Column("digest", Key, nullable=False),
        sa.Column("media_type", Key, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column(
            "size",
            sa.Text(),
            sa.Computed("CAST(width AS TEXT) || 'x' || CAST(height AS TEXT)", persisted=True),
            nullable=True,
        ),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("original", sa.Text(), nullable=True),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("seed", Key, nullable=True),
        sa.Column("parents", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("tone", Key, nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.UniqueConstraint("id", name="uq_generated_images_id"),
        sa.ForeignKeyConstraint(
            ["job_id"], ["generation_jobs.id"], name="fk_generated_images_job_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("serial", name="pk_generated_images"),
    )


def _image_indexes() -> None:
    """By what kept pictures are found."""
    op.create_index("ix_generated_images_job", "generated_images", ["job_id", "number"], unique=False)
    op.create_index(
        "ix_generated_images_model",
        "generated_images",
        ["user_id", "model", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_generated_images_page",
        "generated_images",
        ["user_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_generated_images_project",
        "generated_images",
        ["user_id", "project", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_generated_images_provider",
        "generated_images",
        ["user_id", "provider", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )


def _money() -> None:
    """What is set aside and what is spent."""
    op.create_table(
        "budget_counters",
        sa.Column("scope", Key, nullable=False),
        sa.Column("period", Key, nullable=False),
        sa.Column("held_micro", sa.BigInteger(), nullable=False),
        sa.Column("spent_micro", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "period", name="pk_budget_counters"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job_holds",
        sa.Column("job_id", Key, nullable=False),
        sa.Column("scope", Key, nullable=False),
        sa.Column("period", Key, nullable=False),
        sa.Column("amount_micro", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["generation_jobs.id"], name="fk_job_holds_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "scope", "period", name="pk_job_holds"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_job_holds_scope", "job_holds", ["scope", "period"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("id", Serial, nullable=False),
        sa.Column("job_id", Key, nullable=False),
        sa.Column("call_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("project", Key, nullable=False),
        sa.Column("provider", Key, nullable=False),
        sa.Column("model", Key, nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("amount_micro", sa.BigInteger(), nullable=True),
        sa.Column("counted_micro", sa.BigInteger(), nullable=False),
        sa.Column("basis", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entries"),
        sa.UniqueConstraint("call_id", name="uq_ledger_entries_call_id"),
    )
    op.create_index("ix_ledger_entries_job", "ledger_entries", ["job_id"], unique=False)
    op.create_index("ix_ledger_entries_user", "ledger_entries", ["user_id", "created_at"], unique=False)


def _keys() -> None:
    """Projects, and what may be used once."""
    op.create_table(
        "projects",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "name", name="pk_projects"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("fingerprint", Key, nullable=False),
        sa.Column("job_id", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key", name="pk_idempotency_keys"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "used_quotes",
        sa.Column("id", Key, nullable=False),
        sa.Column("job_id", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_used_quotes"),
        sqlite_with_rowid=False,
    )
