"""Daily sums in the database: counted in the transaction that ends a call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select, text

from limner.db import codec
from limner.db.database import Database
from limner.db.statements import Columns, Statement
from limner.db.statistics_tables import statistics
from limner.domain.money import Money
from limner.domain.statistics import Tally

_COUNT = Statement(
    text(
        """
        INSERT INTO image_generation_stats (date, user_id, provider, model, succeeded, failed, images, cost_micro,
                                            unpriced, total_ms, timed, fallbacks)
        VALUES (:date, :user_id, :provider, :model, :succeeded, :failed, :images, :cost_micro, :unpriced, :total_ms,
                :timed, :fallbacks)
        ON CONFLICT (date, user_id, provider, model) DO UPDATE SET
            succeeded = image_generation_stats.succeeded + excluded.succeeded,
            failed = image_generation_stats.failed + excluded.failed,
            images = image_generation_stats.images + excluded.images,
            cost_micro = image_generation_stats.cost_micro + excluded.cost_micro,
            unpriced = image_generation_stats.unpriced + excluded.unpriced,
            total_ms = image_generation_stats.total_ms + excluded.total_ms,
            timed = image_generation_stats.timed + excluded.timed,
            fallbacks = image_generation_stats.fallbacks + excluded.fallbacks
        """
    )
)
_SUMS = [
    func.sum(statistics.c[name]).label(name)
    for name in ("succeeded", "failed", "images", "cost_micro", "unpriced", "total_ms", "timed")
]
_OWN = (statistics.c.user_id == bindparam("owner"), statistics.c.date >= bindparam("since"))
_BY_SERVICE = Statement(
    select(statistics.c.provider, *_SUMS)
    .where(*_OWN)
    .group_by(statistics.c.provider)
    .order_by(func.sum(statistics.c.images).desc(), statistics.c.provider)
)
_BY_DAY = Statement(
    select(statistics.c.date, *_SUMS).where(*_OWN).group_by(statistics.c.date).order_by(statistics.c.date.desc())
)
_MILLISECOND = timedelta(milliseconds=1)


class SqlStatistics:
    """The `Statistics` of `domain.statistics`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_service(self, owner: str, since: date) -> Sequence[tuple[str, Tally]]:
        """One person's sums since a day (UTC) by service, the most pictures first."""
        return [(row["provider"], _tally(row)) for row in await self._rows(_BY_SERVICE, owner, since)]

    async def by_day(self, owner: str, since: date) -> Sequence[tuple[date, Tally]]:
        """One person's sums since a day (UTC) by day, the newest first; days without a call are left out."""
        return [(date.fromisoformat(row["date"]), _tally(row)) for row in await self._rows(_BY_DAY, owner, since)]

    async def _rows(self, query: Statement, owner: str, since: date) -> list[Columns]:
        values = {"owner": owner, "since": since.isoformat()}
        return await self._database.read(lambda connection: query.rows(connection, values), owner=owner)


def count(connection: Connection, call: Columns, *, pictures: int, charge: int | None, at: datetime) -> None:
    """Adds a call that has ended to the sums of its day.

    `call` has user, model, candidate, and when it was sent if it was. It succeeded where it brought a picture. A charge
    that is None is unknown.
    """
    sent = codec.optional_moment(call["submitted_at"])
    model: str = call["model"]
    row = {
        "date": codec.stamp(at)[:10],
        "user_id": call["user_id"],
        "provider": model.partition("/")[0],
        "model": model,
        "succeeded": int(pictures > 0),
        "failed": int(pictures == 0),
        "images": pictures,
        "cost_micro": charge or 0,
        "unpriced": int(charge is None),
        "total_ms": 0 if sent is None else max(0, (at - sent) // _MILLISECOND),
        "timed": int(sent is not None),
        "fallbacks": int(pictures > 0 and call["candidate"] > 0),
    }
    _COUNT.run(connection, row)


def _tally(row: Columns) -> Tally:
    timed = int(row["timed"])
    return Tally(
        succeeded=int(row["succeeded"]),
        failed=int(row["failed"]),
        images=int(row["images"]),
        cost=Money(int(row["cost_micro"])),
        unpriced=int(row["unpriced"]),
        seconds=int(row["total_ms"]) / timed / 1000 if timed else None,
    )
