"""The tables of image profiles, as document 2 names them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Connection, ForeignKey, Index, Table, Text, UniqueConstraint, event
from sqlalchemy import text as sql

from limner.db.tables import Key, metadata
from limner.db.vault_tables import provider_keys

profiles = Table(
    "image_profiles",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("name", Key, nullable=False),
    Column("provider", Key, nullable=False),
    Column("api_key_id", Key, ForeignKey(provider_keys.c.id, ondelete="SET NULL")),
    Column("base_url", Text),
    Column("model_name", Key, nullable=False),
    Column("parameters", Text, nullable=False, server_default=sql("'{}'")),
    Column("is_default", Boolean(create_constraint=False), nullable=False, server_default=sql("false")),
    Column("created_at", Key, nullable=False),
    Column("updated_at", Key, nullable=False),
    UniqueConstraint("user_id", "name"),
)
Index("ix_image_profiles_default", profiles.c.user_id, profiles.c.is_default)
IS_DEFAULT = sql("is_default")
_one_default = Index("uq_image_profiles_default", profiles.c.user_id, unique=True, sqlite_where=IS_DEFAULT)


@event.listens_for(_one_default, "before_create")
def _one_default_alone(index: Index, connection: Connection, **_: object) -> None:
    """The same on PostgreSQL: said above, it would load that dialect for those who use SQLite."""
    if connection.dialect.name == "postgresql":
        index.dialect_kwargs["postgresql_where"] = IS_DEFAULT


tags = Table(
    "image_profile_tags",
    metadata,
    Column("id", Key, primary_key=True),
    Column("image_profile_id", Key, ForeignKey(profiles.c.id, ondelete="CASCADE"), nullable=False),
    Column("tag_id", Key, nullable=False),
    Column("created_at", Key, nullable=False),
    UniqueConstraint("image_profile_id", "tag_id"),
)
