"""Batches: many requests under one name, priced first, carried out a few at a time, resumed after a crash."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from limner.api.answers import answer
from limner.api.batch_bodies import BatchBody, BatchOptions
from limner.api.batch_reading import read_batch
from limner.api.batch_schemas import BatchAnswer, BatchPage, BatchQuoteAnswer
from limner.api.bodies import RetryBody
from limner.api.deps import checked_id, idempotency_key, read_json
from limner.api.documents import PAINTING, answers, body_of
from limner.api.shapes import API, Body, amount, estimate_body, job_url, problem_body
from limner.domain.batches import Batch, Standing
from limner.engine.batching import BatchQuote, PricedRow
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/batches", tags=["batches"])

BatchId = Annotated[str, Path(description="The batch's id.")]


def _taken() -> dict[str, Any]:
    """The bodies that a batch comes in: JSON, or a form with a list and what holds for all its rows."""
    whole = body_of(BatchBody)
    file = {"type": "string", "format": "binary", "description": "Rows: .csv, .jsonl or .txt."}
    options = {"$ref": f"#/components/schemas/{BatchOptions.__name__}"}
    whole["requestBody"]["content"]["multipart/form-data"] = {
        "schema": {"type": "object", "required": ["file"], "properties": {"file": file, "batch": options}},
        "encoding": {"batch": {"contentType": "application/json"}},
    }
    return whole


HEADERS: list[dict[str, Any]] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "description": "The same key with the same body gives the same batch again; with another body 422.",
    }
]


class BatchQuery(BaseModel):
    """Which batches are wanted."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)


@router.post(
    "/quote",
    summary="Price a batch",
    responses=answers(BatchQuoteAnswer, "What every row may cost, and all together.", *PAINTING),
    openapi_extra=_taken(),
)
async def quote_batch(request: Request) -> Response:
    """What all rows cost together: at least, probably, at most; and what is wrong with those that cannot be painted.

    Spends nothing, sends nothing, sets nothing aside.
    """
    wish = await read_batch(request, principal_of(request))
    return answer(quote_body(await runtime_of(request).batching.quote(wish, principal_of(request))))


@router.post(
    "",
    summary="Carry out a batch",
    status_code=202,
    responses=answers(BatchAnswer, "The batch, at the address in Location.", *PAINTING, status=202),
    openapi_extra={**_taken(), "parameters": HEADERS},
)
async def create_batch(request: Request) -> Response:
    """Writes the rows down and carries them out, so many at each service at a time. A row that cannot be painted stops
    no other. With `max_cost` nothing is bought where all of them together may cost more.
    """
    principal, key = principal_of(request), idempotency_key(request)
    wish = await read_batch(request, principal)
    batch = await runtime_of(request).batching.submit(wish, principal, key=key)
    return await _shown(request, batch, status=202)


@router.get("", summary="List batches", responses=answers(BatchPage, "One page of batches, newest first."))
async def list_batches(request: Request, query: Annotated[BatchQuery, Query()]) -> Response:
    """Your batches, newest first, without their rows."""
    batches = runtime_of(request).batching.batches
    page = await batches.page(principal_of(request).id, limit=query.limit, cursor=query.cursor)
    return answer({"items": [batch_summary(batch) for batch in page.items], "next": page.next})


@router.get("/{batch_id}", summary="Show a batch", responses=answers(BatchAnswer, "The batch.", 404))
async def get_batch(
    request: Request,
    batch_id: BatchId,
    rows: Annotated[bool, Query(description="Whether the rows are wanted; without them it is quick to look.")] = True,
) -> Response:
    """How far a batch is, what it has cost so far, and each row with its job or its problem."""
    batches = runtime_of(request).batching.batches
    batch = await batches.get(checked_id(batch_id, "batch"), principal_of(request).id)
    return await _shown(request, batch, rows=rows)


