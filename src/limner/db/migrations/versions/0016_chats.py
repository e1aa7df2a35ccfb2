"""Chats: messages as a tree, the tools that were called, what chats go with, and a word index of what was said."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SQLITE_WORDS = (
    """
    CREATE VIRTUAL TABLE chat_messages_words
    USING fts5(facts, words, content='', tokenize='unicode61 remove_diacritics 2')
    """,
    """
    CREATE TRIGGER chat_messages_words_insert AFTER INSERT ON chat_messages BEGIN
        INSERT INTO chat_messages_words(rowid, facts, words) VALUES (new.serial, 'o' || hex(new.user_id), new.words);
    END
    """,
    """
    CREATE TRIGGER chat_messages_words_delete AFTER DELETE ON chat_messages BEGIN
        INSERT INTO chat_messages_words(chat_messages_words, rowid, facts, words)
        VALUES ('delete', old.serial, 'o' || hex(old.user_id), old.words);
    END
    """,
    """
    CREATE TRIGGER chat_messages_words_update AFTER UPDATE OF words ON chat_messages BEGIN
        INSERT INTO chat_messages_words(chat_messages_words, rowid, facts, words)
        VALUES ('delete', old.serial, 'o' || hex(old.user_id), old.words);
        INSERT INTO chat_messages_words(rowid, facts, words) VALUES (new.serial, 'o' || hex(new.user_id), new.words);
    END
    """,
)
POSTGRES_WORDS = (
    """
    CREATE INDEX chat_messages_words ON chat_messages
    USING gin (to_tsvector('simple', regexp_replace(words, '[!-/:-@[-`{-~]+', ' ', 'g')))
    """,
)


def upgrade() -> None:
    """Makes their tables and the index."""
    _chats()
    _messages()
    _tools()
    _keys()
    words = SQLITE_WORDS if op.get_bind().dialect.name == "sqlite" else POSTGRES_WORDS
    for statement in words:
        op.get_bind().exec_driver_sql(statement)


def _chats() -> None:
    op.create_table(
        "chats",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("mode", Key, nullable=False),
        sa.Column("image_profile_id", Key, nullable=True),
        sa.Column("text_model", Key, nullable=True),
        sa.Column("ceiling_micro", sa.BigInteger(), nullable=True),
        sa.Column("head_id", Key, nullable=True),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("updated_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chats"),
        sa.ForeignKeyConstraint(
            ["image_profile_id"], ["image_profiles.id"], name="fk_chats_image_profile_id", ondelete="SET NULL"
        ),
    )
    op.create_index(
        "ix_chats_page",
        "chats",
        ["user_id", sa.literal_column("updated_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("ix_chats_profile", "chats", ["image_profile_id"], unique=False)
    op.create_table(
        "chat_tags",
        sa.Column("id", Key, nullable=False),
        sa.Column("chat_id", Key, nullable=False),
        sa.Column("tag_type", Key, nullable=False),
        sa.Column("tag_id", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chat_tags"),
        sa.UniqueConstraint("chat_id", "tag_type", "tag_id", name="uq_chat_tags_chat_id_tag_type_tag_id"),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_chat_tags_chat_id", ondelete="CASCADE"),
    )
    op.create_index("ix_chat_tags_tag", "chat_tags", ["tag_type", "tag_id"], unique=False)


def _messages() -> None:
    op.create_table(
        "chat_messages",
        sa.Column("serial", Serial, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("chat_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("parent_id", Key, nullable=True),
        sa.Column("author", Key, nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("pictures", sa.Text(), nullable=False),
        sa.Column("text_model", Key, nullable=True),
        sa.Column("text_calls", sa.Text(), nullable=False),
        sa.Column("worker", Key, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("created_at", Key, nullable=False),
        sa.Column("ended_at", Key, nullable=True),
        sa.PrimaryKeyConstraint("serial", name="pk_chat_messages"),
        sa.UniqueConstraint("id", name="uq_chat_messages_id"),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_chat_messages_chat_id", ondelete="CASCADE"),
    )
    op.create_index("ix_chat_messages_chat", "chat_messages", ["chat_id", "serial"], unique=False)
    op.create_index("ix_chat_messages_state", "chat_messages", ["state", "chat_id"], unique=False)


def _tools() -> None:
    op.create_table(
        "chat_tool_calls",
        sa.Column("id", Key, nullable=False),
        sa.Column("message_id", Key, nullable=False),
        sa.Column("chat_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("call_id", Key, nullable=False),
        sa.Column("tool", Key, nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("hold_micro", sa.BigInteger(), nullable=True),
        sa.Column("earlier_micro", sa.BigInteger(), nullable=False),
        sa.Column("worker", Key, nullable=True),
        sa.Column("job_id", Key, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_chat_tool_calls"),
        sa.UniqueConstraint("message_id", "call_id", name="uq_chat_tool_calls_message_id_call_id"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["chat_messages.id"], name="fk_chat_tool_calls_message_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_chat_tool_calls_chat_id", ondelete="CASCADE"),
    )
    op.create_index("ix_chat_tool_calls_chat", "chat_tool_calls", ["chat_id"], unique=False)


def _keys() -> None:
    op.create_table(
        "chat_keys",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("fingerprint", Key, nullable=False),
        sa.Column("message_id", Key, nullable=False),
        sa.Column("created_at", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["chat_messages.id"], name="fk_chat_keys_message_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "key", name="pk_chat_keys"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_chat_keys_message", "chat_keys", ["message_id"], unique=False)
