"""What is said where a request brings no pictures."""

from __future__ import annotations

from collections.abc import Mapping

from limner.api.dialects.document2.faults import Refusal, failed, fault_of, invalid
from limner.api.errors import headers_for, status_of
from limner.domain.errors import (
    FailureCode,
    InvalidRequest,
    LimnerError,
    NotConfigured,
    PolicyError,
    Problem,
    ProviderError,
    Spent,
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
RUNNING = Problem(
    code="still_running", message="It takes longer than an answer can wait and goes on.", spent=Spent.UNKNOWN
)


def unwritten(error: LimnerError) -> Refusal:
    """The answer to a request that did not become a job; nothing was spent."""
    if isinstance(error, InvalidRequest):
        return invalid([fault_of(error)])
    if isinstance(error, NotConfigured):
        return failed(FAILED, error, f"API key not found. {error.message}")
    if isinstance(error, PolicyError) or (isinstance(error, UsageError) and not isinstance(error, UnknownModel)):
        return Refusal(status_of(error), {"error": error.message}, headers_for(error.problem()))
    return failed(FAILED, error, details_of(error.problem()))


def check_outcome(job: Job) -> None:
    """Raises Refusal where a job brought no picture."""
    if job.pictures:
        return
    problem = job.problem or RUNNING
    if job.state is JobState.REFUSED or problem.code == FailureCode.REFUSED:
        raise Refusal(status_of(ProviderError(problem)), {"error": problem.message}, headers_for(problem))
    raise failed(FAILED, problem, details_of(problem))


def details_of(problem: Problem) -> str:
    """What went wrong, in the document's words where it has some."""
    known = SAID.get(problem.code)
    return problem.message if known is None else f"{known}. {problem.message}"
