"""Text models: what was asked of them and what it cost, and what they said about pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0012"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes their tables, and tells bookings of texts from those of pictures."""
    op.add_column("ledger_entries", sa.Column("kind", Key, nullable=False, server_default="picture"))
    op.create_table(
        "text_calls",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("project", Key, nullable=False),
        sa.Column("purpose", Key, nullable=False),
        sa.Column("provider", Key, nullable=False),
        sa.Column("model", Key, nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("success", sa.Boolean(create_constraint=False), nullable=True),
        sa.Column("worker", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("finished_at", Key, nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("tokens_in", sa.BigInteger(), nullable=True),
        sa.Column("tokens_out", sa.BigInteger(), nullable=True),
        sa.Column("tokens_cached", sa.BigInteger(), nullable=True),
        sa.Column("held_micro", sa.BigInteger(), nullable=False),
        sa.Column("cost_micro", sa.BigInteger(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_text_calls"),
    )
    op.create_index(
        "ix_text_calls_page",
        "text_calls",
        ["user_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("ix_text_calls_state", "text_calls", ["state"], unique=False)
    op.create_table(
        "text_holds",
        sa.Column("call_id", Key, nullable=False),
        sa.Column("scope", Key, nullable=False),
        sa.Column("period", Key, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["text_calls.id"], name="fk_text_holds_call_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "scope", "period", name="pk_text_holds"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_text_holds_scope", "text_holds", ["scope", "period"], unique=False)
    op.create_table(
        "image_descriptions",
        sa.Column("image_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("described_by", Key, nullable=False),
        sa.Column("call_id", Key, nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("alt_text", sa.Text(), nullable=False),
        sa.Column("cost_micro", sa.BigInteger(), nullable=True),
        sa.Column("created_at", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["generated_images.id"], name="fk_image_descriptions_image_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name="pk_image_descriptions"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "text_repeats",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("fingerprint", Key, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key", name="pk_text_repeats"),
        sqlite_with_rowid=False,
    )
