"""Finding messages by their words, as pictures are found by those of their prompts (`db/search.py`)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, column, table

INDEX = "chat_messages_words"
"""The word index: a table and the triggers that fill it."""

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
_POSTGRES = (
    # A table of their own without a policy, and whose a message is as one more word: see `db/search.py`.
    """
    CREATE TABLE chat_messages_words (
        serial bigint CONSTRAINT pk_chat_messages_words PRIMARY KEY
            CONSTRAINT fk_chat_messages_words_serial REFERENCES chat_messages (serial) ON DELETE CASCADE,
        words tsvector NOT NULL
    )
    """,
    "CREATE INDEX ix_chat_messages_words ON chat_messages_words USING gin (words)",
    """
    CREATE FUNCTION chat_messages_words() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        found tsvector := to_tsvector('simple', regexp_replace(NEW.words, '[!-/:-@[-`{-~]+', ' ', 'g'))
                          || array_to_tsvector(ARRAY['@' || NEW.user_id]);
    BEGIN
        INSERT INTO chat_messages_words (serial, words) VALUES (NEW.serial, found)
        ON CONFLICT (serial) DO UPDATE SET words = found;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER chat_messages_words AFTER INSERT OR UPDATE OF user_id, words ON chat_messages
    FOR EACH ROW EXECUTE FUNCTION chat_messages_words()
    """,
)

matches = table(INDEX, column("rowid"), column("serial"), column("words"))
"""The words of messages: `rowid` is a message's number on SQLite, `serial` on PostgreSQL."""


def create_index(connection: Connection) -> None:
    """Makes the word index of a new database."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRES:
        connection.exec_driver_sql(statement)


def sqlite_match(owner: str, words: tuple[str, ...]) -> ColumnElement[bool]:
    """Rows of the word index with all these words in a message of this owner's."""
    sought = [f'facts : "o{owner.encode().hex()}"', *(f'words : "{word}"' for word in words)]
    return column(INDEX).op("MATCH", is_comparison=True)(" AND ".join(sought))
