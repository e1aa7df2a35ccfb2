"""One's own queue: pausing it, letting it go on, and how it stands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from limner.cli.admin import JobId
from limner.cli.documents import job_document, moment, picture_document
from limner.cli.exits import OK
from limner.cli.finding import job_named
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.domain.people import Principal
from limner.domain.queue import Standing

if TYPE_CHECKING:
    from limner.engine.queueing import Queue

app = App(help="Pause your queue, let it go on, bring a job to its front, and see how it stands.", no_args_is_help=True)

Ask = Callable[["Queue", Principal], Awaitable[Standing]]


@app.add()
def show(json: Json = False) -> int:
    """Show whether your queue is paused, and how many jobs wait and run."""
    return _told(lambda queue, principal: queue.standing(principal), json=json)


@app.add()
def pause(json: Json = False) -> int:
    """Pause your queue: pictures that were not sent to a service yet wait, and none is bought; what was sent is
    delivered. Text models answer all the same, and prompts are translated when jobs are written down.
    """
    return _told(lambda queue, principal: queue.pause(principal), json=json)


@app.add()
def resume(json: Json = False) -> int:
    """Let your queue go on: what waits is carried out in order, by the server or by the next command that paints."""
    return _told(lambda queue, principal: queue.resume(principal), json=json)


@app.add()
def front(job: JobId, json: Json = False) -> int:
    """Bring a job that waits before your others; what was sent, and other people's turns, stay as they are."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await job_named(session, job)
        moved = await session.studio.runtime.queue.to_front(found.id, session.studio.principal)
        if json:
            output.document(job_document(moved, [picture_document(picture) for picture in moved.pictures]))
        elif moved.ended:
            output.say(f"The job is {moved.state.value}.")
        else:
            output.say("The job comes before your others that wait.")
        return OK

    return with_studio(output, action, paints=False)


def _told(ask: Ask, *, json: bool) -> int:
    output = Output(json=json)

    async def action(session: Session) -> int:
        standing = await ask(session.studio.runtime.queue, session.studio.principal)
        if json:
            output.document({"paused": moment(standing.paused), "queued": standing.queued, "running": standing.running})
        else:
            output.show(_words(standing))
        return OK

    return with_studio(output, action, paints=False)


def _words(standing: Standing) -> str:
    counts = f"{standing.queued} waiting, {standing.running} running."
    if standing.paused is None:
        return f"Your queue goes on: {counts}"
    return f"Your queue is paused since {standing.paused.astimezone():%Y-%m-%d %H:%M}: {counts}"
