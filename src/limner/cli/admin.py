"""Keeping an installation going: stop a job, settle a purchase, serve."""

from __future__ import annotations

from typing import Annotated

import typer

from limner.cli.documents import call_document, job_document, picture_document
from limner.cli.exits import OK
from limner.cli.finding import job_named
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.surroundings import settings_here
from limner.cli.telling import money_words, short
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.job import CallRecord, CallState, Job

app = App()

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The id of a job, or six signs of its beginning or end.")]
CallId = Annotated[str, typer.Argument(metavar="CALL", help="The id of an ambiguous call of it.")]
Charged = Annotated[
    bool | None, typer.Option("--charged/--not-charged", help="Whether the service has charged for it.")
]
Host = Annotated[str | None, typer.Option("--host", help="The address to listen at; 127.0.0.1 is this machine alone.")]
Errors = Annotated[bool, typer.Option("--json", help="Write what prevents the start as one JSON document to stdout.")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="The port to listen at.")]


@app.add()
def cancel(job: JobId, json: Json = False) -> int:
    """Stop a job, whichever process carries it out; what was bought is kept."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await job_named(session, job)
        ended = await session.studio.cancel(found.id)
        if json:
            output.document(_document(ended))
        elif ended.ended:
            output.say(f"The job is {ended.state.value}.")
        else:
            output.say("Whoever carries it out has been told; what was bought by then is kept.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def resolve(job: JobId, call: CallId, charged: Charged = None, json: Json = False) -> int:
    """Settle a purchase of which nobody knew whether it went through, after a look at the service's own books."""
    if charged is None:
        raise InvalidRequest("Say --charged or --not-charged: look at the service's own books.", field="charged")
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await job_named(session, job)
        record = _call(found, call)
        settled = await session.studio.runtime.engine.resolve(record.id, session.studio.principal, charged=charged)
        if json:
            output.document(_document(settled))
        else:
            words = f"booked as charged, {money_words(record.hold)}" if charged else "set free: nothing was charged"
            output.say(f"The call is {words}. The job is {settled.state.value}.")
        return OK

    return with_studio(output, action, paints=False)


def _call(job: Job, text: str) -> CallRecord:
    """The ambiguous call that a person means. Raises NotFound."""
    part = text.strip().lower()
    for record in job.calls:
        if record.state is CallState.AMBIGUOUS and part and (record.id.startswith(part) or record.id.endswith(part)):
            return record
    waiting = [short(record.id) for record in job.calls if record.state is CallState.AMBIGUOUS]
    advice = f"Ambiguous are: {', '.join(waiting)}." if waiting else "None of its calls is."
    raise NotFound(f"The job has no ambiguous call '{text}'. {advice}", field="call")


def _document(job: Job) -> dict[str, object]:
    images = [picture_document(picture) for picture in job.pictures]
    return {**job_document(job, images), "calls": [call_document(record) for record in job.calls]}


@app.add()
def serve(host: Host = None, port: Port = None, json: Errors = False) -> int:
    """Serve the HTTP API and the studio until told to end."""
    del json  # whoever reports errors has seen it
    settings = settings_here(host=host, port=port)
    # Imported here because the server is by far the heaviest part, and only this command needs it.
    from limner.server import serve as serve_until_told

    serve_until_told(settings)
    return OK
