"""Quotes: what a request would cost, and who would paint it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from limner.api.answers import answer
from limner.api.bodies import RequestBody
from limner.api.documents import PAINTING, answers, body_of
from limner.api.schemas import QuoteAnswer
from limner.api.shapes import quote_body
from limner.api.taking_in import read_wish
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(tags=["quotes"])


@router.post(
    "/quotes",
    summary="Price a request",
    responses=answers(QuoteAnswer, "The priced plan.", *PAINTING),
    openapi_extra=body_of(RequestBody, files=True),
)
async def create_quote(request: Request) -> Response:
    """A priced, signed plan. Spends nothing and sends nothing; the token carries it out once, within 15 minutes."""
    wish = await read_wish(request)
    return answer(quote_body(await runtime_of(request).engine.estimate(wish, principal_of(request))))
