"""Stored keys in the words of document 2: the same keys as those of the native interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limner.api.answers import answer
from limner.api.deps import checked_id, principal_of, read_json, runtime_of
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.api.key_schemas import DocumentKeyAnswer, DocumentKeyBody, DocumentKeyChange, DocumentKeyList
from limner.api.shapes import Body
from limner.domain.errors import InvalidRequest
from limner.domain.vault import KeyChange, StoredKey
from limner.engine.vault import NewKey

router = APIRouter(prefix="/api/keys", tags=["document 2"])

WORDS: Mapping[str, str] = {"gemini": "GOOGLE_IMAGEN", "xai": "GROK"}
"""Services that the document calls otherwise; the others have their ids, in capitals."""

KeyId = Annotated[str, Path(description="The key's id.")]


@router.post(
    "",
    summary="Store a key",
    status_code=201,
    responses=answers(DocumentKeyAnswer, "The key, without itself.", 404, 415, status=201),
    openapi_extra=body_of(DocumentKeyBody),
)
async def create_stored_key(request: Request) -> Response:
    """Sealed at once, and never shown again."""
    body = await read_json(request, DocumentKeyBody)
    new = NewKey(service=body.provider, secret=body.api_key, label=body.label)
    return answer(stored_key_body(await runtime_of(request).vault.add(new, principal_of(request))), 201)


@router.get("", summary="List keys", responses=answers(DocumentKeyList, "Your keys and the shared ones."))
async def list_stored_keys(request: Request) -> Response:
    """Your keys and the shared ones, oldest first."""
    found = await runtime_of(request).vault.list(principal_of(request))
    return answer([stored_key_body(key) for key in found])


@router.put(
    "/{key_id}",
    summary="Change a key",
    responses=answers(DocumentKeyAnswer, "The key as it is now.", 404, 415),
    openapi_extra=body_of(DocumentKeyChange),
)
async def put_stored_key(request: Request, key_id: KeyId) -> Response:
    """Another label, or another key in its place; what is left out stays."""
    body, principal = await read_json(request, DocumentKeyChange), principal_of(request)
    vault, name = runtime_of(request).vault, checked_id(key_id, "key")
    stored = await vault.get(name, principal)
    if body.provider is not None and runtime_of(request).catalog.service(body.provider).id != stored.service:
        raise InvalidRequest("A stored key stays with its provider. Store a new one.", field="provider")
    changed = await vault.replace(name, KeyChange(label=body.label, secret=body.api_key), principal)
    return answer(stored_key_body(changed))


@router.delete(
    "/{key_id}",
    summary="Remove a key",
    status_code=204,
    responses=problems(*ALWAYS, 404),
    response_class=Response,
)
async def delete_stored_key(request: Request, key_id: KeyId) -> Response:
    """Forgets a key."""
    await runtime_of(request).vault.remove(checked_id(key_id, "key"), principal_of(request))
    return Response(status_code=204)


def stored_key_body(key: StoredKey) -> Body:
    """A stored key as the document shows it."""
    return {"id": key.id, "provider": WORDS.get(key.service, key.service.upper()), "label": key.label}
