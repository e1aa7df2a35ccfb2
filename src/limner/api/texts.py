"""Text models: which there are, and what they were asked and charged."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from limner.api.answers import answer
from limner.api.deps import checked_id, read_json
from limner.api.documents import answers, body_of
from limner.api.text_schemas import TextCallAnswer, TextCallPage, TextModelList, TextResolveBody
from limner.runtime.asking import principal_of, runtime_of
from limner.words.plain import text_call_body, text_model_body

router = APIRouter(prefix="/texts", tags=["texts"])

TextCallId = Annotated[str, Path(description="The text call's id.")]


@router.get("/models", summary="List text models", responses=answers(TextModelList, "Those that help with words."))
async def list_text_models(request: Request) -> Response:
    """Text models in the order in which they are chosen, their prices, and why one cannot be used by you."""
    principal, buyer = principal_of(request), runtime_of(request).texts.buyer
    cards = buyer.candidates()
    return answer({"items": [text_model_body(card, await buyer.obstacle(card, principal)) for card in cards]})


@router.get("/calls", summary="List text calls", responses=answers(TextCallPage, "One page, newest first."))
async def list_text_calls(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """What text models were asked for you: tokens, cost, and whether nobody knows it."""
    page = await runtime_of(request).texts.buyer.page(principal_of(request), limit=limit, cursor=cursor)
    return answer({"items": [text_call_body(call) for call in page.items], "next": page.next})


@router.get(
    "/calls/{text_call_id}", summary="Show a text call", responses=answers(TextCallAnswer, "The text call.", 404)
)
async def get_text_call(request: Request, text_call_id: TextCallId) -> Response:
    """One of yours."""
    buyer, name = runtime_of(request).texts.buyer, checked_id(text_call_id, "text call")
    return answer(text_call_body(await buyer.calls.get(name, principal_of(request).id)))


@router.post(
    "/calls/{text_call_id}/resolve",
    summary="Decide about a text call",
    responses=answers(TextCallAnswer, "The text call as it is now.", 404, 415),
    openapi_extra=body_of(TextResolveBody),
)
async def resolve_text_call(request: Request, text_call_id: TextCallId) -> Response:
    """Says whether an ambiguous call was charged, by the service's own list: its hold is booked, or freed."""
    body, name = await read_json(request, TextResolveBody), checked_id(text_call_id, "text call")
    decided = await runtime_of(request).texts.buyer.resolve(name, principal_of(request), charged=body.charged)
    return answer(text_call_body(decided))
