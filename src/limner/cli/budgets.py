"""Budgets: who may spend how much, how they stand, and whether the books are right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.documents import moment, usd
from limner.cli.exits import FAILED, OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.telling import short
from limner.domain.budgets import Budget, Counted, Kind, Standing, Window
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.money import Money

if TYPE_CHECKING:
    from limner.cli.documents import Document
    from limner.engine.budgeting import Wanted

app = App(help="Limit what may be spent, and see how much is left.", no_args_is_help=True)

BudgetId = Annotated[str, typer.Argument(metavar="BUDGET", help="The id of a budget, or its beginning or end.")]
SPANS = {Window.HOUR: "an hour", Window.DAY: "a day", Window.MONTH: "a month", Window.ALL: "in all"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Whose:
    """What a budget is for: one of these."""

    user: Annotated[str | None, typer.Option("--user", metavar="ID", help="For a person.")] = None
    project: Annotated[str | None, typer.Option("--project", metavar="NAME", help="For a project.")] = None
    profile: Annotated[str | None, typer.Option("--profile", metavar="NAME", help="For a profile.")] = None
    token: Annotated[str | None, typer.Option("--token", metavar="ID", help="For an API token.")] = None
    everyone: Annotated[bool, typer.Option("--everyone", help="For all requests together.")] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """How much, in which stretch of time."""

    per: Annotated[Window, typer.Option("--per", help="The stretch of the calendar, in UTC.")] = Window.DAY
    usd: Annotated[str | None, typer.Option("--usd", metavar="USD", help="Dollars, such as 5 or 0.50.")] = None
    pictures: Annotated[int | None, typer.Option("--pictures", help="Pictures that are paid for.")] = None


@app.add(name="list")
def list_budgets(json: Json = False) -> int:
    """List the budgets and the limits of the settings: what is set aside, spent and left, and until when."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        studio = session.studio
        standings = await studio.runtime.budgeting.visible(studio.principal)
        if json:
            output.document({"budgets": [_document(standing) for standing in standings]})
        elif standings:
            columns = ("Budget", "For", "Limit", "Held", "Spent", "Left", "Resets (UTC)")
            output.rows(columns, [_row(standing) for standing in standings])
        else:
            output.say("There is no budget, and the settings set no limit.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def add(whose: Whose, measure: Measure, json: Json = False) -> int:
    """Set up a budget: `limner budgets add --project harbour --per month --usd 25`."""
    output = Output(json=json)
    wanted = _wanted(whose, measure)

    async def action(session: Session) -> int:
        studio = session.studio
        standing = await studio.runtime.budgeting.add(wanted, studio.principal)
        if json:
            output.document(_document(standing))
        elif standing.budget is not None:
            budget = standing.budget
            output.say(f"The budget {short(budget.id)} for {budget.title} is {budget.rate}.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def change(
    budget: BudgetId,
    usd: Annotated[str | None, typer.Option("--usd", metavar="USD", help="Dollars, such as 5 or 0.50.")] = None,
    pictures: Annotated[int | None, typer.Option("--pictures", help="Pictures that are paid for.")] = None,
    json: Json = False,
) -> int:
    """Give a budget another limit, in one step; what it has counted is kept."""
    output = Output(json=json)
    counted, limit = _limit(usd, pictures)

    async def action(session: Session) -> int:
        budgeting, principal = session.studio.runtime.budgeting, session.studio.principal
        found = _named([each.budget for each in await budgeting.visible(principal) if each.budget is not None], budget)
        standing = await budgeting.change(found.id, counted, limit, principal)
        if json:
            output.document(_document(standing))
        elif standing.budget is not None:
            output.say(f"The budget for {standing.budget.title} is {standing.budget.rate} now.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def remove(budget: BudgetId, json: Json = False) -> int:
    """Remove a budget; what jobs have set aside in it is settled all the same."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        studio = session.studio
        standings = await studio.runtime.budgeting.visible(studio.principal)
        found = _named([each.budget for each in standings if each.budget is not None], budget)
        gone = await studio.runtime.budgeting.remove(found.id, studio.principal)
        if json:
            output.document({"id": gone.id, "removed": True})
        else:
            output.say(f"The budget for {gone.title}, {gone.rate}, is removed.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def check(json: Json = False) -> int:
    """Check that every sum in the books is that of its rows."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        differences = list(await session.studio.runtime.ledger.check())
        if json:
            output.document({"ok": not differences, "differences": differences})
        else:
            for sentence in differences or ["All sums agree with their rows."]:
                output.show(sentence)
        return FAILED if differences else OK

    return with_studio(output, action, paints=False)


def _wanted(whose: Whose, measure: Measure) -> Wanted:
    """The budget that the options mean. Raises InvalidRequest, naming the option."""
    # Imported here because --help must not pay for the engine.
    from limner.engine.budgeting import Wanted

    named = {
        Kind.USER: whose.user,
        Kind.PROJECT: whose.project,
        Kind.PROFILE: whose.profile,
        Kind.TOKEN: whose.token,
        Kind.EVERYONE: "" if whose.everyone else None,
    }
    given = [(kind, name) for kind, name in named.items() if name is not None]
    if len(given) != 1:
        raise InvalidRequest("Say whom it is for: --user, --project, --profile, --token or --everyone.", field="user")
    counted, limit = _limit(measure.usd, measure.pictures)
    ((kind, name),) = given
    return Wanted(kind=kind, name=name, window=measure.per, counted=counted, limit=limit)


def _limit(usd: str | None, pictures: int | None) -> tuple[Counted, int]:
    """What is counted, and how much of it. Raises InvalidRequest, naming the option."""
    if (usd is None) is (pictures is None):
        raise InvalidRequest("Give the limit in --usd or in --pictures, one of the two.", field="usd")
    if pictures is not None:
        return Counted.PICTURES, pictures
    try:
        return Counted.USD, Money.usd(usd or "").micro
    except ValueError as error:
        raise InvalidRequest(str(error), field="usd") from None


def _named(budgets: list[Budget], text: str) -> Budget:
    """The budget that a person means. Raises NotFound and InvalidRequest."""
    part = text.strip().lower()
    found = [each for each in budgets if part and (each.id.startswith(part) or each.id.endswith(part))]
    if not found:
        raise NotFound(f"There is no budget '{text}'. `limner budgets list` shows them all.", field="budget")
    if len(found) > 1:
        raise InvalidRequest(f"'{text}' fits {len(found)} budgets. Give more of the id.", field="budget")
    return found[0]


def _row(standing: Standing) -> tuple[str, ...]:
    budget, use = standing.budget, standing.use
    return (
        "settings" if budget is None else short(budget.id),
        f"{standing.kind} {standing.name}".rstrip(),
        f"{_words(standing, standing.limit)} {SPANS[standing.window]}",
        _words(standing, use.held),
        _words(standing, use.spent),
        _words(standing, standing.left),
        "" if standing.resets is None else f"{standing.resets:%Y-%m-%d %H:%M}",
    )


def _words(standing: Standing, number: int) -> str:
    if standing.counted is Counted.USD:
        return str(Money(number))
    return "1 picture" if number == 1 else f"{number} pictures"


def _document(standing: Standing) -> Document:
    budget, use = standing.budget, standing.use
    numbers = {"limit": standing.limit, "held": use.held, "spent": use.spent, "left": standing.left}
    money = standing.counted is Counted.USD
    return {
        "id": None if budget is None else budget.id,
        "kind": standing.kind.value,
        "name": standing.name,
        "window": standing.window.value,
        "usd": {name: usd(Money(number)) for name, number in numbers.items()} if money else None,
        "pictures": None if money else numbers,
        "resets": moment(standing.resets),
        "created": None if budget is None else moment(budget.created),
        "created_by": None if budget is None else budget.created_by,
    }
