"""Comparisons in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, text, tuple_, update

from limner.db import codec, cursors, holds, leaderboards, submission
from limner.db.comparison_tables import comparisons, contenders, votes
from limner.db.database import Database
from limner.db.holds import TooLittle, reserve_each
from limner.db.idempotency import Keys
from limner.db.statements import Columns, Statement, insertion
from limner.db.submission import Reserve
from limner.db.walls import whose
from limner.domain.comparisons import Ballot, Comparison, Contender, NewComparison, Outcome, Result
from limner.domain.errors import NotFound
from limner.domain.events import Event
from limner.domain.job import Job
from limner.domain.leaderboards import Board, By
from limner.domain.money import Estimate, Money
from limner.domain.records import Page
from limner.domain.request import Aspect
from limner.domain.telling import Deliver, Publish

_INSERT = Statement(
    text(
        """
        INSERT INTO comparisons (
            id, user_id, shape_width, shape_height, floor_micro, likely_micro, ceiling_micro,
            key, fingerprint, created_at
        ) VALUES (
            :id, :owner, :width, :height, :floor, :likely, :ceiling, :key, :fingerprint, :at
        ) ON CONFLICT (user_id, key) DO NOTHING
        """
    )
)
_INSERT_CONTENDERS = insertion(contenders)
_INSERT_VOTE = Statement(
    text(
        """
        INSERT INTO comparison_votes (comparison_id, outcome, place, created_at)
        VALUES (:comparison, :outcome, :place, :at) ON CONFLICT (comparison_id) DO NOTHING
        """
    )
)
_NOTE_RESULT = Statement(
    update(contenders)
    .where(contenders.c.comparison_id == bindparam("comparison"), contenders.c.place == bindparam("at_place"))
    .values(picture_id=bindparam("picture"), cost_micro=bindparam("cost"), duration_ms=bindparam("took"))
)
_KEYS = Keys(comparisons, comparisons.c.id, "comparison")
_earlier = comparisons.alias("earlier")
_number = (
    select(func.count())
    .select_from(_earlier)
    .where(
        _earlier.c.user_id == comparisons.c.user_id,
        tuple_(_earlier.c.created_at, _earlier.c.id) <= tuple_(comparisons.c.created_at, comparisons.c.id),
    )
    .scalar_subquery()
)
_WITH_VOTE = select(
    comparisons, _number.label("number"), votes.c.outcome, votes.c.place, votes.c.created_at.label("decided_at")
).select_from(comparisons.outerjoin(votes, votes.c.comparison_id == comparisons.c.id))


class SqlComparisons:
    """The `Comparisons` of `domain.comparisons`; what happened to their jobs is published once it is committed."""

    def __init__(self, database: Database, publish: Publish) -> None:
        self._database = database
        self._publish = publish

    async def begin(self, new: NewComparison, *, deliver: Deliver | None = None) -> str:
        """Writes a round and all its jobs down with their money set aside, or nothing of it."""
        try:
            return await self._begin(new, holds.reserve, deliver)
        except TooLittle:  # rolled back; the refusal names the budget
            return await self._begin(new, reserve_each, deliver)

    async def remembered(self, owner: str, key: str, fingerprint: str) -> str | None:
        """The round that an Idempotency-Key already has. Raises IdempotencyConflict for another body."""
        return await self._database.read(
            lambda connection: _KEYS.known(connection, owner, key, fingerprint), owner=owner
        )

    async def get(self, comparison_id: str, owner: str) -> Comparison:
        """One of one person's. Raises NotFound."""
        query = _WITH_VOTE.where(comparisons.c.id == comparison_id, comparisons.c.user_id == owner)
        found = await self._database.read(lambda connection: _read(connection, query), owner=owner)
        if not found:
            raise NotFound("There is no comparison with this id.")
        return found[0]

    async def page(self, owner: str, *, limit: int, cursor: str | None) -> Page[Comparison]:
        """One person's, newest first."""
        query = _WITH_VOTE.where(comparisons.c.user_id == owner)
        if cursor is not None:
            after = tuple_(*cursors.unseal(cursor, str, str))
            query = query.where(tuple_(comparisons.c.created_at, comparisons.c.id) < after)
        query = query.order_by(comparisons.c.created_at.desc(), comparisons.c.id.desc()).limit(limit + 1)
        found = await self._database.read(lambda connection: _read(connection, query), owner=owner)
        shown = found[:limit]
        following = cursors.seal(codec.stamp(shown[-1].created), shown[-1].id) if len(found) > limit and shown else None
        return Page(tuple(shown), following)

    async def decide(self, comparison: Comparison, ballot: Ballot, results: Sequence[Result], at: datetime) -> bool:
        """Writes a vote down, and what was known then; False where there was one already, and nothing is changed."""
        return await self._database.write(
            lambda connection: _decide(connection, comparison.id, ballot, results, at), owner=comparison.owner
        )

    async def board(self, owner: str | None, by: By) -> Board:
        """What one person's votes say, or everybody's."""
        return await self._database.read(
            lambda connection: leaderboards.board(connection, owner, by), owner=whose(owner)
        )

    async def _begin(self, new: NewComparison, reserve: Reserve, deliver: Deliver | None) -> str:
        def written(outcome: tuple[tuple[str, Sequence[Job]], Sequence[Event]]) -> None:
            (_, jobs), events = outcome
            if events:
                self._publish(events)
            if deliver is not None:
                for job in jobs:
                    deliver(job)

        (comparison_id, _), _ = await self._database.write(
            lambda connection: _begin(connection, new, reserve), owner=new.owner, after=written
        )
        return comparison_id


