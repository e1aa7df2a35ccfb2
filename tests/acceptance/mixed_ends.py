"""Thousands of jobs that are cancelled, fail, wait and lose their worker between any two steps, in one process.

    python -m tests.acceptance.chaos --seed 7 --ends 10000
    python -m tests.acceptance.chaos --seed 7 --ends 10000 --database postgresql://...

Real rows and real decisions; services follow the dice, and a worker dies by an error that nobody catches, before or
after a commit, before or after a purchase. Another worker takes up what is left. Meanwhile their person pauses the
queue, lets it go on and brings jobs to its front; nothing is marked as being sent between the answer to a pause and the
wish to go on, and nothing is sent that is not marked. At the end nothing was bought twice, no job is left, only what is
ambiguous holds money, and the sums of the books are those of their rows; when everything ambiguous is decided, nothing
is held at all.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import wraps
from pathlib import Path
from random import Random
from typing import cast

from limner.domain.call import Call, Finished, Painted, Pending
from limner.domain.control import Control
from limner.domain.errors import FailureCode, Problem, ProviderError, Spent
from limner.domain.health import BreakerRules
from limner.domain.job import CallState, Job, JobState
from limner.domain.money import Money
from limner.domain.people import LOCAL
from limner.domain.records import Lease, OpenJob
from limner.domain.request import ImageRequest, Size
from limner.domain.stores import Jobs
from limner.domain.vault import Access
from limner.engine.limits import Limits
from limner.engine.runner import Runner
from limner.testing.fakes import FakeProvider
from tests.acceptance.pauses import Pauses
from tests.engine.house import House, facts, house

AT_ONCE = 16
DEATH = 0.03
"""How likely a worker dies at a step; a job has some ten steps."""
WISH = 0.02
"""How likely somebody wants a job cancelled at a step."""
CHANGE = 0.01
"""How likely the queue is paused at a step, or goes on; and how likely a job is brought to its front."""
GOES_ON = 0.1
"""How likely the queue goes on when somebody looks at a job that waits for that."""
PLENTY = 10**9
SOURCES = (
    facts("acme", usd="0.04", count=2, rank=1),
    facts("zen", usd="0.03", count=1, rank=2),
    facts("oak", usd="0.05", count=4, rank=3),
)
STEPS = frozenset(
    {
        "add_calls",
        "mark_submitted",
        "mark_fetched",
        "requeue_call",
        "close_call",
        "finish",
        "release",
        "tell",
    }
)
"""What a worker writes down about a job that it has in hand."""


class Killed(BaseException):
    """A worker dies: no handler of the program runs, as after SIGKILL."""


@dataclass(kw_only=True, slots=True)
class Ends:
    """What came of it."""

    jobs: int = 0
    deaths: int = 0
    wishes: int = 0
    pauses: Pauses = field(default_factory=Pauses)
    fronts: int = 0
    purchases: int = 0
    ambiguous: int = 0
    states: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    """Every way in which a promise was broken; empty when all is well."""

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        return (
            f"{self.jobs} jobs ({states}), {self.deaths} workers died, {self.wishes} wishes to cancel, "
            f"{self.pauses.number} pauses that held up {self.pauses.held_up} calls, "
            f"{self.fronts} jobs brought to the front, {self.purchases} purchases, "
            f"{self.ambiguous} ambiguous calls, {len(self.faults)} broken promises"
        )


class Dicing(FakeProvider):
    """A service that does what the dice say, and counts what it sold by call."""

    def __init__(self, chance: Random, sold: Counter[str], ends: Ends, pauses: Pauses) -> None:
        super().__init__()
        self._chance = chance
        self._sold = sold
        self._ends = ends
        self._pauses = pauses
        self._picture = super().finished(1).pictures[0].content

    async def submit(self, call: Call) -> Finished | Pending:
        self._pauses.send(call.id)
        problem = self._mishap()
        if problem is not None:
            self._sold[call.id] += problem.spent is not Spent.NO
            raise ProviderError(problem)
        self._sold[call.id] += 1
        if self._chance.random() < DEATH:
            self._ends.deaths += 1
            raise Killed
        if self._chance.random() < 0.4:
            return Pending(ticket={"id": call.id, "count": call.count}, poll_after=0.0)
        return self.finished(max(1, call.count - (self._chance.random() < 0.05)))

    async def poll(self, pending: Pending) -> Finished | Pending:
        if self._chance.random() < 0.3:
            return pending
        if self._chance.random() < 0.05:
            raise ProviderError(Problem(code=FailureCode.FAILED, message="It failed.", spent=Spent.NO))
        return self.finished(int(str(pending.ticket["count"])))

    async def cancel(self, pending: Pending) -> bool:
        return self._chance.random() < 0.5

    def finished(self, count: int, *, size: Size | None = None, seed: int | None = None) -> Finished:
        return Finished(pictures=(Painted(content=self._picture),) * count)

    def _mishap(self) -> Problem | None:
        code, spent, again = self._chance.choices(
            (
                (None, Spent.NO, False),
                (FailureCode.OVERLOADED, Spent.NO, False),
                (FailureCode.RATE_LIMITED, Spent.NO, True),
                (FailureCode.REFUSED, Spent.NO, False),
                (FailureCode.BAD_ANSWER, Spent.YES, False),
                (FailureCode.LINE_DROPPED, Spent.UNKNOWN, False),
            ),
            (60, 12, 8, 6, 6, 8),
        )[0]
        return None if code is None else Problem(code=code, message="No.", spent=spent, retryable=again)


class Mortal:
    """The store of jobs in the hands of a worker who may die before or after each commit."""

    def __init__(self, jobs: Jobs, step: Callable[[str], Awaitable[None]], pauses: Pauses) -> None:
        self._jobs = jobs
        self._step = step
        self._pauses = pauses

    async def mark_submitting(self, lease: Lease, call_id: str, at: datetime, access: Access | None = None) -> None:
        """The step before a call is sent, which a pause may keep from being taken."""
        await self._step(lease.job_id)
        await self._pauses.mark(self._jobs.mark_submitting(lease, call_id, at, access), call_id)
        await self._step(lease.job_id)

    def __getattr__(self, name: str) -> object:
        method = getattr(self._jobs, name)
        if name not in STEPS:
            return method

        @wraps(method)
        async def stepped(*values: object, **named: object) -> object:
            await self._step(str(getattr(values[0], "job_id", "")))
            result = await method(*values, **named)
            await self._step(str(getattr(values[0], "job_id", "")))
            return result

        return stepped


def in_mortal_hands(runner: Runner, jobs: Jobs) -> Runner:
    """The same runner, writing through another store."""
    finisher = replace(runner.attempt.finisher, jobs=jobs)
    return replace(
        runner,
        jobs=jobs,
        attempt=replace(runner.attempt, jobs=jobs, finisher=finisher),
        abandoner=replace(runner.abandoner, jobs=jobs),
    )


@dataclass(kw_only=True, slots=True)
class Mill:
    """Carries jobs to their ends."""

    here: House
    chance: Random
    ends: Ends
    controls: dict[str, tuple[str, Control]] = field(default_factory=dict)
    """By job: the worker who has it in hand, and what that hears."""

    def life(self) -> Callable[[str], Awaitable[None]]:
        """The steps of one worker: once it has died, none of the calls that it carries goes any further."""
        dead = False

        async def step(job_id: str) -> None:
            nonlocal dead
            try:
                if dead:
                    raise Killed
                await self._step(job_id)
            except Killed:
                dead = True
                raise

        return step

    async def _step(self, job_id: str) -> None:
        """A moment at which a worker may die, or somebody may want something of the job or of the queue."""
        if self.chance.random() < WISH and job_id in self.controls:
            self.ends.wishes += 1
            await self.here.jobs.request_cancel(job_id, LOCAL.id, self.here.clock.now())
            self.controls[job_id][1].cancel()
        if self.chance.random() < CHANGE:
            await self.ends.pauses.change(self.here.queue)
            await self._hear()
        if self.chance.random() < CHANGE:
            await self._to_front()
        if self.chance.random() < DEATH:
            self.ends.deaths += 1
            raise Killed

    async def _hear(self) -> None:
        """Some of the workers look what is wished of the queue; the others find out when they want to send."""
        for job_id, (worker, control) in list(self.controls.items()):
            if self.chance.random() < 0.3:
                control.hold_back(job_id in (await self.here.jobs.queue_wishes(worker)).jobs)

    async def _to_front(self) -> None:
        """Somebody brings a job to the front of all that were."""
        if not self.controls:
            return
        job = await self.here.queue.to_front(self.chance.choice(list(self.controls)), LOCAL)
        self.ends.fronts += 1
        if not job.ended and not job.front:
            self.ends.faults.append(f"the job {job.id} was brought to the front and is not there")

    async def one(self, number: int) -> None:
        """One job, from its submission to its end, in the hands of as many workers as it takes."""
        request = ImageRequest(prompt=f"a fox, number {number}", tier="high", count=self.chance.randint(1, 4))
        job = await self.here.engine.submit(request, LOCAL)
        if self.chance.random() < 0.05:
            self.ends.wishes += 1
            job = await self.here.engine.cancel(job.id, LOCAL)
        lives = 0
        while not job.ended:
            lives += 1
            self.controls[job.id] = worker, control = f"worker {number} {lives}", Control()
            taken = await self._taken(job, worker)
            if taken is not None:
                mortal = cast(Jobs, Mortal(self.here.jobs, self.life(), self.ends.pauses))
                with suppress(Killed):
                    await in_mortal_hands(self.here.runner, mortal).run(taken, control)
            job = await self.here.jobs.get(job.id)
        self.controls.pop(job.id, None)

    async def _taken(self, job: Job, worker: str) -> Job | None:
        """The job in the hands of another worker; None where it waits for its queue."""
        pauses = self.ends.pauses
        wishes, may_be = pauses.wishes, pauses.may_be
        taken = await self.here.jobs.take(OpenJob(job.id, job.worker), worker, self.here.clock.now())
        if taken is None and not may_be and wishes == pauses.wishes:
            raise RuntimeError(f"nobody has the job {job.id}, no queue is paused, and it cannot be taken")
        if taken is None and self.chance.random() < WISH:
            self.ends.wishes += 1
            await self.here.engine.cancel(job.id, LOCAL)
        if taken is None and self.chance.random() < GOES_ON:
            await pauses.go_on(self.here.queue)
        return taken


async def mixed_ends(folder: Path, *, seed: int, total: int, database: str | None = None) -> Ends:
    """So many jobs, several at once; then the books are looked at."""
    chance, sold, pauses = Random(seed), Counter[str](), Pauses()
    ends = Ends(pauses=pauses)
    providers = {source.label.removesuffix(".toml"): Dicing(chance, sold, ends, pauses) for source in SOURCES}
    limits = Limits(daily_cost=Money.usd(PLENTY), images_per_day=PLENTY)
    rules = BreakerRules(failures=PLENTY)
    async with house(folder, providers, *SOURCES, limits=limits, rules=rules, work=False, url=database) as here:
        mill, numbers = Mill(here=here, chance=chance, ends=ends), iter(range(total))

        async def work() -> None:
            for number in numbers:
                await mill.one(number)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        ends.purchases = sold.total()
        ends.faults += pauses.faults
        ends.faults += (f"the call {call} was bought {times} times" for call, times in sold.items() if times > 1)
        await look(here, ends)
    return ends


async def look(here: House, ends: Ends) -> None:
    """What is left, held and booked, before and after everything ambiguous is decided."""
    jobs = [job async for job in all_jobs(here)]
    ends.jobs, ends.states = len(jobs), Counter(job.state.value for job in jobs)
    ends.faults += (f"the job {job.id} is {job.state}" for job in jobs if not job.ended)
    ends.faults += (f"the job {waiting.id} is still to be carried out" for waiting in await here.jobs.open_jobs())
    ends.faults += holds_of(jobs)
    ends.faults += await here.ledger.check()
    for job in jobs:
        for call in job.calls:
            if call.state is CallState.AMBIGUOUS:
                ends.ambiguous += 1
                await here.engine.resolve(call.id, LOCAL, charged=bool(ends.ambiguous % 2))
    ends.faults += [f"the job {job.id} still holds {job.held}" async for job in all_jobs(here) if job.held]
    standings = await here.budgeting.visible(LOCAL)
    ends.faults += (f"the budget of {one.name} still holds {one.use.held}" for one in standings if one.use.held)
    ends.faults += await here.ledger.check()


def holds_of(jobs: list[Job]) -> Iterator[str]:
    """Every job whose hold is not that of its ambiguous calls."""
    for job in jobs:
        ambiguous = sum(call.hold.micro for call in job.calls if call.state is CallState.AMBIGUOUS)
        if job.held.micro != ambiguous:
            yield f"the job {job.id} is {job.state} and holds {job.held}"
        if (job.state is JobState.AMBIGUOUS) is not bool(ambiguous):
            yield f"the job {job.id} is {job.state} and {ambiguous} of it is ambiguous"


async def all_jobs(here: House) -> AsyncIterator[Job]:
    """Every job with its calls."""
    cursor: str | None = None
    while True:
        page = await here.jobs.page(LOCAL.id, limit=200, cursor=cursor, states=frozenset())
        for job in page.items:
            yield await here.jobs.get(job.id)
        cursor = page.next
        if cursor is None:
            return
