"""Reports of pictures and pictures that are withheld; templates and styles of one's own."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0004"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes their tables."""
    _reviews()
    _saved_words()


def _reviews() -> None:
    op.create_table(
        "image_reports",
        sa.Column("id", Key, nullable=False),
        sa.Column("image_id", Key, nullable=False),
        sa.Column("owner_id", Key, nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("model", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_by", Key, nullable=True),
        sa.Column("decided_at", Key, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_image_reports"),
        sa.UniqueConstraint("image_id", "user_id", name="uq_image_reports_image_id_user_id"),
    )
    op.create_index(
        "ix_image_reports_state",
        "image_reports",
        ["state", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_image_reports_page", "image_reports", [sa.text("created_at DESC"), sa.text("id DESC")], unique=False
    )
    op.create_table(
        "withheld_images",
        sa.Column("image_id", Key, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["generated_images.id"], name="fk_withheld_images_image_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name="pk_withheld_images"),
        sqlite_with_rowid=False,
    )


def _saved_words() -> None:
    op.create_table(
        "prompt_templates",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("use_count", sa.Integer(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("updated_at", Key, nullable=False),
        sa.Column("last_used_at", Key, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_prompt_templates"),
        sa.UniqueConstraint("user_id", "name", name="uq_prompt_templates_user_id_name"),
    )
    op.create_table(
        "style_presets",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_style_presets"),
        sqlite_with_rowid=False,
    )
