"""The services: which can be used, what the others need, and which are blocked after failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.condition import blocked_words
from limner.cli.exits import OK
from limner.cli.listing import known_here
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.surroundings import settings_here
from limner.domain.errors import StorageError
from limner.domain.health import Breaker, BreakerKey, Condition, Standing
from limner.domain.model_card import ServiceCard
from limner.domain.ports import Readiness

if TYPE_CHECKING:
    from limner.cli.documents import Document
    from limner.cli.opening import Session
    from limner.settings import Settings

app = App()

Named = Annotated[str, typer.Argument(metavar="NAME", help="A service with all its models, or one model of it.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One service as this installation has it."""

    card: ServiceCard
    state: Readiness
    standing: Standing
    base_url: str


@app.callback(invoke_without_command=True)
def providers(context: typer.Context, json: Json = False) -> int:
    """List the services: which are ready, what the others need, and which are blocked after failures."""
    if context.invoked_subcommand is None:
        output = Output(json=json)
        found = _services(output, settings_here())
        if json:
            output.document({"providers": [_document(one) for one in found]})
        else:
            columns = ("Service", "Name", "State", "Where", "Default model", "Pace", "Host")
            output.rows(columns, [_row(one) for one in found])
    return OK


@app.add()
def reset(name: Named, json: Json = False) -> int:
    """Let a service or a model that was blocked after failures be asked again at once."""
    # Imported here because a list of services must not pay for the engine.
    from limner.cli.opening import with_studio

    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await session.studio.runtime.health.reset(name, session.studio.principal)
        if json:
            output.document({"reset": found})
        else:
            output.show(f"{found} may be asked again.")
        return OK

    return with_studio(output, action, paints=False)


def _services(output: Output, settings: Settings) -> list[Found]:
    # Imported here because --help must not pay for pydantic, nor a list for the HTTP client.
    from limner.engine.breaker import Health
    from limner.providers import plugins_by_name, readiness_of
    from limner.providers.connecting import connections

    services = known_here(settings).services
    places, plugins = connections(services, settings.variables), plugins_by_name()
    health = Health(_remembered(output, settings), settings.breaker_rules, datetime.now(UTC))
    return [
        Found(
            card=card,
            state=readiness_of(card, places[card.id], plugins),
            standing=health.standing(card.id, places[card.id].fingerprint),
            base_url=places[card.id].base_url,
        )
        for card in services
    ]


def _remembered(output: Output, settings: Settings) -> Mapping[BreakerKey, Breaker]:
    """What is remembered of services that fail. No database is made for this; one that is away is said to be."""
    file = settings.data_dir / "limner.db"
    if settings.database_url is None and not file.exists():
        return {}
    # Imported here because an installation without a database must not pay for it.
    from limner.db.breaker_rows import peek

    try:
        return peek(file) if settings.database_url is None else _read(settings.database_url)
    except StorageError as error:
        output.say(f"Which services are blocked is not known. {error.message}")
        return {}


def _read(url: str) -> Mapping[BreakerKey, Breaker]:
    # Imported here because a SQLite file is read without all that.
    import asyncio

    from limner.db.breakers import SqlBreakers
    from limner.db.database import Database

    async def read() -> Mapping[BreakerKey, Breaker]:
        database = await Database.open(url)
        try:
            return await SqlBreakers(database).all()
        finally:
            await database.close()

    return asyncio.run(read())


def _document(found: Found) -> Document:
    card, standing = found.card, found.standing
    condition = standing.by_default(f"{card.id}/{card.default_model}")
    return {
        "id": card.id,
        "name": card.name,
        "description": card.description,
        "ready": found.state.ready,
        "reason": found.state.reason,
        "health": {
            **_condition(condition),
            "reason": condition.words if found.state.ready else found.state.short or found.state.reason,
            "models": {model: _condition(one) for model, one in standing.models.items()},
        },
        "local": card.local,
        "default_model": f"{card.id}/{card.default_model}",
        "host": _host(found.base_url) or None,
        "requests_per_second": card.requests_per_second or None,
        "concurrency": card.concurrency,
        "key_variables": list(card.key_variables),
    }


def _condition(condition: Condition) -> Document:
    return {
        "state": condition.state.value,
        "reason": condition.words,
        "failures": condition.failures,
        "code": condition.code,
        "cause": condition.cause,
        "until": None if condition.until is None else condition.until.isoformat(),
    }


def _row(found: Found) -> tuple[str, ...]:
    card = found.card
    pace = f"{card.concurrency} at once"
    if card.requests_per_second:
        pace = f"{card.requests_per_second:g} a second, {pace}"
    state = "ready" if found.state.ready else found.state.reason
    blocked = blocked_words(card, found.standing) if found.state.ready else []
    return (
        card.id,
        card.name,
        "; ".join(blocked) or state,
        "this machine" if card.local else "remote",
        card.default_model,
        pace,
        _host(found.base_url),
    )


def _host(base_url: str) -> str:
    """The host of an address: never what may stand before it, such as a password."""
    return base_url.partition("://")[2].partition("/")[0].rpartition("@")[2]
