"""What administrators were told without asking."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from limner.api.answers import answer
from limner.api.documents import answers
from limner.api.schemas import EXAMPLE_ID, Answer
from limner.api.shapes import Body
from limner.domain.alerts import Alert, AlertKind
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(tags=["people"])


class AlertQuery(BaseModel):
    """Which alerts are wanted."""

    model_config = ConfigDict(extra="forbid")

    kind: AlertKind | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)


class AlertAnswer(Answer):
    """One thing that administrators were told."""

    id: str = Field(examples=[EXAMPLE_ID])
    kind: AlertKind
    subject: str = Field(description="Whom or what it is about; empty for the whole installation.")
    message: str
    raised: datetime


class AlertPage(Answer):
    """Alerts, newest first; `next` is the cursor of the next page."""

    items: list[AlertAnswer]
    next: str | None


@router.get("/alerts", summary="List alerts", responses=answers(AlertPage, "One page, newest first.", 403))
async def list_alerts(request: Request, query: Annotated[AlertQuery, Query()]) -> Response:
    """For administrators: who was refused again and again, what failed, what was spent. One an hour for each thing."""
    principal_of(request).check_administrator("reads alerts")
    page = await runtime_of(request).alerts.page(limit=query.limit, cursor=query.cursor, kind=query.kind)
    return answer({"items": [alert_body(alert) for alert in page.items], "next": page.next})


def alert_body(alert: Alert) -> Body:
    """An alert as plain values."""
    return {
        "id": alert.id,
        "kind": alert.kind,
        "subject": alert.subject,
        "message": alert.message,
        "raised": alert.raised,
    }
