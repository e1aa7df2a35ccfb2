"""Favourites, tags that are found by, trash, collections, share links, clean-up; the files that jobs start from."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes their tables, and fills those that say what earlier rows say already."""
    _favorites()
    _tags()
    _trash()
    _leavings()
    _inputs()
    _collections()
    _members()
    _shares()
    _cleanups()
    op.create_index("ix_generated_images_digest", "generated_images", ["digest"], unique=False)
    op.create_index("ix_generated_images_original", "generated_images", ["original"], unique=False)
    _fill()


def _favorites() -> None:
    """Pictures that people like best."""
    op.create_table(
        "image_favorites",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("image_id", Key, nullable=False),
        sa.Column("made_at", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["generated_images.id"], name="fk_image_favorites_image_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "image_id", name="pk_image_favorites"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_image_favorites_image", "image_favorites", ["image_id"], unique=False)
    op.create_index(
        "ix_image_favorites_page",
        "image_favorites",
        ["user_id", sa.literal_column("made_at DESC"), sa.literal_column("image_id DESC")],
        unique=False,
    )


def _tags() -> None:
    """What pictures are found by besides their words."""
    op.create_table(
        "image_tags",
        sa.Column("image_id", Key, nullable=False),
        sa.Column("tag", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("made_at", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["generated_images.id"], name="fk_image_tags_image_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "tag", name="pk_image_tags"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_image_tags_page",
        "image_tags",
        ["user_id", "tag", sa.literal_column("made_at DESC"), sa.literal_column("image_id DESC")],
        unique=False,
    )


def _trash() -> None:
    """Pictures that go for good in a while."""
    op.create_table(
        "image_trash",
        sa.Column("image_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("made_at", Key, nullable=False),
        sa.Column("trashed_at", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["generated_images.id"], name="fk_image_trash_image_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name="pk_image_trash"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_image_trash_due", "image_trash", ["trashed_at"], unique=False)
    op.create_index(
        "ix_image_trash_page",
        "image_trash",
        ["user_id", sa.literal_column("made_at DESC"), sa.literal_column("image_id DESC")],
        unique=False,
    )


def _leavings() -> None:
    """What is left to clear away of pictures that are gone."""
    op.create_table(
        "image_leavings",
        sa.Column("id", Key, nullable=False),
        sa.Column("image_id", Key, nullable=False),
        sa.Column("project", Key, nullable=False),
        sa.Column("provider", Key, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("original", sa.Text(), nullable=False),
        sa.Column("files", sa.Boolean(), nullable=False),
        sa.Column("left_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_image_leavings"),
    )


def _inputs() -> None:
    """The files that jobs start from."""
    op.create_table(
        "job_inputs",
        sa.Column("digest", Key, nullable=False),
        sa.Column("job_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["generation_jobs.id"], name="fk_job_inputs_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", "job_id", name="pk_job_inputs"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_job_inputs_job", "job_inputs", ["job_id"], unique=False)


def _collections() -> None:
    """Albums."""
    op.create_table(
        "image_collections",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("cover_id", Key, nullable=True),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("updated_at", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["cover_id"], ["generated_images.id"], name="fk_image_collections_cover_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_image_collections"),
    )
    op.create_index("ix_image_collections_cover", "image_collections", ["cover_id"], unique=False)
    op.create_index(
        "ix_image_collections_user",
        "image_collections",
        ["user_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )


def _members() -> None:
    """What is in them, in order."""
    op.create_table(
        "collection_images",
        sa.Column("collection_id", Key, nullable=False),
        sa.Column("image_id", Key, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("added_at", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["image_collections.id"], name="fk_collection_images_collection_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["generated_images.id"], name="fk_collection_images_image_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("collection_id", "image_id", name="pk_collection_images"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_collection_images_image", "collection_images", ["image_id"], unique=False)
    op.create_index(
        "ix_collection_images_page", "collection_images", ["collection_id", "position", "image_id"], unique=False
    )


def _shares() -> None:
    """Links by which others see a picture or a collection."""
    op.create_table(
        "image_shares",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("token_hash", Key, nullable=False),
        sa.Column("image_id", Key, nullable=True),
        sa.Column("collection_id", Key, nullable=True),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("expires_at", Key, nullable=False),
        sa.Column("revoked_at", Key, nullable=True),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("viewed_at", Key, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_image_shares"),
        sa.UniqueConstraint("token_hash", name="uq_image_shares_token_hash"),
        sa.ForeignKeyConstraint(
            ["image_id"], ["generated_images.id"], name="fk_image_shares_image_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["image_collections.id"], name="fk_image_shares_collection_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_image_shares_collection", "image_shares", ["collection_id"], unique=False)
    op.create_index("ix_image_shares_image", "image_shares", ["image_id"], unique=False)
    op.create_index(
        "ix_image_shares_user",
        "image_shares",
        ["user_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )


def _cleanups() -> None:
    """What was cleared away, and when."""
    op.create_table(
        "cleanup_runs",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=True),
        sa.Column("reason", Key, nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cleanup_runs"),
    )
    op.create_index(
        "ix_cleanup_runs_page", "cleanup_runs", ["user_id", sa.literal_column("created_at DESC")], unique=False
    )


_FILL = {
    "sqlite": (
        """
        INSERT INTO image_tags (image_id, tag, user_id, made_at)
        SELECT DISTINCT i.id, t.value, i.user_id, i.created_at FROM generated_images AS i, json_each(i.tags) AS t
        """,
        """
        INSERT INTO job_inputs (digest, job_id)
        SELECT DISTINCT json_extract(n.value, '$.digest'), p.job_id
        FROM generation_plans AS p, json_each(p.request, '$.inputs') AS n
        """,
    ),
    "postgresql": (
        """
        INSERT INTO image_tags (image_id, tag, user_id, made_at)
        SELECT DISTINCT i.id, t.value, i.user_id, i.created_at
        FROM generated_images AS i, json_array_elements_text(CAST(i.tags AS json)) AS t (value)
        """,
        """
        INSERT INTO job_inputs (digest, job_id)
        SELECT DISTINCT n.value ->> 'digest', p.job_id
        FROM generation_plans AS p, json_array_elements(CAST(p.request AS json) -> 'inputs') AS n (value)
        """,
    ),
}


def _fill() -> None:
    """The tags and the inputs of what is there already: both stand in JSON."""
    for statement in _FILL[op.get_bind().dialect.name]:
        op.execute(statement)
