"""Which models a provider has, and whether it takes a key."""

from __future__ import annotations

from fastapi import Request, Response

from limner.api.answers import answer
from limner.api.dialects.document2.bodies import ValidateKeyBody
from limner.api.dialects.document2.faults import Refusal, detail, failed, invalid, read
from limner.api.dialects.document2.meaning import service_meant
from limner.api.dialects.document2.routing import UNSAFE, gives, new_router
from limner.api.dialects.document2.schemas import KeyValidityAnswer, ProviderModelsAnswer
from limner.api.dialects.document2.words import models_of
from limner.api.documents import body_of
from limner.domain.accounts import Asks
from limner.domain.errors import LimnerError, NotConfigured, NotFound
from limner.domain.vault import KeyState
from limner.runtime.asking import principal_of, runtime_of

INVALID = "Invalid API key"
KEY_MISSING = "API key not found"

router = new_router()


@router.get(
    "/api/image-profiles/models",
    summary="List the models of a provider",
    responses=gives(ProviderModelsAnswer, "Its models.", 400, 404),
)
async def list_provider_models(request: Request) -> Response:
    """The models of the `provider` in the query; with `apiKeyId` those that the service lists for this key."""
    runtime, query = runtime_of(request), request.query_params
    word = query.get("provider")
    if not word:
        raise invalid([detail("invalid_type", "Required", "provider")])
    service = service_meant(word, runtime.catalog)
    supported = models = models_of(service, runtime.catalog)
    if key_id := query.get("apiKeyId"):
        models = await _listed(await _stored(request, key_id, service), service, supported)
    return answer({"provider": word, "models": models, "supportedModels": supported})


@router.post(
    "/api/image-profiles/validate-key",
    summary="Validate an API key",
    responses=gives(KeyValidityAnswer, "What the service says.", *UNSAFE, 404),
    openapi_extra=body_of(ValidateKeyBody),
)
async def validate_key(request: Request) -> Response:
    """Asks the service, at no cost, whether it takes a stored key or the one in the body."""
    body, runtime = await read(request, ValidateKeyBody), runtime_of(request)
    service = service_meant(body.provider, runtime.catalog)
    if body.api_key_id is not None:
        asks = await _stored(request, body.api_key_id, service)
    elif body.api_key is not None and body.api_key.strip():
        asks = runtime.profiles.keys.asks_with(service, body.api_key.strip())
    else:
        raise invalid([detail("custom", "Either apiKeyId or apiKey is required", "apiKey")])
    found = await asks.inspect(service)
    if found.state is not KeyState.ACCEPTED:
        refused = found.state is KeyState.REFUSED
        message = f"{INVALID}. {found.message}" if refused else f"The key could not be checked. {found.message}"
        return answer({"valid": False, "message": message, "models": []})
    models = await _listed(asks, service, models_of(service, runtime.catalog))
    return answer({"valid": True, "message": "API key is valid", "models": models})


async def _stored(request: Request, key_id: str, service: str) -> Asks:
    """Asks with a stored key of the service. Raises Refusal."""
    keys, principal = runtime_of(request).profiles.keys, principal_of(request)
    try:
        key = await keys.get(key_id, principal)
        if key.service != service:
            raise invalid([detail("custom", f"This key is for {key.service}", "apiKeyId")])
        return await keys.asks(key_id, principal)
    except NotFound:
        raise Refusal(404, {"error": KEY_MISSING}) from None
    except NotConfigured as error:
        raise failed("Failed to fetch models", error, f"{INVALID}. {error.message}") from None


async def _listed(asks: Asks, service: str, otherwise: list[str]) -> list[str]:
    """The models that a service lists for a key; those of the catalog where it has no list. Raises Refusal."""
    found = await asks.inspect(service)
    if found.state is KeyState.REFUSED:
        raise Refusal(500, {"error": "Failed to fetch models", "details": f"{INVALID}. {found.message}"})
    try:
        return list(await asks.models(service)) or otherwise
    except LimnerError:
        return otherwise  # it takes the key and lists nothing: its pictures are none the worse for that
