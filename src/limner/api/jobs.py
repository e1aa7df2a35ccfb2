"""Jobs: carrying out a request, looking at it, stopping it, settling what got lost."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from limner.api.answers import answer
from limner.api.bodies import JobBody, ResolveBody, RetryBody
from limner.api.deps import broadcasts_of, checked_id, idempotency_key, preferred_wait, read_json
from limner.api.documents import ALWAYS, PAINTING, Responses, answers, body_of, problems
from limner.api.schemas import EventPage, JobAnswer, JobPage
from limner.api.shapes import job_body, job_summary, job_url
from limner.api.streaming import EventStream, event_body
from limner.api.taking_in import read_job
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.job import Job, JobState
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/jobs", tags=["jobs"])

JobId = Annotated[str, Path(description="The job's id.")]
MOST_EVENTS = 500

HEADERS: list[dict[str, Any]] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "description": "The same key with the same body gives the same job again; with another body 422.",
    },
    {
        "name": "Prefer",
        "in": "header",
        "schema": {"type": "string"},
        "description": "`wait=N`: wait up to N seconds (at most 600) for the finished job.",
        "example": "wait=30",
    },
]

STREAM: Responses = {
    200: {
        "description": "The events, as a stream or as a page.",
        "content": {
            "text/event-stream": {"schema": {"type": "string"}},
            "application/json": {"schema": {"$ref": f"#/components/schemas/{EventPage.__name__}"}},
        },
    },
    **problems(*ALWAYS, 404),
}


class JobQuery(BaseModel):
    """Which jobs are wanted."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)
    state: list[JobState] = Field(default=[], description="Only jobs in these states.")


@router.post(
    "",
    summary="Carry out a request",
    status_code=202,
    responses={
        201: {"model": JobAnswer, "description": "The finished job, where `Prefer: wait` was long enough."},
        **answers(JobAnswer, "The job, at the address in Location.", *PAINTING, status=202),
    },
    openapi_extra={**body_of(JobBody, files=True), "parameters": HEADERS},
)
async def create_job(request: Request) -> Response:
    """Carries out a request, or the quote named in its place. With `Prefer: wait=N` the answer is the finished job."""
    engine, principal = runtime_of(request).engine, principal_of(request)
    key, seconds = idempotency_key(request), preferred_wait(request)
    wanted = await read_job(request)
    if isinstance(wanted, str):
        job = await engine.confirm(wanted, principal, key=key)
    else:
        job = await engine.submit(wanted, principal, key=key)
    return await _begun(request, job, seconds)


@router.get("", summary="List jobs", responses=answers(JobPage, "One page of jobs, newest first."))
async def list_jobs(request: Request, query: Annotated[JobQuery, Query()]) -> Response:
    """Your jobs, newest first, without their plans and calls."""
    page = await runtime_of(request).jobs.page(
        principal_of(request).id, limit=query.limit, cursor=query.cursor, states=frozenset(query.state)
    )
    return answer({"items": [job_summary(job) for job in page.items], "next": page.next})


@router.get("/{job_id}", summary="Show a job", responses=answers(JobAnswer, "The job.", 404))
async def get_job(request: Request, job_id: JobId) -> Response:
    """One job with its plan, receipt, calls and pictures."""
    return answer(job_body(await _job(request, job_id)))


@router.post("/{job_id}/cancel", summary="Cancel a job", responses=answers(JobAnswer, "The job.", 404))
async def cancel_job(request: Request, job_id: JobId) -> Response:
    """Stops a job as soon as it can be stopped; what was already bought is kept. An ended job stays as it is."""
    return await _cancel(request, job_id)


@router.delete("/{job_id}", summary="Cancel a job", responses=answers(JobAnswer, "The job.", 404))
async def delete_job(request: Request, job_id: JobId) -> Response:
    """The same as cancelling: a job's record is kept, because money may hang on it."""
    return await _cancel(request, job_id)


