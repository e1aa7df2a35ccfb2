"""The tables of reports of pictures and of pictures that are withheld."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint, select

from limner.db.tables import Key, images, metadata

# A report outlives its picture: what was decided, and about what, stays known.
reports = Table(
    "image_reports",
    metadata,
    Column("id", Key, primary_key=True),
    Column("image_id", Key, nullable=False),
    Column("owner_id", Key, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("model", Key, nullable=False),
    Column("user_id", Key, nullable=False),
    Column("reason", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("created_at", Key, nullable=False),
    Column("state", Key, nullable=False),
    Column("note", Text, nullable=False),
    Column("decided_by", Key),
    Column("decided_at", Key),
    UniqueConstraint("image_id", "user_id"),
)
Index("ix_image_reports_state", reports.c.state, reports.c.created_at.desc(), reports.c.id.desc())
Index("ix_image_reports_page", reports.c.created_at.desc(), reports.c.id.desc())

# Apart from the picture: few are withheld, and a column of their own would mean to write a million rows anew.
withheld = Table(
    "withheld_images",
    metadata,
    Column("image_id", Key, ForeignKey(images.c.id, ondelete="CASCADE"), primary_key=True),
    Column("why", Text, nullable=False),
    Column("created_at", Key, nullable=False),
    sqlite_with_rowid=False,
)

WITHHELD = (
    select(withheld.c.why)
    .where(withheld.c.image_id == images.c.id)
    .correlate(images)
    .scalar_subquery()
    .label("withheld")
)
"""Why a picture is withheld; NULL where it is not."""
