"""Finding pictures by words of their prompt: FTS5 on SQLite, a GIN index on PostgreSQL, both beside the pictures.

Whole words in any order, whatever their case; newest first, never by rank: ranking reads every match.
On SQLite accents do not matter either.
"""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import ColumnElement, Connection, TableClause, cast, column, func, literal, literal_column, table
from sqlalchemy.types import UserDefinedType

from limner.domain.records import PictureFilter

INDEX = "generated_images_words"
"""The word index: a table and the triggers that fill it."""

_WORD = re.compile(r"[^\W_]+")

# Whose a picture is and what made it are words of the index too, in hexadecimal so that each is one word: a common
# word among few pictures is then found as fast as a rare one among many.
_SQLITE = (
    """
    CREATE VIRTUAL TABLE generated_images_words
    USING fts5(facts, prompt, content='', tokenize='unicode61 remove_diacritics 2')
    """,
    """
    CREATE TRIGGER generated_images_words_insert AFTER INSERT ON generated_images BEGIN
        INSERT INTO generated_images_words(rowid, facts, prompt)
        VALUES (new.serial,
                'o' || hex(new.user_id) || ' s' || hex(new.provider)
                || ' m' || hex(new.model) || ' p' || hex(new.project), new.prompt);
    END
    """,
    """
    CREATE TRIGGER generated_images_words_delete AFTER DELETE ON generated_images BEGIN
        INSERT INTO generated_images_words(generated_images_words, rowid, facts, prompt)
        VALUES ('delete', old.serial,
                'o' || hex(old.user_id) || ' s' || hex(old.provider)
                || ' m' || hex(old.model) || ' p' || hex(old.project), old.prompt);
    END
    """,
    """
    CREATE TRIGGER generated_images_words_update
    AFTER UPDATE OF user_id, provider, model, project, prompt ON generated_images BEGIN
        INSERT INTO generated_images_words(generated_images_words, rowid, facts, prompt)
        VALUES ('delete', old.serial,
                'o' || hex(old.user_id) || ' s' || hex(old.provider)
                || ' m' || hex(old.model) || ' p' || hex(old.project), old.prompt);
        INSERT INTO generated_images_words(rowid, facts, prompt)
        VALUES (new.serial,
                'o' || hex(new.user_id) || ' s' || hex(new.provider)
                || ' m' || hex(new.model) || ' p' || hex(new.project), new.prompt);
    END
    """,
)

_POSTGRES = (
    # Words of their own table, because of row-level security: where a table has a policy, PostgreSQL asks it of each
    # row before it may ask the word index. So there is none here. Nothing but the search reads this table, and what it
    # finds there leads to pictures, which have one.
    """
    CREATE TABLE generated_images_words (
        serial bigint CONSTRAINT pk_generated_images_words PRIMARY KEY
            CONSTRAINT fk_generated_images_words_serial REFERENCES generated_images (serial) ON DELETE CASCADE,
        words tsvector NOT NULL
    )
    """,
    "CREATE INDEX ix_generated_images_words ON generated_images_words USING gin (words)",
    # The parser of PostgreSQL takes "sky-blue" or "foo.com" for one word; without the punctuation it does not.
    # By ranges of code points: what a letter is depends on the locale of the server. Whose a picture is is a word here
    # too; with its punctuation it is none that stands in a prompt.
    """
    CREATE FUNCTION generated_images_words() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        found tsvector := to_tsvector('simple', regexp_replace(NEW.prompt, '[!-/:-@[-`{-~]+', ' ', 'g'))
                          || array_to_tsvector(ARRAY['@' || NEW.user_id]);
    BEGIN
        INSERT INTO generated_images_words (serial, words) VALUES (NEW.serial, found)
        ON CONFLICT (serial) DO UPDATE SET words = found;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER generated_images_words AFTER INSERT OR UPDATE OF user_id, prompt ON generated_images
    FOR EACH ROW EXECUTE FUNCTION generated_images_words()
    """,
)

matches = table(INDEX, column("rowid"), column("serial"), column("words"))
"""The words of pictures: `rowid` is a picture's number on SQLite, `serial` on PostgreSQL."""


def create_index(connection: Connection) -> None:
    """Makes the word index of a new database."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRES:
        connection.exec_driver_sql(statement)


def words_of(wanted: str) -> tuple[str, ...]:
    """The words in what somebody typed."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", wanted)))


def sqlite_match(owner: str, which: PictureFilter, words: tuple[str, ...]) -> ColumnElement[bool]:
    """Rows of the word index with all these words in a prompt, of this owner and made as the filter says."""
    facts = {"o": owner, "s": which.service, "m": which.model, "p": which.project}
    sought = [f'facts : "{letter}{fact.encode().hex()}"' for letter, fact in facts.items() if fact]
    sought += [f'prompt : "{word}"' for word in words]
    return column(INDEX).op("MATCH", is_comparison=True)(" AND ".join(sought))


class _Query(UserDefinedType[str]):
    """PostgreSQL's type of what is sought. SQLAlchemy's own would load that dialect for those who use SQLite."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "tsquery"


def postgres_match(owner: str, words: tuple[str, ...], index: TableClause = matches) -> ColumnElement[bool]:
    """Rows of the word index with all these words, of this owner; that of pictures unless another is given."""
    whose = owner.replace("\\", "\\\\").replace("'", "''")
    # All of it stands in the statement itself, so that PostgreSQL plans for these words. By a plan for whatever words
    # may come, which it makes for statements that come often, a common one takes a second (measured 2026-11-28).
    sought = func.plainto_tsquery(literal_column("'simple'"), literal(" ".join(words), literal_execute=True))
    mine = cast(literal(f"'@{whose}'", literal_execute=True), _Query())
    return index.c.words.op("@@", is_comparison=True)(sought.op("&&")(mine))
