"""Finds kept pictures and jobs by what a person types: a file, an id, or the beginning or end of one."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from limner.cli.opening import Session
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.job import Job
from limner.domain.picture import Picture
from limner.domain.records import Page, PictureFilter

if TYPE_CHECKING:
    from limner.studio import PictureSource

SHORTEST = 6
"""Signs of an id that are enough to look for it."""
PAGE = 500
PAGES = 10
"""How far back parts of ids are looked for."""


class HasId(Protocol):
    """A picture, a job, or what else has one."""

    @property
    def id(self) -> str:
        """Its name."""
        ...


Row = TypeVar("Row", bound=HasId)


async def source(session: Session, text: str) -> PictureSource:
    """A picture to start from: a file where there is one, else a kept picture. Raises NotFound for a part of no id."""
    if is_file(text) or not _may_be_id(text):
        return Path(text)
    return await picture_named(session, text)


async def sources(session: Session, texts: list[str] | None) -> list[PictureSource]:
    """Several of them."""
    return [await source(session, text) for text in texts or ()]


async def picture_named(session: Session, text: str) -> Picture:
    """One kept picture. Raises NotFound, or InvalidRequest where several fit."""
    picture = await _picture(session, text)
    if picture is None:
        raise NotFound(f"There is no picture '{text}'. `limner history` lists the newest.", field="id")
    return picture


async def job_named(session: Session, text: str) -> Job:
    """One job. Raises NotFound, or InvalidRequest where several fit."""
    job = await _job(session, text)
    if job is None:
        raise NotFound(f"There is no job '{text}'. `limner show` tells the job of a picture.", field="id")
    return job


async def named(session: Session, text: str) -> Picture | Job:
    """One kept picture or one job. Raises NotFound, or InvalidRequest where several fit."""
    found = await _picture(session, text) or await _job(session, text)
    if found is None:
        raise NotFound(f"There is no picture and no job '{text}'. `limner history` lists the newest.", field="id")
    return found


def the_one(among: Sequence[Row], text: str, what: str, listed: str) -> Row:
    """The one whose id is, begins or ends so; `listed` is the command that lists them.

    Raises NotFound, and InvalidRequest where several do.
    """
    part = text.strip().lower()
    fitting = [one for one in among if part and (one.id.startswith(part) or one.id.endswith(part))]
    if len(fitting) > 1:
        raise InvalidRequest(f"Several ids begin or end with '{text}'. Type more of the one you mean.", field=what)
    if not fitting:
        raise NotFound(f"There is no {what} '{text}'. `{listed}` lists them.", field=what)
    return fitting[0]


def is_file(text: str) -> bool:
    """Whether a text names a file that is there."""
    return Path(text).exists()


def _may_be_id(text: str) -> bool:
    """Whether a text has the signs of an id."""
    return re.fullmatch(rf"[0-9a-fA-F-]{{{SHORTEST},36}}", text) is not None


async def _picture(session: Session, text: str) -> Picture | None:
    pictures, owner = session.studio.runtime.pictures, session.studio.principal.id

    async def page(cursor: str | None, *, trashed: bool = False) -> Page[Picture]:
        return await pictures.page(owner, PictureFilter(trashed=trashed), limit=PAGE, cursor=cursor)

    async def get(id: str) -> Picture:
        return await pictures.get(id, owner)

    return await _found(text, get, page) or await _found(text, get, partial(page, trashed=True))


async def _job(session: Session, text: str) -> Job | None:
    jobs, owner = session.studio.runtime.jobs, session.studio.principal.id

    async def page(cursor: str | None) -> Page[Job]:
        return await jobs.page(owner, limit=PAGE, cursor=cursor, states=frozenset())

    return await _found(text, lambda id: jobs.get(id, owner), page)


async def _found(
    text: str, get: Callable[[str], Awaitable[Row]], page: Callable[[str | None], Awaitable[Page[Row]]]
) -> Row | None:
    """The one row with this id, or whose id begins or ends so, among the newest PAGES x PAGE."""
    part = text.strip().lower()
    if len(part) == 36:
        try:
            return await get(part)
        except NotFound:
            return None
    if not _may_be_id(part):
        return None
    fitting: list[Row] = []
    cursor: str | None = None
    for _ in range(PAGES):
        rows = await page(cursor)
        fitting += [row for row in rows.items if row.id.startswith(part) or row.id.endswith(part)]
        cursor = rows.next
        if cursor is None:
            break
    if len(fitting) > 1:
        ids = ", ".join(row.id for row in fitting[:4])
        raise InvalidRequest(
            f"Several ids begin or end with '{part}': {ids}. Type more of the one you mean.", field="id"
        )
    # Rows of a page may lack what only a single one is read with, such as the calls of a job.
    return await get(fitting[0].id) if fitting else None
