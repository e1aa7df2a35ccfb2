"""Runs jobs in this process: so many at once, with a clean end, and what dead processes left behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from limner.domain.control import Control
from limner.domain.errors import StorageError
from limner.domain.job import Job, JobState
from limner.domain.places import Places
from limner.domain.ports import Clock
from limner.domain.records import OpenJob
from limner.domain.stores import Jobs
from limner.domain.telling import WorkerLocks
from limner.domain.turns import Rank, Seat

LOOK_ROUND = 5.0
"""Seconds between two looks for jobs whose process has died."""
HEAR_WISHES = 1.0
"""Seconds between two looks for jobs that another process wants stopped or held back, and for queues that go on."""
TRY_AGAIN = 5.0
"""Seconds after which a job is tried again that the disk or the database would not let run."""
AFTER_A_MISTAKE = 60.0
"""Seconds after which a job is tried again that met an error nobody foresaw, even in being ended."""

Run = Callable[[Job, Control], Awaitable[None]]

log = logging.getLogger("limner.dispatch")


class Dispatcher:
    """Takes jobs for one worker and runs them, at most `concurrency` at once."""

    def __init__(self, *, worker: str, jobs: Jobs, locks: WorkerLocks, clock: Clock, concurrency: int) -> None:
        self._worker = worker
        self._jobs = jobs
        self._locks = locks
        self._clock = clock
        self._places = Places(concurrency)
        self._running: dict[str, Control] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._rounds: list[asyncio.Task[None]] = []
        self._run: Run | None = None
        self._stopping = False
        self._waiting_for: frozenset[str] = frozenset()
        """People whose jobs wait until their queues go on."""
        self._to_look = False
        """Whether jobs may be there to be taken that nobody tells of again."""

    @property
    def worker(self) -> str:
        """The name under which this process takes jobs."""
        return self._worker

    async def start(self, run: Run, *, watch: bool) -> None:
        """Begins to run jobs with `run`, first those that dead processes left; `watch` keeps looking for such jobs."""
        self._run = run
        await self._locks.acquire(self._worker)
        await self._take_up()
        self._rounds.append(asyncio.create_task(self._hear_wishes(), name="limner wishes"))
        if watch:
            self._rounds.append(asyncio.create_task(self._keep_watch(), name="limner look round"))

    async def stop(self, grace: float) -> None:
        """Takes nothing more, lets running jobs reach a safe point within `grace` seconds, then lets go."""
        self._stopping = True
        for rounds in self._rounds:
            rounds.cancel()
        for control in self._running.values():
            control.stop()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._locks.release()

    def has_room(self) -> bool:
        """Whether a job would begin at once."""
        return self._run is not None and not self._stopping and not self._places.full

    def deliver(self, job: Job) -> None:
        """Says that a job of this worker is waiting, or, where it was written down as running, carries it out."""
        self._spawn(
            OpenJob(job.id, self._worker, owner=job.owner, front=job.front),
            begun=job if job.state is JobState.RUNNING else None,
        )

    def cancel(self, job_id: str) -> None:
        """Says that a running job should stop, if it runs here; one that waits may be there to be stopped."""
        control = self._running.get(job_id)
        if control is None:
            self._to_look = True
        else:
            control.cancel()

    def _spawn(self, waiting: OpenJob, *, begun: Job | None = None, delay: float = 0.0) -> None:
        if self._stopping or self._run is None or waiting.id in self._running:
            return
        self._running[waiting.id] = Control(Rank(waiting.owner, waiting.id, waiting.front))
        task = asyncio.create_task(self._carry(waiting, begun, delay), name=f"limner job {waiting.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, waiting: OpenJob, begun: Job | None, delay: float) -> None:
        control, again = self._running[waiting.id], 0.0
        try:
            if delay:
                await control.pause(delay, self._clock)
            with Seat(self._places, control.rank) as seat:
                await seat.take()
                if not self._stopping:
                    await self._take(waiting, begun, control)
        except StorageError as error:
            # The job is on disk as it is; nothing is lost by trying again when the disk may have room once more.
            log.warning("job %s could not be written down: %s", waiting.id, error.message)
            again = TRY_AGAIN
        except Exception:
            # A job is never left running with nobody at work on it, whatever a mistake of ours may do to its end.
            log.exception("job %s broke off; it is taken up again", waiting.id)
            again = AFTER_A_MISTAKE
        finally:
            del self._running[waiting.id]
            self._to_look = self._to_look or control.was_held_back
        if again:
            self._spawn(replace(waiting, worker=self._worker), delay=again)

    async def _take(self, waiting: OpenJob, begun: Job | None, control: Control) -> None:
        job = begun or await self._jobs.take(waiting, self._worker, self._clock.now())
        if job is None:  # it may wait for a queue that goes on before anybody has looked
            self._to_look = True
        elif self._run is not None:
            await self._run(job, control)

    async def _keep_watch(self) -> None:
        while True:
            await self._clock.sleep(LOOK_ROUND)
            try:
                await self._take_up()
            except StorageError as error:
                log.warning("could not look for unfinished jobs: %s", error.message)

    async def _hear_wishes(self) -> None:
        """Another process on the same installation may ask for a job of this one to be stopped, or pause a queue."""
        while True:
            await self._clock.sleep(HEAR_WISHES)
            if not (self._running or self._waiting_for or self._to_look):
                continue
            try:
                for job_id in await self._jobs.wished_cancelled(self._worker):
                    self.cancel(job_id)
                await self._hear_wishes_of_queues()
            except StorageError as error:
                self._to_look = True
                log.warning("could not look for what people wish: %s", error.message)

    async def _hear_wishes_of_queues(self) -> None:
        """Holds back what is to wait, brings forward what is to come first, and looks round where a queue goes on."""
        wishes = await self._jobs.queue_wishes(self._worker)
        for job_id, control in self._running.items():
            control.hold_back(job_id in wishes.jobs)
            control.rank.front = wishes.fronts.get(job_id, 0)
        if self._to_look or self._waiting_for - wishes.people:
            await self._take_up()

    async def _take_up(self) -> None:
        """Takes every open job that nobody has in hand, or whose process is provably gone.

        Of its own it takes what it was never told of: one whose commit broke off, and came to pass all the same.
        """
        self._to_look, gone = False, dict[str, bool]()
        found = await self._jobs.open_jobs()
        self._waiting_for = frozenset(waiting.owner for waiting in found if waiting.waits)
        for waiting in found:
            if waiting.id in self._running or waiting.waits:
                continue
            if waiting.worker not in (None, self._worker):
                if waiting.worker not in gone:
                    gone[waiting.worker] = await self._locks.is_free(waiting.worker)
                if not gone[waiting.worker]:
                    continue
                log.info("taking up job %s of worker %s, which is gone", waiting.id, waiting.worker)
            self._spawn(waiting)
