"""How a job ends that met an error nobody foresaw: nothing is sent again, nothing that may be bought is forgotten."""

from __future__ import annotations

from dataclasses import dataclass

from limner.domain.errors import Problem, Spent
from limner.domain.events import EventKind, News
from limner.domain.job import CLOSED_CALLS, CallRecord, CallState, Job, JobState
from limner.domain.memory import OutOfMemory
from limner.domain.ports import Catalog, Clock
from limner.domain.records import Closing, Ending, Lease
from limner.domain.stores import Jobs


@dataclass(frozen=True, kw_only=True, slots=True)
class Abandoner:
    """Closes what is open of a job that cannot go on."""

    catalog: Catalog
    jobs: Jobs
    clock: Clock

    async def abandon(self, lease: Lease, error: Exception) -> None:
        """Ends the job: what was never sent as failed, what may have been bought as ambiguous, with its hold."""
        job = await self.jobs.get(lease.job_id)
        lost = False
        for record in job.calls:
            if record.state not in CLOSED_CALLS:
                bought = self._may_be_bought(record)
                lost = lost or bought
                await self.jobs.close_call(lease, self._closing(record, error, bought=bought), [])
        lost = lost or any(record.state is CallState.AMBIGUOUS for record in job.calls)
        state = ended_as(job, lost=lost)
        problem = unforeseen(error, Spent.UNKNOWN if lost else Spent.NO)
        told = {"code": problem.code, "message": problem.message}
        news = News(
            kind=EventKind.FINISHED, data={"state": state.value, "pictures": len(job.pictures), "problem": told}
        )
        await self.jobs.finish(lease, Ending(state=state, at=self.clock.now(), problem=problem), [news])

    def _may_be_bought(self, record: CallRecord) -> bool:
        local = self.catalog.service(record.model.partition("/")[0]).local
        return record.state is not CallState.QUEUED and not local

    def _closing(self, record: CallRecord, error: Exception, *, bought: bool) -> Closing:
        return Closing(
            call_id=record.id,
            state=CallState.AMBIGUOUS if bought else CallState.FAILED,
            at=self.clock.now(),
            keep_hold=bought,
            basis="none",
            problem=unforeseen(error, Spent.UNKNOWN if bought else Spent.NO),
        )


def ended_as(job: Job, *, lost: bool) -> JobState:
    """The state of an abandoned job."""
    if lost:
        return JobState.AMBIGUOUS
    if len(job.pictures) >= job.request.count:
        return JobState.SUCCEEDED
    return JobState.PARTIAL if job.pictures else JobState.FAILED


def unforeseen(error: Exception, spent: Spent) -> Problem:
    """What is said of an error that is Limner's own, or of a machine that is too small."""
    paid = (
        "It may have been charged and was not sent again. Look at the service's own list, then say whether it was."
        if spent is Spent.UNKNOWN
        else "Nothing was charged."
    )
    if isinstance(error, MemoryError):
        return Problem(code=OutOfMemory.code, message=f"{OutOfMemory().message} {paid}", spent=spent)
    message = f"Limner itself failed while carrying this out; the log says where. {paid} Please report it."
    return Problem(code="internal_error", message=message, spent=spent)
