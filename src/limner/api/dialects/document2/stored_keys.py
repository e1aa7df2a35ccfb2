"""Stored keys in the words of document 2: the same keys as those of the native interface."""

from __future__ import annotations

from fastapi import Request, Response

from limner.api.answers import answer
from limner.api.deps import checked_id
from limner.api.dialects.document2.faults import not_found, read
from limner.api.dialects.document2.routing import UNSAFE, gives, new_router
from limner.api.dialects.document2.words import word_for
from limner.api.documents import body_of
from limner.api.key_schemas import DocumentKeyAnswer, DocumentKeyBody, DocumentKeyChange, DocumentKeyList
from limner.api.shapes import Body
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.vault import KeyChange, StoredKey
from limner.engine.vault import NewKey
from limner.runtime.asking import principal_of, runtime_of

PLACE = "/api/keys"
MISSING = "API key not found"

router = new_router()


@router.post(
    PLACE,
    summary="Store a key",
    status_code=201,
    responses=gives(DocumentKeyAnswer, "The key, without itself.", *UNSAFE, 404, status=201),
    openapi_extra=body_of(DocumentKeyBody),
)
async def create_stored_key(request: Request) -> Response:
    """Sealed at once, and never shown again."""
    body = await read(request, DocumentKeyBody)
    new = NewKey(service=body.provider, secret=body.api_key, label=body.label)
    return answer(stored_key_body(await runtime_of(request).vault.add(new, principal_of(request))), 201)


@router.get(PLACE, summary="List keys", responses=gives(DocumentKeyList, "Your keys and the shared ones."))
async def list_stored_keys(request: Request) -> Response:
    """Your keys and the shared ones, oldest first."""
    found = await runtime_of(request).vault.list(principal_of(request))
    return answer([stored_key_body(key) for key in found])


@router.put(
    f"{PLACE}/{{key_id}}",
    summary="Change a key",
    responses=gives(DocumentKeyAnswer, "The key as it is now.", *UNSAFE, 404),
    openapi_extra=body_of(DocumentKeyChange),
)
async def put_stored_key(request: Request, key_id: str) -> Response:
    """Another label, or another key in its place; what is left out stays."""
    stored, body = await _stored(request, key_id), await read(request, DocumentKeyChange)
    runtime = runtime_of(request)
    if body.provider is not None and runtime.catalog.service(body.provider).id != stored.service:
        raise InvalidRequest("A stored key stays with its provider. Store a new one.", field="provider")
    change = KeyChange(label=body.label, secret=body.api_key)
    return answer(stored_key_body(await runtime.vault.replace(stored.id, change, principal_of(request))))


@router.delete(
    f"{PLACE}/{{key_id}}",
    summary="Remove a key",
    status_code=204,
    responses=gives(None, "It is gone.", *UNSAFE, 404, status=204),
    response_class=Response,
)
async def delete_stored_key(request: Request, key_id: str) -> Response:
    """Forgets a key; profiles that name it keep their other choices."""
    stored = await _stored(request, key_id)
    await runtime_of(request).vault.remove(stored.id, principal_of(request))
    return Response(status_code=204)


async def _stored(request: Request, key_id: str) -> StoredKey:
    try:
        return await runtime_of(request).vault.get(checked_id(key_id, "key"), principal_of(request))
    except NotFound as error:
        raise not_found(error, MISSING) from None


def stored_key_body(key: StoredKey) -> Body:
    """A stored key as the document shows it."""
    return {"id": key.id, "provider": word_for(key.service), "label": key.label}
