"""What administrators were told without asking: refusals again and again, failures, money."""

from __future__ import annotations

from typing import Annotated

import typer

from limner.cli.documents import Document, moment
from limner.cli.exits import OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.domain.alerts import Alert, AlertKind

app = App()

Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many, the newest first.")]
Only = Annotated[AlertKind | None, typer.Option("--kind", help="Only alerts of this kind.")]


@app.add()
def alerts(limit: Limit = 20, kind: Only = None, json: Json = False) -> int:
    """Show what the server raised: who is refused again and again, what fails, what is spent."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        page = await session.studio.runtime.alerts.page(limit=limit, cursor=None, kind=kind)
        if json:
            output.document({"alerts": [_document(alert) for alert in page.items]})
        elif page.items:
            output.rows(("When (UTC)", "Kind", "About", ""), [_row(alert) for alert in page.items])
        else:
            output.say("There was none.")
        return OK

    return with_studio(output, action, paints=False)


def _row(alert: Alert) -> tuple[str, ...]:
    return f"{alert.raised:%Y-%m-%d %H:%M}", alert.kind.value, alert.subject, alert.message


def _document(alert: Alert) -> Document:
    return {
        "id": alert.id,
        "kind": alert.kind.value,
        "subject": alert.subject,
        "message": alert.message,
        "raised": moment(alert.raised),
    }
