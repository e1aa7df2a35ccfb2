"""Finding messages by their words, as pictures are found by those of their prompts (`db/search.py`)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, column, func, literal_column, table

INDEX = "chat_messages_words"
"""The word index: a table and three triggers of that name on SQLite, an index on PostgreSQL."""

_SQLITE = (
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
_POSTGRES_WORDS = "to_tsvector('simple', regexp_replace(words, '[!-/:-@[-`{-~]+', ' ', 'g'))"
_POSTGRES = (f"CREATE INDEX chat_messages_words ON chat_messages USING gin ({_POSTGRES_WORDS})",)

matches = table(INDEX, column("rowid"))
"""The word index on SQLite."""


def create_index(connection: Connection) -> None:
    """Makes the word index of a new database."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRES:
        connection.exec_driver_sql(statement)


def sqlite_match(owner: str, words: tuple[str, ...]) -> ColumnElement[bool]:
    """Rows of the word index with all these words in a message of this owner's."""
    sought = [f'facts : "o{owner.encode().hex()}"', *(f'words : "{word}"' for word in words)]
    return column(INDEX).op("MATCH", is_comparison=True)(" AND ".join(sought))


def postgres_match(words: tuple[str, ...]) -> ColumnElement[bool]:
    """Messages with all these words."""
    vector: ColumnElement[object] = literal_column(_POSTGRES_WORDS)
    return vector.op("@@", is_comparison=True)(func.plainto_tsquery(literal_column("'simple'"), " ".join(words)))
