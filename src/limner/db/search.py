"""Finding pictures by words of their prompt: FTS5 on SQLite, a GIN index on PostgreSQL.

Whole words in any order, whatever their case; newest first, never by rank: ranking reads every match.
On SQLite accents do not matter either.
"""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import ColumnElement, Connection, column, func, literal_column, table

from limner.domain.records import PictureFilter

INDEX = "generated_images_words"
"""The word index: a table and three triggers of that name on SQLite, an index on PostgreSQL."""

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

# The parser of PostgreSQL takes "sky-blue" or "foo.com" for one word; without the punctuation it does not.
# By ranges of code points: what a letter is depends on the locale of the server.
_POSTGRES_WORDS = "to_tsvector('simple', regexp_replace(prompt, '[!-/:-@[-`{-~]+', ' ', 'g'))"
_POSTGRES = (f"CREATE INDEX generated_images_words ON generated_images USING gin ({_POSTGRES_WORDS})",)

matches = table(INDEX, column("rowid"))
"""The word index on SQLite."""


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


def postgres_match(words: tuple[str, ...]) -> ColumnElement[bool]:
    """Pictures with all these words in their prompt."""
    vector: ColumnElement[object] = literal_column(_POSTGRES_WORDS)
    return vector.op("@@", is_comparison=True)(func.plainto_tsquery(literal_column("'simple'"), " ".join(words)))
