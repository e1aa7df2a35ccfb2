"""The settings' providers: how each fares, what it offers, whether it is used and how hard it is pressed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response

from limner.domain.errors import InvalidRequest, NotFound, UsageError
from limner.domain.health import BreakerState, Condition, Standing
from limner.domain.model_card import ModelCard, ServiceCard, Status
from limner.domain.ports import Services
from limner.domain.readiness import SWITCHED_OFF, UNREACHABLE, Readiness
from limner.domain.steering import ServiceChange, ServiceConfig
from limner.domain.text_models import MILLION, TextCard
from limner.engine.pricing import usual_price
from limner.engine.text_places import TextPlace, text_places
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.web import showing, wording
from limner.web.failures import headline, told_of
from limner.web.languages import gettext as _
from limner.web.languages import message, ngettext, pointed
from limner.web.services import called, described
from limner.web.settings_frame import done_at, framed
from limner.web.settings_keys import verdict
from limner.web.settings_views import Badge, OfferRow, ProviderPage, ProviderRow, ProvidersPage
from limner.web.signing_in import answered, text_of

SECTION = "providers"
DONE = {
    "on": message("The provider is used again, from the next picture on."),
    "off": message("The provider is off. What is under way is finished, nothing new is sent there."),
    "reset": message("The provider is asked again at once."),
    "pressed": message("Weight and pace hold from the next picture on."),
}
NO_LIMIT = message("no limit")

router = APIRouter(include_in_schema=False, prefix="/settings/providers")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A provider as these pages show it, whether it paints, writes, or both."""

    id: str
    name: str
    description: str
    documentation: str
    readiness: Readiness
    standing: Standing
    config: ServiceConfig
    needs_key: bool
    paints: bool
    """Whether it paints; else it only writes."""
    algorithmic: bool = False
    usual_pace: float = 0
    """Requests a second where nobody says otherwise; 0 is no limit."""
    concurrency: int | None = None
    """Purchases at a time; None is no limit."""
    models: tuple[ModelCard, ...] = ()
    texts: tuple[TextCard, ...] = ()


@router.get("")
async def providers_page(request: Request) -> Response:
    """All providers."""
    return await _page(request)


@router.get("/{service}")
async def provider_page(request: Request, service: str) -> Response:
    """One provider, its models, and how hard it is pressed."""
    return await _one(request, await _place(request, service))


@router.post("/{service}")
async def press_provider_from_form(request: Request, service: str) -> Response:
    """Sets weight and pace; an empty field is as usual. For administrators."""
    place, steering = await _place(request, service), runtime_of(request).doors.steering
    async with read_form(request, files=0, fields=4) as form:
        weight, pace = text_of(form, "weight").strip(), text_of(form, "pace").strip()
    try:
        given = {"weight": weight, "requests_per_second": pace}
        usual = frozenset(name for name, text in given.items() if not text)
        change = ServiceChange(
            weight=_number(weight, "weight"), requests_per_second=_number(pace, "requests_per_second"), usual=usual
        )
        await steering.change(place.id, change, principal_of(request))
    except UsageError as error:
        return await _one(request, place, weight=weight, pace=pace, error=error)
    return done_at(request, SECTION, "pressed")


@router.post("/{service}/use")
async def use_provider_from_form(request: Request, service: str) -> Response:
    """Switches a provider on or off. For administrators."""
    place = await _place(request, service)
    async with read_form(request, files=0, fields=2) as form:
        enabled = text_of(form, "enabled") == "on"
    await runtime_of(request).doors.steering.change(place.id, ServiceChange(enabled=enabled), principal_of(request))
    return done_at(request, SECTION, "on" if enabled else "off")


@router.post("/{service}/reset")
async def reset_provider_from_form(request: Request, service: str) -> Response:
    """Lets a provider that is left alone after failures be asked again at once. For administrators."""
    await runtime_of(request).health.reset((await _place(request, service)).id, principal_of(request))
    return done_at(request, SECTION, "reset")


