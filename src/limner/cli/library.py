"""Kept pictures: the newest, everything about one, and one in the desktop's viewer."""

from __future__ import annotations

import asyncio
import os
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from limner.cli.documents import (
    Document,
    call_document,
    event_document,
    job_document,
    kept_document,
    picture_document,
)
from limner.cli.filters import Filters
from limner.cli.finding import named, picture_named
from limner.cli.keeping import looked_up, path_of
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json, Show
from limner.cli.output import Output
from limner.cli.pictures import Protocol, protocol_of, show_picture
from limner.cli.portrait import tell_job, tell_recipe
from limner.cli.telling import PICTURE_COLUMNS, picture_row, tell_kept, tell_pictures
from limner.domain.errors import InvalidRequest
from limner.domain.events import Event
from limner.domain.job import Job
from limner.domain.picture import Picture
from limner.domain.records import PictureFilter

app = App()

Number = Annotated[int, typer.Option("--number", "-n", min=1, max=10_000, help="How many.")]
Id = Annotated[
    str, typer.Argument(metavar="ID", help="An id of a picture or job, or six signs of its beginning or end.")
]
PAGE = 200
WIDE = 200
"""Columns from which a path has room in a table."""


@app.add()
def history(which: Filters, number: Number = 20, json: Json = False) -> int:
    """List the newest pictures."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        pictures = await newest(session, number, await which.wanted(session))
        paths = [await path_of(session.studio.runtime, picture) for picture in pictures]
        if json:
            rows = [
                {**picture_document(one), "path": path and str(path)} for one, path in zip(pictures, paths, strict=True)
            ]
            output.document({"images": rows})
        elif pictures:
            _tell_history(output, pictures, paths)
        else:
            output.say(which.nothing)
        return 0

    return with_studio(output, action, paints=False)


async def newest(session: Session, number: int, which: PictureFilter) -> list[Picture]:
    """At most so many pictures, the newest first."""
    found: list[Picture] = []
    cursor: str | None = None
    while len(found) < number:
        page = await session.studio.runtime.pictures.page(
            session.studio.principal.id,
            which,
            limit=min(PAGE, number - len(found)),
            cursor=cursor,
        )
        found += page.items
        cursor = page.next
        if cursor is None:
            break
    return found


def _tell_history(output: Output, pictures: Sequence[Picture], paths: Sequence[Path | None]) -> None:
    """One row for each picture; its path only where a whole one fits beside the rest."""
    if output.results.width < WIDE:
        tell_pictures(output, pictures)
        output.say("`limner show ID` tells where one lies, `limner open ID` opens it.")
    else:
        rows = [(*picture_row(picture), str(path or "")) for picture, path in zip(pictures, paths, strict=True)]
        output.rows((*PICTURE_COLUMNS, "Path"), rows)


@app.add()
def show(id: Id, pictures: Show = True, json: Json = False) -> int:
    """Show a picture or a job with everything known about it."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await named(session, id)
        runtime, owner = session.studio.runtime, session.studio.principal.id
        job = await runtime.jobs.get(found.job_id if isinstance(found, Picture) else found.id, owner)
        events = await _events(session, job)
        shown = [found] if isinstance(found, Picture) else job.pictures
        kept = [await looked_up(runtime, picture) for picture in shown]
        if json:
            about = _story(job, events, [kept_document(one) for one in kept])
            output.document(
                {**kept_document(kept[0]), **_recipe(found), "job": about} if isinstance(found, Picture) else about
            )
            return 0
        protocol = Protocol.NONE
        if pictures:
            protocol = await asyncio.to_thread(protocol_of, output.results, os.environ)
        for one in kept:
            await asyncio.to_thread(show_picture, output.results, one.preview, protocol)
            tell_kept(output, one, job)
        if isinstance(found, Picture):
            tell_recipe(output, found)
        tell_job(output, job, events)
        return 0

    return with_studio(output, action, paints=False)


async def _events(session: Session, job: Job) -> list[Event]:
    events: list[Event] = []
    while batch := await session.studio.runtime.events.after(job.id, events[-1].number if events else 0):
        events += batch
    return events


def _story(job: Job, events: list[Event], images: list[Document]) -> Document:
    return {
        **job_document(job, images),
        "calls": [call_document(record) for record in job.calls],
        "events": [event_document(event) for event in events],
    }


def _recipe(picture: Picture) -> Document:
    return {"recipe": dict(picture.recipe)}


@app.add("open")
def open_picture(id: Id, json: Json = False) -> int:
    """Open a picture in the desktop's viewer; without a desktop, print where it lies."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        path = await path_of(session.studio.runtime, await picture_named(session, id))
        if path is None:
            raise InvalidRequest("This installation keeps its files elsewhere. `limner serve` shows them.", field="id")
        opened = has_display() and webbrowser.open(path.as_uri())
        if json:
            output.document({"path": str(path), "opened": opened})
        elif not opened:
            output.show(str(path))
        return 0

    return with_studio(output, action, paints=False)


def has_display() -> bool:
    """Whether there is a desktop that could show a window."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
