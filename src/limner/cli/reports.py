"""Reports of pictures: making one, the review list, and deciding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.copies import Target, write_copy
from limner.cli.documents import Document, moment
from limner.cli.exits import OK
from limner.cli.finding import picture_named
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.telling import short
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.reviews import JUDGE, Decision, Report, ReportState

if TYPE_CHECKING:
    from limner.engine.reviewing import Reviews

app = App(help="Report pictures, and decide about what is reported.", no_args_is_help=True)

Which = Annotated[str, typer.Argument(metavar="REPORT", help="The id of a report, or its beginning or end.")]
Picture = Annotated[str, typer.Argument(metavar="IMAGE", help="The id of a picture, or its beginning or end.")]
Reason = Annotated[str, typer.Argument(metavar="REASON", help="What is wrong with it, in a word or two.")]
Details = Annotated[str, typer.Option("--details", help="More about it.")]
Choice = Annotated[Decision, typer.Argument(metavar="DECISION", help="dismiss, withhold or delete.")]
Note = Annotated[str, typer.Option("--note", help="Why it is decided so.")]
State = Annotated[
    list[ReportState] | None,
    typer.Option("--state", help="open, dismissed, withheld or deleted; may be given several times. open if left out."),
]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many, the newest first.")]
Out = Annotated[
    str | None, typer.Option("--out", "-o", metavar="DIR|FILE", help="Copy the picture there, though it is withheld.")
]

LOOKED_AT = 200
"""Reports among which parts of ids are looked for."""


@app.add()
def add(image: Picture, reason: Reason, details: Details = "", json: Json = False) -> int:
    """Report a picture; once for each person and picture."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        picture = await picture_named(session, image)
        report, fresh = await _reviews(session).report(picture.id, reason, details, session.studio.principal)
        if json:
            output.document(_document(report))
        else:
            output.say(f"The report {short(report.id)} {'is on the review list' if fresh else 'was there already'}.")
        return OK

    return with_studio(output, action, paints=False)


@app.add(name="list")
def list_reports(state: State = None, limit: Limit = 50, json: Json = False) -> int:
    """Show the review list: what people have reported, and what was flagged when it was finished."""
    output, states = Output(json=json), frozenset(state or [ReportState.OPEN])

    async def action(session: Session) -> int:
        page = await _reviews(session).listed(states, session.studio.principal, limit=limit, cursor=None)
        if json:
            output.document({"reports": [_document(report) for report in page.items]})
        elif page.items:
            columns = ("Report", "Picture", "Reason", "By", "State", "Prompt")
            output.rows(columns, [_row(report) for report in page.items])
        else:
            output.say("There is no such report.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def show(report: Which, out: Out = None, json: Json = False) -> int:
    """Show a report, and with --out the picture that it is about."""
    output, target = Output(json=json), None if out is None else Target(out)
    if target is not None:
        target.check()

    async def action(session: Session) -> int:
        found = await _named(session, report)
        path = None if target is None else await _copied(session, found, target)
        if json:
            output.document({**_document(found), "copy": path})
        else:
            output.rows(("", ""), [(name, str(value)) for name, value in _document(found).items() if value])
            if path is not None:
                output.show(path)
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def decide(report: Which, decision: Choice, note: Note = "", json: Json = False) -> int:
    """Decide about a picture: hand it out (again), withhold it, or delete it for good."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await _named(session, report)
        decided = await _reviews(session).decide(found.id, decision, note, session.studio.principal)
        if json:
            output.document(_document(decided))
        else:
            output.say(f"The report {short(decided.id)} is {decided.state}.")
        return OK

    return with_studio(output, action, paints=False)


async def _copied(session: Session, report: Report, target: Target) -> str:
    """A copy of the picture of a report, for whoever reviews it."""
    runtime = session.studio.runtime
    picture = await runtime.reviews.picture(report.id, session.studio.principal)
    delivery = await runtime.library.file(picture, format=target.format, reviewing=True)
    data = b"".join([chunk async for chunk in delivery.chunks()])
    return str(write_copy(target.name(delivery.filename, number=1, count=1), data).path)


async def _named(session: Session, text: str) -> Report:
    """The report that a person means. Raises NotFound and InvalidRequest."""
    page = await _reviews(session).listed((), session.studio.principal, limit=LOOKED_AT, cursor=None)
    part = text.strip().lower()
    found = [each for each in page.items if part and (each.id.startswith(part) or each.id.endswith(part))]
    if not found:
        raise NotFound(f"There is no report '{text}'. `limner reports list` shows them.", field="report")
    if len(found) > 1:
        raise InvalidRequest(f"'{text}' fits {len(found)} reports. Give more of the id.", field="report")
    return found[0]


def _reviews(session: Session) -> Reviews:
    return session.studio.runtime.reviews


def _row(report: Report) -> tuple[str, ...]:
    by = "when finished" if report.reporter == JUDGE else report.reporter
    return short(report.id), short(report.image_id), report.reason, by, report.state.value, report.prompt[:60]


def _document(report: Report) -> Document:
    return {
        "id": report.id,
        "image_id": report.image_id,
        "owner": report.owner,
        "reporter": report.reporter or None,
        "reason": report.reason,
        "details": report.details,
        "state": report.state.value,
        "withheld": report.withheld,
        "model": report.model,
        "prompt": report.prompt,
        "created": moment(report.created),
        "note": report.note,
        "decided_by": report.decided_by,
        "decided": moment(report.decided),
    }
