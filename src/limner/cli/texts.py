"""Text models: which there are, and what they were asked and charged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.documents import Document, moment
from limner.cli.exits import OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output

if TYPE_CHECKING:
    from limner.domain.money import Money
    from limner.domain.text_calls import TextCall

app = App(help="Text models: which there are, what they were asked, and what that cost.", no_args_is_help=True)

TextModel = Annotated[
    str | None, typer.Option("--text-model", metavar="NAME", help="The text model; by default the first with a key.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100, help="How many.")]
CallId = Annotated[str, typer.Argument(metavar="CALL", help="The id of a text call.")]
Charged = Annotated[bool, typer.Option("--charged/--not-charged", help="Whether the service's own list has it.")]


@app.add()
def models(json: Json = False) -> int:
    """List text models, what they cost for a million tokens, and whether they can be used."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        from limner.words.plain import text_model_body

        desk, principal = session.studio.runtime.texts, session.studio.principal
        found = [text_model_body(card, await desk.buyer.obstacle(card, principal)) for card in desk.buyer.candidates()]
        if json:
            output.document({"models": found})
            return OK
        rows = [
            (str(each["id"]), _price(each), "yes" if each["sees"] else "no", str(each["reason"] or "ready"))
            for each in found
        ]
        output.rows(("Model", "In / out", "Sees", "State"), rows)
        return OK

    return with_studio(output, action, paints=False)


@app.add(name="list")
def list_calls(limit: Limit = 20, json: Json = False) -> int:
    """List what text models were asked, newest first, with tokens and costs."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        buyer, principal = session.studio.runtime.texts.buyer, session.studio.principal
        page = await buyer.page(principal, limit=limit, cursor=None)
        if json:
            output.document({"calls": [_document(call) for call in page.items]})
            return OK
        output.rows(
            ("Call", "When", "What for", "Model", "State", "Cost"),
            [
                (call.id, f"{call.created:%Y-%m-%d %H:%M}", call.purpose, call.model, call.state, told(call.cost))
                for call in page.items
            ],
        )
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def resolve(call: CallId, charged: Charged, json: Json = False) -> int:
    """Say whether an ambiguous text call was charged: its hold is booked, or freed."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        buyer, principal = session.studio.runtime.texts.buyer, session.studio.principal
        decided = await buyer.resolve(call, principal, charged=charged)
        if json:
            output.document(_document(decided))
        else:
            output.say(f"The call is {decided.state}; it cost {told(decided.cost)}.")
        return OK

    return with_studio(output, action, paints=False)


def told(cost: Money | None) -> str:
    """A cost in words."""
    return "an unknown cost" if cost is None else str(cost) if cost else "free"


def _document(call: TextCall) -> Document:
    from limner.words.plain import text_call_body

    return {**text_call_body(call), "created": moment(call.created)}


def _price(body: dict[str, object]) -> str:
    if body["local"]:
        return "free"
    if body["input_usd"] is None:
        return "unknown"
    own = " (your own price)" if body["own_price"] else ""
    return f"${body['input_usd']} / ${body['output_usd']}{own}"
