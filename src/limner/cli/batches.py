"""The batches that a server carries out: listed, looked at, paused, resumed, tried again, taken out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.asking import agreed, must_ask
from limner.cli.documents import Document, moment, usd
from limner.cli.exits import OK, described
from limner.cli.finding import the_one
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json, MaxCost, Yes
from limner.cli.output import Output, shortened
from limner.cli.telling import money_words, short
from limner.cli.wishes import amount
from limner.domain.errors import ConfirmationRequired

if TYPE_CHECKING:
    from limner.domain.batches import Batch, Standing
    from limner.domain.people import Principal

app = App(help="Look at, pause, resume, retry and take out batches that a server carries out.", no_args_is_help=True)

Which = Annotated[str, typer.Argument(metavar="BATCH", help="The id of a batch, or its beginning or end.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many, the newest first.")]
Change = Callable[[str, "Principal"], Awaitable["Batch"]]

LOOKED_AT = 200
"""Batches among which parts of ids are looked for."""
LISTED = "limner batches list"
NAMED = 40
"""Signs of a name in the list."""


@app.add("list")
def list_batches(limit: Limit = 20, json: Json = False) -> int:
    """List your batches, newest first: how far each is, and what it has cost of what it may cost."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        batches = session.studio.runtime.batching.batches
        page = await batches.page(session.studio.principal.id, limit=limit, cursor=None)
        if json:
            output.document({"batches": [_document(batch) for batch in page.items]})
        elif page.items:
            rows = [_line(batch) for batch in page.items]
            output.rows(("Batch", "Name", "State", "Rows", "Spent", "At most", "Begun"), rows)
        else:
            output.say("There is no batch. The studio and POST /api/v1/batches begin them.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def show(batch: Which, json: Json = False) -> int:
    """Show a batch with its rows: the job of each, what it cost, and what went wrong."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await _batch(session, batch)
        rows = await session.studio.runtime.batching.batches.rows(found.id)
        if json:
            output.document({**_document(found), "rows": [_row_document(row) for row in rows]})
        else:
            output.say(f"{found.name or found.first}: {_far(found)}")
            output.rows(("Row", "Prompt", "State", "Job", "Cost", ""), [_row(row) for row in rows])
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def pause(batch: Which, json: Json = False) -> int:
    """Begin no further row of a batch, also after a restart; what was begun is carried out."""

    def change(session: Session) -> Change:
        return session.studio.runtime.batching.pause

    return _changed(batch, change, json=json)


@app.add()
def resume(batch: Which, json: Json = False) -> int:
    """Let a paused batch go on, as soon as a server runs."""

    def change(session: Session) -> Change:
        return session.studio.runtime.batching.resume

    return _changed(batch, change, json=json)


@app.add()
def cancel(batch: Which, json: Json = False) -> int:
    """Take out what was not begun; what was begun is carried out and paid for."""

    def change(session: Session) -> Change:
        return session.studio.runtime.batching.cancel

    return _changed(batch, change, json=json)


@app.add()
def retry(batch: Which, max_cost: MaxCost = None, yes: Yes = False, json: Json = False) -> int:
    """Try all failed rows of a batch again, as soon as a server runs: those that never became jobs, and of the others
    what their jobs did not bring. Each for no more than it costs now; asked for twice, each is bought once.
    """
    output, limit = Output(json=json), amount(max_cost)

    async def action(session: Session) -> int:
        batching, principal = session.studio.runtime.batching, session.studio.principal
        name = (await _batch(session, batch)).id
        quote = await batching.failed(name, principal)
        words = "an amount that nobody knows beforehand" if quote.ceiling is None else f"at most {quote.ceiling}"
        output.say(f"{len(quote.paintable)} of {len(quote.rows)} failed rows can be tried again, for {words}.")
        if quote.paintable and must_ask(session, quote.ceiling, yes=yes) and not await agreed(session, "Go on?"):
            raise ConfirmationRequired("Not confirmed. Nothing was spent.")
        found = await batching.retry(name, principal, max_cost=limit or quote.ceiling)
        output.document(_document(found)) if json else output.say(_standing(found))
        return OK

    return with_studio(output, action, paints=False)


def _changed(batch: str, change: Callable[[Session], Change], *, json: bool) -> int:
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await change(session)((await _batch(session, batch)).id, session.studio.principal)
        if json:
            output.document(_document(found))
        else:
            output.say(_standing(found))
        return OK

    return with_studio(output, action, paints=False)


async def _batch(session: Session, text: str) -> Batch:
    """The batch that is meant. Raises NotFound, and InvalidRequest where several are."""
    batches = session.studio.runtime.batching.batches
    page = await batches.page(session.studio.principal.id, limit=LOOKED_AT, cursor=None)
    return the_one(page.items, text, "batch", LISTED)


def _standing(batch: Batch) -> str:
    return f"{short(batch.id)} {batch.name or batch.first}: {_far(batch)}"


def _far(batch: Batch) -> str:
    return f"{batch.state}, {batch.total - batch.left} of {batch.total} rows done"


def _line(batch: Batch) -> tuple[str, ...]:
    return (
        batch.id,
        shortened(batch.name or batch.first, NAMED),
        batch.state,
        f"{batch.total - batch.left}/{batch.total}",
        money_words(batch.cost),
        money_words(batch.ceiling),
        moment(batch.created) or "",
    )


def _row(row: Standing) -> tuple[str, ...]:
    return (
        str(row.number),
        shortened(row.prompt, NAMED),
        row.state.value,
        "" if row.job_id is None else short(row.job_id),
        money_words(row.cost) if row.jobs else "",
        "" if row.trouble is None else row.trouble.message,
    )


def _document(batch: Batch) -> Document:
    return {
        "id": batch.id,
        "name": batch.name,
        "state": batch.state,
        "concurrency": batch.concurrency,
        "delay_ms": batch.delay_ms,
        "total": batch.total,
        "counts": dict(batch.counts),
        "left": batch.left,
        "cost_usd": usd(batch.cost),
        "ceiling_usd": usd(batch.ceiling),
        "created": moment(batch.created),
        "paused": moment(batch.paused),
        "cancelled": moment(batch.cancelled),
        "ended": moment(batch.ended),
    }


def _row_document(row: Standing) -> Document:
    return {
        "number": row.number,
        "line": row.line,
        "prompt": row.prompt,
        "state": row.state.value,
        "job_id": row.job_id,
        "cost_usd": usd(row.cost),
        "error": None if row.trouble is None else described(row.trouble),
    }
