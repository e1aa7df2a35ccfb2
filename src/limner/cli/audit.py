"""Who did what: sign-ins, people, tokens, keys, budgets."""

from __future__ import annotations

from typing import Annotated

import typer

from limner.cli.documents import Document, moment
from limner.cli.exits import OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.domain.audit import Act, Record

app = App()

Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many, the newest first.")]
Only = Annotated[Act | None, typer.Option("--act", help="Only deeds of this kind.")]


@app.add()
def audit(limit: Limit = 20, act: Only = None, json: Json = False) -> int:
    """Show who signed in, and who changed people, tokens, keys and budgets."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        page = await session.studio.runtime.admittance.audit.page(limit=limit, cursor=None, act=act)
        if json:
            output.document({"deeds": [_document(record) for record in page.items]})
        elif page.items:
            output.rows(("When (UTC)", "Who", "What", "To", "", "From"), [_row(record) for record in page.items])
        else:
            output.say("Nothing has been written down yet.")
        return OK

    return with_studio(output, action, paints=False)


def _row(record: Record) -> tuple[str, ...]:
    deed = record.deed
    what = deed.act.value.replace("_", " ")
    return f"{record.at:%Y-%m-%d %H:%M}", deed.name, what, deed.subject, deed.detail, deed.address


def _document(record: Record) -> Document:
    deed = record.deed
    return {
        "id": record.id,
        "at": moment(record.at),
        "act": deed.act.value,
        "user": deed.who,
        "name": deed.name,
        "subject": deed.subject,
        "detail": deed.detail,
        "address": deed.address,
    }
