"""What votes say together, in the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, and_, case, func, or_, select

from limner.db.comparison_tables import comparisons, contenders, votes
from limner.domain.comparisons import Outcome
from limner.domain.leaderboards import Board, By, Score
from limner.domain.money import Money


def board(connection: Connection, owner: str | None, by: By) -> Board:
    """What one person's votes say, or everybody's; best first."""
    met = {row.name: row for row in connection.execute(_meetings(owner, by)).all()}
    spent = {row.name: row for row in connection.execute(_averages(owner, by)).all()}
    scores = [_score(row, spent[name], by) for name, row in met.items()]
    voted = connection.execute(_voted(owner, by)).scalar_one()
    return Board(scores=sorted(scores, key=lambda each: (-each.bounds[0], -each.won, each.name)), votes=voted)


def _meetings(owner: str | None, by: By) -> Select[Any]:
    """Who met others, how often, and how that ended: the best of a round meets all others, equals each other."""
    one, other = contenders.alias("one"), contenders.alias("other")
    name = one.c[by.value]
    points = case((votes.c.outcome == Outcome.EQUAL.value, 0.5), (votes.c.place == one.c.place, 1.0), else_=0.0)
    return (
        select(
            name.label("name"),
            func.sum(points).label("points"),
            func.count().label("meetings"),
            func.count(one.c.comparison_id.distinct()).label("votes"),
        )
        .select_from(_pairs(one, other))
        .where(_met(one, other, by), *_of(owner))
        .group_by(name)
    )


def _voted(owner: str | None, by: By) -> Select[Any]:
    one, other = contenders.alias("one"), contenders.alias("other")
    counted = func.count(votes.c.comparison_id.distinct())
    return select(counted).select_from(_pairs(one, other)).where(_met(one, other, by), *_of(owner))


def _averages(owner: str | None, by: By) -> Select[Any]:
    """What a picture costs and takes, over all rounds that somebody voted in."""
    name = contenders.c[by.value]
    both = contenders.join(votes, votes.c.comparison_id == contenders.c.comparison_id)
    return (
        select(
            name.label("name"),
            func.max(contenders.c.title).label("title"),
            func.avg(contenders.c.cost_micro).label("cost"),
            func.avg(contenders.c.duration_ms).label("took"),
        )
        .select_from(both.join(comparisons, comparisons.c.id == contenders.c.comparison_id))
        .where(contenders.c.picture_id.is_not(None), votes.c.outcome != Outcome.SKIPPED.value, *_of(owner))
        .group_by(name)
    )


def _pairs(one: FromClause, other: FromClause) -> FromClause:
    same_round = and_(other.c.comparison_id == one.c.comparison_id, other.c.place != one.c.place)
    both = one.join(other, same_round).join(votes, votes.c.comparison_id == one.c.comparison_id)
    return both.join(comparisons, comparisons.c.id == one.c.comparison_id)


def _met(one: FromClause, other: FromClause, by: By) -> ColumnElement[bool]:
    """Both have painted, they differ in what is set against each other alone, and one was best, or both equal."""
    same = By.PROMPT if by is By.MODEL else By.MODEL
    return and_(
        one.c.picture_id.is_not(None),
        other.c.picture_id.is_not(None),
        one.c[by.value] != other.c[by.value],
        one.c[same.value] == other.c[same.value],
        or_(
            votes.c.outcome == Outcome.EQUAL.value,
            and_(
                votes.c.outcome == Outcome.BEST.value,
                or_(votes.c.place == one.c.place, votes.c.place == other.c.place),
            ),
        ),
    )


def _of(owner: str | None) -> list[ColumnElement[bool]]:
    return [] if owner is None else [comparisons.c.user_id == owner]


def _score(row: Row[Any], spent: Row[Any], by: By) -> Score:
    return Score(
        name=row.name,
        title=spent.title if by is By.MODEL else row.name,
        points=float(row.points),
        meetings=row.meetings,
        votes=row.votes,
        cost=None if spent.cost is None else Money(round(spent.cost)),
        seconds=None if spent.took is None else float(spent.took) / 1000,
    )
