"""Jobs in the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Connection

from limner.db import endings, holds, leases, pausing, purchases, reading, retrying, reusing, rows, submission
from limner.db.database import Database
from limner.db.walls import EVERYBODY, whose
from limner.domain.call import Finished
from limner.domain.errors import NotFound
from limner.domain.events import Event, News
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.queue import QueueWishes
from limner.domain.records import Closing, Conclusion, Ending, Lease, Leftover, NewCall, NewJob, OpenJob, Page, Try
from limner.domain.telling import Deliver, Publish
from limner.domain.vault import Access

Result = TypeVar("Result")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SqlJobs:
    """The `Jobs` of `domain.stores`; what happened is published on the event loop once it is committed."""

    def __init__(
        self,
        database: Database,
        publish: Publish,
        *,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._database = database
        self._publish = publish
        self._now = now

    async def submit(self, new: NewJob, *, deliver: Deliver | None = None) -> tuple[Job, bool]:
        """Writes job, calls, holds, key and first event together; False where the key already had this job."""
        try:
            return await self._submit(new, holds.reserve, deliver)
        except holds.TooLittle:  # rolled back; meanwhile there may be enough
            return await self._submit(new, holds.reserve_each, deliver)

    async def rehearse(self, new: NewJob, beside: Money) -> None:
        """Raises what `submit` would refuse the job for as things are; all of it is rolled back."""
        with suppress(submission.Rehearsed):
            await self._database.write(lambda connection: submission.rehearse(connection, new, beside), owner=new.owner)

    async def remembered(self, owner: str, key: str, fingerprint: str) -> Job | None:
        """The job that an Idempotency-Key already has. Raises IdempotencyConflict for another body."""
        return await self._database.read(
            lambda connection: reading.remembered(connection, owner, key, fingerprint), owner=owner
        )

    async def made_before(self, owner: str, recipe: str, *, since: datetime, count: int) -> Job | None:
        """One person's newest job that succeeded by this recipe, with `count` pictures made after `since`."""
        return await self._database.read(
            lambda connection: reusing.made_before(connection, owner, recipe, since=since, count=count), owner=owner
        )

    async def leftover(self, job_id: str, owner: str) -> Leftover:
        """How far one person's job came, and the job that buys the rest of it, if any. Raises NotFound."""
        return await self._database.read(lambda connection: retrying.leftover(connection, job_id, owner), owner=owner)

    async def tries(self, owner: str, recipe: str, *, limit: int) -> Sequence[Try]:
        """How often one person's request of this recipe was carried out of late, newest first."""
        return await self._database.read(
            lambda connection: reusing.tries(connection, owner, recipe, limit), owner=owner
        )

    async def get(self, job_id: str, owner: str | None = None) -> Job:
        """One job with its calls and pictures. Raises NotFound."""
        return await self._database.read(
            lambda connection: reading.find_job(connection, job_id, owner), owner=whose(owner)
        )

    async def visible(self, job_id: str, person: str) -> Job:
        """One job of one's own, or in a project that one shares. Raises NotFound."""
        try:
            return await self.get(job_id, person)
        except NotFound:
            return await self._database.read(
                lambda connection: reading.job_in_common(connection, job_id, person), owner=EVERYBODY
            )

    async def page(self, owner: str, *, limit: int, cursor: str | None, states: frozenset[JobState]) -> Page[Job]:
        """One person's jobs with their pictures, without their calls; newest first."""
        return await self._database.read(
            lambda connection: reading.jobs_page(connection, owner, limit=limit, cursor=cursor, states=states),
            owner=owner,
        )

    async def chosen(self, owner: str, job_ids: Sequence[str]) -> Mapping[str, Job]:
        """Some of one person's jobs by their ids, with their pictures, without their calls."""
        return await self._database.read(
            lambda connection: reading.chosen_jobs(connection, owner, job_ids), owner=owner
        )

    async def count(self, owner: str, states: frozenset[JobState]) -> Mapping[JobState, int]:
        """How many of one person's jobs are in each of some states; those without any are left out."""
        return await self._database.read(
            lambda connection: reading.count_states(connection, owner, states), owner=owner
        )

    async def retried(self, owner: str, job_ids: Sequence[str]) -> frozenset[str]:
        """Those of some of one person's jobs whose missing pictures another job buys already."""
        return await self._database.read(lambda connection: reading.retried(connection, job_ids), owner=owner)

    async def open_jobs(self) -> Sequence[OpenJob]:
        """All jobs that a worker still has to finish, oldest first."""
        return await self._database.read(reading.open_jobs, owner=EVERYBODY)

    async def take(self, job: OpenJob, worker: str, at: datetime) -> Job | None:
        """Takes a job over from the worker it names; None where somebody was quicker, it has ended, or it waits."""
        return await self._write(lambda connection: endings.take(connection, job, worker, at), owner=EVERYBODY)

    async def release(self, lease: Lease, at: datetime, *, paused: bool = False) -> None:
        """Puts a job back into the queue, for any worker; where that is `paused`, until it goes on."""
        await self._tell(lambda connection: endings.release(connection, lease, at, paused=paused))

    async def add_calls(self, lease: Lease, candidate: int, calls: Sequence[NewCall], news: Sequence[News]) -> None:
        """Writes down the calls of another candidate; ValueError where they need more hold than the job has left."""
        at = self._now()
        await self._tell(lambda connection: purchases.add_calls(connection, lease, candidate, calls, news, at))

    async def mark_submitting(self, lease: Lease, call_id: str, at: datetime, access: Access | None = None) -> None:
        """From here on the call may have been bought. Raises QueuePaused where it is to wait: then it may not."""
        await self._database.write(
            lambda connection: purchases.mark_submitting(connection, lease, call_id, at, access), owner=EVERYBODY
        )

    async def mark_submitted(self, lease: Lease, call_id: str, ticket: Mapping[str, object]) -> None:
        """The service has the call; the ticket finds it."""
        await self._database.write(
            lambda connection: purchases.mark_submitted(connection, lease, call_id, ticket), owner=EVERYBODY
        )

    async def mark_fetched(self, lease: Lease, call_id: str, fetched: Finished) -> None:
        """What came back; ValueError while a picture is not in the object store."""
        answer = rows.answer_text(fetched)
        await self._database.write(
            lambda connection: purchases.mark_fetched(connection, lease, call_id, answer), owner=EVERYBODY
        )

    async def requeue_call(self, lease: Lease, call_id: str) -> None:
        """A call that the service provably did not accept may be sent again."""
        await self._database.write(
            lambda connection: purchases.requeue_call(connection, lease, call_id), owner=EVERYBODY
        )

    async def close_call(
        self, lease: Lease, closing: Closing, news: Sequence[News], *, conclusion: Conclusion | None = None
    ) -> None:
        """Ends a call: keeps its pictures, books its charge, frees its hold; with a conclusion, the job as well."""

        def close(connection: Connection) -> tuple[Job | None, list[Event]]:
            events = purchases.close_call(connection, lease, closing, news)
            if conclusion is None:
                return None, events
            job, last = endings.finish(connection, lease, conclusion.ending, [conclusion.news])
            return job, events + last

        await self._write(close, owner=EVERYBODY)

    async def finish(self, lease: Lease, ending: Ending, news: Sequence[News]) -> None:
        """Ends a job and frees what is left of its hold, except for ambiguous calls."""
        await self._write(lambda connection: endings.finish(connection, lease, ending, news), owner=EVERYBODY)

    async def request_cancel(self, job_id: str, owner: str, at: datetime) -> Job:
        """Notes that a job should stop; one that nobody has begun is cancelled at once."""
        return await self._write(lambda connection: endings.request_cancel(connection, job_id, owner, at), owner=owner)

    async def wished_cancelled(self, worker: str) -> Sequence[str]:
        """The open jobs of a worker that somebody, perhaps in another process, wants stopped."""
        return await self._database.read(
            lambda connection: reading.wished_cancelled(connection, worker), owner=EVERYBODY
        )

    async def queue_wishes(self, worker: str) -> QueueWishes:
        """Whose queues are paused, and what that and their order means for the open jobs of a worker."""
        return await self._database.read(lambda connection: pausing.wishes_for(connection, worker), owner=EVERYBODY)

    async def resolve(self, call_id: str, owner: str, *, charged: bool, at: datetime) -> Job:
        """A person says whether an ambiguous purchase went through; books or frees its hold."""
        return await self._write(
            lambda connection: endings.resolve(connection, call_id, owner, charged=charged, at=at), owner=owner
        )

    async def tell(self, lease: Lease, news: Sequence[News], at: datetime) -> None:
        """Writes down what happened."""
        await self._tell(lambda connection: leases.tell(connection, lease, news, at))

    async def _submit(self, new: NewJob, reserve: submission.Reserve, deliver: Deliver | None) -> tuple[Job, bool]:
        def written(outcome: tuple[tuple[Job, bool], list[Event]]) -> None:
            self._published(outcome)
            job, fresh = outcome[0]
            if deliver is not None and fresh and not job.ended:
                deliver(job)

        found, _ = await self._database.write(
            lambda connection: submission.submit(connection, new, reserve), owner=new.owner, after=written
        )
        return found

    async def _write(self, work: Callable[[Connection], tuple[Result, list[Event]]], *, owner: str) -> Result:
        result, _ = await self._database.write(work, owner=owner, after=self._published)
        return result

    async def _tell(self, work: Callable[[Connection], list[Event]]) -> None:
        await self._write(lambda connection: (None, work(connection)), owner=EVERYBODY)

    def _published(self, outcome: tuple[object, list[Event]]) -> None:
        result, events = outcome
        if events:
            self._publish(events, result if isinstance(result, Job) and result.ended else None)
