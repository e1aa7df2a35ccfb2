"""What all surfaces have in common: a request becomes a job, and the job ends with pictures or is told as failed."""

from __future__ import annotations

from fastapi import Request

from limner.api.deps import broadcasts_of, runtime_of
from limner.domain.errors import FailureCode, Interrupted, LimnerError, Problem, ProviderError, Spent
from limner.domain.job import Job

LONGEST = 900.0
"""Seconds that an answer is waited for at most; a job that takes longer goes on."""


async def ended(request: Request, job: Job) -> Job:
    """A job when it has ended. Raises ProviderError where it goes on without us, and may cost money all the same."""
    engine = runtime_of(request).engine
    try:
        found = await broadcasts_of(request).unless_stopping(engine.follower.wait(job, LONGEST), job)
    except LimnerError as error:
        raise _goes_on(
            job, error.code, f"The job {job.id} goes on, but cannot be waited for: {error.message}"
        ) from error
    if found.ended:
        return found
    if broadcasts_of(request).stopping:
        raise _goes_on(job, Interrupted.code, f"This server is stopping; the job {job.id} goes on when it is back.")
    raise _goes_on(job, FailureCode.TIMED_OUT, f"The job {job.id} takes longer than {LONGEST:.0f} seconds and goes on.")


def _goes_on(job: Job, code: str, message: str) -> ProviderError:
    return ProviderError(Problem(code=code, message=message, spent=Spent.UNKNOWN, provider=_service(job)))


def _service(job: Job) -> str:
    return job.model.partition("/")[0]
