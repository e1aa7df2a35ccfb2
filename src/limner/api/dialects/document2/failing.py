"""What is said where a request brings no pictures."""

from __future__ import annotations

from collections.abc import Mapping

from limner.api.dialects.document2.faults import Refusal, failed, fault_of, invalid
from limner.api.errors import headers_for, status_of
from limner.api.surfaces import plain_status
from limner.domain.errors import (
    FailureCode,
    InvalidRequest,
    LimnerError,
    NotConfigured,
    PolicyError,
    Problem,
    ProviderError,
    UnknownModel,
    UsageError,
)
from limner.domain.job import Job, JobState

FAILED = "Failed to generate images"
SAID: Mapping[str, str] = {
    FailureCode.AUTHENTICATION: "Invalid API key",
    FailureCode.FORBIDDEN: "Invalid API key",
    FailureCode.RATE_LIMITED: "Rate limit exceeded",
}
"""The document's words for what services say."""
NO_WORD = Problem(code=FailureCode.FAILED, message="No picture was made, and nobody said why.")


def unwritten(error: LimnerError) -> Refusal:
    """The answer to a request that did not become a job; nothing was spent."""
    if isinstance(error, InvalidRequest):
        return invalid([fault_of(error)])
    if isinstance(error, NotConfigured):
        return failed(FAILED, error, f"API key not found. {error.message}")
    if isinstance(error, PolicyError) or (isinstance(error, UsageError) and not isinstance(error, UnknownModel)):
        problem = error.problem()
        status = plain_status(status_of(error), problem)
        return Refusal(status, {"error": error.message}, headers_for(problem, status))
    return failed(FAILED, error, details_of(error.problem()))


def unheard(error: LimnerError) -> Refusal:
    """The answer where the end of a job cannot be waited for; it goes on, and may cost money."""
    return failed(FAILED, error, error.message)


def check_outcome(job: Job) -> None:
    """Raises Refusal where a job brought no picture."""
    if job.pictures:
        return
    problem = job.problem or NO_WORD
    if job.state is JobState.REFUSED or problem.code == FailureCode.REFUSED:
        status = status_of(ProviderError(problem))
        raise Refusal(status, {"error": problem.message}, headers_for(problem, status))
    raise failed(FAILED, problem, details_of(problem))


def details_of(problem: Problem) -> str:
    """What went wrong, in the document's words where it has some, once."""
    known = SAID.get(problem.code, "")
    return problem.message if problem.message.startswith(known) else f"{known}. {problem.message}"
