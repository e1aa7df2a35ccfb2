"""Document 0: a generation is started, followed by server-sent events, and cancelled. A session is a job."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from limner.api.answers import answer
from limner.api.carrying_out import begun
from limner.api.deps import broadcasts_of, checked_id, idempotency_key, read_json
from limner.api.dialects.document0.bodies import GenerationErrorAnswer, GenerationOptions, GenerationResult
from limner.api.dialects.document0.results import error_body, on_the_way, progress_of, result_of
from limner.api.documents import refusals, taking
from limner.api.frames import event_frame, event_stream, with_signs_of_life
from limner.api.streaming import PING
from limner.api.surfaces import Surface
from limner.domain.errors import InvalidRequest, NotConfigured
from limner.domain.events import EventKind
from limner.domain.job import Job
from limner.domain.request import ImageRequest, Size
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of

__all__ = ["BODIES", "SURFACE", "router"]

DEFAULT_MODEL = "REPLICATE_MODEL_ID"
"""Environment name of the model that it runs, perhaps with a version after a colon."""
DEFAULT_PROVIDER = "replicate"
"""Who paints where nobody is named, as the document has it; where it is not ready, whoever is."""
SURFACE = Surface(name="document0", paths=("/api/generation",), shape=error_body)
BODIES = (GenerationOptions,)
READ = refusals(GenerationErrorAnswer, 400, 404, 421, 500, 503)
CHANGED = {**READ, **refusals(GenerationErrorAnswer, 403, 409, 413)}
STARTED = {**CHANGED, **refusals(GenerationErrorAnswer, 402, 415, 429, 502, 504, 507)}
FOLLOWED: dict[int | str, dict[str, Any]] = {
    200: {"description": "GenerationResults, the last one final.", "content": {"text/event-stream": {"schema": {}}}},
    **READ,
}

router = APIRouter(prefix="/api/generation", tags=["document 0"])

Session = Annotated[str, Query(alias="sessionId", max_length=200, description="The id of a GenerationResult.")]
Provider = Annotated[str | None, Query(alias="providerId", max_length=200, description="Says nothing new: taken.")]


@router.post(
    "",
    status_code=202,
    summary="Start a generation",
    responses={202: {"model": GenerationResult}, **STARTED},
    openapi_extra=taking(GenerationOptions),
)
async def start_generation(request: Request) -> Response:
    """Starts a generation; the id of the result is the session to follow."""
    wish = _wish(await read_json(request, GenerationOptions), runtime_of(request))
    job = await begun(request, wish, key=idempotency_key(request))
    return answer(result_of(request, job), 202)


@router.get("", summary="Follow a generation", response_class=Response, responses=FOLLOWED)
async def follow_generation(request: Request, session_id: Session, provider_id: Provider = None) -> Response:
    """How a generation goes, as server-sent events; `Last-Event-ID` resumes."""
    del provider_id
    last = request.headers.get("last-event-id", "0")
    if not (last.isascii() and last.isdigit() and len(last) < 10):
        raise InvalidRequest("Last-Event-ID is the number of an event.", field="Last-Event-ID")
    job = await _session(request, session_id)
    return event_stream(_results(request, job, int(last)), broadcasts_of(request), {})


@router.delete("", summary="Cancel a generation", responses={200: {"model": GenerationResult}, **CHANGED})
async def cancel_generation(request: Request, session_id: Session, provider_id: Provider = None) -> Response:
    """Stops a generation as soon as it can be stopped; what was bought is kept. A finished one stays as it is."""
    del provider_id
    job = await _session(request, session_id)
    if job.ended:
        return answer(result_of(request, job))
    job = await runtime_of(request).engine.cancel(job.id, principal_of(request))
    return answer({**result_of(request, job), "status": "cancelled"})


def _wish(options: GenerationOptions, runtime: Runtime) -> ImageRequest:
    """The request that the options ask for; an edge left out is as long as the other."""
    width, height = options.width or options.height, options.height or options.width
    model, provider = _painter(options.provider, runtime)
    return ImageRequest(
        prompt=options.prompt,
        negative_prompt=options.negative_prompt,
        count=options.num_outputs or 1,
        size=Size(width, height) if width and height else None,
        seed=options.seed,
        steps=options.steps,
        model=model,
        provider=provider,
    )


def _painter(named: str | None, runtime: Runtime) -> tuple[str | None, str | None]:
    """The model or else the provider that is to paint. Raises UnknownModel, NotConfigured where a key is missing."""
    service = runtime.catalog.service(named or runtime.engine.router.default or DEFAULT_PROVIDER)
    readiness = runtime.services.readiness(service.id)
    if not readiness.ready:
        if named is None:
            return None, None
        if service.key_variables and not runtime.settings.variables.get(service.key_variables[0]):
            raise NotConfigured(
                f"{service.name} API key is required: set {service.key_variables[0]}.", field="provider"
            )
    model = runtime.settings.variables.get(DEFAULT_MODEL) if service.id == DEFAULT_PROVIDER else None
    return (f"{service.id}/{model.partition(':')[0]}", None) if model else (None, service.id)


async def _session(request: Request, session_id: str) -> Job:
    return await runtime_of(request).jobs.get(checked_id(session_id, "session"), principal_of(request).id)


async def _results(request: Request, job: Job, after: int) -> AsyncIterator[bytes]:
    """Where it stands, at once; then every change, and exactly one final result."""
    runtime = runtime_of(request)
    progress = 0.0
    if not job.ended:
        yield event_frame(result_of(request, job), number=after)
        async for event in with_signs_of_life(runtime.engine.follower.follow(job.id, job.owner, after=after)):
            if event is None:
                yield PING
                continue
            after = event.number
            if event.kind is not EventKind.FINISHED:
                progress = max(progress, progress_of(event))
                yield event_frame(on_the_way(job, progress), number=after)
        job = await runtime.jobs.get(job.id, job.owner)
    else:
        events = await runtime.events.after(job.id, after)
        after = events[-1].number if events else after
    yield event_frame(result_of(request, job), number=after)
