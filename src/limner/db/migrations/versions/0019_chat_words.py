"""A table of its own for the words of chats on PostgreSQL, beside the row-level wall. SQLite stays as it is."""

from alembic import op

revision = "0019"
down_revision = "0018"

STATEMENTS = (
    "DROP INDEX chat_messages_words",
    """
    CREATE TABLE chat_messages_words (
        serial bigint CONSTRAINT pk_chat_messages_words PRIMARY KEY
            CONSTRAINT fk_chat_messages_words_serial REFERENCES chat_messages (serial) ON DELETE CASCADE,
        words tsvector NOT NULL
    )
    """,
    """
    INSERT INTO chat_messages_words (serial, words)
    SELECT serial, to_tsvector('simple', regexp_replace(words, '[!-/:-@[-`{-~]+', ' ', 'g'))
                   || array_to_tsvector(ARRAY['@' || user_id]) FROM chat_messages
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


def upgrade() -> None:
    """Moves the words. All messages are read, so for this the transaction is for everybody."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    before = connection.exec_driver_sql("SELECT current_setting('limner.owner', true)").scalar_one()
    connection.exec_driver_sql("SELECT set_config('limner.owner', '*', true)")
    for statement in STATEMENTS:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("SELECT set_config('limner.owner', %s, true)", (before or "",))
