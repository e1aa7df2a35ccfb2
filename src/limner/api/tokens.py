"""API tokens, at the native address and at that of the sign-in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limner.api.answers import answer
from limner.api.deps import check_accounts, checked_id, read_json
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.api.people_bodies import TokenBody
from limner.api.people_schemas import NewTokenAnswer, TokenList
from limner.api.shapes import API, Body
from limner.domain.errors import InvalidRequest
from limner.domain.people import ApiToken
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(tags=["people"])

NATIVE, OF_SIGN_IN = f"{API}/tokens", "/api/auth/tokens"
MADE = answers(NewTokenAnswer, "The token, shown only now.", 404, 415, status=201)
LISTED = answers(TokenList, "Your tokens.")
REMOVED = problems(*ALWAYS, 404)

TokenId = Annotated[str, Path(description="The token's id.")]


@router.post(
    OF_SIGN_IN,
    name="create_own_token",
    summary="Make an API token",
    status_code=201,
    responses=MADE,
    openapi_extra=body_of(TokenBody),
)
@router.post(NATIVE, summary="Make an API token", status_code=201, responses=MADE, openapi_extra=body_of(TokenBody))
async def create_token(request: Request) -> Response:
    """What a program of yours sends as `Authorization: Bearer`. It may do what you may, within its scopes."""
    check_accounts(request)
    body = await read_json(request, TokenBody)
    try:
        expires = body.ends()
    except OverflowError:
        raise InvalidRequest("expires is beyond the calendar. Leave it out for never.", field="expires") from None
    made = await runtime_of(request).admittance.tokens.add(
        body.name, principal_of(request), scopes=body.scopes, expires=expires
    )
    return answer({**token_body(made.token), "token": made.secret}, 201)


@router.get(OF_SIGN_IN, name="list_own_tokens", summary="List API tokens", responses=LISTED)
@router.get(NATIVE, summary="List API tokens", responses=LISTED)
async def list_tokens(request: Request) -> Response:
    """Your tokens, oldest first, without what is secret in them."""
    found = await runtime_of(request).admittance.tokens.of(principal_of(request).id)
    return answer({"items": [token_body(token) for token in found]})


@router.delete(
    f"{OF_SIGN_IN}/{{token_id}}",
    name="delete_own_token",
    summary="Remove an API token",
    status_code=204,
    responses=REMOVED,
    response_class=Response,
)
@router.delete(
    f"{NATIVE}/{{token_id}}",
    summary="Remove an API token",
    status_code=204,
    responses=REMOVED,
    response_class=Response,
)
async def delete_token(request: Request, token_id: TokenId) -> Response:
    """Makes a token useless at once."""
    await runtime_of(request).admittance.tokens.remove(checked_id(token_id, "API token"), principal_of(request))
    return Response(status_code=204)


def token_body(token: ApiToken) -> Body:
    """A token, without what is secret in it."""
    return {
        "id": token.id,
        "name": token.name,
        "last_four": token.last_four,
        "scopes": sorted(token.scopes),
        "created": token.created,
        "expires": token.expires,
        "used": token.used,
    }
