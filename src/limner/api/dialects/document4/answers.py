"""Jobs, pictures and problems in document 4's words."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import Request

from limner.api.cards import Fare
from limner.api.carrying_out import front_of
from limner.api.shapes import Body, receipt_body
from limner.domain.errors import Problem
from limner.domain.job import Job, JobState
from limner.domain.picture import Picture
from limner.domain.plan import Treatment
from limner.domain.request import ImageRequest
from limner.runtime import Runtime
from limner.runtime.asking import runtime_of

STORAGE = "/storage/images"
STATUSES: Mapping[JobState, str] = {
    JobState.QUOTED: "pending",
    JobState.QUEUED: "pending",
    JobState.RUNNING: "processing",
    JobState.SUCCEEDED: "completed",
    JobState.PARTIAL: "completed",
    JobState.CANCELLED: "cancelled",
}
"""Every other state is failed."""


def error_body(status: int, problem: Problem) -> Body:
    """A problem; `detail` is where clients of FastAPI look."""
    del status
    return {"status": "failed", "error": problem.message, "detail": problem.message, "code": problem.code}


def job_body(request: Request, job: Job) -> Body:
    """A job that has pictures."""
    runtime = runtime_of(request)
    begun, ended = job.created, job.finished or job.created
    candidate = job.plan.candidates[job.candidate]
    metadata: Body = {
        "prompt_validation": validation_body(job.request),
        "generation_time": round((ended - begun).total_seconds(), 3),
        "provider_model": candidate.title,
        "model": job.model,
        "cost": None if job.cost is None else float(job.cost.dollars),
        "changes": receipt_body(tuple(line for line in job.receipt if line.treatment is not Treatment.USED)),
    }
    if job.fallback is not None:
        metadata["fallback"] = {
            "original_provider": _provider(runtime, job.fallback.original),
            "reason": job.fallback.why,
        }
    return {
        "generation_id": job.id,
        "provider": _provider(runtime, job.model),
        "status": "completed",
        "prompt": job.request.prompt,
        "images": [_image(request, picture) for picture in job.pictures],
        "metadata": metadata,
    }


def validation_body(request: ImageRequest) -> Body:
    """What became of the prompt before it was painted."""
    length, rewriting = len(request.prompt), request.rewritten
    if rewriting is None:
        return {"original_length": length, "optimized_length": length, "optimization_time": 0.0}
    return {
        "original_length": len(rewriting.original),
        "optimized_length": length,
        "optimization_time": rewriting.seconds,
        "optimized_by": rewriting.by,
        "reason": rewriting.why,
        "kept": list(rewriting.kept),
        "dropped": list(rewriting.dropped),
    }


def _provider(runtime: Runtime, model: str) -> str:
    """The document's word for the service of a model."""
    return runtime.shelf.folder(model.partition("/")[0])


def _image(request: Request, picture: Picture) -> Body:
    runtime = runtime_of(request)
    local = "/".join((STORAGE, *map(quote, runtime.shelf.names(picture))))
    return {
        "id": picture.id,
        "url": f"{front_of(request)}{local}",
        "local_url": local,
        "width": picture.file.width,
        "height": picture.file.height,
        "format": picture.file.media_type.removeprefix("image/"),
    }


def job_line(runtime: Runtime, job: Job) -> Body:
    """A job in the list."""
    return {
        "generation_id": job.id,
        "provider": _provider(runtime, job.model),
        "status": STATUSES.get(job.state, "failed"),
        "prompt": job.request.prompt,
        "project_id": job.request.project,
        "images": len(job.pictures),
        "error": None if job.problem is None else job.problem.message,
        "created_at": job.created,
        "completed_at": job.finished,
    }


def providers_body(runtime: Runtime) -> list[Body]:
    """Every service, whether it can be asked now, and why not."""
    found: list[Body] = []
    for card in runtime.catalog.services:
        fare = Fare.of(card, runtime.services.readiness(card.id), runtime.health.standing(card.id))
        found.append(
            {
                "id": runtime.shelf.folder(card.id),
                "name": card.name,
                "status": "available" if fare.available else "unavailable",
                "available": fare.available,
                "reason": fare.reason,
                "local": card.local,
                "default_model": card.default_model,
            }
        )
    return found
