"""Jobs and problems in document 0's words."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from limner.api.carrying_out import address_of, failure_of
from limner.api.errors import status_of
from limner.api.shapes import Body, receipt_body
from limner.domain.errors import FailureCode, Problem
from limner.domain.events import Event
from limner.domain.job import Job, JobState
from limner.domain.plan import Treatment

NETWORK = frozenset({FailureCode.LINE_DROPPED, FailureCode.UNREACHABLE, FailureCode.TIMED_OUT})
CONFIGURATION = frozenset({"not_configured", "switched_off", FailureCode.AUTHENTICATION, FailureCode.NO_CREDIT})
STATUSES: Mapping[JobState, str] = {
    JobState.QUEUED: "queued",
    JobState.RUNNING: "processing",
    JobState.SUCCEEDED: "succeeded",
    JobState.PARTIAL: "succeeded",
    JobState.CANCELLED: "cancelled",
}
"""Every other state is failed."""


LOST = "Connection lost"
FAILED = "Generation failed"


def error_body(status: int, problem: Problem) -> Body:
    """A problem as the document's GenerationError."""
    details = {"reason": problem.code, "field": problem.field, "retryable": problem.retryable, "spent": problem.spent}
    code, message = category(status, problem)
    return {"error": message, "code": code, "provider": problem.provider, "details": details}


def category(status: int, problem: Problem) -> tuple[str, str]:
    """The document's code for a problem, and what it says."""
    if problem.code in CONFIGURATION:
        return "CONFIGURATION_ERROR", problem.message
    if problem.code in NETWORK:
        return "NETWORK_ERROR", _said(LOST, problem)
    if problem.provider is not None:
        return "PROVIDER_ERROR", _said(FAILED, problem)
    named = {401: "AUTHENTICATION_ERROR", 402: "LIMIT_ERROR", 403: "POLICY_ERROR", 429: "LIMIT_ERROR"}
    return named.get(status, "VALIDATION_ERROR" if status < 500 else "INTERNAL_ERROR"), problem.message


def _said(words: str, problem: Problem) -> str:
    """The document's words before what happened, where that does not begin with them itself."""
    return problem.message if problem.message.startswith(words) else f"{words}: {problem.message}"


def progress_of(event: Event) -> float:
    """How far a job is, 0 to 100, where an event says it."""
    share = event.data.get("progress")
    return min(float(share), 1.0) * 100 if isinstance(share, int | float) else 0.0


def on_the_way(job: Job, progress: float) -> Body:
    """A job that has not ended, as a GenerationResult."""
    return {"id": job.id, "status": "processing", "progress": progress, "metadata": _metadata(job)}


def result_of(request: Request, job: Job) -> Body:
    """A job as a GenerationResult."""
    result: Body = {"id": job.id, "status": STATUSES.get(job.state, "failed"), "metadata": _metadata(job)}
    if not job.ended:
        return {**result, "progress": 0.0}
    if job.pictures:
        return {
            **result,
            "status": "succeeded",
            "progress": 100.0,
            "output": [address_of(request, picture) for picture in job.pictures],
        }
    if job.state is JobState.CANCELLED:
        return result
    failure = failure_of(job)
    code, message = category(status_of(failure), failure.problem())
    return {**result, "error": message, "code": code}


def _metadata(job: Job) -> Body:
    service, _, model = job.model.partition("/")
    changed = tuple(line for line in job.receipt if line.treatment is not Treatment.USED)
    return {
        "provider": service,
        "model": model,
        "images": [picture.id for picture in job.pictures],
        "cost": None if job.cost is None else float(job.cost.dollars),
        "changes": receipt_body(changed),
    }
