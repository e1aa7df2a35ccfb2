"""What there is to paint with: models, services and saved styles."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from limner.api.answers import answer
from limner.api.bodies import SteeringBody
from limner.api.card_schemas import (
    InspectionAnswer,
    ListingAnswer,
    ModelAnswer,
    ModelList,
    ProviderAnswer,
    ProviderList,
)
from limner.api.cards import inspection_body, model_body, provider_body, text_provider_body
from limner.api.deps import read_json
from limner.api.documents import UNSAFE, answers, body_of
from limner.api.shapes import Body
from limner.domain.errors import NotFound
from limner.domain.model_card import ServiceCard, Status
from limner.domain.ports import Services
from limner.domain.request import Operation
from limner.engine.naming import id_of, service_of
from limner.engine.text_places import TextPlace, text_places
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(tags=["models"])


class ModelQuery(BaseModel):
    """Which models are wanted."""

    model_config = ConfigDict(extra="forbid")

    operation: Operation | None = Field(default=None, description="Only models that can do this.")
    service: str | None = Field(default=None, max_length=200, description="Only models of this service.")
    status: list[Status] = Field(default=[], description="Only models in these stages of life; all where left out.")


@router.get("/models", summary="List models", responses=answers(ModelList, "The models.", 404))
async def list_models(request: Request, query: Annotated[ModelQuery, Query()]) -> Response:
    """All models of the catalog, retired ones too, with prices and whether they can be used now."""
    runtime = runtime_of(request)
    catalog, services = runtime.catalog, await runtime.services_for(principal_of(request))
    service = None if query.service is None else catalog.service(query.service).id
    ready = {card.id: services.readiness(card.id) for card in catalog.services}
    items = [
        model_body(card, ready[card.service])
        for card in catalog.models
        if service in (None, card.service)
        and (query.operation is None or query.operation in card.operations)
        and (not query.status or card.status in query.status)
    ]
    return answer({"items": items})


@router.get("/models/{service}/{name:path}", summary="Show a model", responses=answers(ModelAnswer, "The model.", 404))
async def get_model(
    request: Request,
    service: Annotated[str, Path(description="The service's id.")],
    name: Annotated[str, Path(description="The service's own name for the model; it may have slashes in it.")],
) -> Response:
    """One model by the service and its own name, or by an alias of it."""
    runtime = runtime_of(request)
    card = runtime.catalog.find(f"{service}/{name}")
    services = await runtime.services_for(principal_of(request))
    return answer(model_body(card, services.readiness(card.service)))


@router.get("/providers", summary="List services", responses=answers(ProviderList, "The services."))
async def list_providers(request: Request) -> Response:
    """All services, whether each can be used now, how it fares, and what it needs if it cannot.

    Those that paint come first, then those that only write.
    """
    return answer({"items": list((await _providers(request)).values())})


async def _providers(request: Request) -> dict[str, Body]:
    """Every service as it is now, by its id."""
    runtime, principal = runtime_of(request), principal_of(request)
    await runtime.renew()
    services = await runtime.services_for(principal)
    places = {place.card.id: place for place in await text_places(runtime.texts.buyer, principal)}
    painting = {card.id: _provider(runtime, services, card, places.get(card.id)) for card in runtime.catalog.services}
    writing = {name: text_provider_body(place) for name, place in places.items() if name not in painting}
    return {**painting, **writing}


def _provider(runtime: Runtime, services: Services, card: ServiceCard, place: TextPlace | None) -> Body:
    models = [
        model.id for model in runtime.catalog.models if model.service == card.id and model.status is not Status.RETIRED
    ]
    standing = runtime.health.standing(card.id, services.credential(card.id))
    config = runtime.doors.steering.of(card.id)
    texts = [] if place is None else [model.id for model in place.models]
    return {**provider_body(card, services.readiness(card.id), standing, models, config), "text_models": texts}


def _named(request: Request, service: str) -> str:
    """The id of a service. Raises UnknownModel."""
    runtime = runtime_of(request)
    return service_of(service, runtime.catalog, runtime.texts.catalog)


Service = Annotated[str, Path(description="The service's id, or another word for it.")]


@router.patch(
    "/providers/{service}",
    summary="Steer a service",
    responses=answers(ProviderAnswer, "The service as it is now.", 404, 415, *UNSAFE),
    openapi_extra=body_of(SteeringBody),
)
async def steer_provider(request: Request, service: Service) -> Response:
    """Switches a service on or off, and sets its weight and pace, in every process from the next purchase on.

    For pictures and texts alike; also a service that only writes, such as `anthropic`, whose weight changes nothing.
    What is under way is finished. For administrators; it stands in the audit log.
    """
    found, body = _named(request, service), await read_json(request, SteeringBody)
    await runtime_of(request).doors.steering.change(found, body.wanted(), principal_of(request))
    return answer((await _providers(request))[found])


@router.post(
    "/providers/{service}/check",
    summary="Check a key",
    responses=answers(InspectionAnswer, "What the service says about the key.", 404, *UNSAFE),
)
async def check_key(request: Request, service: Service) -> Response:
    """Asks the service whether it takes the key that is configured, and what is left on the account. Costs nothing.

    A service that only writes cannot be asked so: the answer is `unknown`.
    """
    return answer(inspection_body(await runtime_of(request).vault.inspect(_named(request, service))))


@router.post(
    "/providers/{service}/reset",
    summary="Reset a circuit breaker",
    responses=answers(ProviderAnswer, "The service as it is now.", 404, *UNSAFE),
)
async def reset_breaker(
    request: Request,
    service: Service,
    model: Annotated[
        str | None,
        Query(max_length=200, description="Only this model's, by its id; the service's and all models' else."),
    ] = None,
) -> Response:
    """Lets a service that was blocked after failures be asked again at once. For administrators.

    The key of a service that paints and writes is one: what is reset holds for both.
    """
    runtime, found = runtime_of(request), _named(request, service)
    meant = found if model is None else id_of(model, runtime.catalog, runtime.texts.catalog)
    if meant.partition("/")[0] != found:
        raise NotFound(f"{found} has no model called '{model}'.")
    await runtime.health.reset(meant, principal_of(request))
    return answer((await _providers(request))[found])


@router.post(
    "/providers/{service}/models",
    summary="Ask for models",
    responses=answers(ListingAnswer, "What the service has.", 404, 429, 502, 504, 507, *UNSAFE),
)
async def refresh_models(request: Request, service: Service) -> Response:
    """Asks the service for its list of models. Costs nothing.

    Those that the catalog does not know can be used from then on, at a price that is not known.
    """
    runtime = runtime_of(request)
    card = runtime.catalog.service(service)
    listing = await runtime.listings.refresh(card.id)
    unlisted = [
        model.id for model in runtime.catalog.models if model.service == card.id and model.status is Status.UNLISTED
    ]
    return answer({"service": card.id, "at": listing.at, "models": listing.models, "unlisted": unlisted})
