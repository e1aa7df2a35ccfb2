"""Carries one job through its candidates to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from limner.domain.control import Control
from limner.domain.errors import FailureCode, Interrupted, PictureWithheld, Spent, StorageError
from limner.domain.events import EventKind, News
from limner.domain.job import CLOSED_CALLS, CallRecord, CallState, Job, JobState
from limner.domain.money import Money
from limner.domain.plan import Fallback
from limner.domain.ports import Blobs, Clock, Ids, Imaging
from limner.domain.queue import QueuePaused
from limner.domain.records import Conclusion, Ending, Lease, LeaseLost, NewCall
from limner.domain.stores import Jobs
from limner.engine.abandoning import Abandoner
from limner.engine.attempt import Attempt
from limner.engine.breaker import OF_THE_SERVICE
from limner.engine.fallbacks import fallback_news, log_fallback
from limner.engine.finishing import Carried, Conclude
from limner.engine.progress import Progress
from limner.engine.work import Work

log = logging.getLogger("limner.engine")

FINAL_FAILURES = frozenset({FailureCode.REFUSED, FailureCode.BAD_PARAMETER, FailureCode.CANCELLED})
"""Ends that another service would not mend: refusals are not shopped around."""
REFUSALS = frozenset({FailureCode.REFUSED, PictureWithheld.code})
"""What was not painted for its content, and what was painted and is not handed out for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Runner:
    """Runs jobs that this worker has taken."""

    attempt: Attempt
    abandoner: Abandoner
    jobs: Jobs
    blobs: Blobs
    imaging: Imaging
    clock: Clock
    ids: Ids

    async def run(self, job: Job, control: Control) -> None:
        """Brings a job to its end, or puts it back into the queue: when the process must stop, or what was not sent yet
        is to wait.
        """
        lease = Lease(job.id, job.attempt)
        if job.cancel_requested:
            control.cancel()
        try:
            await self._through_candidates(job, lease, control)
        except LeaseLost:
            return
        except Interrupted:
            await self.jobs.release(lease, self.clock.now())
        except QueuePaused:
            control.hold_back(True)
            await self.jobs.release(lease, self.clock.now(), paused=True)
        except StorageError:
            raise  # the job is on disk as it is; whoever delivers it tries again when there is room once more
        except Exception as error:
            log.exception("job %s met an error that nobody foresaw", job.id)
            with suppress(LeaseLost):
                await self.abandoner.abandon(lease, error)

    async def _through_candidates(self, job: Job, lease: Lease, control: Control) -> None:
        progress = Progress(
            job=job, lease=lease, jobs=self.jobs, blobs=self.blobs, imaging=self.imaging, clock=self.clock
        )
        ended = [already(record, job) for record in job.calls if record.state in CLOSED_CALLS]
        waiting = [record for record in job.calls if record.state not in CLOSED_CALLS]
        while True:
            conclude = self._last_word(job, ended, control) if len(waiting) == 1 else nothing_yet
            works = [
                Work(job=job, lease=lease, record=record, control=control, progress=progress, conclude=conclude)
                for record in waiting
            ]
            carried_now = await self._carry_all(works)
            ended += carried_now
            if any(carried.concluded for carried in ended):
                return
            missing, candidate = still_missing(job, ended, control), next_candidate(job, ended)
            if not missing or candidate is None:
                break
            closed = [
                replace(record, state=carried.state, problem=carried.problem)
                for record, carried in zip(waiting, carried_now, strict=True)
            ]
            known = {record.id for record in closed}
            job = replace(job, calls=(*(call for call in job.calls if call.id not in known), *closed))
            waiting = await self._fall_back(job, lease, missing, candidate)
            job = replace(job, candidate=candidate, calls=(*job.calls, *waiting))
        conclusion = self._conclusion(job, ended, control)
        await self.jobs.finish(lease, conclusion.ending, [conclusion.news])

    def _last_word(self, job: Job, ended: Sequence[Carried], control: Control) -> Conclude:
        """How the job ends with its last call, unless another candidate is to be tried for what is missing."""

        def conclude(carried: Carried) -> Conclusion | None:
            all_ended = [*ended, carried]
            return None if still_missing(job, all_ended, control) else self._conclusion(job, all_ended, control)

        return conclude

    async def _carry_all(self, works: Sequence[Work]) -> list[Carried]:
        """All calls of a candidate at once; one that fails takes none of the others with it."""
        if len(works) == 1:
            return [await self.attempt.carry(works[0])]
        results = await asyncio.gather(*(self.attempt.carry(work) for work in works), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [result for result in results if isinstance(result, Carried)]

    async def _fall_back(self, job: Job, lease: Lease, missing: int, candidate: int) -> list[CallRecord]:
        """Another candidate's calls for the pictures that are missing, under the hold that the job already has."""
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
        reason = next((call.problem for call in reversed(job.calls) if call.problem), None)
        fallback = Fallback(original=job.model, why=reason.message if reason else "")
        news = fallback_news(fallback, chosen.model, sum(record.call.count for record in records))
        log_fallback(job.id, fallback, chosen.model)
        calls = [NewCall(call=record.call, number=record.number, hold=record.hold) for record in records]
        await self.jobs.add_calls(lease, candidate, calls, [news])
        return records

    def _conclusion(self, job: Job, ended: Sequence[Carried], control: Control) -> Conclusion:
        problem = next((carried.problem for carried in reversed(ended) if carried.problem), None)
        delivered = sum(carried.delivered for carried in ended)
        state = ending_state(job, ended, control)
        ending = Ending(state=state, at=self.clock.now(), problem=None if state is JobState.SUCCEEDED else problem)
        return Conclusion(ending=ending, news=finished_news(ending, delivered))


def nothing_yet(_: Carried) -> None:
    """Other calls of the job are still to come."""


def ending_state(job: Job, ended: Sequence[Carried], control: Control) -> JobState:
    """What a job has become once nothing more is tried. What is withheld was delivered, but is nothing to show."""
    delivered = sum(carried.delivered - carried.withheld for carried in ended)
    if any(carried.state is CallState.AMBIGUOUS for carried in ended):
        return JobState.AMBIGUOUS
    if delivered >= job.request.count:
        return JobState.SUCCEEDED
    if control.cancelled:
        return JobState.CANCELLED
    if delivered:
        return JobState.PARTIAL
    refused = any(carried.problem and carried.problem.code in REFUSALS for carried in ended)
    return JobState.REFUSED if refused else JobState.FAILED


def still_missing(job: Job, ended: Sequence[Carried], control: Control) -> int:
    """How many pictures the next candidate should be asked for; 0 where none may be."""
    missing = job.request.count - sum(carried.delivered for carried in ended)
    another = next_candidate(job, ended) is not None
    return missing if missing > 0 and another and not control.cancelled and may_fall_back(ended) else 0


def next_candidate(job: Job, ended: Sequence[Carried]) -> int | None:
    """The place in the plan of the model that is tried next; None where there is none.

    What every model of a service would meet, such as a key that is not taken, is not met there again.
    """
    barred = {
        carried.problem.provider or job.model.partition("/")[0]
        for carried in ended
        if carried.problem and carried.problem.code in OF_THE_SERVICE
    }
    later = range(job.candidate + 1, len(job.plan.candidates))
    return next((place for place in later if job.plan.candidates[place].model.partition("/")[0] not in barred), None)


def already(record: CallRecord, job: Job) -> Carried:
    """How a call ended that was closed before this worker took the job."""
    delivered = sum(picture.call_id == record.id for picture in job.pictures)
    hidden = sum(picture.call_id == record.id and picture.withheld is not None for picture in job.pictures)
    return Carried(state=record.state, delivered=delivered, withheld=hidden, problem=record.problem)


def may_fall_back(ended: Sequence[Carried]) -> bool:
    """Whether another model may be tried: only where what failed provably cost nothing and could go better there."""
    problems = [carried.problem for carried in ended if carried.problem]
    return bool(problems) and all(
        problem.spent is Spent.NO and problem.code not in FINAL_FAILURES for problem in problems
    )


def finished_news(ending: Ending, delivered: int) -> News:
    """The last event of a job."""
    problem = ending.problem
    return News(
        kind=EventKind.FINISHED,
        data={
            "state": ending.state.value,
            "pictures": delivered,
            "problem": None if problem is None else {"code": problem.code, "message": problem.message},
        },
    )
