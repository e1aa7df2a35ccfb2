"""What is left to buy of a job that has ended short of its pictures."""

from __future__ import annotations

from dataclasses import replace

from limner.domain.errors import UsageError
from limner.domain.job import CallState, Job, JobState
from limner.domain.money import ZERO, Money
from limner.domain.records import Leftover
from limner.domain.request import ImageRequest
from limner.engine.admission import MAX_COUNT


class NothingToRetry(UsageError):
    """A job goes on, waits for a person's word, or has all its pictures."""

    code = "nothing_to_retry"


def missing_request(left: Leftover) -> ImageRequest:
    """The request for the pictures that a job did not bring, and for no other; its price is looked up anew.

    What the caller allowed for the whole is allowed for both jobs together. Raises NothingToRetry.
    """
    job, missing = left.job, left.job.request.count - left.delivered
    _check(job, missing)
    request = job.request
    return replace(
        request,
        count=missing,
        seed=None if request.seed is None else _seed(job, request.seed, missing),
        max_cost=None if request.max_cost is None else Money(max(0, request.max_cost.micro - _spent(job).micro)),
        reuse=False,
    )


def _check(job: Job, missing: int) -> None:
    if not job.ended:
        raise NothingToRetry(f"The job {job.id} is {job.state} yet. Wait for its end, or cancel it.", field="job")
    if job.state is JobState.AMBIGUOUS or any(call.state is CallState.AMBIGUOUS for call in job.calls):
        raise NothingToRetry(
            f"The job {job.id} has a purchase that may have gone through. Say first whether it was charged.",
            field="job",
            code="job_ambiguous",
        )
    if missing <= 0 or job.state is JobState.SUCCEEDED:
        raise NothingToRetry(f"The job {job.id} has brought all its pictures. Nothing is missing.", field="job")


def _seed(job: Job, first: int, missing: int) -> int:
    """Where the seeds go on: exactly the missing ones where they follow each other, else behind all of the job's.

    No seed comes twice in a row of retries: each takes a part of the seeds of the one before, or begins behind the
    most that a job can have.
    """
    made = {picture.seed for picture in job.pictures}
    wanted = [seed for seed in range(first, first + job.request.count) if seed not in made]
    in_a_row = len(wanted) == missing and wanted[-1] - wanted[0] == missing - 1
    return wanted[0] if in_a_row else first + MAX_COUNT


def _spent(job: Job) -> Money:
    """What a job has cost, with the translation of its prompt; where a charge is not known, what was held for it."""
    done = job.request.translated
    return _painted(job) + (ZERO if done is None else done.estimate.ceiling)


def _painted(job: Job) -> Money:
    if job.cost is not None:
        return job.cost
    bought = (call for call in job.calls if call.cost or call.state is not CallState.CANCELLED)
    return Money(sum((call.hold if call.cost is None else call.cost).micro for call in bought))