@router.post("/{service}/check")
async def check_provider_from_form(request: Request, service: str) -> Response:
    """Asks a provider whether it takes the key that is used, and says so in its row. Costs nothing."""
    runtime, place = runtime_of(request), await _place(request, service)
    own = [key for key in await runtime.vault.list(principal_of(request)) if key.service == place.id]
    if own:
        said = await runtime.vault.check(own[0].id, principal_of(request))
    else:
        said = await runtime.vault.inspect(place.id)
    return await _page(request, checked={place.id: verdict(runtime, said)})


async def _page(request: Request, checked: dict[str, Badge] | None = None) -> Response:
    shell, frame = framed(request, SECTION, DONE)
    now = runtime_of(request).clock.now()
    rows = [_row(place, (checked or {}).get(place.id), now) for place in await _places(request)]
    rows.sort(key=lambda row: row.health.kind not in {"ok", "bad", "warn"})
    return answered(request, ProvidersPage(shell=shell, frame=frame, providers=tuple(rows)), None)


async def _one(
    request: Request,
    place: Place,
    *,
    weight: str | None = None,
    pace: str | None = None,
    error: UsageError | None = None,
) -> Response:
    shell, frame = framed(request, SECTION, DONE, error=error, form=SECTION)
    config, now = place.config, runtime_of(request).clock.now()
    view = ProviderPage(
        shell=shell,
        frame=frame,
        provider=_row(place, None, now),
        description=place.description,
        documentation=place.documentation,
        needs_key=place.needs_key,
        offers=tuple(_offers(place, now)),
        weighs=place.paints,
        weight=_text(config.weight) if weight is None else weight,
        pace=_text(config.requests_per_second) if pace is None else pace,
        usual_pace=f"{place.usual_pace:g}" if place.usual_pace else _(NO_LIMIT),
    )
    return answered(request, view, error)


def _offers(place: Place, now: datetime) -> Iterator[OfferRow]:
    """Its models, those that paint first."""

    def health(model: str) -> Badge | None:
        return None if (one := place.standing.models.get(model)) is None else _condition(one, now)

    for model in place.models:
        yield OfferRow(
            id=model.id,
            title=model.title,
            does=", ".join(_(wording.OPERATIONS[operation]) for operation in model.operations),
            price=wording.price(usual_price(model)),
            seconds=wording.duration(model.seconds),
            health=health(model.id),
        )
    for text in place.texts:
        yield OfferRow(
            id=text.id, title=text.title, does=_("Writes"), price=_tokens(text), seconds="", health=health(text.id)
        )


def _tokens(card: TextCard) -> str:
    """What its tokens cost."""
    if card.local:
        return _("free")
    if card.price is None:
        return _("price unknown")
    read, written = (wording.dollars(f"{tokens / MILLION:.2f}") for tokens in (card.price.input, card.price.output))
    return _("%(read)s / %(written)s for a million tokens", read=read, written=written)


async def _places(request: Request) -> list[Place]:
    """All providers, those that only write last."""
    runtime, principal = runtime_of(request), principal_of(request)
    await runtime.renew()
    services = await runtime.services_for(principal)
    texts = {place.card.id: place for place in await text_places(runtime.texts.buyer, principal)}
    painting = [_painting(runtime, services, card, texts.pop(card.id, None)) for card in runtime.catalog.services]
    writing = [
        Place(
            id=place.card.id,
            name=place.card.name,
            description=_("Text models: it writes and does not paint."),
            documentation="",
            readiness=place.readiness,
            standing=place.standing,
            config=place.config,
            needs_key=bool(place.card.key_variables) and not place.card.key_optional,
            paints=False,
            texts=place.models,
        )
        for place in texts.values()
    ]
    return [*painting, *writing]


