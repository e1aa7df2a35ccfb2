"""Paints the rows of a batch, so many at once; what each brought is written down before it is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from limner.cli.copies import Target
from limner.cli.documents import Document, picture_document, usd
from limner.cli.exits import described
from limner.cli.keeping import copied, path_of
from limner.cli.opening import Session
from limner.cli.orders import Order, located
from limner.cli.results import Results
from limner.cli.sums import Board, Tally
from limner.domain.control import Control
from limner.domain.errors import LimnerError, Problem
from limner.domain.job import Job
from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.engine.batching import Spacing
from limner.engine.rows import Row

KEEPERS = 2
"""How many finished rows are copied and noted at once, beside those that are being painted."""
BESIDE = 16
"""Rows at most that are written down or finished beside those that are at a service: so its places are never empty for
want of a row, and no more money is set aside than these rows need.
"""

Ended = Job | LimnerError


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error inside a group: one is enough to say."""
    first = group.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


@dataclass(kw_only=True, slots=True)
class Pool:
    """Workers that each take one row after another."""

    session: Session
    results: Results
    tally: Tally
    board: Board
    out: Target | None
    spacing: Spacing
    _control: Control = field(default_factory=Control, init=False)
    _running: set[str] = field(default_factory=set, init=False)
    _cancelling: list[asyncio.Task[Job]] = field(default_factory=list, init=False)

    async def carry_out(self, orders: Sequence[Order], concurrency: int) -> None:
        """Paints all of them, or those that are begun when Ctrl-C is pressed; `concurrency` is what a service takes."""
        waiting = iter(orders)
        at_work = min(concurrency + min(concurrency, BESIDE), len(orders))
        finished: asyncio.Queue[tuple[Order, Ended] | None] = asyncio.Queue(maxsize=2 * concurrency)
        with self.session.interruption.answered_by(self._stop):
            if self.session.interruption.heard.is_set():
                self._stop()
            try:
                async with asyncio.TaskGroup() as keepers:
                    for _ in range(KEEPERS):
                        keepers.create_task(self._keep_all(finished))
                    async with asyncio.TaskGroup() as workers:
                        for _ in range(at_work):
                            workers.create_task(self._work(waiting, finished))
                    for _ in range(KEEPERS):
                        await finished.put(None)
            except BaseExceptionGroup as group:
                raise first_of(group) from group
            await asyncio.gather(*self._cancelling)

    def _stop(self) -> None:
        """Begins no more rows and cancels those that are under way."""
        if self._control.stopping:
            return
        self._control.stop()
        self.session.output.say("Stopping; what was bought is kept. Press Ctrl-C again to leave at once.")
        for job_id in self._running:
            self._cancelling.append(asyncio.create_task(self.session.studio.cancel(job_id)))

    async def _work(self, waiting: Iterator[Order], finished: asyncio.Queue[tuple[Order, Ended] | None]) -> None:
        for order in waiting:
            if self._control.stopping or not await self._control.unless_wished(self.spacing.wait()):
                return
            try:
                ended: Ended = await self._painted(order)
            except LimnerError as error:
                ended = error
            await finished.put((order, ended))

    async def _painted(self, order: Order) -> Job:
        """The row's job when it has ended; one that an earlier run has begun is found again by its key."""
        studio = self.session.studio
        job = await studio.submit(order.request, key=self.results.key(order.row.name))
        self._running.add(job.id)
        try:
            if self._control.stopping:  # while it was being written down
                await studio.cancel(job.id)
            return await studio.runtime.engine.follower.wait(job, None)
        finally:
            self._running.discard(job.id)

    async def _keep_all(self, finished: asyncio.Queue[tuple[Order, Ended] | None]) -> None:
        while (item := await finished.get()) is not None:
            order, ended = item
            if isinstance(ended, LimnerError):
                await self.note_failed(order.row, ended)
            else:
                await self._keep(order, ended)

    async def note_failed(self, row: Row, error: LimnerError) -> None:
        """Notes a row that never became a job."""
        await self._note(row, {"state": "failed", "images": [], "cost_usd": 0.0}, error.problem(), cost=Money())

    async def _keep(self, order: Order, job: Job) -> None:
        """Copies the pictures of a job and notes what became of the row."""
        problem, images = job.problem, []
        for picture in job.pictures:
            image, complaint = await self._copied(order, picture)
            images.append(image)
            problem = problem or complaint
        line: Document = {
            "state": job.state.value,
            "job_id": job.id,
            "model": job.model,
            "images": images,
            "cost_usd": usd(job.cost),
        }
        await self._note(order.row, line, problem, cost=job.cost)

    async def _copied(self, order: Order, picture: Picture) -> tuple[Document, Problem | None]:
        """A picture's document with its path and that of its copy, and why there is none."""
        runtime = self.session.studio.runtime
        document = picture_document(picture)
        try:
            path = await path_of(runtime, picture)
            document["path"] = None if path is None else str(path)
            if self.out is not None:
                copy = await copied(runtime, picture, self.out, number=order.row.line, count=1)
                document["copy"] = str(copy.path)
        except LimnerError as error:
            return document, error.problem()
        return document, None

    async def _note(self, row: Row, line: Document, problem: Problem | None, *, cost: Money | None) -> None:
        told = None if problem is None else located(problem, row)
        whole: Document = {
            "row": row.name,
            "line": row.line,
            "prompt": row.given.get("prompt"),
            **line,
            "error": None if told is None else described(told),
        }
        await asyncio.to_thread(self.results.write, whole)
        images = line["images"]
        self.tally.add(
            state=str(line["state"]) if told is None or line["state"] == "ambiguous" else "failed",
            pictures=len(images) if isinstance(images, list) else 0,
            cost=cost,
            problem=told,
        )
        self.board.update(self.tally)
        if self.session.output.json:
            self.session.output.line(whole)