def _begin(
    connection: Connection, new: NewComparison, reserve: Reserve
) -> tuple[tuple[str, Sequence[Job]], Sequence[Event]]:
    if not _INSERT.run(connection, _row(new)):
        return (_KEYS.known(connection, new.owner, new.key, new.fingerprint) or new.id, ()), ()
    jobs, events = list[Job](), list[Event]()
    # Counters of services are locked in one order for everybody, so that two rounds never wait for each other.
    for contender in sorted(new.contenders, key=lambda each: each.model):
        (job, _), told = submission.submit(connection, contender.job, reserve)
        jobs.append(job)
        events += told
    _INSERT_CONTENDERS.many(connection, [_contender_row(new, place) for place in range(len(new.contenders))])
    return (new.id, jobs), events


def _row(new: NewComparison) -> Columns:
    estimate = new.estimate
    return {
        "id": new.id,
        "owner": new.owner,
        "width": new.shape.width,
        "height": new.shape.height,
        "floor": None if estimate is None else estimate.floor.micro,
        "likely": None if estimate is None else estimate.likely.micro,
        "ceiling": None if estimate is None else estimate.ceiling.micro,
        "key": new.key,
        "fingerprint": new.fingerprint,
        "at": codec.stamp(new.at),
    }


def _contender_row(new: NewComparison, index: int) -> Columns:
    contender = new.contenders[index]
    return {
        "comparison_id": new.id,
        "place": contender.place,
        "model": contender.model,
        "title": contender.title,
        "prompt": contender.job.request.prompt,
        "job_id": contender.job.id,
        "picture_id": None,
        "cost_micro": None,
        "duration_ms": None,
    }


def _read(connection: Connection, query: Select[Any]) -> list[Comparison]:
    found = [dict(row) for row in connection.execute(query).mappings()]
    ids = [row["id"] for row in found]
    taking_part = defaultdict[str, list[Columns]](list)
    if ids:
        of_them = select(contenders).where(contenders.c.comparison_id.in_(ids)).order_by(contenders.c.place)
        for row in connection.execute(of_them).mappings():
            taking_part[row["comparison_id"]].append(dict(row))
    return [_comparison(row, taking_part[row["id"]]) for row in found]


def _comparison(row: Columns, taking_part: Sequence[Columns]) -> Comparison:
    is_decided = row["outcome"] is not None
    return Comparison(
        id=row["id"],
        owner=row["user_id"],
        number=row["number"],
        shape=Aspect(row["shape_width"], row["shape_height"]),
        estimate=_estimate(row),
        created=codec.moment(row["created_at"]),
        contenders=tuple(_contender(each, is_decided) for each in taking_part),
        ballot=Ballot(Outcome(row["outcome"]), row["place"]) if is_decided else None,
        decided=codec.optional_moment(row["decided_at"]),
    )


def _estimate(row: Columns) -> Estimate | None:
    if row["likely_micro"] is None:
        return None
    return Estimate(
        floor=Money(row["floor_micro"]), likely=Money(row["likely_micro"]), ceiling=Money(row["ceiling_micro"])
    )


def _contender(row: Columns, is_decided: bool) -> Contender:
    cost, took = row["cost_micro"], row["duration_ms"]
    return Contender(
        place=row["place"],
        model=row["model"],
        title=row["title"],
        prompt=row["prompt"],
        job_id=row["job_id"],
        result=Result(
            place=row["place"],
            picture_id=row["picture_id"],
            cost=None if cost is None else Money(cost),
            seconds=None if took is None else took / 1000,
        )
        if is_decided
        else None,
    )


def _decide(
    connection: Connection, comparison_id: str, ballot: Ballot, results: Iterable[Result], at: datetime
) -> bool:
    said = {"comparison": comparison_id, "outcome": ballot.outcome.value, "place": ballot.place, "at": codec.stamp(at)}
    if not _INSERT_VOTE.run(connection, said):
        return False
    for result in results:
        _NOTE_RESULT.run(connection, _result_row(comparison_id, result))
    return True


def _result_row(comparison_id: str, result: Result) -> Columns:
    return {
        "comparison": comparison_id,
        "at_place": result.place,
        "picture": result.picture_id,
        "cost": None if result.cost is None else result.cost.micro,
        "took": None if result.seconds is None else round(result.seconds * 1000),
    }
