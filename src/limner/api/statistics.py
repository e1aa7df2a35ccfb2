"""How much was made, how well and how fast."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from limner.api.answers import answer
from limner.api.documents import answers
from limner.api.schemas import Amount, Answer
from limner.api.shapes import Body, amount
from limner.domain.statistics import Tally
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(tags=["usage"])

DAYS = 30


class TallyAnswer(Answer):
    """Sums over calls that have ended."""

    images: int
    succeeded: int
    failed: int
    success_rate: float | None = Field(description="0 to 1; null where there was no call.")
    cost: Amount = Field(description="Of what is known.")
    unpriced: int = Field(description="Calls whose price nobody knows: they are in no sum.")
    average_seconds: float | None = Field(description="From sending a call to its pictures being kept.")


class ServiceTally(TallyAnswer):
    """One service's."""

    service: str


class DayTally(TallyAnswer):
    """One day's, in UTC."""

    day: date


class StatisticsAnswer(Answer):
    """Sums by service and by day."""

    since: date
    services: list[ServiceTally]
    days: list[DayTally]


@router.get("/statistics", summary="Show statistics", responses=answers(StatisticsAnswer, "The sums."))
async def get_statistics(
    request: Request,
    since: Annotated[date | None, Query(description="A day in UTC; thirty days ago where left out.")] = None,
) -> Response:
    """What you have made since some day, also of pictures that are deleted by now."""
    runtime, owner = runtime_of(request), principal_of(request).id
    day = since or (runtime.clock.now() - timedelta(days=DAYS)).date()
    services = await runtime.statistics.by_service(owner, day)
    days = await runtime.statistics.by_day(owner, day)
    return answer(
        {
            "since": day,
            "services": [{"service": service, **tally_body(tally)} for service, tally in services],
            "days": [{"day": when, **tally_body(tally)} for when, tally in days],
        }
    )


def tally_body(tally: Tally) -> Body:
    """Sums as plain values."""
    return {
        "images": tally.images,
        "succeeded": tally.succeeded,
        "failed": tally.failed,
        "success_rate": tally.success_rate,
        "cost": amount(tally.cost),
        "unpriced": tally.unpriced,
        "average_seconds": tally.seconds,
    }
