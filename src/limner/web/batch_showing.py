"""Batches as their pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Request
from pydantic import BaseModel, Field

from limner.domain.batches import MOST_ROWS, OPEN_ROWS, Batch, RowState, Standing
from limner.domain.job import Job, JobState
from limner.runtime.asking import principal_of, runtime_of
from limner.web import batch_words as words
from limner.web import showing, wording
from limner.web.analytics_views import Named, Way
from limner.web.asking import renderer_of
from limner.web.batch_views import BatchLine, BatchRow, BatchView
from limner.web.failures import told
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.links import Links
from limner.web.queue import LATER, RETRIED, SOON

ROWS_A_PAGE = 100
TILES = 4
"""Pictures of a row that are shown."""
BARE = frozenset({RowState.WAITING.value, JobState.QUEUED.value, JobState.FAILED.value, JobState.REFUSED.value})
"""States of rows whose one job has brought no picture."""


class Show(StrEnum):
    """Which rows are wanted."""

    ALL = "all"
    OPEN = "open"
    """Those that are not over."""
    SHORT = "short"
    """Those that came short, or wait for a person."""


NAMES = {Show.ALL: message("All"), Show.OPEN: message("To come"), Show.SHORT: message("Needs you")}


class BatchQuery(BaseModel):
    """Which rows of a batch are wanted, as the address says it."""

    show: Show = Show.ALL
    page: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 1

    def address(self, path: str, **other: str) -> str:
        """A path with this query, some of it changed; what is usual is left out."""
        said = {"show": self.show.value, "page": str(self.page), **other}
        kept = {name: value for name, value in said.items() if value not in (Show.ALL, "1")}
        return f"{path}?{urlencode(kept)}" if kept else path


def lines_of(batches: Sequence[Batch], links: Links) -> tuple[BatchLine, ...]:
    """Batches in a list."""
    return tuple(_line(batch, links) for batch in batches)


def _line(batch: Batch, links: Links) -> BatchLine:
    badge, icon, word = words.standing(batch)
    return BatchLine(
        href=links.batch(batch.id),
        name=words.name(batch)[: showing.PROMPT_LIMIT],
        state=batch.state,
        badge=badge,
        icon=icon,
        word=word,
        when=wording.moment(batch.created),
        at=batch.created.isoformat(),
        done=words.progress(batch),
        percent=100 * (batch.total - batch.left) // max(batch.total, 1),
        money=words.money(batch),
    )


async def batch_view(request: Request, batch_id: str, query: BatchQuery) -> BatchView:
    """A batch with one page of its rows. Raises NotFound."""
    runtime, principal, links = runtime_of(request), principal_of(request), renderer_of(request).links
    batch = await runtime.batching.batches.get(batch_id, principal.id)
    standing = await runtime.batching.batches.rows(batch.id)
    wanted = [row for row in standing if _is_wanted(row, query.show)]
    shown = wanted[ROWS_A_PAGE * (query.page - 1) : ROWS_A_PAGE * query.page]
    jobs = await runtime.jobs.chosen(principal.id, [name for row in shown for name in row.jobs])
    painted = _brought(jobs) or await _elsewhere(request, standing, jobs)
    again = any(row.short for row in standing) or await runtime.batching.batches.unpainted(batch.id, principal.id)
    listed, may_change = _Listing(links=links, jobs=jobs, batch=batch), principal.may_change
    stoppable = may_change and batch.ended is None and batch.cancelled is None
    return BatchView(
        head=_line(batch, links),
        said=words.sentence(batch),
        counts=words.counts(batch),
        ways=_ways(batch, query, links),
        rows=tuple(listed.row(row) for row in shown),
        pages=_pages(len(wanted), batch, query, links),
        pause=links.batch(batch.id, "pause") if stoppable and batch.paused is None else "",
        resume=links.batch(batch.id, "resume") if stoppable and batch.paused is not None else "",
        cancel=links.batch(batch.id, "cancel") if stoppable else "",
        retry_all=links.batch(batch.id, "retry") if again and may_change else "",
        zip=links.batch(batch.id, "pictures.zip") if painted else "",
        every=SOON if batch.left else LATER,
    )


def _brought(jobs: Mapping[str, Job]) -> bool:
    """Whether there is a picture to keep among what these made."""
    return any(picture.trashed is None for job in jobs.values() for picture in job.pictures)


async def _elsewhere(request: Request, standing: Sequence[Standing], seen: Mapping[str, Job]) -> bool:
    """The same of rows that are on other pages: they are looked at in parts, those alone that can have brought one."""
    rows = [row for row in standing if len(row.jobs) > 1 or row.not_again or row.state not in BARE]
    names = [name for row in rows for name in row.jobs if name not in seen]
    for first in range(0, len(names), ROWS_A_PAGE):
        part = names[first : first + ROWS_A_PAGE]
        if _brought(await runtime_of(request).jobs.chosen(principal_of(request).id, part)):
            return True
    return False


def _is_wanted(row: Standing, show: Show) -> bool:
    if show is Show.OPEN:
        return row.state in OPEN_ROWS
    return show is Show.ALL or row.state in words.SHORT


def _ways(batch: Batch, query: BatchQuery, links: Links) -> tuple[Way, ...]:
    path = links.batch(batch.id)
    return tuple(
        Way(name=_(NAMES[show]), href=query.address(path, show=show.value, page="1"), current=show is query.show)
        for show in Show
    )


def _pages(rows: int, batch: Batch, query: BatchQuery, links: Links) -> tuple[Way, ...]:
    """The pages of a long batch; none where one is enough."""
    last = -(-rows // ROWS_A_PAGE)
    path = links.batch(batch.id)
    return tuple(
        Way(name=str(page), href=query.address(path, page=str(page)), current=page == query.page)
        for page in range(1, last + 1 if last > 1 else 1)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Listing:
    """Turns rows into lines."""

    links: Links
    jobs: Mapping[str, Job]
    batch: Batch

    def row(self, row: Standing) -> BatchRow:
        """One row as it stands."""
        found = [self.jobs[name] for name in row.jobs if name in self.jobs]
        job = found[-1] if found else None
        pictures = [picture for each in found for picture in each.pictures]
        badge, icon, word = self._state(row, job)
        return BatchRow(
            number=row.number,
            prompt=row.prompt[: showing.PROMPT_LIMIT],
            model=None if job is None else _painter(job),
            tiles=tuple(map(showing.tile, pictures[:TILES])),
            more=max(len(pictures) - TILES, 0),
            badge=badge,
            icon=icon,
            word=word,
            note=self._note(row, job),
            cost=wording.charged(row.cost) if row.cost is None or row.cost else "",
            job="" if job is None else self.links.job(job.id),
            retry="" if job is None or row.state not in RETRIED else self.links.retries([job.id], self.batch.id),
        )

    def _state(self, row: Standing, job: Job | None) -> tuple[str, str, str]:
        if isinstance(row.state, RowState):
            badge, icon, word = words.ROWS[row.state]
            return badge, icon, _(word)
        css, icon, word = wording.STATES[row.state]
        return wording.BADGES[css], icon, _(word) if job is None else wording.word(job)

    def _note(self, row: Standing, job: Job | None) -> str:
        if row.state in (RowState.WAITING, RowState.BEGUN):
            return ""
        if job is not None and row.not_again is None and row.state is not JobState.QUEUED:
            return words.note(job)
        return told(row.trouble)


def _painter(job: Job) -> Named:
    return Named(name=job.plan.candidates[job.candidate].title, css=showing.colour(job.model))
