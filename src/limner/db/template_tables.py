"""The tables of saved words: templates, as document 1 names them, and styles of one's own."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text, UniqueConstraint

from limner.db.tables import Key, metadata

templates = Table(
    "prompt_templates",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("name", Key, nullable=False),
    Column("template", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("use_count", Integer, nullable=False),
    Column("created_at", Key, nullable=False),
    Column("updated_at", Key, nullable=False),
    Column("last_used_at", Key),
    UniqueConstraint("user_id", "name"),
)

presets = Table(
    "style_presets",
    metadata,
    Column("user_id", Key, primary_key=True),
    Column("id", Key, primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("created_at", Key, nullable=False),
    sqlite_with_rowid=False,
)