@router.delete("/{batch_id}", summary="Cancel a batch", responses=answers(BatchAnswer, "The batch.", 404))
async def delete_batch(request: Request, batch_id: BatchId) -> Response:
    """Takes out what was not begun. What was begun is carried out; its jobs can be cancelled one by one."""
    batching = runtime_of(request).batching
    return await _shown(request, await batching.cancel(checked_id(batch_id, "batch"), principal_of(request)))


@router.post("/{batch_id}/pause", summary="Pause a batch", responses=answers(BatchAnswer, "The batch.", 404))
async def pause_batch(request: Request, batch_id: BatchId) -> Response:
    """Begins no further row until it is resumed, also after a restart. What was begun is carried out."""
    batching = runtime_of(request).batching
    return await _shown(request, await batching.pause(checked_id(batch_id, "batch"), principal_of(request)))


@router.post("/{batch_id}/resume", summary="Resume a batch", responses=answers(BatchAnswer, "The batch.", 404))
async def resume_batch(request: Request, batch_id: BatchId) -> Response:
    """Lets a paused batch go on; nothing happens to one that is not paused."""
    batching = runtime_of(request).batching
    return await _shown(request, await batching.resume(checked_id(batch_id, "batch"), principal_of(request)))


@router.post(
    "/{batch_id}/retry",
    summary="Try all failed rows again",
    responses=answers(BatchAnswer, "The batch.", 404, 409, 415),
    openapi_extra=body_of(RetryBody, required=False),
)
async def retry_batch(request: Request, batch_id: BatchId) -> Response:
    """Lets all failed rows wait again, each for no more than it costs now: those that never became jobs, and of the
    others what their jobs did not bring. A row waits once, and is bought once.

    With `max_cost` nothing changes where all of them together may cost more.
    """
    body = await read_json(request, RetryBody) if await request.body() else RetryBody()
    batching, name = runtime_of(request).batching, checked_id(batch_id, "batch")
    return await _shown(request, await batching.retry(name, principal_of(request), max_cost=body.most()))


async def _shown(request: Request, batch: Batch, *, rows: bool = True, status: int = 200) -> Response:
    found = await runtime_of(request).batching.batches.rows(batch.id) if rows else None
    told = None if found is None else [_row_body(row) for row in found]
    return answer({**batch_summary(batch), "rows": told}, status, {"Location": batch_url(batch.id)})


def batch_url(batch_id: str) -> str:
    """Where a batch is found."""
    return f"{API}/batches/{batch_id}"


def batch_summary(batch: Batch) -> Body:
    """A batch as it stands in a list."""
    return {
        "id": batch.id,
        "name": batch.name,
        "state": batch.state,
        "concurrency": batch.concurrency,
        "delay_ms": batch.delay_ms,
        "total": batch.total,
        "counts": batch.counts,
        "left": batch.left,
        "cost": amount(batch.cost),
        "ceiling": amount(batch.ceiling),
        "created": batch.created,
        "paused": batch.paused,
        "cancelled": batch.cancelled,
        "ended": batch.ended,
        "links": {"self": batch_url(batch.id)},
    }


def quote_body(quote: BatchQuote) -> Body:
    """What a batch would cost."""
    return {
        "total": len(quote.rows),
        "paintable": len(quote.paintable),
        "estimate": estimate_body(quote.estimate),
        "rows": [_priced_body(priced) for priced in quote.rows],
    }


def _priced_body(priced: PricedRow) -> Body:
    row = priced.row
    return {
        "number": row.number,
        "line": row.line,
        "prompt": row.prompt,
        "service": row.service or None,
        "estimate": estimate_body(priced.estimate),
        "ceiling": amount(priced.ceiling),
        "problem": problem_body(row.problem),
    }


def _row_body(row: Standing) -> Body:
    return {
        "number": row.number,
        "line": row.line,
        "prompt": row.prompt,
        "state": row.state,
        "job_id": row.job_id,
        "cost": amount(row.cost),
        "problem": problem_body(row.trouble),
        "links": {"job": None if row.job_id is None else job_url(row.job_id)},
    }
