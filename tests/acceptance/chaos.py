"""Kills workers at random points of their jobs and counts what was bought, kept and booked.

    python -m tests.acceptance.chaos --seed 7 --kills 200
    python -m tests.acceptance.chaos --seed 7 --kills 200 --database postgresql://...
    python -m tests.acceptance.chaos --seed 7 --ends 10000
    python -m tests.acceptance.chaos --seed 7 --ends 10000 --database postgresql://...

Workers submit jobs at a service that answers at once and at one that gives tickets, cancel some, pause their queue, let
it go on, bring jobs to its front and are killed; the services drop lines, refuse, answer 503 and 429. Up to two workers
live at once on one installation; whoever lives takes up what the dead have left. When all are dead the queue is paused:
a worker that looks round then buys nothing. A last one lets it go on and brings every job to its end. Then:

- no request was bought twice,
- every job that was acknowledged is there, and every picture that was bought and not cancelled is kept, byte for byte,
- what may have been bought and was not seen is shown as ambiguous, and holds its money until somebody decides,
- when that is decided nothing is queued and no hold is left, and the sums of the books are those of their rows.

The same seed gives the same orders, faults and pauses; when a process dies within its work depends on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import logging
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from limner.domain.errors import Spent
from limner.domain.job import CallState, Job, JobState
from limner.domain.people import LOCAL
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings
from limner.testing.faults import At, Drop, Fault
from limner.testing.openai_stand_in import OpenAIStandIn, Order
from limner.testing.replicate_stand_in import Prediction, ReplicateStandIn
from tests.acceptance.mixed_ends import Ends, mixed_ends

WORKER = Path(__file__).with_name("chaos_worker.py")
LATEST = 0.8
"""Seconds within which a worker dies."""
AT_WORK = 0.8
"""The share of workers that are let open the installation before their time begins to run."""
STILL = 1.5
"""Seconds for which a worker looks round while the queue is paused; what the dead had sent has arrived by then, too."""
PATIENCE = 120.0
"""Seconds for the last worker to bring everything to its end."""
SEEN = {JobState.SUCCEEDED, JobState.PARTIAL, JobState.AMBIGUOUS, JobState.CANCELLED}
"""What a job may have come to that bought something."""


@dataclass(kw_only=True, slots=True)
class Toll:
    """What came of it."""

    kills: int = 0
    jobs: int = 0
    purchases: int = 0
    waited: int = 0
    """Jobs that waited when all workers were dead and the queue was paused."""
    pictures: int = 0
    ambiguous: int = 0
    states: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    """Every way in which a promise was broken; empty when all is well."""

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        return (
            f"{self.kills} kills, {self.jobs} jobs ({states}), {self.waited} of which a last pause held back, "
            f"{self.purchases} purchases, {self.pictures} pictures, {self.ambiguous} ambiguous calls, "
            f"{len(self.faults)} broken promises"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Shops:
    """The two services."""

    openai: OpenAIStandIn
    replicate: ReplicateStandIn

    def environment(self, database: str | None) -> dict[str, str]:
        """Where workers find them."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIMNER_", "OPENAI_"))}
        more = {
            "OPENAI_API_KEY": "sk-test-chaos",
            "OPENAI_BASE_URL": self.openai.base_url,
            "OPENAI_REQUESTS_PER_SECOND": "0",
            "REPLICATE_API_TOKEN": "r8-test-chaos",
            "REPLICATE_BASE_URL": self.replicate.base_url,
            "REPLICATE_REQUESTS_PER_SECOND": "0",
            "LIMNER_DAILY_COST_LIMIT_USD": "100000",
        }
        return kept | more | ({"LIMNER_DATABASE_URL": database} if database else {})

    def sold(self) -> Counter[str]:
        """How often each prompt was bought."""
        return Counter(word_of(order) for shop in (self.openai, self.replicate) for order in shop.sold)

    def trouble(self, random: Random) -> None:
        """A few more requests that will go wrong."""
        for shop in (self.openai, self.replicate):
            shop.latency = random.random() * 0.1
            if random.random() < 0.5:
                shop.faults.add(random.choice(TROUBLES))


TROUBLES = (
    Fault(drop=Drop.BEFORE_READING),
    Fault(drop=Drop.AFTER_READING),
    Fault(drop=Drop.IN_ANSWER),
    Fault(status=503, body={"error": {"message": "overloaded"}}),
    Fault(status=429, body={"error": {"message": "slow down"}}, headers={"Retry-After": "0.05"}),
    Fault(status=400, body={"error": {"message": "no"}}),
    Fault(delay=0.3),
    Fault(at=At.POLL, status=503),
    Fault(at=At.POLL, drop=Drop.AFTER_READING),
    Fault(at=At.DOWNLOAD, status=503),
    Fault(at=At.CANCEL, drop=Drop.AFTER_READING),
)


