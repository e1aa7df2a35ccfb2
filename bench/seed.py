"""Fills the installation in LIMNER_DATA_DIR with pictures: `python bench/seed.py --pictures N`.

A few jobs are really painted, small, and all their rows are then repeated under new ids, moments and prompts, so that
what is in the tables is what Limner itself would have written. The pictures share the files of those few. SQLite only.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from limner.db.sums import rounded
from limner.db.tables import metadata
from limner.domain.job import Job, JobState
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, Size
from limner.runtime import open_runtime
from limner.settings import Settings, read_settings, read_variables

TOGETHER = 4
"""Pictures of a job."""
APART = timedelta(seconds=30)
"""Between two jobs; the last ends now."""
TRANSACTION = 5000
"""Jobs written at once."""

SUBJECTS = ("lighthouse", "harbour", "oak", "mountain", "river", "castle", "meadow", "village", "bridge", "island")
HOURS = ("dawn", "noon", "dusk", "night", "midsummer", "winter", "autumn", "spring")
MOODS = ("calm", "stormy", "golden", "misty", "bright", "lonely", "crowded", "ancient", "quiet", "windswept")
RARE = "heron"
"""A word that one prompt in a thousand has."""
COLLECTION = "00000000-0000-7000-8000-000000000000"
TAG = "seeded"
BEGUN = "2026-01-01T00:00:00.000000Z"
"""When the collection was made."""
_OF_ALL = "FROM generated_images WHERE serial"
MARKS = (
    f"INSERT INTO image_tags SELECT id, '{TAG}', user_id, created_at {_OF_ALL} > 0",
    f"INSERT INTO image_favorites SELECT user_id, id, created_at, created_at {_OF_ALL} % 50 = 0",
    # Put there far ahead: the server clears away what has lain there for long.
    f"INSERT INTO image_trash SELECT id, user_id, created_at, '2999-01-01T00:00:00.000000Z' {_OF_ALL} % 20 = 19",
    f"INSERT INTO withheld_images SELECT id, 'a sample', created_at {_OF_ALL} % 5000 = 2",
    f"""
    INSERT INTO image_collections (id, user_id, name, description, created_at, updated_at)
    VALUES ('{COLLECTION}', '{LOCAL.id}', 'a sample', '', '{BEGUN}', '{BEGUN}')
    """,
    f"INSERT INTO collection_images SELECT '{COLLECTION}', id, serial, created_at {_OF_ALL} % 100 = 3",
)
"""What people do with pictures: a tag on all, a favourite in fifty, one in twenty in the trash; a large collection."""
SUMS = (
    "DELETE FROM daily_bookings",
    """
    INSERT INTO daily_bookings (date, user_id, project, provider, kind, pictures, bookings, cost_micro, unpriced)
    SELECT substr(created_at, 1, 10), user_id, project, provider, kind, SUM(pictures), COUNT(*),
           COALESCE(SUM(amount_micro), 0), COUNT(*) - COUNT(amount_micro)
    FROM ledger_entries GROUP BY 1, 2, 3, 4, 5
    """,
    "UPDATE generation_outcomes SET duration_ms = 200 + abs(random()) % 30000",
    "DELETE FROM daily_outcomes",
    """
    INSERT INTO daily_outcomes (date, user_id, project, model, code, fell_from, because, took_ms, calls, pictures)
    SELECT substr(ended_at, 1, 10), user_id, project, model, code, fell_from, because, rounded(duration_ms), COUNT(*),
           SUM(pictures)
    FROM generation_outcomes GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    """,
)
"""The sums by day of what was repeated, after calls have got times that differ."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One row, with blanks where ids, moments and prompts stand."""

    table: str
    columns: tuple[str, ...]
    values: tuple[object, ...]
    blank: tuple[bool, ...]
    """Which values have blanks in them."""

    def filled(self, words: Mapping[str, str]) -> tuple[object, ...]:
        """The row with other words in its blanks."""
        return tuple(
            str(value) % words if blank else value for value, blank in zip(self.values, self.blank, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """All rows of one painted job."""

    patterns: tuple[Pattern, ...]
    ids: tuple[str, ...]
    """The names of its blanks for ids: of the job, its calls and its pictures."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What was written."""

    pictures: int
    rows: int
    seconds: float


async def painted(settings: Settings, count: int) -> list[Job]:
    """A few jobs that are really carried out. Raises RuntimeError for one that fails."""
    async with open_runtime(settings) as runtime:
        jobs = []
        for number in range(count):
            edge = 64 + 8 * number
            request = ImageRequest(
                prompt=f"sample {number} of what is repeated",
                model="sketch",
                count=TOGETHER,
                size=Size(edge, edge),
                seed=number,
                tags=(TAG,),
            )
            job = await runtime.engine.generate(request, LOCAL, timeout=60)
            if job.state is not JobState.SUCCEEDED:
                raise RuntimeError(f"A sample could not be painted: {job.problem}")
            jobs.append(job)
        return jobs


def sample(connection: sqlite3.Connection, job: Job) -> Sample:
    """The rows of a job as patterns."""
    ids = (job.id, *(call.id for call in job.calls), *(picture.id for picture in job.pictures))
    names = {id: f"id{place}" for place, id in enumerate(ids)}
    patterns = [
        _pattern(table, columns, row, names, job.request.prompt)
        for table, columns, condition in _places()
        for row in connection.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE {condition} = ?", (job.id,))
    ]
    return Sample(tuple(patterns), tuple(names.values()))


def _places() -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Every table that holds rows of jobs, in the order in which they refer to each other, and how they are found."""
    for table in metadata.sorted_tables:
        own = table.autoincrement_column
        columns = tuple(column.name for column in table.c if column.computed is None and column is not own)
        if table.name == "generation_jobs":
            yield table.name, columns, "id"
        elif "job_id" in columns:
            yield table.name, columns, "job_id"


def _pattern(
    table: str, columns: tuple[str, ...], row: Sequence[object], names: Mapping[str, str], prompt: str
) -> Pattern:
    values = [_with_blanks(value, names, prompt) if isinstance(value, str) else value for value in row]
    blank = tuple(isinstance(value, str) and "%(" in value for value in values)
    # Where there is no blank nothing is filled in, so that percent signs stay single.
    plain = tuple(value if is_blank else old for value, old, is_blank in zip(values, row, blank, strict=True))
    return Pattern(table, columns, plain, blank)


def _with_blanks(text: str, names: Mapping[str, str], prompt: str) -> str:
    text = MOMENT.sub("%(at)s", text.replace("%", "%%").replace(prompt, "%(prompt)s"))
    for id, name in names.items():
        text = text.replace(id, f"%({name})s")
    return text


def words_for(sample: Sample, number: int, at: datetime, chance: random.Random) -> dict[str, str]:
    """What goes into the blanks of job `number`."""
    rare = f" with a {RARE}" if number % 1000 == 0 else ""
    prompt = (
        f"a {chance.choice(MOODS)} {chance.choice(SUBJECTS)} at {chance.choice(HOURS)}, "
        f"{chance.choice(MOODS)} light{rare}, study {number}"
    )
    words = {"at": f"{at:%Y-%m-%dT%H:%M:%S.%f}Z", "prompt": prompt}
    milliseconds = int(at.timestamp() * 1000)
    for place, name in enumerate(sample.ids):
        # A UUID of version 7: its first half is the moment, so that later ones sort after earlier ones.
        high = f"{milliseconds << 16 | 0x7000 | place:016x}"
        low = f"{0b10 << 62 | chance.getrandbits(62):016x}"
        words[name] = f"{high[:8]}-{high[8:12]}-{high[12:]}-{low[:4]}-{low[4:]}"
    return words


def repeat(connection: sqlite3.Connection, samples: Sequence[Sample], pictures: int) -> int:
    """Writes the rows of so many pictures, oldest first, and says how many rows that were."""
    chance, jobs, written = random.Random(pictures), -(-pictures // TOGETHER), 0
    begin = datetime.now(UTC) - APART * jobs
    for first in range(0, jobs, TRANSACTION):
        rows: dict[tuple[str, tuple[str, ...]], list[tuple[object, ...]]] = {}
        for number in range(first, min(first + TRANSACTION, jobs)):
            chosen = samples[number % len(samples)]
            words = words_for(chosen, number, begin + APART * number, chance)
            for pattern in chosen.patterns:
                rows.setdefault((pattern.table, pattern.columns), []).append(pattern.filled(words))
        written += _write(connection, rows)
    return written


def _write(
    connection: sqlite3.Connection, rows: Mapping[tuple[str, tuple[str, ...]], Sequence[tuple[object, ...]]]
) -> int:
    connection.execute("BEGIN IMMEDIATE")
    for (table, columns), filled in rows.items():
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", filled)
    connection.execute("COMMIT")
    return sum(map(len, rows.values()))


def mark(connection: sqlite3.Connection) -> None:
    """Tags, favourites, trash, what is withheld, and a collection."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM image_tags")  # those of the samples: they come again with all
    for statement in MARKS:
        connection.execute(statement)
    connection.execute("COMMIT")


def sum_up(connection: sqlite3.Connection) -> None:
    """The sums by day, anew."""
    connection.create_function("rounded", 1, rounded)
    connection.execute("BEGIN IMMEDIATE")
    for statement in SUMS:
        connection.execute(statement)
    connection.execute("COMMIT")


def fill(settings: Settings, pictures: int, *, samples: int = 6) -> Filled:
    """Fills an installation. Raises ValueError for one that does not keep its rows in SQLite."""
    if settings.database_url:
        raise ValueError("Only an installation on SQLite can be filled; unset LIMNER_DATABASE_URL.")
    jobs = asyncio.run(painted(settings, samples))
    connection = sqlite3.connect(settings.data_dir / "limner.db", isolation_level=None)
    try:
        # Whoever loses this to a power cut fills it again.
        for setting in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-262144", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {setting}")
        begun = time.perf_counter()
        rows = repeat(connection, [sample(connection, job) for job in jobs], pictures)
        seconds = time.perf_counter() - begun
        mark(connection)
        sum_up(connection)
        connection.execute("PRAGMA optimize")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    return Filled(-(-pictures // TOGETHER) * TOGETHER, rows, seconds)


def main() -> None:
    """Fills the installation that the environment names."""
    parser = argparse.ArgumentParser(description="Fill the installation in LIMNER_DATA_DIR with pictures.")
    parser.add_argument("--pictures", type=int, required=True, help=f"how many, in jobs of {TOGETHER}")
    arguments = parser.parse_args()
    folder = Path.cwd()
    filled = fill(read_settings(read_variables(folder), folder), arguments.pictures)
    rate = filled.rows / filled.seconds
    print(f"{filled.pictures:,} pictures, {filled.rows:,} rows in {filled.seconds:.1f} s: {rate:,.0f} rows a second")


if __name__ == "__main__":
    main()
