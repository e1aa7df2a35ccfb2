"""What has been spent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from limner.api.answers import answer
from limner.api.documents import answers
from limner.api.schemas import UsageAnswer
from limner.api.shapes import amount
from limner.domain.money import Money
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(tags=["usage"])


@router.get("/usage", summary="Show spending", responses=answers(UsageAnswer, "What has been spent."))
async def get_usage(
    request: Request,
    since: Annotated[
        datetime | None, Query(description="UTC where no zone is given; the first of this month where left out.")
    ] = None,
) -> Response:
    """Your spending by service since some moment."""
    runtime = runtime_of(request)
    moment = _in_utc(since or runtime.clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0))
    rows = await runtime.ledger.spent(principal_of(request).id, moment)
    services = [{"service": row.service, "pictures": row.pictures, "cost": amount(row.cost)} for row in rows]
    return answer({"since": moment, "total": amount(Money(sum(row.cost.micro for row in rows))), "services": services})


def _in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; at the ends of the calendar, where a zone would lead out of it, as it stands."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)
