"""The command that paints a whole list: priced first, many at once, and able to go on where it was cut short."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from limner.cli.asking import agreed, must_ask
from limner.cli.carrying import Asked
from limner.cli.copies import Target
from limner.cli.exits import INTERRUPTED
from limner.cli.lists import read_rows
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json, MaxCost, Painter, Wish, Yes
from limner.cli.orders import Clerk, Order
from limner.cli.output import Output
from limner.cli.pool import Pool
from limner.cli.results import Results
from limner.cli.sums import Tally, board_on
from limner.cli.wishes import amount
from limner.domain.batches import LONGEST_DELAY
from limner.domain.errors import ConfirmationRequired, InvalidRequest, LimnerError
from limner.domain.money import Money
from limner.engine.batching import Spacing
from limner.engine.rows import Row

app = App()

TOLD = 20
"""How many failed rows are told of one by one."""

File = Annotated[str, typer.Argument(metavar="FILE", help="Rows: .csv, .jsonl or .txt; - reads them from stdin.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How a batch is carried out."""

    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=256, help="How many rows at a service at once.")
    ] = 8
    delay: Annotated[
        float,
        typer.Option("--delay", min=0, max=LONGEST_DELAY / 1000, help="Seconds between the beginnings of two rows."),
    ] = 0.0
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was cut short.")] = False
    out: Annotated[str | None, typer.Option("--out", "-o", metavar="DIR", help="Copy the pictures there.")] = None
    max_cost: MaxCost = None
    yes: Yes = False
    json: Json = False


@app.add()
def batch(file: File, manner: Manner, painter: Painter, wish: Wish) -> int:
    """Paint every row of a file. Columns are named like options; options given here hold for rows that say nothing.

    The whole list is priced first. A run that was cut short (Ctrl-C pauses it) goes on with --resume and buys nothing
    twice. With --json every finished row is one line of JSON on stdout, and the summary is the last. For batches that a
    server carries out see `limner batches`.
    """
    limit, target = amount(manner.max_cost), target_of(manner.out)
    rows = read_rows(file)
    output = Output(json=manner.json)

    async def action(session: Session) -> int:
        await session.check_going()
        options = {**asdict(painter), **asdict(wish)}
        path = results_path(session.studio.runtime.settings.data_dir, file, rows, target)
        results = await asyncio.to_thread(_earlier, path, manner, options) or Results(path, "")
        tally = Tally(rows=len(rows))
        todo = await _priced(session, rows, results, Asked(painter=painter, wish=wish), tally)
        await _allow(session, todo, results, limit, yes=manner.yes)
        if not results.run:
            new = session.studio.runtime.ids.new()
            results = await asyncio.to_thread(lambda: Results.begin(path, run=new, options=options))
        session.interruption.last_words = f"Stopped. Go on with --resume; done rows stand in {path}"
        with board_on(output, tally) as board:
            spacing = Spacing(session.studio.runtime.clock, manner.delay)
            pool = Pool(session=session, results=results, tally=tally, board=board, out=target, spacing=spacing)
            for row, error in todo.faults:
                await pool.note_failed(row, error)
            await pool.carry_out(todo.orders, manner.concurrency)
        return await _end(session, results, tally)

    return with_studio(output, action, paints=True, at_once=manner.concurrency)


@dataclass(frozen=True, slots=True)
class Todo:
    """What is left to do: rows that can be painted, and rows that cannot."""

    orders: Sequence[Order]
    faults: Sequence[tuple[Row, LimnerError]]


def target_of(out: str | None) -> Target | None:
    """The folder of the copies. Raises InvalidRequest for a file."""
    if out is None:
        return None
    if Path(out).is_file():
        raise InvalidRequest(f"{out} is a file. Name a folder for the copies.", field="out")
    return Target(f"{out.rstrip('/')}/")


def results_path(data_dir: Path, file: str, rows: Sequence[Row], target: Target | None) -> Path:
    """Where the results of a file are written: beside the copies, else in the data directory; always the same place."""
    stem = "stdin" if file == "-" else Path(file).stem
    if target is not None:
        return target.path / f"{stem}.results.jsonl"
    place = "".join(row.name for row in rows) if file == "-" else str(Path(file).resolve())
    digest = hashlib.sha256(place.encode(errors="surrogatepass")).hexdigest()[:8]
    return data_dir / "batches" / f"{stem}-{digest}.results.jsonl"


def _earlier(path: Path, manner: Manner, options: dict[str, object]) -> Results | None:
    """The run to go on with, if that is wanted."""
    if not manner.resume:
        Results.check_free(path)
        return None
    return Results.resume(path, options)


async def _priced(session: Session, rows: Sequence[Row], results: Results, everywhere: Asked, tally: Tally) -> Todo:
    """Every row that is left, with its price or its fault. Spends nothing."""
    orders: list[Order] = []
    faults: list[tuple[Row, LimnerError]] = []
    clerk = Clerk(session=session, everywhere=everywhere)
    for row in rows:
        if results.done(row.name):
            tally.skip(results.last[row.name])
            continue
        try:
            orders.append(await clerk.order(row))
        except LimnerError as error:
            faults.append((row, error))
        await asyncio.sleep(0)  # lets Ctrl-C through
    return Todo(orders, faults)


async def _allow(session: Session, todo: Todo, results: Results, limit: Money | None, *, yes: bool) -> None:
    """Says what all rows together may cost. Raises ConfirmationRequired where that is too much, or not wanted."""
    known = [order.ceiling for order in todo.orders if order.ceiling is not None]
    ceiling = Money(sum(money.micro for money in known)) if len(known) == len(todo.orders) else None
    spent = results.spent
    words = "an amount that nobody knows beforehand" if ceiling is None else f"up to {ceiling}"
    words = words if ceiling is None or ceiling else "nothing"
    faulty = f", {len(todo.faults)} cannot be painted" if todo.faults else ""
    session.output.say(f"{len(todo.orders)} rows to paint{faulty}; together they cost {words}.")
    if limit is not None and (ceiling is None or spent + ceiling > limit):
        before = f" after {spent} already spent" if spent else ""
        raise ConfirmationRequired(
            f"The batch may cost {words}{before}, more than the {limit} that you allow. "
            "Raise --max-cost or take rows out.",
            field="max_cost",
        )
    if todo.orders and must_ask(session, ceiling, yes=yes) and not await agreed(session, "Go on?"):
        raise ConfirmationRequired("Not confirmed. Nothing was spent.")


async def _end(session: Session, results: Results, tally: Tally) -> int:
    """The summary, and the exit code."""
    output = session.output
    stopped = session.interruption.heard.is_set()
    if not stopped:
        await asyncio.to_thread(results.finish)
    if output.json:
        output.line({"summary": {**tally.document(), "results": str(results.path)}})
    else:
        numbers = tally.document()
        output.rows(tuple(name.replace("_usd", "") for name in numbers), [tuple(map(tally.word, numbers))])
        output.show(f"results  {results.path}")
    for problem in tally.problems[:TOLD]:
        output.say(problem.message)
    if len(tally.problems) > TOLD:
        output.say(f"{len(tally.problems) - TOLD} more are in {results.path}")
    if stopped and tally.left:
        output.say(f"{tally.left} rows are left. Go on with --resume.")
    return INTERRUPTED if stopped and tally.left else tally.code
