"""The tables of what people do with their pictures: favourites, tags, trash, collections, share links, clean-up."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from limner.db.tables import Key, images, jobs, metadata

OF_IMAGE = images.c.id

# When a picture was made stands beside each mark, so that pages of marked pictures come from an index, unsorted.
favorites = Table(
    "image_favorites",
    metadata,
    Column("user_id", Key, primary_key=True),
    Column("image_id", Key, ForeignKey(OF_IMAGE, ondelete="CASCADE"), primary_key=True),
    Column("made_at", Key, nullable=False),
    Column("created_at", Key, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_image_favorites_page", favorites.c.user_id, favorites.c.made_at.desc(), favorites.c.image_id.desc())
Index("ix_image_favorites_image", favorites.c.image_id)

# A picture's tags stand in its own row, in their order; here they are found by. Both are written together.
tags = Table(
    "image_tags",
    metadata,
    Column("image_id", Key, ForeignKey(OF_IMAGE, ondelete="CASCADE"), primary_key=True),
    Column("tag", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("made_at", Key, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_image_tags_page", tags.c.user_id, tags.c.tag, tags.c.made_at.desc(), tags.c.image_id.desc())

trash = Table(
    "image_trash",
    metadata,
    Column("image_id", Key, ForeignKey(OF_IMAGE, ondelete="CASCADE"), primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("made_at", Key, nullable=False),
    Column("trashed_at", Key, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_image_trash_page", trash.c.user_id, trash.c.made_at.desc(), trash.c.image_id.desc())
Index("ix_image_trash_due", trash.c.trashed_at)

# What a picture leaves behind: its place on the shelf, its copies and, where `files`, the files themselves.
leavings = Table(
    "image_leavings",
    metadata,
    Column("id", Key, primary_key=True),
    Column("image_id", Key, nullable=False),
    Column("project", Key, nullable=False),
    Column("provider", Key, nullable=False),
    Column("file", Text, nullable=False),
    Column("original", Text, nullable=False),
    Column("files", Boolean(create_constraint=False), nullable=False),
    Column("left_at", Key, nullable=False),
)

# The files that jobs start from: none of them is freed while its job can be looked at and run again.
inputs = Table(
    "job_inputs",
    metadata,
    Column("digest", Key, primary_key=True),
    Column("job_id", Key, ForeignKey(jobs.c.id, ondelete="CASCADE"), primary_key=True),
    sqlite_with_rowid=False,
)
Index("ix_job_inputs_job", inputs.c.job_id)
Index("ix_generated_images_digest", images.c.digest)
Index("ix_generated_images_original", images.c.original)

collections = Table(
    "image_collections",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("cover_id", Key, ForeignKey(OF_IMAGE, ondelete="SET NULL")),
    Column("created_at", Key, nullable=False),
    Column("updated_at", Key, nullable=False),
)
Index("ix_image_collections_user", collections.c.user_id, collections.c.created_at.desc(), collections.c.id.desc())
Index("ix_image_collections_cover", collections.c.cover_id)

members = Table(
    "collection_images",
    metadata,
    Column("collection_id", Key, ForeignKey(collections.c.id, ondelete="CASCADE"), primary_key=True),
    Column("image_id", Key, ForeignKey(OF_IMAGE, ondelete="CASCADE"), primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("added_at", Key, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_collection_images_page", members.c.collection_id, members.c.position, members.c.image_id)
Index("ix_collection_images_image", members.c.image_id)

# Of a link's token only its SHA-256 is kept.
shares = Table(
    "image_shares",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("token_hash", Key, nullable=False, unique=True),
    Column("image_id", Key, ForeignKey(OF_IMAGE, ondelete="CASCADE")),
    Column("collection_id", Key, ForeignKey(collections.c.id, ondelete="CASCADE")),
    Column("created_at", Key, nullable=False),
    Column("expires_at", Key, nullable=False),
    Column("revoked_at", Key),
    Column("views", Integer, nullable=False),
    Column("viewed_at", Key),
)
Index("ix_image_shares_user", shares.c.user_id, shares.c.created_at.desc(), shares.c.id.desc())
Index("ix_image_shares_image", shares.c.image_id)
Index("ix_image_shares_collection", shares.c.collection_id)

cleanups = Table(
    "cleanup_runs",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key),
    Column("reason", Key, nullable=False),
    Column("pictures", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("created_at", Key, nullable=False),
)
Index("ix_cleanup_runs_page", cleanups.c.user_id, cleanups.c.created_at.desc())
