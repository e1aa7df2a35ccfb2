"""The services: which can be used, what the others need, and which are blocked after failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.condition import blocked_words
from limner.cli.exits import OK
from limner.cli.listing import known_here
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.surroundings import settings_here
from limner.domain.errors import InvalidRequest, StorageError
from limner.domain.health import Breaker, BreakerKey, Condition, Standing
from limner.domain.model_card import ServiceCard
from limner.domain.readiness import Readiness
from limner.domain.steering import Configs, ServiceChange, ServiceConfig, switched_off
from limner.domain.text_models import WRITES, TextServiceCard

if TYPE_CHECKING:
    from limner.cli.documents import Document
    from limner.cli.opening import Session
    from limner.engine.breaker import Health
    from limner.settings import Settings
    from limner.wire.connection import Connection

app = App()

Named = Annotated[str, typer.Argument(metavar="NAME", help="A service with all its models, or one model of it.")]
Service = Annotated[str, typer.Argument(metavar="SERVICE", help="The service, by its id or another word for it.")]
Weight = Annotated[
    str | None, typer.Option("--weight", help="How many times as often as others of the same rank; `usual` unsets it.")
]
Rate = Annotated[
    str | None, typer.Option("--pace", help="Requests a second at most, 0 for no limit; `usual` unsets it.")
]
USUAL = "usual"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One service as this installation has it."""

    card: ServiceCard | TextServiceCard
    state: Readiness
    standing: Standing
    base_url: str
    config: ServiceConfig
    default_model: str
    """Its name at the service; empty where nobody has named one."""
    description: str
    usual_pace: float = 0
    """Requests a second where nobody says otherwise; 0 is no limit."""
    concurrency: int | None = None
    """Purchases at a time; None is no limit."""

    @property
    def pace(self) -> float:
        """Requests a second at most; 0 is no limit."""
        said = self.config.requests_per_second
        return self.usual_pace if said is None else said

    @property
    def model(self) -> str:
        """The id of the model that is asked where only the service is meant."""
        return f"{self.card.id}/{self.default_model}" if self.default_model else ""


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


@app.add()
def enable(service: Service, json: Json = False) -> int:
    """Ask a service that was switched off again, from the next purchase on, in every process."""
    return _steered(service, ServiceChange(enabled=True), json)


@app.add()
def disable(service: Service, json: Json = False) -> int:
    """Send nothing new to a service, in every process; what was bought there is still fetched."""
    return _steered(service, ServiceChange(enabled=False), json)


@app.add(name="set")
def steer(service: Service, weight: Weight = None, pace: Rate = None, json: Json = False) -> int:
    """Say how often a service is asked, and how fast, in every process."""
    given = {"weight": weight, "requests_per_second": pace}
    if all(text is None for text in given.values()):
        raise InvalidRequest("Say what is to be different: --weight or --pace.", field="weight")
    usual = frozenset(name for name, text in given.items() if text == USUAL)
    change = ServiceChange(weight=_number("--weight", weight), requests_per_second=_number("--pace", pace), usual=usual)
    return _steered(service, change, json)


def _number(name: str, text: str | None) -> float | None:
    if text in (None, USUAL):
        return None
    try:
        return float(text)
    except ValueError:
        raise InvalidRequest(f"{name} takes a number, or `{USUAL}`: '{text}' is none.", field=name) from None


def _steered(service: str, change: ServiceChange, json: bool) -> int:
    # Imported here because a list of services must not pay for the engine.
    from limner.cli.opening import with_studio
    from limner.engine.steering import told

    output = Output(json=json)

    async def action(session: Session) -> int:
        steering = session.studio.runtime.doors.steering
        config = await steering.change(service, change, session.studio.principal)
        if json:
            output.document({"service": config.service, **_config(config)})
        else:
            output.show(f"{config.service} is now {told(config)}.")
        return OK

    return with_studio(output, action, paints=False)


def _services(output: Output, settings: Settings) -> list[Found]:
    """Those that paint, then those that only write."""
    # Imported here because --help must not pay for pydantic, nor a list for the HTTP client.
    from limner.engine.breaker import Health
    from limner.providers import plugins_by_name, readiness_of
    from limner.providers.connecting import connections

    services = known_here(settings).services
    places, plugins = connections(services, settings.variables), plugins_by_name()
    kept = _kept(output, settings)
    health = Health(kept.breakers, settings.breaker_rules, datetime.now(UTC))
    states = {card.id: readiness_of(card, places[card.id], plugins, kept.configs.get(card.id)) for card in services}
    states |= _gone([(card, places[card.id]) for card in services if states[card.id].ready])
    painting = [
        Found(
            card=card,
            state=states[card.id],
            standing=health.standing(card.id, places[card.id].fingerprint),
            base_url=places[card.id].base_url,
            config=kept.configs.get(card.id) or ServiceConfig(service=card.id),
            default_model=card.default_model,
            description=card.description,
            usual_pace=card.requests_per_second,
            concurrency=card.concurrency,
        )
        for card in services
    ]
    return [*painting, *_writing(settings, kept, health, {card.id for card in services})]


