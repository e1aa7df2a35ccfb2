"""Stored keys: add, look at, change, check, remove; never shown."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limner.api.answers import answer
from limner.api.card_schemas import InspectionAnswer
from limner.api.cards import inspection_body
from limner.api.deps import checked_id, read_json
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.api.key_schemas import KeyAnswer, KeyChangeBody, KeyList, NewKeyBody
from limner.api.shapes import API, Body
from limner.domain.errors import InvalidRequest
from limner.domain.people import Principal
from limner.domain.vault import KeyState, StoredKey
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/keys", tags=["keys"])

KeyId = Annotated[str, Path(description="The key's id.")]


@router.post(
    "",
    summary="Store a key",
    status_code=201,
    responses=answers(KeyAnswer, "The key, without itself, at the address in Location.", 404, 415, status=201),
    openapi_extra=body_of(NewKeyBody),
)
async def create_key(request: Request) -> Response:
    """Sealed at once. Your requests use it in place of the installation's own; with `shared` everybody's do who have
    none of their own.
    """
    body, principal = await read_json(request, NewKeyBody), principal_of(request)
    vault, wanted = runtime_of(request).vault, body.wanted()
    said = await vault.try_out(wanted) if body.check else None
    if said is not None and said.state is KeyState.REFUSED:
        raise InvalidRequest(f"The key was not stored. {said.message}", field="api_key", code="key_refused")
    key = await vault.add(wanted, principal, said)
    return answer(key_body(key, principal), 201, {"Location": f"{API}/keys/{key.id}"})


@router.get("", summary="List keys", responses=answers(KeyList, "The keys."))
async def list_keys(request: Request) -> Response:
    """Your keys and the shared ones, oldest first. Those of the environment are not among them."""
    principal = principal_of(request)
    found = await runtime_of(request).vault.list(principal)
    return answer({"items": [key_body(key, principal) for key in found]})


@router.get("/{key_id}", summary="Show a key", responses=answers(KeyAnswer, "The key, without itself.", 404))
async def get_key(request: Request, key_id: KeyId) -> Response:
    """One key of yours, or a shared one."""
    principal = principal_of(request)
    return answer(key_body(await runtime_of(request).vault.get(checked_id(key_id, "key"), principal), principal))


@router.patch(
    "/{key_id}",
    summary="Change a key",
    responses=answers(KeyAnswer, "The key as it is now.", 404, 415),
    openapi_extra=body_of(KeyChangeBody),
)
async def change_key(request: Request, key_id: KeyId) -> Response:
    """Another label, weight or key in its place; jobs and profiles that name it use the new one from now on."""
    body, principal = await read_json(request, KeyChangeBody), principal_of(request)
    key = await runtime_of(request).vault.replace(checked_id(key_id, "key"), body.wanted(), principal)
    return answer(key_body(key, principal))


@router.delete(
    "/{key_id}",
    summary="Remove a key",
    status_code=204,
    responses=problems(*ALWAYS, 404),
    response_class=Response,
)
async def delete_key(request: Request, key_id: KeyId) -> Response:
    """What was bought with it and is still being painted can then no longer be fetched: it ends as ambiguous."""
    await runtime_of(request).vault.remove(checked_id(key_id, "key"), principal_of(request))
    return Response(status_code=204)


@router.post(
    "/{key_id}/check",
    summary="Check a key",
    responses=answers(InspectionAnswer, "What the service says.", 404),
)
async def check_stored_key(request: Request, key_id: KeyId) -> Response:
    """Asks the service whether it takes the key, and what is left on its account; costs nothing."""
    said = await runtime_of(request).vault.check(checked_id(key_id, "key"), principal_of(request))
    return answer(inspection_body(said))


def key_body(key: StoredKey, principal: Principal) -> Body:
    """A stored key as plain values."""
    return {
        "id": key.id,
        "service": key.service,
        "label": key.label,
        "last_four": key.last_four,
        "shared": key.shared,
        "mine": key.owner == principal.id,
        "weight": key.weight,
        "created": key.created,
        "changed": key.changed,
        "checked": None
        if key.checked is None
        else {"at": key.checked.at, "state": key.checked.state, "code": key.checked.code or None},
    }
