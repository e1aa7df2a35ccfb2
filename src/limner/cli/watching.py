"""Follows a job to its end and shows on stderr how far it is."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from limner.cli.course import Course
from limner.cli.opening import Session
from limner.cli.output import Output
from limner.domain.errors import Spent
from limner.domain.events import Event, EventKind
from limner.domain.job import Job
from limner.domain.money import Money

ShowPreview = Callable[[bytes], Awaitable[None]]


class Progress(Protocol):
    """Something that shows how far a job is."""

    def update(self, course: Course, now: float) -> None:
        """Shows where the job is now."""
        ...


async def watched(session: Session, job: Job, *, show: ShowPreview | None = None) -> Job:
    """The job when it has ended. Ctrl-C cancels it: what was bought by then is kept."""
    runtime, output = session.studio.runtime, session.output
    course = Course(job, runtime.clock.monotonic())
    stopping: list[asyncio.Task[Job]] = []

    def stop() -> None:
        if stopping:
            return
        output.say("Stopping; what was bought is kept. Press Ctrl-C again to leave at once.")
        stopping.append(asyncio.create_task(session.studio.cancel(job.id)))

    with session.interruption.answered_by(stop), progress_on(output, job) as progress:
        if session.interruption.heard.is_set():
            stop()
        async for event in _events(session, job):
            if event is not None:
                course.hear(event)
                await _remark(output, event, show)
            progress.update(course, runtime.clock.monotonic())
        await asyncio.gather(*stopping)
    return await runtime.jobs.get(job.id, session.studio.principal.id)


def _events(session: Session, job: Job) -> AsyncIterator[Event | None]:
    return session.studio.runtime.engine.follower.follow(job.id, session.studio.principal.id)


async def _remark(output: Output, event: Event, show: ShowPreview | None) -> None:
    """Says what a person should know now rather than at the end."""
    if event.kind is EventKind.FALLBACK:
        output.say(f"{event.data.get('from')} could not: {event.data.get('reason')} Now {event.data.get('to')} paints.")
    elif event.kind is EventKind.PROBLEM and event.data.get("again"):
        output.say(f"{event.data.get('message')} Nothing was spent; it is sent again.")
    elif event.kind is EventKind.PROBLEM and event.data.get("spent") == Spent.UNKNOWN:
        output.say(f"{event.data.get('message')}")
    elif event.kind is EventKind.PREVIEW and show is not None:
        await show(base64.b64decode(str(event.data.get("image", "")).partition(",")[2]))


def progress_on(output: Output, job: Job) -> AbstractContextManager[Progress]:
    """A bar on a terminal, a line for each new stage elsewhere."""
    if output.remarks.is_terminal and not output.remarks.is_dumb_terminal:
        return Bar(output, job)
    return nullcontext(Lines(output, job))


def price_of(job: Job) -> str:
    """What a job may still come to, in words."""
    ceiling = job.plan.ceiling(job.request.count)
    if ceiling is None:
        return "price unknown"
    return f"up to {ceiling}" if ceiling else "free"


def span(seconds: float) -> str:
    """A stretch of time in words."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


@dataclass(slots=True)
class Lines:
    """Says each stage once, on a line of its own."""

    output: Output
    job: Job
    _said: str = "waiting"

    def update(self, course: Course, _now: float) -> None:
        """Says the stage if it is new."""
        if course.stage != self._said:
            self._said = course.stage
            self.output.say(f"{self.job.model}: {course.stage}, {price_of(self.job)}")


class Bar:
    """Stage, share, price and time left on one line that is drawn again and again."""

    def __init__(self, output: Output, job: Job) -> None:
        # Imported here because only a terminal needs it.
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
        from rich.table import Column

        wide = output.remarks.width >= 60
        self._price = price_of(job)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
            *([BarColumn(bar_width=None)] if wide else []),
            TextColumn("{task.percentage:>3.0f} %", markup=False),
            *([TextColumn("{task.fields[price]}", markup=False)] if wide else []),
            TextColumn("{task.fields[left]}", markup=False),
            console=output.remarks,
            transient=True,
            expand=True,
        )
        self._task = self._progress.add_task("waiting", total=1.0, price=self._price, left="")

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def update(self, course: Course, now: float) -> None:
        """Draws the line again."""
        left = course.left(now)
        words = "" if left is None else f"{span(left)} left"
        self._progress.update(self._task, completed=course.share(now), description=course.stage, left=words)


def charged(job: Job) -> str:
    """What a job has cost, beside what it could have cost at most."""
    return cost_words(job.cost, job.plan.ceiling(job.request.count))


def cost_words(cost: Money | None, ceiling: Money | None) -> str:
    """A cost in words: free, or so much of so much."""
    if cost is None:
        return "charged an unknown amount"
    if ceiling is not None and not ceiling and not cost:
        return "free ($0)"
    return f"charged {cost}" + (f" of up to {ceiling} quoted" if ceiling is not None else "")