def _writing(settings: Settings, kept: Kept, health: Health, painting: Set[str]) -> Iterator[Found]:
    """The services that only write."""
    # Imported here because --help must not pay for pydantic.
    from limner.catalog.texts import load_texts
    from limner.words.places import connection_of, named_model, readiness_of

    catalog, today = load_texts(settings.data_dir, settings.text_prices), datetime.now(UTC).date()
    for card in catalog.services:
        if card.id in painting:
            continue
        place, config = connection_of(card, settings.variables), kept.configs.get(card.id)
        living = (
            model.name
            for model in catalog.models
            if model.service == card.id and (model.shutdown is None or model.shutdown > today)
        )
        yield Found(
            card=card,
            state=readiness_of(card, place) if config is None or config.enabled else switched_off(),
            standing=health.standing(card.id, place.fingerprint),
            base_url=place.base_url,
            config=config or ServiceConfig(service=card.id),
            default_model=named_model(card, settings.variables) or next(living, ""),
            description=WRITES,
        )


def _gone(services: Sequence[tuple[ServiceCard, Connection]]) -> Mapping[str, Readiness]:
    """The engines of this machine or network at whose addresses nobody listens, by their services."""
    # Imported here because --help must not pay for what reads addresses.
    from limner.providers import address_of, unreached
    from limner.wire.connection import listens

    engines = [(card, address) for card, place in services if (address := address_of(card, place)) is not None]
    return {card.id: unreached(card, address) for card, address in engines if not listens(address)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What all processes of the installation know of the services."""

    breakers: Mapping[BreakerKey, Breaker] = field(default_factory=dict)
    configs: Configs = field(default_factory=dict)


def _kept(output: Output, settings: Settings) -> Kept:
    """What is remembered of services. No database is made for this; one that is away is said to be."""
    file = settings.data_dir / "limner.db"
    if settings.database_url is None and not file.exists():
        return Kept()
    # Imported here because an installation without a database must not pay for it.
    from limner.db import breaker_rows, steering_rows

    try:
        if settings.database_url is not None:
            return _read(settings.database_url)
        return Kept(breakers=breaker_rows.peek(file), configs=steering_rows.peek(file))
    except StorageError as error:
        output.say(f"Which services are blocked or switched off is not known. {error.message}")
        return Kept()


def _read(url: str) -> Kept:
    # Imported here because a SQLite file is read without all that.
    import asyncio

    from limner.db.breakers import SqlBreakers
    from limner.db.database import Database
    from limner.db.steering import SqlServiceConfigs

    async def read() -> Kept:
        database = await Database.open(url)
        try:
            breakers, configs = await SqlBreakers(database).all(), await SqlServiceConfigs(database).all()
            return Kept(breakers=breakers, configs=configs)
        finally:
            await database.close()

    return asyncio.run(read())


def _document(found: Found) -> Document:
    card, standing = found.card, found.standing
    condition = standing.by_default(found.model)
    return {
        "id": card.id,
        "name": card.name,
        "description": found.description,
        "ready": found.state.ready,
        "reason": found.state.reason,
        "health": {
            **_condition(condition),
            "reason": condition.words if found.state.ready else found.state.short or found.state.reason,
            "models": {model: _condition(one) for model, one in standing.models.items()},
        },
        "local": card.local,
        "default_model": found.model or None,
        "host": _host(found.base_url) or None,
        "requests_per_second": found.pace or None,
        "concurrency": found.concurrency,
        "config": _config(found.config),
        "key_variables": list(card.key_variables),
    }


def _config(config: ServiceConfig) -> Document:
    return {
        "enabled": config.enabled,
        "weight": config.weight,
        "requests_per_second": config.requests_per_second,
        "changed": None if config.changed is None else config.changed.isoformat(),
        "changed_by": config.changed_by,
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
    pace = [f"{found.pace:g} a second"] if found.pace else []
    pace += [f"{found.concurrency} at once"] if found.concurrency else []
    state = "ready" if found.state.ready else found.state.reason
    blocked = blocked_words(card.id, found.standing) if found.state.ready else []
    return (
        card.id,
        card.name,
        "; ".join(blocked) or state,
        "this machine" if card.local else "remote",
        found.default_model or "none named",
        ", ".join(pace) or "no limit",
        _host(found.base_url),
    )


def _host(base_url: str) -> str:
    """The host of an address: never what may stand before it, such as a password."""
    return base_url.partition("://")[2].partition("/")[0].rpartition("@")[2]
