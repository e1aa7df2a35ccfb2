"""What all surfaces have in common: a request becomes a job, and the job ends with pictures or is told as failed."""

from __future__ import annotations

from dataclasses import replace

from fastapi import Request

from limner.api.deps import broadcasts_of
from limner.domain.errors import FailureCode, Interrupted, LimnerError, Problem, ProviderError, Spent
from limner.domain.job import CallState, Job, JobState
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.request import ImageRequest
from limner.engine.following import Follower
from limner.runtime.asking import principal_of, runtime_of

LONGEST = 900.0
"""Seconds that an answer is waited for at most; a job that takes longer goes on."""


async def carried_out(
    request: Request,
    wish: ImageRequest,
    *,
    key: str | None = None,
    principal: Principal | None = None,
    polled: float = LONGEST,
) -> Job:
    """The job of a request when it has ended with at least one picture; whoever hangs up does not stop it.

    One that its service has to be asked after is waited for `polled` seconds at most, and goes on after that.
    Raises UsageError, PolicyError or NotConfigured before anything is written, and whatever the job failed of.
    """
    job = await begun(request, wish, key=key, principal=principal)
    return with_pictures(await ended(request, job, polled))


async def begun(
    request: Request, wish: ImageRequest, *, key: str | None = None, principal: Principal | None = None
) -> Job:
    """The job of a request whose pictures are waited for.

    Raises before anything is written what `submit` raises, and QueuePaused: they would be waited for in vain.
    """
    runtime, who = runtime_of(request), principal or principal_of(request)
    await runtime.queue.check_going(who)
    return await runtime.engine.submit(wish, who, key=key)


async def ended(request: Request, job: Job, polled: float = LONGEST) -> Job:
    """A job when it has ended. Raises ProviderError where it goes on without us, and may cost money all the same."""
    waiting = _waited_for(runtime_of(request).engine.follower, job, polled)
    try:
        found = await broadcasts_of(request).unless_stopping(waiting, job)
    except LimnerError as error:
        raise _goes_on(
            job, error.code, f"The job {job.id} goes on, but cannot be waited for: {error.message}"
        ) from error
    if found.ended:
        return found
    if broadcasts_of(request).stopping:
        raise _goes_on(job, Interrupted.code, f"This server is stopping; the job {job.id} goes on when it is back.")
    seconds = polled if _is_asked_after(found) else LONGEST
    raise _goes_on(
        job,
        FailureCode.TIMED_OUT,
        f"Image generation timeout: the job {job.id} takes longer than {seconds:g} seconds and goes on. What it brings "
        "is kept.",
    )


async def _waited_for(follower: Follower, job: Job, polled: float) -> Job:
    found = await follower.wait(job, min(polled, LONGEST))
    if found.ended or polled >= LONGEST or _is_asked_after(found):
        return found
    return await follower.wait(found, LONGEST - polled)


def _is_asked_after(job: Job) -> bool:
    """Whether a call of it goes on at its service, which is asked for it now and then."""
    return any(call.state is CallState.SUBMITTED for call in job.calls)


def _goes_on(job: Job, code: str, message: str) -> ProviderError:
    return ProviderError(Problem(code=code, message=message, spent=Spent.UNKNOWN, provider=_service(job)))


def shown(job: Job) -> Job:
    """A job with the pictures that may be handed out."""
    if not any(picture.withheld for picture in job.pictures):
        return job
    return replace(job, pictures=tuple(picture for picture in job.pictures if not picture.withheld))


def with_pictures(job: Job) -> Job:
    """A job with the pictures that may be handed out, at least one; fewer than asked are delivered. Raises why none."""
    found = shown(job)
    if not found.pictures:
        raise failure_of(job)
    return found


def failure_of(job: Job) -> LimnerError:
    """Why a job that has ended has no picture."""
    if job.problem is not None:
        return ProviderError(job.problem)
    if job.state is JobState.CANCELLED:
        return ProviderError(
            Problem(code=FailureCode.CANCELLED, message="The job was cancelled before it was painted.")
        )
    return ProviderError(
        Problem(code=FailureCode.FAILED, message="No picture was made, and nobody said why.", provider=_service(job))
    )


def _service(job: Job) -> str:
    return job.model.partition("/")[0]


def base_of(request: Request) -> str:
    """The address of this server as the caller knows it, without a slash at the end."""
    return runtime_of(request).settings.public_url or str(request.base_url).rstrip("/")


def front_of(request: Request) -> str:
    """What stands before the addresses of pictures: IMAGE_CDN_URL where it is set, else this server's own address."""
    return runtime_of(request).settings.cdn or base_of(request).rstrip("/")


def address_of(request: Request, picture: Picture) -> str:
    """The whole address of a picture's signed copy."""
    return file_address(front_of(request), picture)


def file_address(front: str, picture: Picture) -> str:
    """The same, after what stands before it; without that, from the server's root."""
    return f"{front.rstrip('/')}/api/v1/images/{picture.id}/file"
