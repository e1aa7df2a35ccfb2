"""The keys that open services: which are there, and whether they are taken."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.exits import FAILED, OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.domain.accounts import Account, Inspection, KeyState
from limner.domain.model_card import ServiceCard

if TYPE_CHECKING:
    from limner.cli.documents import Document

app = App(help="See which keys there are, and ask the services whether they take them.", no_args_is_help=True)

Which = Annotated[
    list[str] | None, typer.Argument(metavar="[SERVICE]...", help="The services to ask; all that are ready if none.")
]
WORDS = {
    KeyState.ACCEPTED: "accepted",
    KeyState.REFUSED: "refused",
    KeyState.UNKNOWN: "not known",
    KeyState.NOT_READY: "not ready",
}
SHOWN = 4
"""Signs of a key that are shown: enough to tell keys apart, too few to use one."""


@app.add(name="list")
def list_keys(json: Json = False) -> int:
    """List the keys of this installation, but for their last signs hidden, and where each comes from."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        runtime = session.studio.runtime
        variables = runtime.settings.variables
        found = [
            (card, name, masked(variables[name].strip()))
            for card in runtime.catalog.services
            for name in card.key_variables
            if variables.get(name, "").strip()
        ]
        if json:
            rows = [{"service": card.id, "variable": name, "key": key} for card, name, key in found]
            output.document({"keys": rows})
        elif found:
            output.rows(("Service", "Key", "From"), [(card.id, key, name) for card, name, key in found])
        else:
            output.say("There is no key. `limner providers` says what each service needs.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def check(services: Which = None, json: Json = False) -> int:
    """Ask the services whether they take the keys, and what is left on the accounts; costs nothing."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        runtime = session.studio.runtime
        cards = _asked(session, services or [])
        found = await asyncio.gather(*(runtime.asks.inspect(card.id) for card in cards))
        if json:
            output.document({"keys": [_document(one) for one in found]})
        elif found:
            columns = ("Service", "Key", "Account", "Balance", "")
            output.rows(columns, [_row(card, one) for card, one in zip(cards, found, strict=True)])
        else:
            output.say("No service with a key is ready. `limner providers` says what each one needs.")
        return FAILED if any(one.state in (KeyState.REFUSED, KeyState.NOT_READY) for one in found) else OK

    return with_studio(output, action, paints=False)


def _asked(session: Session, names: list[str]) -> list[ServiceCard]:
    """The services that are meant. Raises UnknownModel with the nearest names."""
    runtime = session.studio.runtime
    if names:
        return [runtime.catalog.service(name) for name in names]
    return [
        card for card in runtime.catalog.services if card.key_variables and runtime.services.readiness(card.id).ready
    ]


def masked(key: str) -> str:
    """A key that can be told from others and not used; a short one shows nothing."""
    return f"...{key[-SHOWN:]}" if len(key) >= 4 * SHOWN else "..."


def _row(card: ServiceCard, found: Inspection) -> tuple[str, ...]:
    account = found.account or Account()
    said = "" if found.state is KeyState.ACCEPTED else found.message
    return card.id, WORDS[found.state], account.name or "", balance_words(account), said


def balance_words(account: Account) -> str:
    """What is left, in the service's own unit."""
    return "" if account.balance is None else f"{account.balance:f} {account.unit}"


def _document(found: Inspection) -> Document:
    account = found.account or Account()
    balance = None if account.balance is None else f"{account.balance:f}"
    known = {"account": account.name, "balance": balance, "unit": account.unit if balance else None}
    return {"service": found.service, "state": found.state.value, "message": found.message, **known}
