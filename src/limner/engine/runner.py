"""Carries one job through its candidates to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from limner.domain.control import Control
from limner.domain.errors import FailureCode, Interrupted, Spent
from limner.domain.events import EventKind, News
from limner.domain.job import CLOSED_CALLS, CallRecord, CallState, Job, JobState
from limner.domain.money import Money
from limner.domain.ports import Blobs, Clock, Ids, Imaging
from limner.domain.records import Ending, Lease, LeaseLost, NewCall
from limner.domain.stores import Jobs
from limner.engine.attempt import Attempt, Work
from limner.engine.finishing import Carried
from limner.engine.progress import Progress

FINAL_FAILURES = frozenset({FailureCode.REFUSED, FailureCode.BAD_PARAMETER, FailureCode.CANCELLED})
"""Ends that another service would not mend: refusals are not shopped around."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Runner:
    """Runs jobs that this worker has taken."""

    attempt: Attempt
    jobs: Jobs
    blobs: Blobs
    imaging: Imaging
    clock: Clock
    ids: Ids

    async def run(self, job: Job, control: Control) -> None:
        """Brings a job to its end, or puts it back into the queue when the process must stop."""
        lease = Lease(job.id, job.attempt)
        if job.cancel_requested:
            control.cancel()
        try:
            await self._through_candidates(job, lease, control)
        except LeaseLost:
            return
        except Interrupted:
            await self.jobs.release(lease, self.clock.now())

    async def _through_candidates(self, job: Job, lease: Lease, control: Control) -> None:
        progress = Progress(
            job=job, lease=lease, jobs=self.jobs, blobs=self.blobs, imaging=self.imaging, clock=self.clock
        )
        ended = [already(record, job) for record in job.calls if record.state in CLOSED_CALLS]
        waiting = [record for record in job.calls if record.state not in CLOSED_CALLS]
        while True:
            ended += await self._carry_all(job, lease, waiting, control, progress)
            missing = job.request.count - sum(carried.delivered for carried in ended)
            following = job.candidate + 1
            if missing <= 0 or control.cancelled or not may_fall_back(ended) or following >= len(job.plan.candidates):
                break
            waiting = await self._fall_back(job, lease, following, missing, ended)
            job = replace(job, candidate=following, calls=(*job.calls, *waiting))
        ending = self._ending(job, ended, control)
        await self.jobs.finish(lease, ending, [finished_news(ending, ended)])

    async def _carry_all(
        self, job: Job, lease: Lease, records: Sequence[CallRecord], control: Control, progress: Progress
    ) -> list[Carried]:
        """All calls of a candidate at once; one that fails takes none of the others with it."""
        works = [Work(job=job, lease=lease, record=record, control=control, progress=progress) for record in records]
        results = await asyncio.gather(*(self.attempt.carry(work) for work in works), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [result for result in results if isinstance(result, Carried)]

    async def _fall_back(
        self, job: Job, lease: Lease, candidate: int, missing: int, ended: Sequence[Carried]
    ) -> list[CallRecord]:
        """The next candidate's calls for the pictures that are missing, under the hold that the job already has."""
        unit = job.plan.unit_ceiling(job.request.count) or Money()
        chosen = job.plan.candidates[candidate]
        records: list[CallRecord] = []
        for call in chosen.calls:
            count = min(call.count, missing)
            if count <= 0:
                break
            missing -= count
            records.append(
                CallRecord(
                    id=self.ids.new(),
                    job_id=job.id,
                    candidate=candidate,
                    number=len(job.calls) + len(records),
                    model=chosen.model,
                    state=CallState.QUEUED,
                    call=replace(call, count=count),
                    hold=unit * count,
                )
            )
        records = [replace(record, call=replace(record.call, id=record.id)) for record in records]
        reason = next((carried.problem for carried in reversed(ended) if carried.problem), None)
        news = News(
            kind=EventKind.FALLBACK,
            data={
                "from": job.model,
                "to": chosen.model,
                "reason": reason.message if reason else "",
                "pictures": sum(record.call.count for record in records),
            },
        )
        calls = [NewCall(call=record.call, number=record.number, hold=record.hold) for record in records]
        await self.jobs.add_calls(lease, candidate, calls, [news])
        return records

    def _ending(self, job: Job, ended: Sequence[Carried], control: Control) -> Ending:
        delivered = sum(carried.delivered for carried in ended)
        problem = next((carried.problem for carried in reversed(ended) if carried.problem), None)
        at = self.clock.now()
        if any(carried.state is CallState.AMBIGUOUS for carried in ended):
            return Ending(state=JobState.AMBIGUOUS, at=at, problem=problem)
        if delivered >= job.request.count:
            return Ending(state=JobState.SUCCEEDED, at=at)
        if control.cancelled:
            return Ending(state=JobState.CANCELLED, at=at, problem=problem)
        if delivered:
            return Ending(state=JobState.PARTIAL, at=at, problem=problem)
        refused = problem is not None and problem.code == FailureCode.REFUSED
        return Ending(state=JobState.REFUSED if refused else JobState.FAILED, at=at, problem=problem)


def already(record: CallRecord, job: Job) -> Carried:
    """How a call ended that was closed before this worker took the job."""
    delivered = sum(picture.call_id == record.id for picture in job.pictures)
    return Carried(state=record.state, delivered=delivered, problem=record.problem)


def may_fall_back(ended: Sequence[Carried]) -> bool:
    """Whether another model may be tried: only where what failed provably cost nothing and could go better there."""
    problems = [carried.problem for carried in ended if carried.problem]
    return bool(problems) and all(
        problem.spent is Spent.NO and problem.code not in FINAL_FAILURES for problem in problems
    )


def finished_news(ending: Ending, ended: Sequence[Carried]) -> News:
    """The last event of a job."""
    problem = ending.problem
    return News(
        kind=EventKind.FINISHED,
        data={
            "state": ending.state.value,
            "pictures": sum(carried.delivered for carried in ended),
            "problem": None if problem is None else {"code": problem.code, "message": problem.message},
        },
    )
