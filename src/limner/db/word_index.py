"""An index of the words in a column of text: FTS5 on SQLite, a table with a GIN index on PostgreSQL.

Whole words in any order, whatever their case; never by rank: ranking reads every match. On SQLite accents do not
matter either. Where no text of theirs has them all, the last may be the beginning of a word: so something is found
while it is typed. It is filled by triggers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import reduce
from string import Template

from sqlalchemy import (
    ColumnElement,
    Connection,
    TableClause,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.types import UserDefinedType

_WORD = re.compile(r"[^\W_]+")
SHORTEST = 3
"""Letters of a beginning: for one or two, which half of all words may have, every text would be read."""

# Whose a row is and what made it are words of the index too, in hexadecimal so that each is one word: a common word
# among few rows is then found as fast as a rare one among many.
_SQLITE = (
    """
    CREATE VIRTUAL TABLE $index
    USING fts5(facts, $text, content='', tokenize='unicode61 remove_diacritics 2')
    """,
    """
    CREATE TRIGGER ${index}_insert AFTER INSERT ON $base BEGIN
        INSERT INTO $index(rowid, facts, $text) VALUES (new.serial, $new, new.$text);
    END
    """,
    """
    CREATE TRIGGER ${index}_delete AFTER DELETE ON $base BEGIN
        INSERT INTO $index($index, rowid, facts, $text) VALUES ('delete', old.serial, $old, old.$text);
    END
    """,
    """
    CREATE TRIGGER ${index}_update AFTER UPDATE OF $followed ON $base BEGIN
        INSERT INTO $index($index, rowid, facts, $text) VALUES ('delete', old.serial, $old, old.$text);
        INSERT INTO $index(rowid, facts, $text) VALUES (new.serial, $new, new.$text);
    END
    """,
)

_POSTGRES = (
    # Words of their own table, because of row-level security: where a table has a policy, PostgreSQL asks it of each
    # row before it may ask the word index. So there is none here. Nothing but the search reads this table, and what it
    # finds there leads to rows that have one.
    """
    CREATE TABLE $index (
        serial bigint CONSTRAINT pk_$index PRIMARY KEY
            CONSTRAINT fk_${index}_serial REFERENCES $base (serial) ON DELETE CASCADE,
        words tsvector NOT NULL
    )
    """,
    "CREATE INDEX ix_$index ON $index USING gin (words)",
    # The parser of PostgreSQL takes "sky-blue" or "foo.com" for one word; without the punctuation it does not.
    # By ranges of code points: what a letter is depends on the locale of the server. Whose a row is is a word here too;
    # with its punctuation it is none that stands in a text.
    """
    CREATE FUNCTION $index() RETURNS trigger LANGUAGE plpgsql AS $$$$
    DECLARE
        found tsvector := to_tsvector('simple', regexp_replace(NEW.$text, '[!-/:-@[-`{-~]+', ' ', 'g'))
                          || array_to_tsvector(ARRAY['@' || NEW.user_id]);
    BEGIN
        INSERT INTO $index (serial, words) VALUES (NEW.serial, found)
        ON CONFLICT (serial) DO UPDATE SET words = found;
        RETURN NULL;
    END
    $$$$
    """,
    """
    CREATE TRIGGER $index AFTER INSERT OR UPDATE OF user_id, $text ON $base
    FOR EACH ROW EXECUTE FUNCTION $index()
    """,
)


class WordIndex:
    """The words of a table, which has an owner in `user_id` and a number of its own in `serial`."""

    def __init__(self, base: str, words: str, *, facts: Mapping[str, str], followed: tuple[str, ...]) -> None:
        """`words` is the column of the table `base` that is searched. The rest is for SQLite alone.

        `facts` are columns that are words of the index too, by the letter that marks theirs; `followed` are columns
        whose change makes a row's words anew.
        """
        self.name = f"{base}_words"
        self.matches: TableClause = table(self.name, column("rowid"), column("serial"), column("words"))
        """The index as a table: `rowid` is a row's number on SQLite, `serial` on PostgreSQL."""
        self._base = base
        self._words = words
        self._facts = facts
        self._followed = followed

    def create(self, connection: Connection) -> None:
        """Makes the index in a new database."""
        for statement in self._statements(_SQLITE if connection.dialect.name == "sqlite" else _POSTGRES):
            connection.exec_driver_sql(statement)

    def match(
        self, connection: Connection, owner: str, words: tuple[str, ...], facts: Mapping[str, str]
    ) -> ColumnElement[bool]:
        """Rows of the index with all these words, of this owner; on SQLite with these facts, by their letters, too.

        Whether the last word is whole is asked of all that the owner has, so that both databases find the same.
        """
        whole = self._match(connection, owner, (words, ""), {"o": owner})
        any_whole = select(literal(1)).select_from(self.matches).where(whole).limit(1)
        if len(words[-1]) < SHORTEST or connection.execute(any_whole).first():
            return self._match(connection, owner, (words, ""), facts)
        return self._match(connection, owner, (words[:-1], words[-1]), facts)

    def _match(
        self, connection: Connection, owner: str, sought: tuple[tuple[str, ...], str], facts: Mapping[str, str]
    ) -> ColumnElement[bool]:
        if connection.dialect.name == "sqlite":
            return self._sqlite_match(facts, *sought)
        return self._postgres_match(owner, *sought)

    def _sqlite_match(self, facts: Mapping[str, str], words: tuple[str, ...], begun: str) -> ColumnElement[bool]:
        sought = [f'facts : "{letter}{fact.encode().hex()}"' for letter, fact in facts.items()]
        sought += [f'{self._words} : "{word}"' for word in words]
        if begun:
            sought.append(f'{self._words} : "{begun}" *')
        return column(self.name).op("MATCH", is_comparison=True)(" AND ".join(sought))

    def _postgres_match(self, owner: str, words: tuple[str, ...], begun: str) -> ColumnElement[bool]:
        whose = owner.replace("\\", "\\\\").replace("'", "''")
        # All of it stands in the statement itself, so that PostgreSQL plans for these words. By a plan for whatever
        # words may come, which it makes for statements that come often, a common one takes a second (measured
        # 2026-11-28).
        mine = cast(literal(f"'@{whose}'", literal_execute=True), _Query())
        simple: ColumnElement[str] = literal_column("'simple'")
        sought: list[ColumnElement[str]] = []
        if words:
            sought.append(func.plainto_tsquery(simple, literal(" ".join(words), literal_execute=True)))
        if begun:
            sought.append(func.to_tsquery(simple, literal(f"'{begun}':*", literal_execute=True)))
        wanted = reduce(lambda one, other: one.op("&&")(other), (*sought, mine))
        return self.matches.c.words.op("@@", is_comparison=True)(wanted)

    def _statements(self, templates: tuple[str, ...]) -> list[str]:
        names = {"index": self.name, "base": self._base, "text": self._words, "followed": ", ".join(self._followed)}
        facts = {row: self._joined(row) for row in ("new", "old")}
        return [Template(each).substitute(names, **facts) for each in templates]

    def _joined(self, row: str) -> str:
        return "'" + " || ' ".join(f"{letter}' || hex({row}.{name})" for letter, name in self._facts.items())


def words_of(wanted: str) -> tuple[str, ...]:
    """The words in what somebody typed."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", wanted)))


class _Query(UserDefinedType[str]):
    """PostgreSQL's type of what is sought. SQLAlchemy's own would load that dialect for those who use SQLite."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "tsquery"
