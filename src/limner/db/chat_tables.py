"""The tables of chats: their messages as a tree, the tools that were called, and what they go with."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text, UniqueConstraint

from limner.db.profile_tables import profiles
from limner.db.tables import Key, Serial, metadata

chats = Table(
    "chats",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("title", Text, nullable=False),
    Column("mode", Key, nullable=False),
    Column("image_profile_id", Key, ForeignKey(profiles.c.id, ondelete="SET NULL")),
    Column("text_model", Key),
    Column("ceiling_micro", BigInteger),
    Column("head_id", Key),
    Column("created_at", Key, nullable=False),
    Column("updated_at", Key, nullable=False),
)
Index("ix_chats_page", chats.c.user_id, chats.c.updated_at.desc(), chats.c.id.desc())
Index("ix_chats_profile", chats.c.image_profile_id)

chat_tags = Table(
    "chat_tags",
    metadata,
    Column("id", Key, primary_key=True),
    Column("chat_id", Key, ForeignKey(chats.c.id, ondelete="CASCADE"), nullable=False),
    Column("tag_type", Key, nullable=False),
    Column("tag_id", Key, nullable=False),
    Column("created_at", Key, nullable=False),
    UniqueConstraint("chat_id", "tag_type", "tag_id"),
)
Index("ix_chat_tags_tag", chat_tags.c.tag_type, chat_tags.c.tag_id)

# `parts` is the message in order, as JSON: words, and the ids of tool calls. `words` is what it is found by, written
# when it has ended: an answer is written down every second while it grows, and the index need not follow that.
messages = Table(
    "chat_messages",
    metadata,
    Column("serial", Serial, primary_key=True),
    Column("id", Key, nullable=False, unique=True),
    Column("chat_id", Key, ForeignKey(chats.c.id, ondelete="CASCADE"), nullable=False),
    Column("user_id", Key, nullable=False),
    Column("parent_id", Key),
    Column("author", Key, nullable=False),
    Column("state", Key, nullable=False),
    Column("parts", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("pictures", Text, nullable=False),
    Column("text_model", Key),
    Column("text_calls", Text, nullable=False),
    Column("worker", Key),
    Column("problem", Text),
    Column("created_at", Key, nullable=False),
    Column("ended_at", Key),
)
Index("ix_chat_messages_chat", messages.c.chat_id, messages.c.serial)
Index("ix_chat_messages_state", messages.c.state, messages.c.chat_id)

tools = Table(
    "chat_tool_calls",
    metadata,
    Column("id", Key, primary_key=True),
    Column("message_id", Key, ForeignKey(messages.c.id, ondelete="CASCADE"), nullable=False),
    Column("chat_id", Key, ForeignKey(chats.c.id, ondelete="CASCADE"), nullable=False),
    Column("user_id", Key, nullable=False),
    Column("call_id", Key, nullable=False),
    Column("tool", Key, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("request", Text),
    Column("quote", Text),
    Column("hold_micro", BigInteger),
    Column("earlier_micro", BigInteger, nullable=False),
    Column("worker", Key),
    Column("job_id", Key),
    Column("problem", Text),
    UniqueConstraint("message_id", "call_id"),
)
Index("ix_chat_tool_calls_chat", tools.c.chat_id)

chat_keys = Table(
    "chat_keys",
    metadata,
    Column("user_id", Key, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("fingerprint", Key, nullable=False),
    Column("message_id", Key, ForeignKey(messages.c.id, ondelete="CASCADE"), nullable=False),
    Column("created_at", Key, nullable=False),
    sqlite_with_rowid=False,
)
"""Ids of answers by the Idempotency-Key that they were asked for with."""
Index("ix_chat_keys_message", chat_keys.c.message_id)