def _painting(runtime: Runtime, services: Services, card: ServiceCard, place: TextPlace | None) -> Place:
    living = (model for model in runtime.catalog.models if model.service == card.id)
    return Place(
        id=card.id,
        name=called(card),
        description=described(card),
        documentation=card.documentation,
        readiness=services.readiness(card.id),
        standing=runtime.health.standing(card.id, services.credential(card.id)),
        config=runtime.doors.steering.of(card.id),
        needs_key=bool(card.key_variables),
        paints=True,
        algorithmic=card.algorithmic,
        usual_pace=card.requests_per_second,
        concurrency=card.concurrency,
        models=tuple(model for model in living if model.status is not Status.RETIRED),
        texts=() if place is None else place.models,
    )


async def _place(request: Request, service: str) -> Place:
    """One provider. Raises NotFound for one that there is not."""
    found = next((place for place in await _places(request) if place.id == service), None)
    if found is None:
        raise NotFound(_("There is no provider with this name. The list of providers has them all."))
    return found


def _row(place: Place, said: Badge | None, now: datetime) -> ProviderRow:
    readiness, config = place.readiness, place.config
    worst = _worst([place.standing.own, *place.standing.models.values()])
    many = len(place.models) + len(place.texts)
    return ProviderRow(
        id=place.id,
        name=place.name,
        colour=showing.colour(place.id),
        health=_health(place, worst, now),
        models=ngettext("%(num)s model", "%(num)s models", many),
        pace=_pace(place),
        weight="" if config.weight is None else _("weight %(number)s", number=f"{config.weight:g}"),
        enabled=config.enabled,
        needs_key=place.needs_key and not readiness.ready and config.enabled,
        can_be_reset=worst.state is not BreakerState.CLOSED,
        said=said,
    )


def _worst(conditions: list[Condition]) -> Condition:
    """The condition of a provider and its models together: that which keeps most from being asked."""
    order = [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED]
    return min(conditions, key=lambda each: order.index(each.state))


def _health(place: Place, condition: Condition, now: datetime) -> Badge:
    readiness = place.readiness
    if not readiness.ready:
        said = told_of(headline(readiness.code), readiness.reason)
        if readiness.code in (SWITCHED_OFF, UNREACHABLE):
            return Badge(kind="", icon="minus", word=wording.not_ready(readiness)[0], said=said)
        word = _("No key") if place.needs_key else _("Not ready")
        return Badge(kind="", icon="key", word=word, said=said)
    if place.algorithmic:
        return Badge(kind="ok", icon="ok", word=_("Always on"), said=_("Offline and free."))
    return _condition(condition, now)


def _condition(condition: Condition, now: datetime) -> Badge:
    """How a provider or a model fares, in the words of these pages."""
    if condition.state is BreakerState.OPEN:
        said = ngettext("Resting after %(num)s failure.", "Resting after %(num)s failures.", condition.failures)
        if condition.until is not None:
            left = wording.duration((condition.until - now).total_seconds())
            said = f"{said} {_('Tries again in %(time)s.', time=left)}"
        return Badge(kind="bad", icon="bad", word=_("Breaker open"), said=said)
    if condition.state is BreakerState.HALF_OPEN:
        said = _("On trial: one call at a time is let through.")
        return Badge(kind="warn", icon="part", word=_("Breaker half open"), said=said)
    if condition.failures:
        said = ngettext("%(num)s failure of late.", "%(num)s failures of late.", condition.failures)
        return Badge(kind="ok", icon="ok", word=_("Healthy"), said=said)
    return Badge(kind="ok", icon="ok", word=_("Healthy"))


def _pace(place: Place) -> str:
    said = place.config.requests_per_second
    pace = place.usual_pace if said is None else said
    if place.concurrency is None:
        return _("%(pace)s a second", pace=pointed(f"{pace:g}")) if pace else _(NO_LIMIT)
    if not pace:
        return _("%(many)s at once", many=place.concurrency)
    return _("%(pace)s a second, %(many)s at once", pace=pointed(f"{pace:g}"), many=place.concurrency)


def _number(text: str, field: str) -> float | None:
    """Raises InvalidRequest, naming the field."""
    try:
        return float(text) if text else None
    except ValueError:
        raise InvalidRequest(_("That is no number. Write one such as 2 or 0.5."), field=field) from None


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
