"""Document 4: one request in, finished pictures out; batches, the services' state, the history, and the files."""

from __future__ import annotations

import asyncio
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ValidationError

from limner.api.answers import answer
from limner.api.carrying_out import begun, carried_out, ended, with_pictures
from limner.api.deps import checked_id, idempotency_key, read_json
from limner.api.dialects.document4 import prompts
from limner.api.dialects.document4.answers import STORAGE, error_body, job_body, job_line, providers_body
from limner.api.dialects.document4.bodies import (
    BatchAnswer,
    FailedAnswer,
    JobsAnswer,
    ProvidersAnswer,
    QuickBody,
    UnifiedAnswer,
    UnifiedBatchBody,
    UnifiedBody,
    UnifiedPromptBody,
)
from limner.api.dialects.document4.wishes import wish_of
from limner.api.documents import refusals, taking
from limner.api.downloads import file_answer
from limner.api.errors import WrongFields, status_of
from limner.api.mounting import mount
from limner.api.shapes import Body
from limner.api.surfaces import Surface
from limner.domain.errors import LimnerError, NotFound
from limner.runtime.asking import principal_of, runtime_of

__all__ = ["BODIES", "SURFACE", "router"]

SURFACE = Surface(name="document4", paths=("/unified", "/storage"), shape=error_body)
BODIES = (QuickBody, UnifiedBody, UnifiedBatchBody, UnifiedPromptBody)
AT_ONCE = 32
"""Requests of a batch that are written down at the same moment; how many are painted at once the services decide."""
READ = refusals(FailedAnswer, 400, 404, 421, 500, 503)
PAINTED = {**READ, **refusals(FailedAnswer, 402, 403, 409, 413, 415, 429, 502, 504, 507)}
FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": dict.fromkeys(("image/png", "image/jpeg", "image/webp", "image/avif", "image/gif"), FILE),
    },
    206: {"description": "A part of the file."},
    304: {"description": "You have it already."},
    416: {"description": "The file has no such part."},
    **READ,
    **refusals(FailedAnswer, 507),
}

router = APIRouter(tags=["document 4"])
mount(router, prompts.router)


@router.post(
    "/unified/generate",
    summary="Paint, and wait for it",
    responses={200: {"model": UnifiedAnswer}, **PAINTED},
    openapi_extra=taking(UnifiedBody),
)
async def unified_generate(request: Request) -> Response:
    """The finished pictures. Where the provider that is named cannot paint another one does, and `metadata` says so."""
    wish = wish_of(await read_json(request, UnifiedBody), runtime_of(request))
    return answer(job_body(request, await carried_out(request, wish, key=idempotency_key(request))))


@router.post(
    "/unified/generate/quick",
    summary="Paint with the defaults",
    responses={200: {"model": UnifiedAnswer}, **PAINTED},
    openapi_extra=taking(QuickBody),
)
async def unified_quick(request: Request) -> Response:
    """The same from a prompt and perhaps a provider."""
    body = await read_json(request, QuickBody)
    wish = wish_of(UnifiedBody(prompt=body.prompt, provider=body.provider), runtime_of(request))
    return answer(job_body(request, await carried_out(request, wish, key=idempotency_key(request))))


@router.post(
    "/unified/generate/batch",
    summary="Paint many",
    responses={200: {"model": BatchAnswer}, **PAINTED},
    openapi_extra=taking(UnifiedBatchBody),
)
async def unified_batch(request: Request) -> Response:
    """Up to 1,000 requests; the results come in their order, and each that failed says why."""
    body, key = await read_json(request, UnifiedBatchBody), idempotency_key(request)
    turns = asyncio.Semaphore(AT_ONCE)
    keys = [None if key is None else f"{key}#{number}" for number in range(len(body.requests))]
    results = await asyncio.gather(
        *(_one(request, each, own, turns) for each, own in zip(body.requests, keys, strict=True))
    )
    return answer({"results": results})


@router.get("/unified/providers", summary="Show the providers", responses={200: {"model": ProvidersAnswer}, **READ})
async def unified_providers(request: Request) -> Response:
    """Every service, whether it can be asked now, and why not."""
    runtime = runtime_of(request)
    await runtime.renew()
    return answer({"providers": providers_body(runtime)})


@router.get("/unified/jobs", summary="Show the history", responses={200: {"model": JobsAnswer}, **READ})
async def unified_jobs(request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Response:
    """Your generations, newest first."""
    runtime = runtime_of(request)
    page = await runtime.jobs.page(principal_of(request).id, limit=limit, cursor=None, states=frozenset())
    return answer({"jobs": [job_line(runtime, job) for job in page.items]})


@router.get(f"{STORAGE}/{{path:path}}", summary="Download a file", response_class=Response, responses=FILES)
async def stored_image(request: Request, path: Annotated[str, Path(description="As in `local_url`.")]) -> Response:
    """The signed copy of a picture of yours, by project, provider and file name."""
    runtime = runtime_of(request)
    picture_id = checked_id(PurePosixPath(path).stem, "picture")
    picture = await runtime.pictures.get(picture_id, principal_of(request).id)
    if path != "/".join(runtime.shelf.names(picture)):
        raise NotFound("There is no picture at this address.")
    return file_answer(request, await runtime.library.file(picture))


async def _one(request: Request, fields: dict[str, object], key: str | None, turns: asyncio.Semaphore) -> Body:
    """What became of one request of a batch."""
    try:
        body = UnifiedBody.model_validate(fields)
        async with turns:
            job = await begun(request, wish_of(body, runtime_of(request)), key=key)
        return job_body(request, with_pictures(await ended(request, job)))
    except ValidationError as error:
        faults = WrongFields(error.errors(include_url=False, include_context=False, include_input=False))
        return error_body(400, faults.problem())
    except LimnerError as error:
        return error_body(status_of(error), error.problem())