@router.post("/{job_id}/front", summary="Bring a job to the front", responses=answers(JobAnswer, "The job.", 404))
async def bring_to_front(request: Request, job_id: JobId) -> Response:
    """Has a job that waits come before your others, never before somebody else's turn; one that was sent or has ended
    stays as it is.
    """
    queue = runtime_of(request).queue
    return answer(job_body(await queue.to_front(checked_id(job_id, "job"), principal_of(request))))


@router.post(
    "/{job_id}/retry",
    summary="Buy what is missing",
    status_code=202,
    responses={
        201: {"model": JobAnswer, "description": "The finished job, where `Prefer: wait` was long enough."},
        **answers(JobAnswer, "The job that buys it, at the address in Location.", *PAINTING, 404, status=202),
    },
    openapi_extra={**body_of(RetryBody, required=False), "parameters": HEADERS},
)
async def retry_job(request: Request, job_id: JobId) -> Response:
    """Buys the pictures that an ended job did not bring, and no other, as a new job; asked again it is the same job."""
    key, seconds = idempotency_key(request), preferred_wait(request)
    body = await read_json(request, RetryBody) if await request.body() else RetryBody()
    job = await runtime_of(request).engine.retry(
        checked_id(job_id, "job"), principal_of(request), key=key, max_cost=body.most()
    )
    return await _begun(request, job, seconds)


@router.post(
    "/{job_id}/calls/{call_id}/resolve",
    summary="Settle a lost purchase",
    responses=answers(JobAnswer, "The job.", 404, 409, 415),
    openapi_extra=body_of(ResolveBody),
)
async def resolve_call(
    request: Request, job_id: JobId, call_id: Annotated[str, Path(description="The call's id.")]
) -> Response:
    """Says whether an ambiguous purchase went through; books or frees the money set aside for it."""
    body = await read_json(request, ResolveBody)
    job = await _job(request, job_id)
    name = checked_id(call_id, "call")
    if all(call.id != name for call in job.calls):
        raise NotFound("There is no call with this id.")
    engine = runtime_of(request).engine
    return answer(job_body(await engine.resolve(name, principal_of(request), charged=body.charged)))


@router.get("/{job_id}/events", summary="Follow a job", response_class=Response, responses=STREAM)
async def follow_job(
    request: Request,
    job_id: JobId,
    after: Annotated[int, Query(ge=0, le=2**31, description="Only events with higher numbers.")] = 0,
) -> Response:
    """What happens to a job, as server-sent events up to the last one; `Last-Event-ID` resumes.

    `Accept: application/json` gives the events there are, as a page.
    """
    start = max(after, last_event(request))
    job = await _job(request, job_id)
    if "application/json" in request.headers.get("accept", ""):
        events = await runtime_of(request).events.after(job.id, start, MOST_EVENTS)
        more = events[-1].number if len(events) == MOST_EVENTS else None
        return answer({"items": [event_body(event) for event in events], "next": more})
    return EventStream(broadcasts_of(request), job.id, principal_of(request).id, after=start)


async def _begun(request: Request, job: Job, seconds: float | None) -> Response:
    """The answer to whoever has asked for a job: at once, or when it has ended within so many seconds."""
    headers = {"Location": job_url(job.id)}
    if seconds is not None:
        headers["Preference-Applied"] = f"wait={seconds:.0f}"
        follower = runtime_of(request).engine.follower
        job = await broadcasts_of(request).unless_stopping(follower.wait(job, seconds), job)
    return answer(job_body(job), 201 if job.ended else 202, headers)


async def _job(request: Request, job_id: str) -> Job:
    return await runtime_of(request).jobs.visible(checked_id(job_id, "job"), principal_of(request).id)


async def _cancel(request: Request, job_id: str) -> Response:
    engine = runtime_of(request).engine
    return answer(job_body(await engine.cancel(checked_id(job_id, "job"), principal_of(request))))


def last_event(request: Request) -> int:
    """The number in Last-Event-ID, 0 without one. Raises InvalidRequest."""
    text = request.headers.get("last-event-id", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequest("Last-Event-ID is the number of an event.", field="Last-Event-ID")
    return int(text)
