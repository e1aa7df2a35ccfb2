"""The queue: lanes by service, jobs with how far they are, and buying again what failed, at a price that is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from limner.domain.errors import LimnerError
from limner.domain.events import Event
from limner.domain.job import ENDED_STATES, OPEN_STATES, Job, JobState
from limner.domain.money import Money
from limner.domain.people import LOCAL, Principal
from limner.domain.plan import Plan
from limner.domain.queue import held_by_a_pause
from limner.domain.request import ImageRequest
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.web import queue_words as words
from limner.web import showing, wording
from limner.web.analytics_views import Named, Way
from limner.web.asking import known_id, renderer_of
from limner.web.failures import told
from limner.web.languages import gettext as _
from limner.web.languages import message, number
from limner.web.links import Links
from limner.web.queue_views import Lane, QueuePage, QueuePart, QueueRow, QueueView, RetryPage, RetryRow
from limner.web.rendering import shell
from limner.web.services import called
from limner.web.signing_in import text_of

JOBS_A_PAGE = 50
MOST_PLACES = 24
"""Places of a lane that are drawn one by one."""
MOST_WAITING = 200
"""Open jobs that are looked at for lanes and places in line."""
SOON, LATER = 3_000, 15_000
"""Milliseconds between two looks while something goes on, and else."""
RETRIED = frozenset({JobState.PARTIAL, JobState.FAILED, JobState.CANCELLED})
"""States in which what is missing can be bought again; a refusal would only be refused again."""
FAILED = frozenset({JobState.PARTIAL, JobState.FAILED})
DECIDED = frozenset({JobState.AMBIGUOUS, JobState.QUOTED})
"""States in which a job waits for a person's word."""

router = APIRouter(include_in_schema=False)


class Show(StrEnum):
    """Which jobs are wanted."""

    ALL = "all"
    ACTIVE = "active"
    NEEDS = "needs"
    """Those that wait for a person, or came short."""
    FINISHED = "finished"


STATES: Mapping[Show, frozenset[JobState]] = {
    Show.ALL: frozenset(),
    Show.ACTIVE: OPEN_STATES,
    Show.NEEDS: DECIDED | FAILED,
    Show.FINISHED: ENDED_STATES,
}
NAMES = {
    Show.ALL: message("All"),
    Show.ACTIVE: message("Active"),
    Show.NEEDS: message("Needs you"),
    Show.FINISHED: message("Finished"),
}


class QueueQuery(BaseModel):
    """Which jobs are wanted, as the address says it."""

    show: Show = Show.ALL
    before: Annotated[str, Field(max_length=200)] | None = None

    def address(self, path: str, **other: str) -> str:
        """A path with this query, some of it changed; what is usual is left out."""
        said = {"show": self.show.value, "before": self.before or "", **other}
        kept = {name: value for name, value in said.items() if value and value != Show.ALL}
        return f"{path}?{urlencode(kept)}" if kept else path


@router.get("/jobs")
async def jobs_page(request: Request, query: Annotated[QueueQuery, Query()]) -> Response:
    """Lanes, and jobs newest first."""
    part = await _part(request, query)
    view = QueuePage(
        shell=shell(request, _("Queue"), current="jobs"),
        fresh=query.address(renderer_of(request).links.queue),
        part=part,
    )
    return renderer_of(request).page(view)


@router.get("/jobs/list")
async def jobs_list(request: Request, query: Annotated[QueueQuery, Query()]) -> Response:
    """The same alone, for the script that keeps it as it is."""
    return renderer_of(request).part(QueuePart(part=await _part(request, query)))


