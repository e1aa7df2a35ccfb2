"""The settings' providers: how each fares, what it offers, whether it is used and how hard it is pressed."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response

from limner.domain.errors import InvalidRequest, NotFound, UsageError
from limner.domain.health import BreakerState, Condition
from limner.domain.model_card import ModelCard, ServiceCard, Status
from limner.domain.ports import Readiness, Services
from limner.domain.steering import ServiceChange, ServiceConfig
from limner.engine.pricing import usual_price
from limner.runtime import Runtime
from limner.runtime.forms import read_form
from limner.web import showing, wording
from limner.web.failures import headline, told_of
from limner.web.gallery import principal_of, runtime_of
from limner.web.languages import gettext as _
from limner.web.languages import message, ngettext
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


@router.get("")
async def providers_page(request: Request) -> Response:
    """All providers."""
    return await _page(request)


@router.get("/{service}")
async def provider_page(request: Request, service: str) -> Response:
    """One provider, its models, and how hard it is pressed."""
    return await _one(request, _card(request, service))


@router.post("/{service}")
async def press_provider_from_form(request: Request, service: str) -> Response:
    """Sets weight and pace; an empty field is as usual. For administrators."""
    card, steering = _card(request, service), runtime_of(request).doors.steering
    async with read_form(request, files=0, fields=4) as form:
        weight, pace = text_of(form, "weight").strip(), text_of(form, "pace").strip()
    try:
        given = {"weight": weight, "requests_per_second": pace}
        usual = frozenset(name for name, text in given.items() if not text)
        change = ServiceChange(
            weight=_number(weight, "weight"), requests_per_second=_number(pace, "requests_per_second"), usual=usual
        )
        await steering.change(card.id, change, principal_of(request))
    except UsageError as error:
        return await _one(request, card, weight=weight, pace=pace, error=error)
    return done_at(request, SECTION, "pressed")


@router.post("/{service}/use")
async def use_provider_from_form(request: Request, service: str) -> Response:
    """Switches a provider on or off. For administrators."""
    card = _card(request, service)
    async with read_form(request, files=0, fields=2) as form:
        enabled = text_of(form, "enabled") == "on"
    await runtime_of(request).doors.steering.change(card.id, ServiceChange(enabled=enabled), principal_of(request))
    return done_at(request, SECTION, "on" if enabled else "off")


@router.post("/{service}/reset")
async def reset_provider_from_form(request: Request, service: str) -> Response:
    """Lets a provider that is left alone after failures be asked again at once. For administrators."""
    await runtime_of(request).health.reset(_card(request, service).id, principal_of(request))
    return done_at(request, SECTION, "reset")


@router.post("/{service}/check")
async def check_provider_from_form(request: Request, service: str) -> Response:
    """Asks a provider whether it takes the key that is used, and says so in its row. Costs nothing."""
    runtime, card = runtime_of(request), _card(request, service)
    own = [key for key in await runtime.vault.list(principal_of(request)) if key.service == card.id]
    if own:
        said = await runtime.vault.check(own[0].id, principal_of(request))
    else:
        said = await runtime.asks.inspect(card.id)
    return await _page(request, checked={card.id: verdict(runtime, said)})


async def _page(request: Request, checked: dict[str, Badge] | None = None) -> Response:
    shell, frame = framed(request, SECTION, DONE)
    runtime, services = runtime_of(request), await _services(request)
    rows = [_row(runtime, services, card, (checked or {}).get(card.id)) for card in runtime.catalog.services]
    rows.sort(key=lambda row: row.health.kind not in {"ok", "bad", "warn"})
    return answered(request, ProvidersPage(shell=shell, frame=frame, providers=tuple(rows)), None)


async def _one(
    request: Request,
    card: ServiceCard,
    *,
    weight: str | None = None,
    pace: str | None = None,
    error: UsageError | None = None,
) -> Response:
    shell, frame = framed(request, SECTION, DONE, error=error, form=SECTION)
    runtime, services = runtime_of(request), await _services(request)
    config, now = runtime.doors.steering.of(card.id), runtime.clock.now()
    standing = runtime.health.standing(card.id, services.credential(card.id))
    offers = tuple(
        OfferRow(
            id=model.id,
            title=model.title,
            does=", ".join(_(wording.OPERATIONS[operation]) for operation in model.operations),
            price=wording.price(usual_price(model)),
            seconds=wording.duration(model.seconds),
            health=None if (one := standing.models.get(model.id)) is None else _condition(one, now),
        )
        for model in _models(runtime, card.id)
    )
    view = ProviderPage(
        shell=shell,
        frame=frame,
        provider=_row(runtime, services, card, None),
        description=card.description,
        documentation=card.documentation,
        needs_key=bool(card.key_variables),
        offers=offers,
        weight=_text(config.weight) if weight is None else weight,
        pace=_text(config.requests_per_second) if pace is None else pace,
        usual_pace=f"{card.requests_per_second:g}" if card.requests_per_second else _(NO_LIMIT),
    )
    return answered(request, view, error)


async def _services(request: Request) -> Services:
    runtime = runtime_of(request)
    await runtime.renew()
    return await runtime.services_for(principal_of(request))


def _row(runtime: Runtime, services: Services, card: ServiceCard, said: Badge | None) -> ProviderRow:
    readiness, config = services.readiness(card.id), runtime.doors.steering.of(card.id)
    standing = runtime.health.standing(card.id, services.credential(card.id))
    worst = _worst([standing.own, *standing.models.values()])
    many = len(_models(runtime, card.id))
    return ProviderRow(
        id=card.id,
        name=card.name,
        colour=showing.colour(card.id),
        health=_health(card, readiness, worst, runtime.clock.now()),
        models=ngettext("%(num)s model", "%(num)s models", many),
        pace=_pace(card, config),
        weight="" if config.weight is None else _("weight %(number)s", number=f"{config.weight:g}"),
        enabled=config.enabled,
        needs_key=bool(card.key_variables) and not readiness.ready and config.enabled,
        can_be_reset=worst.state is not BreakerState.CLOSED,
        said=said,
    )


def _models(runtime: Runtime, service: str) -> list[ModelCard]:
    return [card for card in runtime.catalog.models if card.service == service and card.status is not Status.RETIRED]


def _worst(conditions: list[Condition]) -> Condition:
    """The condition of a provider and its models together: that which keeps most from being asked."""
    order = [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED]
    return min(conditions, key=lambda each: order.index(each.state))


def _health(card: ServiceCard, readiness: Readiness, condition: Condition, now: datetime) -> Badge:
    if not readiness.ready:
        off = readiness.code == "switched_off"
        word = _("Switched off") if off else _("No key") if card.key_variables else _("Not ready")
        said = told_of(headline(readiness.code), readiness.reason)
        return Badge(kind="", icon="minus" if off else "key", word=word, said=said)
    if card.algorithmic:
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


def _pace(card: ServiceCard, config: ServiceConfig) -> str:
    pace = card.requests_per_second if config.requests_per_second is None else config.requests_per_second
    if not pace:
        return _("%(many)s at once", many=card.concurrency)
    return _("%(pace)s a second, %(many)s at once", pace=f"{pace:g}", many=card.concurrency)


def _card(request: Request, service: str) -> ServiceCard:
    """Raises NotFound for a provider that there is not."""
    found = next((card for card in runtime_of(request).catalog.services if card.id == service), None)
    if found is None:
        raise NotFound(_("There is no provider with this name. The list of providers has them all."))
    return found


def _number(text: str, field: str) -> float | None:
    """Raises InvalidRequest, naming the field."""
    try:
        return float(text) if text else None
    except ValueError:
        raise InvalidRequest(_("That is no number. Write one such as 2 or 0.5."), field=field) from None


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
