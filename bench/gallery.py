"""Pages of the gallery and searches among a million pictures, marked ones too, in the database and over HTTP."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from sqlalchemy import Connection

from bench.figures import Figure, Scale, of_runs, percentile
from bench.installation import scratch, server, settings
from bench.load import parcel, same
from bench.programs import Program
from bench.seed import COLLECTION, RARE, TAG, Filled, fill
from limner.db import cursors
from limner.db.connecting import Deadlines, sqlite_engine, target
from limner.db.pictures import pictures_page
from limner.domain.people import LOCAL
from limner.domain.records import PictureFilter
from limner.settings import read_settings

LIMIT = 50
SEARCHES = {"a common word": "light", "two words": "stormy lighthouse", "a rare word": RARE, "no match": "zeppelin"}
MARKED: Mapping[str, tuple[PictureFilter, dict[str, str]]] = {
    "favourites": (PictureFilter(favorite=True), {"favorite": "true"}),
    "a tag": (PictureFilter(tag=TAG), {"tag": TAG}),
    "the trash": (PictureFilter(trashed=True), {"trash": "true"}),
    "a collection": (PictureFilter(collection=COLLECTION), {"collection": COLLECTION}),
    "a service": (PictureFilter(service="sketch"), {"service": "sketch"}),
    "a common word among favourites": (PictureFilter(words="light", favorite=True), {"q": "light", "favorite": "true"}),
}
"""Pages of what is marked, for the store and over HTTP."""
PAGE_P95, SEARCH_P95 = 10.0, 50.0
"""Milliseconds that nineteen answers in twenty may take."""


def measure(scale: Scale) -> list[Figure]:
    """Fills an installation once, then asks at three depths and for words."""
    pictures = scale.pick(1_000_000, 20_000)
    with scratch() as folder:
        data = folder / "data"
        variables = settings(data)
        filled = fill(read_settings(variables, folder), pictures)
        places = depths(data / "limner.db", filled.pictures)
        sql = in_database(data / "limner.db", places, scale.pick(200, 20))
        with server(folder, data=data) as limner:
            http = over_http(limner, places, scale)
    return figures(filled, sql, http)


def depths(database: Path, pictures: int) -> dict[str, str | None]:
    """Cursors of the first page, one in the middle and the last one."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        found: dict[str, str | None] = {"first page": None}
        for name, place in (("middle", pictures // 2), ("last page", pictures - LIMIT - 1)):
            row = connection.execute(
                "SELECT created_at, id FROM generated_images WHERE user_id = ? "
                "ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET ?",
                (LOCAL.id, place),
            ).fetchone()
            found[name] = cursors.seal(*row)
        return found
    finally:
        connection.close()


def in_database(database: Path, places: dict[str, str | None], times: int) -> dict[str, tuple[float, float]]:
    """Milliseconds of each question: the bare SQL, and the store's whole work in its thread; medians."""
    questions = {name: (PictureFilter(), cursor) for name, cursor in places.items()}
    questions |= {name: (PictureFilter(words=words), None) for name, words in SEARCHES.items()}
    questions |= {name: (which, None) for name, (which, _) in MARKED.items()}
    engine = sqlite_engine(target(f"sqlite:///{database}"), Deadlines(), writes=False)
    found = {}
    with engine.connect() as connection:
        for name, (which, cursor) in questions.items():
            found[name] = _timed(connection, which, cursor, times)
    engine.dispose()
    return found


def _timed(connection: Connection, which: PictureFilter, cursor: str | None, times: int) -> tuple[float, float]:
    raw = connection.connection.dbapi_connection
    if not isinstance(raw, sqlite3.Connection):
        raise TypeError(f"{raw!r} is no connection to SQLite")
    said: list[str] = []
    raw.set_trace_callback(said.append)
    pictures_page(connection, LOCAL.id, which, limit=LIMIT, cursor=cursor)
    raw.set_trace_callback(None)
    # Among them stand those by which the word index reads its own tables.
    statement = next(text for text in said if "FROM generated_images" in text)
    bare = _median(lambda: raw.execute(statement).fetchall(), times)
    return bare, _median(lambda: pictures_page(connection, LOCAL.id, which, limit=LIMIT, cursor=cursor), times)


def _median(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return median(taken)


def over_http(limner: Program, places: dict[str, str | None], scale: Scale) -> dict[str, list[float]]:
    """Milliseconds of each answer over one connection; the questions take turns."""
    queries = {name: {} if cursor is None else {"cursor": cursor} for name, cursor in places.items()}
    queries |= {name: {"q": words} for name, words in SEARCHES.items()}
    queries |= {name: query for name, (_, query) in MARKED.items()}
    found: dict[str, list[float]] = {}
    for round_ in range(scale.pick(5, 1) + 1):
        for name, query in queries.items():
            asked = parcel(limner.address, "GET", f"/api/v1/images?{urlencode({**query, 'limit': str(LIMIT)})}")
            done = same(limner.address, asked, scale.pick(100, 20))
            if round_:  # the first fills caches
                found.setdefault(name, []).extend(answer.seconds * 1000 for answer in done.answers)
    return found


def figures(filled: Filled, sql: dict[str, tuple[float, float]], http: dict[str, list[float]]) -> list[Figure]:
    """The table."""
    what = f"{filled.pictures:,} pictures"
    table: list[Figure] = []
    for name, (bare, whole) in sql.items():
        search = name in SEARCHES
        title = f"search for {name}" if search else f"gallery, {name}"
        table += [
            Figure(name=f"{title}: SQL", value=bare, unit="ms", goal=10 if search else 0.3),
            Figure(name=f"{title}: SQL with rows made into values", value=whole, unit="ms"),
            Figure(name=f"{title}: endpoint, p50", value=percentile(http[name], 0.5), unit="ms"),
            Figure(
                name=f"{title}: endpoint, p95",
                value=percentile(http[name], 0.95),
                unit="ms",
                goal=SEARCH_P95 if search else PAGE_P95,
            ),
            Figure(name=f"{title}: endpoint, p99", value=percentile(http[name], 0.99), unit="ms", goal=10),
        ]
    rate = of_runs(f"rows written a second, {what}", [filled.rows / filled.seconds], "rows/s")
    return [*table, rate]
