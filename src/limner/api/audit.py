"""Who did what: sign-ins, people, tokens, keys, budgets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from limner.api.answers import answer
from limner.api.documents import answers
from limner.api.people_schemas import AuditPage
from limner.api.shapes import Body
from limner.domain.audit import Act, Record
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(tags=["people"])


class AuditQuery(BaseModel):
    """Which deeds are wanted."""

    model_config = ConfigDict(extra="forbid")

    act: Act | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)


@router.get("/audit", summary="Show what was done", responses=answers(AuditPage, "One page, newest first.", 403))
async def list_audit(request: Request, query: Annotated[AuditQuery, Query()]) -> Response:
    """For administrators. Nothing is ever taken out of it."""
    principal_of(request).check_administrator("reads the audit log")
    page = await runtime_of(request).admittance.audit.page(limit=query.limit, cursor=query.cursor, act=query.act)
    return answer({"items": [record_body(record) for record in page.items], "next": page.next})


def record_body(record: Record) -> Body:
    """A deed, as plain values."""
    deed = record.deed
    return {
        "id": record.id,
        "at": record.at,
        "act": deed.act,
        "user": deed.who,
        "name": deed.name,
        "subject": deed.subject,
        "detail": deed.detail,
        "address": deed.address,
    }