@router.get("/jobs/retry")
async def ask_to_retry(
    request: Request,
    id: Annotated[list[str], Query(max_length=JOBS_A_PAGE, default_factory=list)],
    batch: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """What the missing pictures of some jobs, perhaps of one batch, would cost now; buys nothing."""
    return await _ask(request, id, batch)


@router.post("/jobs/retry")
async def retry_from_form(request: Request) -> Response:
    """Buys the missing pictures of the jobs that were shown, each for the price that was shown at most.

    Sent twice it is the same jobs: what is missing of a job is bought once.
    """
    engine, principal = runtime_of(request).engine, principal_of(request)
    async with read_form(request, files=0, fields=2 * JOBS_A_PAGE + 1) as form:
        batch = text_of(form, "batch")
        wanted = [known_id(str(name)) for name in form.getlist("id")]
        most = {name: _most(form.get(f"most-{name}")) for name in wanted}
    back = await _back(request, batch) or QueueQuery(show=Show.ACTIVE).address(renderer_of(request).links.jobs)
    refused, said = [], ""
    for name in wanted:
        try:
            await engine.retry(name, principal, max_cost=most[name])
        except LimnerError as error:
            refused.append(name)
            said = told(error)
    if refused:
        return await _ask(request, refused, batch, said)
    return RedirectResponse(back, status_code=303)


@router.post("/jobs/pause")
async def pause_queue_from_form(request: Request) -> Response:
    """Pauses the queue of whoever asks: once the page is there again, nothing more is bought."""
    await runtime_of(request).queue.pause(principal_of(request))
    return RedirectResponse(renderer_of(request).links.jobs, status_code=303)


@router.post("/jobs/resume")
async def resume_queue_from_form(request: Request) -> Response:
    """Lets it go on."""
    await runtime_of(request).queue.resume(principal_of(request))
    return RedirectResponse(renderer_of(request).links.jobs, status_code=303)


@router.post("/jobs/{job_id}/front")
async def front_from_form(request: Request, job_id: str) -> Response:
    """Has a job come before the others of whoever asks."""
    await runtime_of(request).queue.to_front(known_id(job_id), principal_of(request))
    return RedirectResponse(renderer_of(request).links.jobs, status_code=303)


def _most(text: object) -> Money | None:
    """The ceiling that was shown; None where nobody knew it. Anything else allows nothing."""
    if text is None or text == "":
        return None
    words = str(text)
    return Money(int(words)) if words.isascii() and words.isdigit() and len(words) < 16 else Money()


# --- the list ---------------------------------------------------------------------------


async def _part(request: Request, query: QueueQuery) -> QueueView:
    runtime, principal, links = runtime_of(request), principal_of(request), renderer_of(request).links
    page = await runtime.jobs.page(principal.id, limit=JOBS_A_PAGE, cursor=query.before, states=STATES[query.show])
    waiting = (await runtime.jobs.page(principal.id, limit=MOST_WAITING, cursor=None, states=OPEN_STATES)).items
    counts = await runtime.jobs.count(principal.id, OPEN_STATES | DECIDED | FAILED)
    retried = await runtime.jobs.retried(principal.id, [job.id for job in page.items if job.state in RETRIED])
    paused = await runtime.queue.paused(principal)
    listed = _Listing(runtime=runtime, links=links, waiting=waiting, retried=retried, paused=paused is not None)
    again = [job.id for job in page.items if job.state in FAILED and job.id not in retried]
    return QueueView(
        paused="" if paused is None else words.paused(paused),
        of_a_process=principal.administrator,
        lanes=await _lanes(runtime, principal, waiting),
        ways=_ways(query, links, counts),
        rows=tuple([await listed.row(job) for job in page.items]),
        older="" if page.next is None else query.address(links.jobs, before=page.next),
        narrowed=query.show is not Show.ALL or query.before is not None,
        retry_all=links.retries(again) if again else "",
        tally=words.tally(counts),
        every=SOON if waiting else LATER,
    )


def _ways(query: QueueQuery, links: Links, counts: Mapping[JobState, int]) -> tuple[Way, ...]:
    numbers = {
        Show.ACTIVE: sum(counts.get(state, 0) for state in OPEN_STATES),
        Show.NEEDS: sum(counts.get(state, 0) for state in STATES[Show.NEEDS]),
    }
    return tuple(
        Way(
            name=_counted(_(NAMES[show]), numbers.get(show, 0)),
            href=query.address(links.jobs, show=show.value, before=""),
            current=show is query.show,
        )
        for show in Show
    )


def _counted(name: str, count: int) -> str:
    """Active 3; where there is none the name alone."""
    return _("%(name)s %(count)s", name=name, count=number(count)) if count else name


@dataclass(frozen=True, kw_only=True, slots=True)
class _Listing:
    """Turns jobs into lines."""

    runtime: Runtime
    links: Links
    waiting: Sequence[Job]
    """Open jobs, newest first."""
    retried: frozenset[str]
    paused: bool

    async def row(self, job: Job) -> QueueRow:
        """One job as it stands."""
        css, icon, _word = wording.STATES[job.state]
        running = job.state is JobState.RUNNING
        events = await self.runtime.events.after(job.id, 0) if running else ()
        percent, stage = _progress(events)
        now = self.runtime.clock.now()
        candidate = job.plan.candidates[job.candidate]
        return QueueRow(
            id=job.id,
            tile=showing.tile(job.pictures[0]) if job.pictures else None,
            prompt=wording.title(job.request.prompt, job.request.operation)[: showing.PROMPT_LIMIT],
            model=Named(name=candidate.title, css=showing.colour(job.model)),
            badge=wording.BADGES[css],
            icon=icon,
            word=wording.word(job),
            running=running,
            percent=percent,
            stage=stage,
            note=self._waits(job) if job.state is JobState.QUEUED else words.note(job),
            fallback=job.fallback is not None and bool(job.pictures),
            when=words.when(job, candidate.seconds, now),
            at=(job.finished or job.started or job.created).isoformat(),
            cost=showing.booked(job) or words.quoted(candidate),
            stoppable=job.state in OPEN_STATES and not job.cancel_requested,
            retry=self.links.retries([job.id]) if job.state in RETRIED and job.id not in self.retried else "",
            front=job.state in OPEN_STATES and not job.cancel_requested and self._has_others(job),
            decides=job.state in DECIDED,
        )

    def _has_others(self, job: Job) -> bool:
        """Whether other jobs for the same service may stand before it."""
        return any(each.id != job.id and _service(each) == _service(job) for each in self.waiting)

    def _waits(self, job: Job) -> str:
        if self.paused and held_by_a_pause(job):
            return _(wording.WAITS)
        return words.in_line(self._place(job), shared=job.owner != LOCAL.id)

    def _place(self, job: Job) -> int:
        """Which in line it is, among one's own that wait for the same service."""
        queued = [
            each.id
            for each in sorted(self.waiting, key=lambda each: (-each.front, each.created, each.id))
            if each.state is JobState.QUEUED and _service(each) == _service(job)
        ]
        return queued.index(job.id) + 1 if job.id in queued else len(queued)


def _service(job: Job) -> str:
    return job.model.partition("/")[0]


def _progress(events: Sequence[Event]) -> tuple[int | None, str]:
    """How far a job is in percent, and its stage, as its newest news that say so."""
    share = next((each.data["progress"] for each in reversed(events) if _is_share(each)), None)
    stage = next((each.data["stage"] for each in reversed(events) if each.data.get("stage")), "")
    return None if not isinstance(share, int | float) else round(100 * share), words.stage(str(stage))


def _is_share(event: Event) -> bool:
    return isinstance(event.data.get("progress"), int | float)


async def _lanes(runtime: Runtime, principal: Principal, waiting: Sequence[Job]) -> tuple[Lane, ...]:
    """Services that can be asked. Administrators see what this process has in hand; others only what is theirs."""
    services, lanes = await runtime.services_for(principal), []
    for card in runtime.catalog.services:
        mine = [job for job in waiting if _service(job) == card.id]
        running = sum(job.state is JobState.RUNNING for job in mine)
        load = max(running, services.load(card.id)) if principal.administrator else running
        if not (mine or load or services.readiness(card.id).ready):
            continue
        used = min(load, card.concurrency) if card.concurrency else load
        queued = load - used + len(mine) - running
        lanes.append(
            Lane(
                name=Named(name=called(card), css=showing.colour(card.id)),
                text=words.lane(used, card.concurrency, queued),
                idle=not used and not queued,
                label=words.lane_in_full(used, card.concurrency, queued),
                gauges=_gauges(used, card.concurrency),
            )
        )
    return tuple(lanes)


def _gauges(used: int, capacity: int) -> tuple[int, ...]:
    """How full the places of a lane are, in percent."""
    if not capacity:
        return (100 if used else 0,)
    if capacity > MOST_PLACES:
        return (-(-100 * used // capacity),)
    return tuple(100 if place < used else 0 for place in range(capacity))


# --- buying again -----------------------------------------------------------------------


async def _ask(request: Request, ids: Sequence[str], batch: str, error: str = "") -> Response:
    runtime, principal = runtime_of(request), principal_of(request)
    rows: list[RetryRow] = []
    plans: list[tuple[ImageRequest, Plan]] = []
    for name in dict.fromkeys(map(known_id, ids)):
        job = await runtime.jobs.get(name, principal.id)
        try:
            missing = await runtime.engine.missing(job.id, principal)
            priced = None if missing is None else await runtime.engine.plan_for(missing, principal)
        except LimnerError as problem:
            rows.append(_row(job, None, told(problem)))
        else:
            rows.append(_row(job, priced, "" if priced else _(words.BEGUN)))
            plans += [] if priced is None else [priced]
    view = RetryPage(
        shell=shell(request, _("Retry"), current="jobs"),
        rows=tuple(rows),
        price_line=words.price_line(plans),
        error=error,
        batch=batch,
        back=await _back(request, batch) or renderer_of(request).links.jobs,
    )
    return renderer_of(request).page(view, 409 if error else 200)


async def _back(request: Request, batch: str) -> str:
    """The page of the batch whose rows are bought again; empty where they are of none. Raises NotFound."""
    if not batch:
        return ""
    found = await runtime_of(request).batching.batches.get(known_id(batch), principal_of(request).id)
    return renderer_of(request).links.batch(found.id)


def _row(job: Job, priced: tuple[ImageRequest, Plan] | None, problem: str) -> RetryRow:
    prompt = wording.title(job.request.prompt, job.request.operation)[: showing.PROMPT_LIMIT]
    if priced is None:
        model = Named(name=job.plan.candidates[job.candidate].title, css=showing.colour(job.model))
        return RetryRow(id=job.id, prompt=prompt, model=model, missing="", price="", most="", problem=problem)
    request, plan = priced
    ceiling, first = plan.ceiling(request.count), plan.candidates[0]
    return RetryRow(
        id=job.id,
        prompt=prompt,
        model=Named(name=first.title, css=showing.colour(first.model)),
        missing=wording.images(request.count),
        price=words.at_most(ceiling),
        most="" if ceiling is None else str(ceiling.micro),
        problem=problem,
    )