def word_of(order: object) -> str:
    """The first word of what was ordered, which no other job has."""
    prompt = order.given["prompt"] if isinstance(order, Prediction) else None
    prompt = order.body["prompt"] if isinstance(order, Order) else prompt
    return str(prompt).split()[0]


async def chaos(data_dir: Path, *, seed: int, kills: int, database: str | None = None) -> Toll:
    """All of it, in one folder."""
    async with AsyncExitStack() as stack:
        shops = Shops(
            openai=await stack.enter_async_context(OpenAIStandIn()),
            replicate=await stack.enter_async_context(ReplicateStandIn()),
        )
        toll = Toll()
        await slaughter(data_dir, shops, toll, seed=seed, kills=kills, database=database)
        await count(data_dir, shops, toll, Random(seed), database)
        return toll


async def slaughter(data_dir: Path, shops: Shops, toll: Toll, *, seed: int, kills: int, database: str | None) -> None:
    """Starts workers and kills them; the last one is let live until everything has ended."""
    random = Random(seed)
    maker = await asyncio.create_subprocess_exec(
        sys.executable,
        str(WORKER),
        str(data_dir),
        env=shops.environment(database),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    living: list[int] = []
    try:
        for number in range(kills):
            shops.trouble(random)
            living.append(await made(maker, f"start {seed * 1000 + number}"))
            if random.random() < AT_WORK:
                await heard(maker, f"open {living[-1]}")
            await asyncio.sleep(random.random() * LATEST)
            if len(living) > random.randint(0, 1):
                os.kill(living.pop(0), signal.SIGKILL)
                toll.kills += 1
        while living:
            os.kill(living.pop(), signal.SIGKILL)
            toll.kills += 1
        await keep_still(data_dir, shops, toll, maker, database)
        living.append(await made(maker, "end 0"))
        async with asyncio.timeout(PATIENCE):
            await gone(living.pop())
    finally:
        for process in living:
            os.kill(process, signal.SIGKILL)
        maker.kill()
        await maker.wait()


async def keep_still(
    data_dir: Path, shops: Shops, toll: Toll, maker: asyncio.subprocess.Process, database: str | None
) -> None:
    """Pauses the queue that dead workers left, and lets another look round: it may buy nothing of what waits there."""
    settings = read_settings(shops.environment(database), data_dir, data_dir=data_dir)
    async with open_runtime(settings, work=False) as runtime:
        await runtime.queue.pause(LOCAL)
        await asyncio.sleep(STILL)
        before = shops.sold()
        process = await made(maker, "look 0")
        try:
            await heard(maker, f"open {process}")
            await asyncio.sleep(STILL)
        finally:
            os.kill(process, signal.SIGKILL)
        toll.faults += (f"{word} was bought while the queue was paused" for word in shops.sold() - before)
        toll.waited = (await runtime.queue.standing(LOCAL)).queued


async def made(maker: asyncio.subprocess.Process, order: str) -> int:
    """A new worker."""
    if maker.stdin is None:
        raise RuntimeError("the maker of workers has no pipe")
    maker.stdin.write(f"{order}\n".encode())
    await maker.stdin.drain()
    return int((await heard(maker, "made ")).removeprefix("made "))


async def heard(maker: asyncio.subprocess.Process, beginning: str) -> str:
    """The next line that begins so; what others say meanwhile is let pass."""
    if maker.stdout is None:
        raise RuntimeError("the maker of workers has no pipe")
    async with asyncio.timeout(PATIENCE):
        while line := (await maker.stdout.readline()).decode().rstrip("\n"):
            if line.startswith(beginning):
                return line
    raise RuntimeError(f"the maker of workers has ended before it said '{beginning}'")


async def gone(process: int) -> None:
    """Waits until a process of somebody else's has left; nobody tells us."""
    for pause in (0.02,) * int(PATIENCE / 0.02):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        await asyncio.sleep(pause)
    raise TimeoutError(f"process {process} is still at work")


async def count(data_dir: Path, shops: Shops, toll: Toll, random: Random, database: str | None) -> None:
    """What was bought, kept and booked, against what was promised."""
    settings = read_settings(shops.environment(database), data_dir, data_dir=data_dir)
    async with open_runtime(settings, work=False) as runtime:
        jobs = {word_of_job(job): job for job in await all_jobs(runtime)}
        sold = shops.sold()
        toll.jobs, toll.purchases = len(jobs), sum(sold.values())
        toll.states = Counter(job.state.value for job in jobs.values())
        toll.faults += unacknowledged(data_dir, jobs)
        toll.faults += (f"{word} was bought {times} times" for word, times in sold.items() if times > 1)
        toll.faults += unseen(jobs, sold)
        for job in jobs.values():
            await check_pictures(runtime, job, toll)
        toll.faults += await runtime.ledger.check()
        await decide(runtime, jobs, random)
        toll.faults += await runtime.ledger.check()
        standing = await runtime.queue.standing(LOCAL)
        if standing.queued or standing.running or standing.paused:
            toll.faults.append(f"the queue is not empty, or does not go on: {standing}")
        for job in await all_jobs(runtime):
            if job.held.micro:
                toll.faults.append(f"{word_of_job(job)} still holds {job.held}")


def word_of_job(job: Job) -> str:
    return job.request.prompt.split()[0]


async def all_jobs(runtime: Runtime) -> list[Job]:
    found: list[Job] = []
    cursor: str | None = None
    while True:
        page = await runtime.jobs.page(LOCAL.id, limit=200, cursor=cursor, states=frozenset())
        found += [await runtime.jobs.get(job.id) for job in page.items]
        cursor = page.next
        if cursor is None:
            return found


def unacknowledged(data_dir: Path, jobs: Mapping[str, Job]) -> Iterator[str]:
    """Jobs that somebody was told of and that are not there."""
    for line in (data_dir / "submitted").read_text().splitlines():
        word, job_id = line.split()
        if word not in jobs or jobs[word].id != job_id:
            yield f"{word} was acknowledged as {job_id} and is not there"


def unseen(jobs: Mapping[str, Job], sold: Mapping[str, int]) -> Iterator[str]:
    """Purchases that nobody is shown, and jobs that did not end."""
    for word in sold:
        if word not in jobs:
            yield f"{word} was bought and there is no such job"
        elif jobs[word].state not in SEEN and not owned_up(jobs[word]):
            yield f"{word} was bought and is {jobs[word].state}"
    for word, job in jobs.items():
        if not job.ended:
            yield f"{word} is {job.state}"
        if job.state is JobState.SUCCEEDED and word not in sold:
            yield f"{word} succeeded and was never bought"
        if job.state is JobState.AMBIGUOUS and not any(call.state is CallState.AMBIGUOUS for call in job.calls):
            yield f"{word} is ambiguous and none of its calls is"


def owned_up(job: Job) -> bool:
    """Whether a job that failed says that it has cost something."""
    return job.problem is not None and job.problem.spent is not Spent.NO


async def check_pictures(runtime: Runtime, job: Job, toll: Toll) -> None:
    """All that was asked for, each whole."""
    word = word_of_job(job)
    toll.ambiguous += sum(call.state is CallState.AMBIGUOUS for call in job.calls)
    toll.pictures += len(job.pictures)
    if job.state is JobState.SUCCEEDED and len(job.pictures) != job.request.count:
        toll.faults.append(f"{word} has {len(job.pictures)} pictures of {job.request.count}")
    for picture in job.pictures:
        data = await runtime.blobs.get(picture.original.digest)
        if hashlib.sha256(data).hexdigest() != picture.original.digest:
            toll.faults.append(f"{word} has a picture that is not what came")


async def decide(runtime: Runtime, jobs: Mapping[str, Job], random: Random) -> None:
    """A person says of each ambiguous purchase whether it went through."""
    for job in jobs.values():
        for call in job.calls:
            if call.state is CallState.AMBIGUOUS:
                await runtime.engine.resolve(call.id, LOCAL, charged=random.random() < 0.5)


def main() -> int:
    """Runs it from the command line; the exit code is 1 where a promise was broken."""
    options = argparse.ArgumentParser(
        description="Kill workers at random points of their jobs; count what comes of it."
    )
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--ends", type=int, help="instead, so many jobs in one process that end in every way there is")
    options.add_argument("--database", help="a PostgreSQL that is empty; SQLite if none")
    given = options.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # customers that die in the middle are no news here
    with tempfile.TemporaryDirectory(prefix="limner-chaos-") as folder:
        if given.ends:
            toll: Toll | Ends = asyncio.run(
                mixed_ends(Path(folder), seed=given.seed, total=given.ends, database=given.database)
            )
        else:
            toll = asyncio.run(chaos(Path(folder), seed=given.seed, kills=given.kills, database=given.database))
    sys.stdout.write("".join(f"{fault}\n" for fault in toll.faults) + f"seed {given.seed}: {toll}\n")
    return 1 if toll.faults else 0


if __name__ == "__main__":
    sys.exit(main())
